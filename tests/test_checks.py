"""System checks: each has an id, a hint, and something that triggers it."""

import pytest
from django.core import checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings

from eventstreaming import event_stores
from eventstreaming.processing.registry import handlers, queue_handler
from tests.sessions import execute

MEMORY = "eventstreaming.backends.memory.MemoryEventStore"
POSTGRESQL = "eventstreaming.backends.postgresql.PostgreSQLEventStore"


def found(*, deploy: bool = False) -> dict[str, checks.CheckMessage]:
    messages = checks.run_checks(
        tags=["eventstreaming"], include_deployment_checks=deploy
    )
    assert all(message.hint for message in messages)
    return {str(message.id): message for message in messages}


def test_project_without_the_setting_is_fine() -> None:
    assert found() == {}


@pytest.mark.parametrize(
    ("stores", "check_id", "text"),
    [
        ([], "E001", "must be a dict of dicts"),
        ({"other": {}}, "E001", "no 'default' alias"),
        ({"default": {"BACKEND": "no.such.Store"}}, "E002", "cannot be imported"),
        ({"default": {"BACKEND": "datetime.datetime"}}, "E002", "no event store class"),
        ({"default": {"BACKEN": POSTGRESQL}}, "E002", "unknown 'BACKEN'"),
        (
            {"default": {"BACKEND": POSTGRESQL, "OPTIONS": {"databse": "x"}}},
            "E002",
            "unknown OPTIONS 'databse'",
        ),
        (
            {"default": {"BACKEND": POSTGRESQL, "OPTIONS": {"database": "nowhere"}}},
            "E002",
            "'nowhere' is not in DATABASES",
        ),
    ],
)
def test_wrong_stores_are_named(stores: object, check_id: str, text: str) -> None:
    with override_settings(EVENT_STORES=stores):
        message = found()[f"eventstreaming.{check_id}"]
    assert text in message.msg


def test_near_miss_of_the_setting_is_a_warning() -> None:
    with override_settings(EVENT_STORE={}):
        assert "EVENT_STORE is not used" in found()["eventstreaming.W001"].msg


@pytest.mark.parametrize(
    "limits", [{"data_byte": 1}, {"data_bytes": 0}, {"data_bytes": True}, []]
)
def test_wrong_limits_are_named(limits: object) -> None:
    with override_settings(EVENT_STREAM_LIMITS=limits):
        assert "eventstreaming.E003" in found()


@pytest.mark.parametrize(
    "bounds", [{"ill": {}}, {"degraded": {"lagg": 1}}, {"unhealthy": {"lag": -1}}, []]
)
def test_wrong_bounds_of_health_are_named(bounds: object) -> None:
    with override_settings(EVENT_STREAM_HEALTH=bounds):
        assert "EVENT_STREAM_HEALTH" in found()["eventstreaming.E007"].msg


def test_router_that_sends_events_elsewhere_is_an_error() -> None:
    with override_settings(DATABASE_ROUTERS=["tests.test_checks.Elsewhere"]):
        assert "writes events to 'elsewhere'" in found()["eventstreaming.E004"].msg


class Elsewhere:
    def db_for_write(self, model: type, **hints: object) -> str:
        return "elsewhere"


def test_handler_of_an_unknown_store_is_an_error() -> None:
    queue_handler("checked", store="unknown")(
        test_near_miss_of_the_setting_is_a_warning
    )
    try:
        assert "'unknown'" in found()["eventstreaming.E006"].msg
    finally:
        del handlers.queues["checked"]


def test_deploying_a_store_that_forgets_is_a_warning() -> None:
    with override_settings(EVENT_STORES={"default": {"BACKEND": MEMORY}}):
        assert "eventstreaming.W005" in found(deploy=True)
        assert "eventstreaming.W005" not in found()


def test_override_settings_changes_the_store_and_back() -> None:
    before = type(event_stores["default"]).__name__
    with override_settings(EVENT_STORES={"default": {"BACKEND": MEMORY}}):
        assert type(event_stores["default"]).__name__ == "MemoryEventStore"
    assert type(event_stores["default"]).__name__ == before == "PostgreSQLEventStore"


@pytest.mark.django_db
def test_database_that_is_migrated_is_fine() -> None:
    call_command("check", databases=["default"], fail_level="WARNING")


@pytest.mark.django_db
def test_first_migrate_of_a_database_does_not_warn() -> None:
    execute("DROP TABLE eventstreaming_event")
    call_command("check", databases=["default"], fail_level="WARNING")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("damage", "check_id"),
    [
        (
            "ALTER TABLE eventstreaming_event DISABLE TRIGGER eventstreaming_mark",
            "E011",
        ),
        ("ALTER FUNCTION eventstreaming_fence_v1() RENAME TO lost", "W011"),
        ("DROP TRIGGER eventstreaming_mark ON eventstreaming_event", "W011"),
        ("ALTER SEQUENCE eventstreaming_event_position_seq CACHE 10", "E012"),
        ("SET LOCAL DateStyle = 'German'", "E015"),
    ],
)
def test_damage_in_the_database_is_named(damage: str, check_id: str) -> None:
    execute(damage)
    with pytest.raises(SystemCheckError, match=check_id):
        call_command("check", databases=["default"], fail_level="WARNING")
