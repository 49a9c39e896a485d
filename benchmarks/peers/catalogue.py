"""Which peers there are, and how their workers are started."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Peer:
    """
    A library or a set of SQL functions that is measured, too.

    `worker` are the arguments of its interpreter that start a worker process,
    `pending` is the table, and the condition, of messages that are not done yet,
    `drained` is how many of them one round drains: some seconds' worth.
    """

    name: str
    folder: str
    worker: str = ""
    pending: str = ""
    drained: int = 10_000


PGQUEUER = Peer(
    name="pgqueuer",
    folder="pgqueuer",
    worker="-m benchmarks.peers.pgqueuer.worker",
    pending="pgqueuer",
    drained=5_000,
)
PROCRASTINATE = Peer(
    name="procrastinate",
    folder="procrastinate",
    worker="-m procrastinate --app=benchmarks.peers.procrastinate.worker.app worker "
    "--concurrency=10 --delete-jobs=successful",
    pending="procrastinate_jobs",
    drained=300,
)
CHANCY = Peer(
    name="chancy",
    folder="chancy",
    worker="-m chancy.cli.cli --app benchmarks.peers.chancy.worker.chancy worker start",
    pending="chancy_jobs WHERE state NOT IN ('succeeded', 'failed')",
    drained=5_000,
)
DJANGO_TASKS_DB = Peer(
    name="django-tasks-db",
    folder="django_tasks_db",
    worker="-m django db_worker --verbosity=0 "
    "--settings=benchmarks.peers.django_tasks_db.settings",
    pending="django_tasks_database_dbtaskresult WHERE status IN ('READY', 'RUNNING')",
    drained=200,
)
PGMQ = Peer(
    name="pgmq (its SQL)",
    folder="pgmq",
    worker="-m benchmarks.peers.pgmq.worker",
    pending="pgmq.q_drained",
    drained=20_000,
)
EVENTSOURCING = Peer(name="eventsourcing", folder="eventsourcing")
MESSAGE_DB = Peer(name="Message DB (its SQL)", folder="message_db")

QUEUES = (PGQUEUER, PGMQ, PROCRASTINATE, CHANCY, DJANGO_TASKS_DB)
EVENT_STORES = (EVENTSOURCING, MESSAGE_DB)
PEERS = frozenset(peer.name for peer in (*QUEUES, *EVENT_STORES))
