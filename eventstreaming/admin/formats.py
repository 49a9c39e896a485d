"""Values as people read them: times, ages, JSON, links. All of it is escaped."""

import json
from datetime import datetime
from typing import Any

from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.timezone import is_aware, localtime
from django.utils.translation import gettext, ngettext

FOLD_BEYOND = 20_000  # characters of JSON that a page shows unasked


def moment(value: datetime | None, *, precise: bool = False) -> str:
    """Return a time in the local zone, with all its digits in the attribute."""
    if value is None:
        return "-"
    local = localtime(value) if is_aware(value) else value
    clock = local.time().isoformat("milliseconds" if precise else "seconds")
    return format_html(
        '<time datetime="{}" title="{}" class="es-moment">'
        "<span>{}</span> <span>{}</span></time>",
        value.isoformat(),
        local.isoformat(sep=" "),
        local.date().isoformat(),
        clock,
    )


def duration(seconds: float | None) -> str:
    """Return a duration in its two largest units."""
    if seconds is None:
        return "-"
    whole = max(0, int(seconds))
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        text = gettext("%(days)s d %(hours)s h") % {"days": days, "hours": hour}
    elif hours:
        text = gettext("%(hours)s h %(minutes)s min") % {
            "hours": hour,
            "minutes": minute,
        }
    elif minutes:
        text = gettext("%(minutes)s min %(seconds)s s") % {
            "minutes": minute,
            "seconds": second,
        }
    else:
        text = gettext("%(seconds)s s") % {"seconds": second}
    return format_html('<time datetime="PT{}S">{}</time>', whole, text)


def json_block(value: Any) -> str:
    """Return indented JSON; what is long is folded."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if len(text) <= FOLD_BEYOND:
        return format_html('<pre class="es-block">{}</pre>', text)
    size = ngettext("%(count)s character", "%(count)s characters", len(text)) % {
        "count": f"{len(text):,}"
    }
    return format_html(
        '<details class="es-fold"><summary>{}</summary>'
        '<pre class="es-block">{}</pre></details>',
        gettext("Show %(size)s") % {"size": size},
        text,
    )


def text_block(text: str) -> str:
    """Return a text of several lines, a traceback for example."""
    return format_html('<pre class="es-block">{}</pre>', text) if text else "-"


def summary(error: str, length: int = 80) -> str:
    """Return the line of an error that says most: of a traceback the last one."""
    lines = error.strip().splitlines() or ["-"]
    line = lines[-1] if "Traceback (most recent call last)" in error else lines[0]
    if len(line) > length:
        line = f"{line[: length - 1]}…"
    return format_html('<span class="es-summary">{}</span>', line)


def ending(identifier: str) -> str:
    """Shorten an id for a column: ids made at about one time begin alike."""
    if len(identifier) <= 20:
        return identifier
    return format_html('<span title="{}">…{}</span>', identifier, identifier[-12:])


def list_link(model_admin: Any, model: type[Model], text: Any, **filters: Any) -> str:
    """Link to a model's list, filtered; a text where the site has no such list."""
    return _link(model_admin, model, "changelist", text, (), filters)


def object_link(model_admin: Any, model: type[Model], key: Any, text: Any) -> str:
    """Link to the page of one object; a text where the site has no such page."""
    return _link(model_admin, model, "change", text, (quote(key),), {})


def timeline_link(model_admin: Any, events: type[Model], correlation_id: str) -> str:
    """Link to the events of a correlation id, and to the timeline of all it has."""
    return format_html(
        "{} ({})",
        list_link(model_admin, events, correlation_id, correlation=correlation_id),
        _link(
            model_admin,
            events,
            "timeline",
            gettext("timeline"),
            (),
            {"correlation": correlation_id},
        ),
    )


def tail_link(model_admin: Any, events: type[Model], text: Any, stream: str) -> str:
    """Link to the live tail of a stream."""
    return _link(model_admin, events, "tail", text, (), {"stream": stream})


def add_link(model_admin: Any, model: type[Model], text: Any, **initial: Any) -> str:
    """Link to the page that adds an object, with values filled in."""
    return _link(model_admin, model, "add", text, (), initial)


def leads_elsewhere(url: str) -> bool:
    """
    Say whether a browser goes to another page than the one that the URL was made for.

    The name of a row may be a dot or two, and these are steps of a path.
    """
    return not {".", ".."}.isdisjoint(url.split("/"))


def _link(
    model_admin: Any,
    model: type[Model],
    page: str,
    text: Any,
    args: tuple[Any, ...],
    query: dict[str, Any],
) -> str:
    opts = model._meta
    if not str(text).strip():
        text = gettext("(no name)")
    try:
        url = reverse(
            f"admin:{opts.app_label}_{opts.model_name}_{page}",
            args=args,
            current_app=model_admin.admin_site.name,
        )
    except NoReverseMatch:
        return format_html("{}", text)
    if leads_elsewhere(url):
        return format_html("{}", text)
    if query:
        url = f"{url}?{urlencode(query)}"
    return format_html('<a href="{}">{}</a>', url, text)
