"""One asyncpg connection: pgqueuer's first choice of drivers."""

import os
from urllib.parse import parse_qs, urlsplit

import asyncpg


async def connect() -> asyncpg.Connection:
    """Connect to DATABASE_URL, whose host may stand in its query, as libpq has it."""
    url = urlsplit(os.environ["DATABASE_URL"])
    query = parse_qs(url.query)
    return await asyncpg.connect(
        host=url.hostname or query.get("host", [None])[0],
        port=url.port,
        user=url.username,
        password=url.password,
        database=url.path.lstrip("/"),
    )
