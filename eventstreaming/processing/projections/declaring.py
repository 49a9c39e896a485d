"""What a projection is: a class with a method for each type of event."""

from collections.abc import Callable, Iterable, Sequence
from inspect import iscoroutinefunction
from typing import Any, ClassVar, TypeVar

from django.db import router, transaction
from django.db.models import Model

from eventstreaming.backends import DEFAULT_ALIAS
from eventstreaming.events import arguments
from eventstreaming.events.registry import event_types
from eventstreaming.exceptions import InvalidType, InvalidValue
from eventstreaming.processing.registry import (
    OnFailure,
    UnknownTypes,
    subscription,
)
from eventstreaming.processing.retry import Backoff
from eventstreaming.types import StoredEvent

HANDLED_TYPES = "_handled_event_types"

F = TypeVar("F", bound=Callable[..., None])


def handles(*types: str | type) -> Callable[[F], F]:
    """
    Let a method of a projection handle events of some types.

    A type is the name of one, or a class that is declared by `@event`.
    """
    if not types:
        raise InvalidValue("types", "must name one type of event at least")
    names = [
        event_types.name_of(one)[0]
        if isinstance(one, type)
        else arguments.type_name(one)
        for one in types
    ]

    def record(method: F) -> F:
        if iscoroutinefunction(method):
            raise InvalidType("method", f"{method.__name__} must not be async")
        setattr(method, HANDLED_TYPES, names)
        return method

    return record


class Projection:
    """
    A read model that follows from events, kept by a subscription.

        class CustomerSpending(Projection):
            name = "customer-spending"
            source = "orders"
            models = [Spending]

            @handles("OrderPlaced")
            def add(self, event): ...

    Declared in `subscriptions.py` of an app, it is run by workers as a subscription
    of that name, exactly once. A class without a `name` of its own is a base for
    others. `models` are those that nothing else writes: a rebuild empties them.
    Where `project()` is overridden, it gets whole batches. The other attributes
    mean what they do in `@subscription`.

    Each thread of a worker has an instance of its own, which is kept from batch to
    batch: what it remembers of rows may be out of date after a batch that failed.
    """

    name: ClassVar[str]
    source: ClassVar[str]
    models: ClassVar[Sequence[type[Model]]]
    event_types: ClassVar[Iterable[str] | None] = None
    partitions: ClassVar[int] = 1
    batch_size: ClassVar[int | None] = None
    max_attempts: ClassVar[int | None] = None
    backoff: ClassVar[Backoff | None] = None
    on_failure: ClassVar[OnFailure | None] = None
    unknown_types: ClassVar[UnknownTypes] = "handle"
    store: ClassVar[str] = DEFAULT_ALIAS

    # Whether the events were handled before: their outside effects have happened.
    is_rebuilding = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" in vars(cls):
            _declare(cls)

    def __init__(self) -> None:
        self._methods = {
            stored: getattr(self, attribute)
            for name, attribute in _methods_of(type(self)).items()
            for stored in event_types.stored_names([name])
        }

    def __call__(self, event: StoredEvent) -> None:
        """Handle one event."""
        self.project([event])

    def project(self, events: Sequence[StoredEvent]) -> None:
        """
        Handle events in their order: each by the method for its type.

        Override it to handle a batch with a few statements. All of it is one
        transaction. If it raises, its writes are undone and it is called again with
        one event at a time, so that only the one that fails is parked or retried.
        """
        for event in events:
            method = self._methods.get(event.event_type)
            if method is not None:
                method(event)

    def after_commit(self, function: Callable[[], object]) -> None:
        """
        Call a function once what was written is committed, and not in a rebuild.

        It is for what happens outside the database, at most once.
        """
        if not self.is_rebuilding:
            using = router.db_for_write(self.models[0]) if self.models else None
            transaction.on_commit(function, using=using, robust=True)


def _declare(cls: type[Projection]) -> None:
    for attribute in ("source", "models"):
        if not hasattr(cls, attribute):
            raise InvalidValue(attribute, f"is missing in projection {cls.name!r:.80}")
    models = list(cls.models)
    if not models or not all(
        isinstance(model, type) and issubclass(model, Model) for model in models
    ):
        raise InvalidType("models", f"of {cls.name!r:.80} must be a list of models")
    methods = _methods_of(cls)
    is_bulk = cls.project is not Projection.project
    if not methods and not is_bulk:
        raise InvalidValue(
            "handles", f"projection {cls.name!r:.80} handles no type of event"
        )
    types = cls.event_types if is_bulk else [*methods]
    subscription(
        cls.source,
        name=cls.name,
        event_types=types,
        partitions=cls.partitions,
        batch_size=cls.batch_size,
        max_attempts=cls.max_attempts,
        backoff=cls.backoff,
        on_failure=cls.on_failure,
        unknown_types=cls.unknown_types,
        store=cls.store,
    )(cls())


def _methods_of(cls: type[Projection]) -> dict[str, str]:
    """Return which attribute handles which type of event."""
    found: dict[str, str] = {}
    for attribute in dir(cls):
        method = getattr(cls, attribute, None)
        for name in getattr(method, HANDLED_TYPES, ()):
            if found.setdefault(name, attribute) != attribute:
                raise InvalidValue(
                    "handles",
                    f"{cls.__name__}: {name!r} is handled by {found[name]} and "
                    f"{attribute}",
                )
    return found
