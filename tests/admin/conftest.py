"""Staff with chosen rights, and rows in bulk."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.sessions import execute

Staff = Callable[..., Client]


@pytest.fixture
def staff(db: None) -> Staff:
    """Return a function that logs in a person who has only the given rights."""

    def log_in(*codenames: str) -> Client:
        user = User.objects.create_user("-".join(codenames) or "nobody", is_staff=True)
        permissions = Permission.objects.filter(
            content_type__app_label="eventstreaming", codename__in=codenames
        )
        assert len(permissions) == len(codenames)
        user.user_permissions.set(permissions)
        client = Client()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def many_events(db: None) -> Callable[[int], None]:
    """Return a function that writes events in bulk, spread over ten streams."""

    def write(count: int) -> None:
        execute(
            "INSERT INTO eventstreaming_stream (name, category, next_offset) "
            "SELECT 'order-' || n, 'order', %s / 10 FROM generate_series(0, 9) AS n",
            [count],
        )
        execute(
            'INSERT INTO eventstreaming_event (stream_id, category, "offset", bucket, '
            "event_type, event_id, data, metadata, correlation_id) "
            "SELECT s.id, 'order', n / 10, 0, CASE WHEN n %% 2 = 0 THEN 'OrderPlaced' "
            "ELSE 'OrderPaid' END, gen_random_uuid(), '{}', '{}', 'story-' || n / 4 "
            "FROM generate_series(0, %s - 1) AS n "
            "JOIN eventstreaming_stream AS s ON s.name = 'order-' || n %% 10 ORDER BY n",
            [count],
        )

    return write
