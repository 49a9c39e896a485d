"""Subscriptions: how far they have come, how far behind they are, what failed."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db import router, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from eventstreaming.admin.actions import log_action, operator_action
from eventstreaming.admin.formats import list_link, moment
from eventstreaming.admin.pages import KeysetChangeList
from eventstreaming.admin.payloads import error_block, error_line
from eventstreaming.admin.viewing import KeysetAdmin, TabularInline, ViewOnlyMixin
from eventstreaming.models import Checkpoint, Event, Subscription
from eventstreaming.operations.lags import BOUND, measure_lags
from eventstreaming.operations.resuming import resume_subscriptions
from eventstreaming.processing.projections.declared import projection_of
from eventstreaming.processing.registry import handlers
from eventstreaming.processing.sources import Source, SourceKind


class SubscriptionChangeList(KeysetChangeList):
    """A page of subscriptions, with the lags of all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        measure(self.result_list)


def measure(subscriptions: Sequence[Any]) -> None:
    """Give each subscription the lag of its slowest partition."""
    checkpoints = (
        checkpoint
        for subscription in subscriptions
        for checkpoint in subscription.checkpoints.all()
    )
    lags = measure_lags(checkpoints, using=router.db_for_read(Checkpoint))
    for subscription in subscriptions:
        subscription.measured_lag = max(
            (lags[checkpoint.pk] for checkpoint in subscription.checkpoints.all()),
            default=None,
        )


class CheckpointInline(ViewOnlyMixin, TabularInline):
    """The checkpoints of a subscription, one per partition."""

    model = Checkpoint
    fields = (
        "partition",
        "offset",
        "position",
        "handled",
        "parked_keys",
        "progressed",
        "seen",
        "attempts",
        "owner",
        "leased",
    )
    readonly_fields = fields
    extra = 0
    can_delete = False
    ordering = ("partition",)

    @admin.display(description=_("last progress"))
    def progressed(self, checkpoint: Checkpoint) -> str:
        return moment(checkpoint.progressed_at)

    @admin.display(description=_("last sign of life"))
    def seen(self, checkpoint: Checkpoint) -> str:
        return moment(checkpoint.looked_at)

    @admin.display(description=_("leased until"))
    def leased(self, checkpoint: Checkpoint) -> str:
        return moment(checkpoint.leased_until)


class SubscriptionAdmin(ViewOnlyMixin, KeysetAdmin):
    """Subscriptions, read-only; stopped ones can be resumed."""

    list_display = (
        "name",
        "source_link",
        "condition",
        "reached",
        "lag",
        "progressed",
        "problem",
    )
    search_fields = ("name",)
    search_help_text = _("A part of a name.")
    keyset = ("name",)
    actions = ("resume_selected",)
    inlines = (CheckpointInline,)
    empty_text = _(
        "No subscription has run yet. Declare one with @subscription in a module "
        "subscriptions.py and start a worker: manage.py runworker."
    )
    no_match_text = _("No subscription has such a name.")
    fields = (
        "name",
        "source_link",
        "read_model",
        "event_types",
        "partitions",
        "delivery",
        "condition",
        "lag",
        "errors",
        "created",
    )

    def get_changelist(
        self, request: HttpRequest, **kwargs: Any
    ) -> type[KeysetChangeList]:
        return SubscriptionChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscription]:
        return super().get_queryset(request).prefetch_related("checkpoints")

    def has_resume_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may resume stopped subscriptions."""
        return request.user.has_perm("eventstreaming.resume_subscription")

    @operator_action(
        permissions=["resume"],
        description=_("Resume, if it is stopped"),
        description_plural=_("Resume the stopped ones of the selected"),
    )
    def resume_selected(
        self, request: HttpRequest, queryset: QuerySet[Subscription]
    ) -> None:
        """Let workers go on where they stopped; log each, and tell how many."""
        database = router.db_for_write(Subscription)
        with transaction.atomic(using=database):
            chosen = {subscription.pk: subscription for subscription in queryset}
            resumed = resume_subscriptions(chosen, using=database)
            stopped = [chosen[key] for key in resumed]
            log_action(request, stopped, gettext("Resumed."))
        text = ngettext(
            "%(count)d subscription was resumed.",
            "%(count)d subscriptions were resumed.",
            len(stopped),
        )
        level = messages.SUCCESS if stopped else messages.WARNING
        self.message_user(request, text % {"count": len(stopped)}, level)

    @admin.display(description=_("source"))
    def source_link(self, subscription: Subscription) -> str:
        """Link to the events that the subscription reads."""
        source = Source.stored(subscription.source)
        filters = {}
        if source.kind is SourceKind.STREAM:
            filters["stream"] = source.name
        elif source.kind is SourceKind.CATEGORY:
            filters["category"] = source.name
        return list_link(self, Event, subscription.source, **filters)

    @admin.display(description=_("projection of"), empty_value="-")
    def read_model(self, subscription: Subscription) -> str | None:
        """Name the models that it keeps, if it is declared as a projection."""
        projection = projection_of(handlers.subscriptions.get(subscription.name))
        if projection is None:
            return None
        return ", ".join(model._meta.label for model in projection.models)

    @admin.display(description=_("state"))
    def condition(self, subscription: Subscription) -> str:
        """Return the state, and how often the next event has failed."""
        attempts = max((c.attempts for c in subscription.checkpoints.all()), default=0)
        name = Subscription.State(subscription.state).name.lower()
        label = subscription.get_state_display()
        if attempts:
            label = ngettext(
                "%(state)s, %(count)d failed attempt",
                "%(state)s, %(count)d failed attempts",
                attempts,
            ) % {"state": label, "count": attempts}
        return format_html('<span class="es-state es-{}">{}</span>', name, label)

    @admin.display(description=_("checkpoint"))
    def reached(self, subscription: Subscription) -> str:
        """Return the place of the slowest partition."""
        checkpoints = list(subscription.checkpoints.all())
        in_stream = Source.stored(subscription.source).is_stream
        places = [c.offset if in_stream else c.position for c in checkpoints]
        known = [place for place in places if place is not None]
        if not known or len(known) < len(places):
            return gettext("at the beginning")
        text = (
            gettext("offset %(place)d") if in_stream else gettext("position %(place)d")
        )
        return text % {"place": min(known)}

    @admin.display(description=_("lag in events"))
    def lag(self, subscription: Any) -> str:
        """Return how many events lie ahead of the slowest partition."""
        if not hasattr(subscription, "measured_lag"):
            measure([subscription])
        ahead = subscription.measured_lag
        if ahead is None:
            return "-"
        return f"{ahead:,}" if ahead <= BOUND else f"{BOUND:,}+"

    @admin.display(description=_("last progress"))
    def progressed(self, subscription: Subscription) -> str:
        times = [c.progressed_at for c in subscription.checkpoints.all()]
        return moment(max((time for time in times if time), default=None))

    @admin.display(description=_("error"))
    def problem(self, subscription: Subscription) -> str:
        errors = [c.error for c in subscription.checkpoints.all() if c.error]
        return error_line(subscription, errors[0]) if errors else "-"

    @admin.display(description=_("error"))
    def errors(self, subscription: Subscription) -> str:
        blocks = [
            error_block(subscription, c.error)
            for c in subscription.checkpoints.all()
            if c.error
        ]
        return format_html_join("", "{}", ((block,) for block in blocks)) or "-"

    @admin.display(description=_("created"))
    def created(self, subscription: Subscription) -> str:
        return moment(subscription.created_at)
