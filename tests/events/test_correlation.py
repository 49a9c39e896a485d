"""Which story an event belongs to."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from eventstreaming.events.correlation import correlation_scope, current_correlation
from eventstreaming.exceptions import InvalidType, InvalidValue


def test_there_are_no_ids_outside_of_a_scope() -> None:
    assert current_correlation() == (None, None)


def test_scope_gives_its_ids_and_takes_them_back() -> None:
    with correlation_scope("story", causation_id="click") as correlation_id:
        assert correlation_id == "story"
        assert current_correlation() == ("story", "click")
    assert current_correlation() == (None, None)


def test_outermost_scope_makes_a_new_id() -> None:
    with correlation_scope() as first:
        assert current_correlation() == (first, None)
    with correlation_scope() as second:
        assert first != second
        assert UUID(second).version == 7


def test_scopes_nest_and_restore() -> None:
    with correlation_scope("outer", causation_id="a"):
        with correlation_scope("inner"):
            assert current_correlation() == ("inner", "a")
            with correlation_scope(causation_id="b"):
                assert current_correlation() == ("inner", "b")
            assert current_correlation() == ("inner", "a")
        assert current_correlation() == ("outer", "a")


def test_scope_restores_after_an_exception() -> None:
    with correlation_scope("outer"):
        with pytest.raises(ZeroDivisionError), correlation_scope("inner"):
            raise ZeroDivisionError
        assert current_correlation() == ("outer", None)


@pytest.mark.parametrize(
    ("value", "error"),
    [("", InvalidValue), ("x" * 256, InvalidValue), (7, InvalidType)],
)
def test_bad_ids_are_refused(value: str, error: type[Exception]) -> None:
    with pytest.raises(error), correlation_scope(value):
        pass
    with pytest.raises(error), correlation_scope(causation_id=value):
        pass
    assert current_correlation() == (None, None)


def test_threads_do_not_see_the_scopes_of_others() -> None:
    barrier = Barrier(3)

    def work(number: int) -> list[str | None]:
        before = current_correlation().correlation_id
        with correlation_scope(f"thread-{number}"):
            barrier.wait(timeout=10)
            inside = current_correlation().correlation_id
            barrier.wait(timeout=10)
        return [before, inside, current_correlation().correlation_id]

    with correlation_scope("main"), ThreadPoolExecutor(3) as pool:
        results = list(pool.map(work, range(3)))
        assert current_correlation().correlation_id == "main"
    assert results == [[None, f"thread-{n}", None] for n in range(3)]


def test_coroutines_inherit_the_scope_and_keep_their_own() -> None:
    async def work(number: int) -> list[str | None]:
        inherited = current_correlation().correlation_id
        with correlation_scope(f"task-{number}"):
            await asyncio.sleep(0.001 * (3 - number))
            inside = current_correlation().correlation_id
        return [inherited, inside, current_correlation().correlation_id]

    async def main() -> list[list[str | None]]:
        with correlation_scope("main"):
            return await asyncio.gather(*(work(number) for number in range(3)))

    assert asyncio.run(main()) == [["main", f"task-{n}", "main"] for n in range(3)]


def test_scope_goes_along_between_sync_and_async() -> None:
    async def inner() -> tuple[str | None, str | None]:
        return await sync_to_async(current_correlation)()

    with correlation_scope("story", causation_id="click"):
        assert async_to_sync(inner)() == ("story", "click")
