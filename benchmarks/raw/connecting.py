"""A raw connection as fast as psycopg makes it."""

import os

import orjson
import psycopg
from psycopg import Connection
from psycopg.types.json import set_json_loads


def connect() -> Connection:
    """Connect to the run's database: autocommit, prepared, JSON by orjson."""
    connection = psycopg.connect(
        os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=0
    )
    set_json_loads(orjson.loads, connection)
    return connection
