"""The README's code, run as the project that it describes."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import documents
from tests.documents import ROOT, SCRIPT, Project
from tests.empty_databases import empty_database

README = (ROOT / "README.md").read_text()


@pytest.fixture(params=["postgresql", "sqlite"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    files = documents.files(README)
    if request.param == "sqlite":
        files["settings.py"] += "del EVENT_STORES\n"  # the default is the right one
        yield Project(tmp_path, f"sqlite:///{tmp_path / 'db.sqlite3'}", files)
    else:
        with empty_database() as url:
            yield Project(tmp_path, url, files)


def test_the_code_runs_as_it_stands(project: Project) -> None:
    project.run("manage.py", "makemigrations", "shop")
    project.run("manage.py", "migrate")
    printed = project.run(SCRIPT)
    assert "somebody was faster: 2" in printed
    assert "0: John Doe registered" in printed
    assert "1: john@example.com is verified" in printed
    assert "Welcome! to john@example.com" in printed
    assert "20.00" in printed

    log = project.run("manage.py", "runworker", "--batch")
    assert "Subject: Order" in log
    assert "4 messages done, 0 attempts failed, 1 events handled" in log
    assert "charge by saga-order/7:charge" in log
    spending = project.run(
        "-c",
        "import django; django.setup(); from shop.models import CustomerSpending; "
        "print(*CustomerSpending.objects.values_list())",
    )
    assert spending == "('John Doe', Decimal('20.00'))\n"

    returned = project.run(
        "-c",
        "import django; django.setup(); from shop.tasks import send_receipt; "
        "from eventstreaming.models import TaskResult; "
        "print(send_receipt.get_result(str(TaskResult.objects.get().pk)).return_value)",
    )
    assert returned == "receipt 7\n"

    assert "Ran 1 test" in project.run("manage.py", "test", "shop")


def test_every_name_of_the_package_in_the_code_is_public() -> None:
    imported = re.findall(r"^from (eventstreaming[.\w]*) import", README, re.MULTILINE)
    assert set(imported) == {
        "eventstreaming",
        "eventstreaming.contrib.tasks",
        "eventstreaming.exceptions",
        "eventstreaming.sagas",
        "eventstreaming.testing",
    }


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
