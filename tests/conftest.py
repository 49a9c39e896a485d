"""What every test run shows and shares."""

import psycopg
from django.db import connection


def pytest_report_header() -> str:
    """Name the server, which differs between machines and runs."""
    try:
        with psycopg.connect(**connection.get_connection_params()) as server:
            version = server.info.parameter_status("server_version")
    except psycopg.Error as error:
        version = f"not reachable: {error}"
    return f"postgresql: {version}"
