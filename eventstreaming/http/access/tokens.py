"""
Access for programs, by tokens of which the settings keep only the hash.

    EVENT_STREAM_HTTP_TOKENS = [
        {
            "name": "billing",
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "permissions": ["view_stream", "publish"],
            "names": ["order-*", "invoices"],
            "expires": "2027-06-30",
        },
    ]

`names` are streams, queues and patterns, all of them when it is left out; the
token is valid through the day `expires`, for ever without it.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

from eventstreaming import clock
from eventstreaming.events.patterns import ALL, is_pattern, name_or_pattern
from eventstreaming.exceptions import InvalidArgument
from eventstreaming.http.access import Grant
from eventstreaming.operations.permissions import Permission

SETTING = "EVENT_STREAM_HTTP_TOKENS"
_KEYS = {"name", "sha256", "permissions", "names", "expires"}


def by_token(request: HttpRequest) -> Grant | None:
    """
    Grant what the token of `Authorization: Bearer …` may do; None without one.

    A token in the URL is not looked at: addresses end up in logs. Raise
    ImproperlyConfigured when the setting is wrong.
    """
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given:
        return None
    digest = sha256(given.strip().encode()).hexdigest()
    found = None
    for token in tokens():  # all of them, so that the time says nothing
        if hmac.compare_digest(token.digest, digest):
            found = token
    if found is None or found.has_expired():
        return None
    return Grant(f"token {found.name}", found.allows, by_cookie=False)


@dataclass(frozen=True, slots=True)
class Token:
    """One entry of the setting, checked."""

    name: str
    digest: str
    permissions: frozenset[Permission]
    names: tuple[str, ...]
    expires: date | None

    @classmethod
    def parse(cls, entry: Mapping[str, Any]) -> Self:
        """Raise ValueError, KeyError or TypeError when the entry is wrong."""
        if unknown := entry.keys() - _KEYS:
            raise ValueError(f"unknown {', '.join(sorted(unknown))}")
        digest = entry["sha256"].lower()
        if len(bytes.fromhex(digest)) != sha256().digest_size:
            raise ValueError("sha256 must have 64 hexadecimal digits")
        expires = entry.get("expires")
        return cls(
            name=entry["name"],
            digest=digest,
            permissions=frozenset(map(Permission, entry["permissions"])),
            names=tuple(
                name_or_pattern(name, "names") for name in entry.get("names", [ALL])
            ),
            expires=None if expires is None else date.fromisoformat(expires),
        )

    def has_expired(self) -> bool:
        """Say whether the last day is over, in UTC."""
        return self.expires is not None and clock.now().date() > self.expires

    def allows(self, permission: Permission, name: str) -> bool:
        """Say whether one of the names covers what is asked for."""
        return permission in self.permissions and any(
            name.startswith(own[:-1]) if is_pattern(own) else name == own
            for own in self.names
        )


def tokens() -> list[Token]:
    """Return the tokens of the setting."""
    found = []
    for number, entry in enumerate(getattr(settings, SETTING, ())):
        try:
            found.append(Token.parse(entry))
        except (ValueError, KeyError, TypeError, AttributeError, InvalidArgument) as e:
            raise ImproperlyConfigured(f"{SETTING}[{number}]: {e!r}") from e
    return found
