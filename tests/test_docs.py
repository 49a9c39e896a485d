"""Every example of the documentation runs as it stands, on PostgreSQL."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from eventstreaming.events.limits import Limits
from tests import documents
from tests.documents import ROOT, Project
from tests.empty_databases import copied_database, empty_database

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
PACKAGE = ROOT / "eventstreaming"
SETTINGS = (DOCS / "settings.md").read_text()
RUNNABLE = [page for page in PAGES if "```python" in page.read_text()]
INSTALLED = 'INSTALLED_APPS += ["eventstreaming", "shop"]\n'


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Make a database with the package's tables, to be copied for each page."""
    with empty_database() as url:
        settings = {"settings.py": INSTALLED, "shop/models.py": ""}
        project = Project(tmp_path_factory.mktemp("migrated"), url, settings)
        project.run("manage.py", "migrate", "--skip-checks")
        yield url


@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: page.stem)
def test_the_code_of_the_page_runs(page: Path, migrated: str, tmp_path: Path) -> None:
    text = page.read_text()
    with copied_database(migrated) as url:
        printed = Project(tmp_path, url, project_of(text)).run(documents.SCRIPT)
    for line in documents.answers(text):
        assert line in documents.unspaced(printed)


def project_of(text: str) -> dict[str, str]:
    """Return a page's files; one without a shop gets the quickstart's events."""
    files = documents.files(text)
    settings = files.get("settings.py", "")
    if INSTALLED not in settings:
        files["settings.py"] = INSTALLED + settings
    if not any(name.startswith("shop/") for name in files):
        quickstart = documents.files((DOCS / "quickstart.md").read_text())
        files["shop/events.py"] = quickstart["shop/events.py"]
    files.setdefault("shop/models.py", "")
    files[documents.SCRIPT] = documents.story(text)
    return files


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (DOCS / link).exists()] == []


def test_every_page_is_in_the_table_of_contents() -> None:
    index = (DOCS / "index.md").read_text()
    assert [page.stem for page in PAGES if f"\n{page.stem}\n" not in index] == ["index"]


def test_every_check_is_documented() -> None:
    code = "".join(path.read_text() for path in sorted(PACKAGE.rglob("*checks.py")))
    documented = re.findall(r"^\| ([EW]\d{3}) \|", SETTINGS, re.MULTILINE)
    assert documented == sorted(set(re.findall(r"\b[EW]\d{3}\b", code)))


def test_every_limit_is_documented_with_its_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([\d,]+) \|", SETTINGS, re.MULTILINE)
    documented = {name: float(value.replace(",", "")) for name, value in rows}
    assert documented == asdict(Limits())
