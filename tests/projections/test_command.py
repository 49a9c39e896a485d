"""`manage.py rebuildprojection`: what it asks, refuses and says."""

from io import StringIO
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from eventstreaming.exceptions import UnsupportedOperation
from eventstreaming.operations.rebuilding import rebuild_projection
from tests.projections.tallying import NAME, Log, TallyingInBulk, rows, tallying, work

pytestmark = pytest.mark.django_db(transaction=True)


def rebuild(*arguments: str) -> str:
    out = StringIO()
    call_command("rebuildprojection", *arguments, stdout=out, verbosity=0)
    return out.getvalue()


def test_it_asks_before_a_model_is_emptied() -> None:
    log = Log()
    log.append(100)
    with tallying(TallyingInBulk):
        work()
        for answer in ({"return_value": "no"}, {"side_effect": EOFError}):
            with (
                mock.patch("builtins.input", **answer),
                pytest.raises(CommandError, match="Nothing was done"),
            ):
                rebuild(NAME)
        with mock.patch("builtins.input", return_value=NAME):
            assert f"{NAME} is rebuilt: 100 events in " in rebuild(NAME)
        assert f"{NAME} is rebuilt: 100 events in " in rebuild(NAME, "--beside")
        assert rebuild(NAME, "--abandon") == "There is nothing.\n"
        assert rebuild(NAME, "--join") == ""
        assert rows() == log.fold()


def test_it_names_what_is_not_there() -> None:
    for arguments in (["nothing"], ["nothing", "--yes"], ["nothing", "--beside"]):
        with tallying(), pytest.raises(CommandError, match=f"known are .*{NAME}"):
            rebuild(*arguments)


class ToSQLite:
    """A router for a project whose database is SQLite."""

    def db_for_read(self, model: object, **hints: object) -> str:
        return "sqlite"

    db_for_write = db_for_read


@pytest.mark.django_db(transaction=True, databases=["default", "sqlite"])
def test_sqlite_rebuilds_in_place_only() -> None:
    stores = {"default": {"OPTIONS": {"database": "sqlite"}}}
    log = Log()
    with override_settings(EVENT_STORES=stores), tallying(TallyingInBulk) as declared:
        log.append(100)
        with pytest.raises(UnsupportedOperation, match="is not in the database"):
            rebuild_projection(NAME)
        with override_settings(DATABASE_ROUTERS=[ToSQLite()]):
            work()
            declared.models[0].objects.all().delete()
            with pytest.raises(CommandError, match="in place"):
                rebuild(NAME, "--beside")
            rebuild(NAME, "--yes")
            assert rows() == log.fold()
