"""django-tasks-db: `enqueue()` of its tasks; it has no call for many at once."""

import os

import django
from django.core.management import call_command
from django.db import connection, transaction

from benchmarks.peers.order import orders
from benchmarks.peers.timing import rate
from benchmarks.protocol import Unavailable, serve

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.peers.django_tasks_db.settings"
django.setup()

from benchmarks.peers.django_tasks_db.tasks import drain, store, wake  # noqa: E402


class Peer:
    """What the scenarios ask for."""

    def prepare(self) -> None:
        call_command("migrate", verbosity=0)

    def enqueue(self, count: int, times: int) -> float:
        def enqueue_many(many: list[dict[str, object]]) -> None:
            with transaction.atomic():
                for order in many:
                    store.enqueue(**order)

        work = [orders(count) for _ in range(times)]
        if count == 1:
            figure = rate(lambda one: store.enqueue(**one[0]), work, count)
        else:
            figure = rate(enqueue_many, work, count)
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE django_tasks_database_dbtaskresult")
        return figure

    def dequeue(self, count: int, times: int) -> float:
        raise Unavailable("tasks are taken by its worker only")

    def fill(self, count: int) -> None:
        with transaction.atomic():
            for order in orders(count):
                drain.enqueue(**order)

    def enqueue_awaited(self) -> None:
        wake.enqueue(order_id=1)


if __name__ == "__main__":
    peer = Peer()
    serve(
        {
            "prepare": peer.prepare,
            "enqueue": peer.enqueue,
            "dequeue": peer.dequeue,
            "fill": peer.fill,
            "enqueue_awaited": peer.enqueue_awaited,
        }
    )
