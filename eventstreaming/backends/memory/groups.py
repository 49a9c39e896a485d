"""The groups of messages in memory."""

from bisect import insort
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol


class GroupMember(Protocol):
    """What a group needs to know of a message."""

    @property
    def number(self) -> int: ...
    def is_delayed(self, now: datetime) -> bool: ...
    def is_leased(self, now: datetime) -> bool: ...


class Group:
    """The living messages of one key, in order."""

    def __init__(self) -> None:
        self._members: list[tuple[int, GroupMember]] = []

    def __bool__(self) -> bool:
        return bool(self._members)

    def add(self, member: GroupMember) -> None:
        insort(self._members, (member.number, member))

    def remove(self, member: GroupMember) -> None:
        self._members.remove((member.number, member))

    def holds(self, member: GroupMember, now: datetime, *, skips_delayed: bool) -> bool:
        """
        Say whether a message has to wait: for an older one, or one in work.

        A queue that skips delayed messages does not count those as older ones.
        """
        for number, other in self._members:
            if number >= member.number:
                break
            if not (skips_delayed and other.is_delayed(now)):
                return True
        return any(other.is_leased(now) for other in self._others(member))

    def _others(self, member: GroupMember) -> Iterable[GroupMember]:
        return (other for _, other in self._members if other is not member)
