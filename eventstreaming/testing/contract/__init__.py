"""The contract of every store as tests, one mixin for each part."""

from eventstreaming.testing.contract.appending import AppendingContract
from eventstreaming.testing.contract.batches import BatchContract
from eventstreaming.testing.contract.cancelling import CancelContract
from eventstreaming.testing.contract.concurrency import ConcurrencyContract
from eventstreaming.testing.contract.concurrent_streams import ConcurrentStreamContract
from eventstreaming.testing.contract.consuming import ConsumeContract
from eventstreaming.testing.contract.dead_letters import DeadLetterContract
from eventstreaming.testing.contract.deduplication import DeduplicationContract
from eventstreaming.testing.contract.deferring import DeferringContract
from eventstreaming.testing.contract.enqueueing_once import EnqueueOnceContract
from eventstreaming.testing.contract.evolution import EvolutionContract
from eventstreaming.testing.contract.failures import FailureContract
from eventstreaming.testing.contract.following import FollowingContract
from eventstreaming.testing.contract.following_twins import FollowingTwinContract
from eventstreaming.testing.contract.groups import GroupContract
from eventstreaming.testing.contract.idempotency import IdempotencyContract
from eventstreaming.testing.contract.leases import LeaseContract
from eventstreaming.testing.contract.positions import PositionContract
from eventstreaming.testing.contract.queue_refusals import QueueRefusalContract
from eventstreaming.testing.contract.queue_settings import QueueSettingsContract
from eventstreaming.testing.contract.queues import QueueContract
from eventstreaming.testing.contract.reading import ReadingContract
from eventstreaming.testing.contract.refusals import RefusalContract
from eventstreaming.testing.contract.scheduling import SchedulingContract
from eventstreaming.testing.contract.stream_settings import StreamSettingsContract
from eventstreaming.testing.contract.streams import StreamContract
from eventstreaming.testing.contract.transactions import TransactionContract
from eventstreaming.testing.contract.truncation import TruncationContract
from eventstreaming.testing.contract.twins import TwinContract
from eventstreaming.testing.contract.versions import VersionContract

__all__ = ["EventStoreContract"]


class EventStoreContract(
    AppendingContract,
    BatchContract,
    VersionContract,
    ReadingContract,
    PositionContract,
    FollowingContract,
    FollowingTwinContract,
    StreamContract,
    ConcurrentStreamContract,
    IdempotencyContract,
    DeferringContract,
    StreamSettingsContract,
    EvolutionContract,
    QueueContract,
    SchedulingContract,
    LeaseContract,
    GroupContract,
    DeduplicationContract,
    EnqueueOnceContract,
    FailureContract,
    DeadLetterContract,
    CancelContract,
    ConsumeContract,
    TruncationContract,
    TransactionContract,
    RefusalContract,
    QueueRefusalContract,
    QueueSettingsContract,
    ConcurrencyContract,
    TwinContract,
):
    """All that a store promises. See `eventstreaming.testing`."""
