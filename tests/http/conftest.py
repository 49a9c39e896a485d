"""Callers of the HTTP interface."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import Settings

ADDRESS = "/api/event-streams"
Caller = Callable[..., "Api"]


class Api:
    """A caller: `api.get("streams")`, `api.post("events/orders", {...})`."""

    def __init__(self, client: Client, **headers: str) -> None:
        self.client = client
        self.headers = headers

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"{ADDRESS}/{path}", headers=self.headers | headers)

    def post(self, path: str, document: Any, **headers: str) -> Any:
        return self.client.post(
            f"{ADDRESS}/{path}",
            json.dumps(document),
            content_type="application/json",
            headers=self.headers | headers,
        )


@pytest.fixture
def person(db: None) -> Caller:
    """Return a function that logs in somebody who has only the given rights."""

    def log_in(*codenames: str, csrf: bool = False) -> Api:
        user = User.objects.create_user("-".join(codenames) or "nobody")
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client = Client(enforce_csrf_checks=csrf)
        client.force_login(user)
        return Api(client)

    return log_in


@pytest.fixture
def program(db: None, settings: Settings) -> Caller:
    """Return a function that makes a token with the given rights."""
    settings.EVENT_STREAM_HTTP_TOKENS = []

    def make(*permissions: str, **more: Any) -> Api:
        number = len(settings.EVENT_STREAM_HTTP_TOKENS)
        digest = sha256(f"secret-{number}".encode()).hexdigest()
        settings.EVENT_STREAM_HTTP_TOKENS = [
            *settings.EVENT_STREAM_HTTP_TOKENS,
            {
                "name": "test",
                "sha256": digest,
                "permissions": list(permissions),
                **more,
            },
        ]
        client = Client(enforce_csrf_checks=True)
        return Api(client, authorization=f"Bearer secret-{number}")

    return make


@pytest.fixture
def everything(program: Caller) -> Api:
    """Return a caller who may do everything."""
    return program(
        "view_stream", "view_payload", "publish", "operate", "delete_history"
    )
