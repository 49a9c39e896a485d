"""A Chromium without a window: the system's own, nothing is downloaded."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions, ChromeService

SIZE = (1280, 900)  # a small laptop
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",  # which root, in a container, does not get
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    # Nothing but this machine has an address.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    "--window-size={},{}".format(*SIZE),
)


def what_is_missing() -> str | None:
    """Say why no browser can be started; None: one can."""
    if _browser() is None:
        return "no Chromium here (Debian: apt-get install chromium chromium-driver)"
    if shutil.which("chromedriver") is None:
        return "no chromedriver here (Debian: apt-get install chromium-driver)"
    return None


@contextmanager
def chromium(folder: Path) -> Iterator[Chrome]:
    """Run a Chromium whose profile is in an empty folder."""
    options = ChromeOptions()
    options.binary_location = str(_browser())
    for flag in (*FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = ChromeService(executable_path=shutil.which("chromedriver"))
    driver = Chrome(options=options, service=service)
    try:
        driver.set_page_load_timeout(30)
        yield driver
    finally:
        driver.quit()


def _browser() -> str | None:
    found = (shutil.which(name) for name in NAMES)
    return next((path for path in found if path), None)
