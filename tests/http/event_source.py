"""
A client of server-sent events.

It reads a stream as the WHATWG's HTML standard says, section 9.2.6: lines end
with CRLF, LF or CR, an empty line dispatches, an id with NUL is ignored.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ServerEvent:
    kind: str
    data: str
    last_event_id: str


@dataclass
class Parser:
    last_event_id: str = ""
    kind: str = ""
    data: list[str] = field(default_factory=list)

    def parse(self, text: str) -> Iterator[ServerEvent]:
        """Yield the events of whole lines."""
        for line in re.split(r"\r\n|\n|\r", text)[:-1]:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if line == "":
                if self.data:
                    data = "\n".join(self.data)
                    yield ServerEvent(self.kind or "message", data, self.last_event_id)
                self.kind, self.data = "", []
            elif name == "data":
                self.data.append(value)
            elif name == "event":
                self.kind = value
            elif name == "id" and "\0" not in value:
                self.last_event_id = value


class EventSource:
    """Connects, and connects again where it was."""

    def __init__(self, port: int, address: str, **headers: str) -> None:
        self.port = port
        self.address = address
        self.headers = headers
        self.last_event_id = ""

    async def connect(self) -> AsyncIterator[ServerEvent]:
        """Yield the events of one connection, until the server ends it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(self._request())
            status = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0]
            assert b" 200 " in status, status
            parser = Parser(self.last_event_id)
            rest = ""
            while (size := int(await reader.readline() or b"0", 16)) > 0:
                text = rest + (await reader.readexactly(size)).decode()
                await reader.readexactly(2)
                end = text.rfind("\n") + 1
                text, rest = text[:end], text[end:]
                for event in parser.parse(text):
                    self.last_event_id = event.last_event_id
                    yield event
        finally:
            writer.close()

    def _request(self) -> bytes:
        headers = {"Host": "testserver", **self.headers}
        if self.last_event_id:
            headers["Last-Event-ID"] = self.last_event_id
        lines = [f"GET {self.address} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode()
