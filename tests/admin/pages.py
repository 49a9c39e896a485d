"""What a person sees on an admin page: rows, links and texts."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client

ROOT = "/admin/eventstreaming/"


@dataclass
class Page:
    """One page as it was answered."""

    status: int
    html: str
    rows: list[list[str]] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    text: str = ""

    def column(self, index: int) -> list[str]:
        return [row[index] for row in self.rows]


def visit(client: Client, path: str, **query: Any) -> Page:
    """Open a page below the app's index."""
    response = client.get(f"{ROOT}{path}", query)
    return read(response)


def follow(client: Client, path: str, page: Page, label: str) -> Page:
    """Click a link of a list."""
    return read(client.get(f"{ROOT}{path}{page.links[label]}"))


def post(client: Client, path: str, **data: Any) -> Page:
    """Send a form and look at the page that follows."""
    return read(client.post(f"{ROOT}{path}", data, follow=True))


def read(response: Any) -> Page:
    """Read what was answered."""
    html = response.content.decode()
    reader = _Reader()
    reader.feed(html)
    text = " ".join("".join(reader.texts).split())
    return Page(response.status_code, html, reader.rows, reader.links, text)


class _Reader(HTMLParser):
    """Collects the cells of the result list, links by their text, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.links: dict[str, str] = {}
        self.texts: list[str] = []
        self._in_results = self._in_body = False
        self._cell: list[str] | None = None
        self._link: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "table":
            self._in_results = values.get("id") == "result_list"
        elif tag == "tbody":
            self._in_body = True
        elif tag == "tr" and self._in_results and self._in_body:
            self.rows.append([])
        elif tag in ("td", "th") and self._in_results and self._in_body:
            self._cell = []
        elif tag == "a":
            self._link = (values.get("href") or "", [])

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._in_results = False
        elif tag == "tbody":
            self._in_body = False
        elif tag in ("td", "th") and self._cell is not None:
            self.rows[-1].append(" ".join("".join(self._cell).split()))
            self._cell = None
        elif tag == "a" and self._link is not None:
            url, texts = self._link
            self.links.setdefault(" ".join("".join(texts).split()), url)
            self._link = None

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._cell is not None:
            self._cell.append(data)
        if self._link is not None:
            self._link[1].append(data)
