"""Which messages of groups may be delivered, as a condition of the ORM."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from eventstreaming.models import Message

IN_WORK = Q(state=Message.State.READY, leased_until__gt=Now())
DELAYED = Q(state=Message.State.DEFERRED, due_at__gt=Now())


def held_by_group(messages: QuerySet[Message], *, skips_delayed: bool) -> Q:
    """
    Return the condition of messages that their group holds back.

    An older one of the group is there, or another one is in work. A queue that
    skips delayed messages does not count those as older ones.
    """
    others = messages.filter(
        queue=OuterRef("queue"), group_key=OuterRef("group_key")
    ).exclude(pk=OuterRef("pk"))
    older = others.filter(pk__lt=OuterRef("pk"))
    if skips_delayed:
        older = older.exclude(DELAYED)
    return Q(group_key__isnull=False) & (Exists(older) | Exists(others.filter(IN_WORK)))
