"""What the migrations leave in the database, and that they go back."""

import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from eventstreaming.migrations._postgresql import SQL, script_for
from tests.sessions import execute

FUNCTION = re.compile(
    r"CREATE (?:OR REPLACE )?FUNCTION public\.(\w+)\(.*?\$body\$(.*?)\$body\$",
    re.DOTALL,
)


@pytest.mark.django_db
def test_installed_function_bodies_are_the_packaged_ones() -> None:
    installed = dict(
        execute(
            "SELECT proname, prosrc FROM pg_proc "
            "WHERE proname LIKE 'eventstreaming%%' AND pronamespace = 'public'::regnamespace"
        )
    )
    packaged = {}
    for script in sorted(SQL.glob("*.sql")):
        text = script_for(script.name, "public")
        packaged.update(FUNCTION.findall(text))
    assert len(packaged) == 36
    assert installed == packaged


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", "eventstreaming", check=True, dry_run=True)


@pytest.mark.django_db(transaction=True)
def test_migrations_go_back_and_forth_again() -> None:
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes("eventstreaming")
    MigrationExecutor(connection).migrate([("eventstreaming", None)])
    left = execute(
        "SELECT proname FROM pg_proc WHERE proname LIKE 'eventstreaming%%' "
        "UNION SELECT relname FROM pg_class WHERE relname LIKE 'eventstreaming%%'"
    )
    MigrationExecutor(connection).migrate(latest)
    assert left == []


@pytest.mark.django_db
def test_position_sequence_draws_one_at_a_time() -> None:
    assert execute(
        "SELECT seqcache FROM pg_sequence "
        "WHERE seqrelid = 'eventstreaming_event_position_seq'::regclass"
    ) == [(1,)]


def test_positions_are_drawn_after_the_marker_is_set() -> None:
    """
    Only an INSERT sets it: what names the sequence comes behind one.

    That the rows of such an INSERT draw late enough is shown in test_append.py.
    The ids of messages need no marker.
    """
    backends = SQL.parent.parent / "backends" / "sql"
    scripts = [*SQL.glob("*.sql"), *backends.glob("*.sql")]
    assert len(scripts) > 20
    drawing = [
        script
        for script in scripts
        if "nextval" in script.read_text() and script.name != "draw_message_ids.sql"
    ]
    names = sorted(script.name for script in drawing)
    assert names == [
        "0007_append.sql",
        "0030_append_plain.sql",
        "0033_append_concurrent.sql",
        "0034_append_concurrent.sql",
        "0035_append_concurrent.sql",
    ]
    bodies = {}
    for name in names:
        bodies.update(FUNCTION.findall(script_for(name, "public")))
    parts = {
        name: body.partition("nextval")
        for name, body in bodies.items()
        if "nextval" in body
    }
    assert len(parts) == 7
    for before, _, after in parts.values():
        assert re.search(r"INSERT INTO public.eventstreaming_event\s", before)
        assert "nextval" not in after


@pytest.mark.django_db
def test_columns_that_change_at_each_delivery_are_in_no_index() -> None:
    changing = {
        "lease",
        "leased_until",
        "deliveries",
        "attempts",
        "worker_id",
        "cancel_requested",
    }
    definitions = execute(
        "SELECT indexdef FROM pg_indexes WHERE tablename = 'eventstreaming_message'"
    )
    words = {word for (text,) in definitions for word in re.findall(r"\w+", text)}
    assert len(definitions) == 5
    assert words & changing == set()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("table", "filled"), [("stream", 50), ("message", 40), ("checkpoint", 50)]
)
def test_hot_tables_leave_room_on_their_pages(table: str, filled: int) -> None:
    (options,) = execute(
        "SELECT reloptions FROM pg_class WHERE oid = %s::regclass",
        [f"eventstreaming_{table}"],
    )[0]
    assert f"fillfactor={filled}" in options


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("table", "column"),
    [("stream", "name"), ("message", "queue"), ("event", "category")],
)
def test_names_are_compared_byte_by_byte(table: str, column: str) -> None:
    assert execute(
        "SELECT collation_name FROM information_schema.columns "
        "WHERE table_name = %s AND column_name = %s",
        [f"eventstreaming_{table}", column],
    ) == [("C",)]
