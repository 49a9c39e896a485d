"""`manage.py demo` as a newcomer runs it: real processes, real orders."""

import os
import signal
import socket
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest

from demo_project.shop.demo.order_files import SAMPLE
from tests.demo.demos import Demo, is_running
from tests.queue_proofs.processes import FULL

ALL_ORDERS = "6,919 orders, 16,479 CDs, $244,091.94"
SOME_ORDERS = "300 orders, 643 CDs, $10,200.13"
ALL_SAGAS = "324: 287 shipped, 37 undone"
SOME_SAGAS = "14: 13 shipped, 1 undone"


@pytest.fixture
def some_orders(tmp_path: Path) -> str:
    """Return a file with the first 300 orders."""
    path = tmp_path / "some.txt"
    path.write_bytes(b"".join(SAMPLE.read_bytes().splitlines(keepends=True)[:300]))
    return str(path)


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def count(url: str, table: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def assert_all_is_done(demo: Demo, totals: str, sagas: str = SOME_SAGAS) -> None:
    assert demo.finish() == 0, demo.output
    lines = demo.output.splitlines()
    assert f"file          {totals}" in lines
    assert f"stream orders {totals}" in lines
    assert f"read model    {totals} (customer-spending)" in lines
    assert f"invoices      {totals} (billing, in 4 partitions)" in lines
    assert f"order sagas   {sagas}" in lines
    assert "queues        order-notifications empty, email-queue empty" in lines
    assert "dead letters  none" in lines


@pytest.mark.skipif(not FULL, reason="a minute or two; `make proofs` runs it")
def test_all_orders_with_a_server_of_its_own_twice(clone: Path) -> None:
    with Demo(clone, "--no-serve") as demo:
        assert_all_is_done(demo, ALL_ORDERS, ALL_SAGAS)
        assert "9,276 transactions with 11,633 events and 16,195" in demo.output
        worker = demo.worker_pid
    assert not is_running(worker)
    assert not (clone / ".postgresql" / "data" / "postmaster.pid").exists()
    with Demo(clone, "--no-serve") as demo:
        assert_all_is_done(demo, ALL_ORDERS, ALL_SAGAS)
        assert "Nothing is new" in demo.output


def test_twice_in_the_database_of_database_url(
    clone: Path, database_url: str, some_orders: str
) -> None:
    for _ in range(2):
        with Demo(
            clone, "--no-serve", "--orders", some_orders, url=database_url
        ) as demo:
            assert_all_is_done(demo, SOME_ORDERS)
        assert count(database_url, "shop_order") == 300
        events = "eventstreaming_event WHERE category"
        assert count(database_url, f"{events} <> 'saga'") == 522
        # Some carriers are busy at first, which is one event more.
        assert 73 <= count(database_url, f"{events} = 'saga'") < 80
        assert count(database_url, "eventstreaming_saga") == 14
        assert count(database_url, "auth_user") == 1
    assert not (clone / ".postgresql").exists()


def test_another_file_adds_what_is_new(
    clone: Path, database_url: str, some_orders: str, tmp_path: Path
) -> None:
    lines = Path(some_orders).read_bytes().splitlines(keepends=True)
    (tmp_path / "fewer.txt").write_bytes(b"".join(lines[250:]))
    fewer = str(tmp_path / "fewer.txt")
    with Demo(clone, "--no-serve", "--orders", fewer, url=database_url) as demo:
        assert demo.finish() == 0, demo.output
    assert count(database_url, "shop_order") == 50
    with Demo(clone, "--no-serve", "--orders", some_orders, url=database_url) as demo:
        assert_all_is_done(demo, SOME_ORDERS)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_demo_leaves_nothing_running_and_goes_on_later(
    clone: Path, some_orders: str, number: int
) -> None:
    """The embedded server is the outermost of what is to be stopped."""
    arguments = ("--no-serve", "--orders", some_orders)
    with Demo(clone, *arguments) as demo:
        worker = demo.worker_pid
        demo.wait_for("Placing")
        demo.signal(number)
        assert demo.finish() == 130
        assert "Traceback" not in demo.output
    assert not is_running(worker)
    assert not (clone / ".postgresql" / "data" / "postmaster.pid").exists()
    with Demo(clone, *arguments) as demo:
        assert_all_is_done(demo, SOME_ORDERS)


def test_a_worker_that_dies_is_noticed(clone: Path, database_url: str) -> None:
    with Demo(clone, "--no-serve", url=database_url) as demo:
        worker = demo.worker_pid
        demo.wait_for("Placing")
        os.kill(worker, signal.SIGKILL)
        assert demo.finish() == 1
        assert "The worker has ended with exit code -9" in demo.output
        assert "Traceback" not in demo.output


def test_the_admin_is_served_until_ctrl_c(
    clone: Path, database_url: str, some_orders: str, port: int
) -> None:
    with Demo(
        clone, "--port", str(port), "--orders", some_orders, url=database_url
    ) as demo:
        demo.wait_for("Serving .* until")
        index = log_in(f"http://127.0.0.1:{port}")
        assert "Log out" in index
        assert "Customer spending" in index
        worker = demo.worker_pid
        demo.signal(signal.SIGINT)
        assert demo.finish() == 0
        assert "Traceback" not in demo.output
    assert not is_running(worker)
    with pytest.raises(OSError, match="refused"):
        log_in(f"http://127.0.0.1:{port}")


def log_in(site: str) -> str:
    """Log in with the demo's login; return the admin's first page."""
    cookies = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    opener.open(f"{site}/admin/login/").close()
    token = {cookie.name: cookie.value for cookie in cookies}["csrftoken"]
    form = {"username": "demo", "password": "demo", "csrfmiddlewaretoken": token}
    with opener.open(
        f"{site}/admin/login/?next=/admin/", urlencode(form).encode()
    ) as page:
        return str(page.read().decode())


def test_what_cannot_work_is_said_at_once(
    clone: Path, tmp_path: Path, port: int
) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_text("00004 0001 19970101  2   29.33\nnonsense\n")
    away = "postgres://nobody@127.0.0.1:1/nothing"
    with socket.create_server(("127.0.0.1", port)):
        for arguments, url, message in [
            (["--orders", str(bad)], None, "bad.txt, line 2: expected"),
            (["--orders", "missing.txt"], None, "missing.txt: No such file"),
            (["--port", str(port)], None, f"Port {port} cannot be used"),
            (["--no-serve"], away, "The database cannot be reached"),
        ]:
            with Demo(clone, *arguments, url=url) as demo:
                assert demo.finish() == 1
                assert f"CommandError: {message}" in demo.output.replace(
                    str(tmp_path) + os.sep, ""
                )
                assert "Traceback" not in demo.output
    assert not (clone / ".postgresql").exists()
