"""Ids of events."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from eventstreaming.events.ids import new_id


def test_ids_are_uuids_of_version_7_in_the_order_of_time() -> None:
    ids = [new_id() for _ in range(10_000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 10_000
    assert {(each.version, each.variant) for each in ids} == {
        (7, "specified in RFC 4122")
    }


def test_an_id_is_as_the_standard_library_makes_it() -> None:
    made = new_id()
    same = UUID(int=made.int)
    assert type(made) is UUID
    assert (made, hash(made), str(made), made.is_safe) == (
        same,
        hash(same),
        str(same),
        same.is_safe,
    )
    assert pickle.loads(pickle.dumps(made)) == made


def test_threads_make_different_ids() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = pool.map(lambda _: [new_id() for _ in range(5_000)], range(4))
    assert len({each for ids in made for each in ids}) == 20_000
