"""How async twins are made: in one place, from the sync functions."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, asynccontextmanager
from functools import update_wrapper
from itertools import islice
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from asgiref.sync import sync_to_async

from eventstreaming.backends.following import Follower

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")

_CHUNK = 500


def async_method(
    method: Callable[Concatenate[S, P], R],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, R]]:
    """
    Return the async twin of a method, which calls what subclasses override.

    The work is done in asgiref's thread for this context, where Django keeps
    the context's database connections.
    """
    name = method.__name__

    async def twin(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        call: Callable[..., R] = getattr(self, name)
        return await sync_to_async(call, thread_sensitive=True)(*args, **kwargs)

    return _as_twin(twin, method)


def async_function(function: Callable[P, R]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Return the async twin of a function."""

    async def twin(*args: P.args, **kwargs: P.kwargs) -> R:
        return await sync_to_async(function, thread_sensitive=True)(*args, **kwargs)

    return _as_twin(twin, function)


def async_reader(
    function: Callable[P, Iterator[R]],
) -> Callable[P, AsyncIterator[R]]:
    """
    Return the async iterator twin of a reader.

    Bad arguments raise at the call, as in the reader itself.
    """

    def twin(*args: P.args, **kwargs: P.kwargs) -> AsyncIterator[R]:
        return _async_form(function(*args, **kwargs))

    return _as_twin(twin, function)


def async_reader_method(
    method: Callable[Concatenate[S, P], Iterator[R]],
) -> Callable[Concatenate[S, P], AsyncIterator[R]]:
    """Return the async iterator twin of a method that subclasses override."""
    name = method.__name__

    def twin(self: S, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[R]:
        read: Callable[..., Iterator[R]] = getattr(self, name)
        return _async_form(read(*args, **kwargs))

    return _as_twin(twin, method)


def _async_form(items: Iterator[R]) -> AsyncIterator[R]:
    if isinstance(items, Follower):  # it waits, and not in the thread
        return cast(AsyncIterator[R], items.following.iterate_async())
    return _iterate(items)


@asynccontextmanager
async def async_block(block: AbstractContextManager[R]) -> AsyncIterator[R]:
    """
    Enter and leave a block, a transaction say, in asgiref's thread for this context.

    A cancelled task does not leave its thread inside the block.
    """
    enter = sync_to_async(block.__enter__, thread_sensitive=True)
    leave = sync_to_async(block.__exit__, thread_sensitive=True)
    entering = asyncio.ensure_future(enter())
    try:
        yield await asyncio.shield(entering)
    except BaseException as error:
        await entering
        left = leave(type(error), error, error.__traceback__)
        if not await asyncio.shield(left):
            raise
    else:
        await asyncio.shield(leave(None, None, None))


async def _iterate(items: Iterator[R]) -> AsyncIterator[R]:
    while chunk := await sync_to_async(_take, thread_sensitive=True)(items):
        for item in chunk:
            yield item


def _take(items: Iterator[R]) -> list[R]:
    return list(islice(items, _CHUNK))


T = TypeVar("T", bound=Callable[..., Any])


def _as_twin(twin: T, original: Callable[..., Any]) -> T:
    update_wrapper(twin, original)
    twin.__name__ = f"a{original.__name__}"
    twin.__qualname__ = f"a{original.__qualname__}"
    twin.__doc__ = f"See {original.__name__}()."
    twin.__dict__.pop("__isabstractmethod__", None)
    return twin
