"""Two claims at the same moment never deliver two messages of one group."""

from unittest import mock

import pytest

from eventstreaming import Message, dequeue_many, enqueue
from eventstreaming.backends.postgresql.lanes import lanes_of
from eventstreaming.backends.relational import RelationalStore
from tests.sessions import sessions

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("elder_first", [True, False])
def test_group_is_alone_though_its_elder_commits_late(elder_first: bool) -> None:
    """
    The elder message is drawn first and committed last, so neither transaction
    has seen the other and both messages are ready. Two claims overlap: the one
    holds the younger message in a transaction that has not ended.
    """
    with sessions(3) as (elder, younger, claimer):
        elder.begin()
        elder.run(enqueue, "calls", {"number": 1}, group_key="ann")
        younger.run(enqueue, "calls", {"number": 2}, group_key="ann")
        with mock.patch.object(RelationalStore, "_refuse_lease_in_transaction"):
            claimer.begin()
            if elder_first:
                elder.commit()
            (held,) = claimer.run(dequeue_many, "calls", 5)
            if not elder_first:
                elder.commit()
            others = dequeue_all()
        assert others == []
        claimer.commit()
        assert dequeue_all() == []
        held.acknowledge()
        (next_one,) = dequeue_all()
        assert {held.data["number"], next_one.data["number"]} == {1, 2}


def dequeue_all() -> list[Message]:
    """Dequeue from the beginning, wherever this process has been."""
    lanes_of("default", "calls").restart()
    return dequeue_many("calls", 5)
