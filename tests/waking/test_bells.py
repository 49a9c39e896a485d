"""A bell wakes who waits, once, however often it has rung."""

import threading
import time

from eventstreaming.backends.waking.bells import Bell

SOON = 0.05


def test_rings_before_the_wait_are_heard_together_and_once() -> None:
    bell = Bell()
    bell.ring()
    bell.ring(more=True)
    bell.ring()
    began = time.monotonic()
    assert bell.wait(30.0) is True
    assert time.monotonic() < began + 10
    assert bell.wait(SOON) is False
    assert time.monotonic() >= began + SOON


def test_another_thread_is_heard_while_one_waits() -> None:
    bell, heard = Bell(), threading.Event()
    threading.Timer(SOON, bell.ring).start()
    waiting = threading.Thread(target=lambda: (bell.wait(60.0), heard.set()))
    waiting.start()
    assert heard.wait(10)
    waiting.join()


def test_time_that_is_over_is_no_wait() -> None:
    bell = Bell()
    assert bell.wait(-1.0) is False
    bell.ring()
    assert bell.wait(-1.0) is False
    assert bell.wait(0.0) is False
