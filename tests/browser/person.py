"""Somebody at a browser, who sees what goes wrong on a page."""

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from django.test import Client
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.contents import INTRUDERS

LOOKS = Path(__file__).with_name("looks.js").read_text()
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
FAULTS = Path(__file__).with_name("axe.js").read_text()
INTRUSIONS = Path(__file__).with_name("intruders.js").read_text()
STATUS = "return performance.getEntriesByType('navigation')[0].responseStatus"
TEXTS = "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText)"
SECONDS = 10


class Person:
    """Opens pages, clicks and types, and collects what is wrong with them."""

    def __init__(self, driver: Chrome, url: str) -> None:
        self.driver = driver
        self.url = url

    def be(self, client: Client) -> None:
        """Take over the session of a client that is logged in."""
        self.driver.execute_cdp_cmd(
            "Network.setCookie",
            {
                "name": "sessionid",
                "value": client.cookies["sessionid"].value,
                "url": self.url,
            },
        )

    def prefer(self, scheme: str) -> None:
        """Ask for light or dark pages."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [feature]}
        )

    def open(self, path: str) -> None:
        self.driver.get(f"{self.url}{path}")

    def status(self) -> int:
        """Return the status with which this page was answered."""
        return int(self.driver.execute_script(STATUS))

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        """Return what elements show."""
        found: list[str] = self.driver.execute_script(TEXTS, selector)
        return [" ".join(text.split()) for text in found]

    def links(self, selector: str) -> list[str]:
        """Return where the first two links lead, as paths of this site."""
        found = self.driver.find_elements(By.CSS_SELECTOR, selector)
        urls = [str(link.get_attribute("href")) for link in found[:2]]
        return [url.removeprefix(self.url) for url in urls]

    def column(self, name: str) -> list[str]:
        """Return the cells of a column of the list."""
        return self.texts(f"#result_list .field-{name}")

    def type(self, selector: str, text: str) -> None:
        field = self.find(selector)
        field.clear()
        field.send_keys(text)

    def click(self, selector: str) -> None:
        """Click what opens another page, and wait for that page."""
        self._leave(self.find(selector))

    def follow(self, text: str) -> None:
        """Click the link with this text, and wait for its page."""
        self._leave(self.driver.find_element(By.LINK_TEXT, text))

    def choose(self, action: str) -> None:
        """Run an action on the rows that are ticked."""
        self.find(f"select[name$=action] option[value={action}]").click()
        self.click("button[name=index]")

    def complaints(self, schemes: Iterable[str] = ("dark", "light")) -> list[str]:
        """Return what is wrong with this page, in light and in dark."""
        found = self.logged()
        for scheme in schemes:
            self.prefer(scheme)
            looks: list[str] = self.driver.execute_script(LOOKS)
            found += [f"{scheme}: {finding}" for finding in looks]
        found += [f"is on the page: {text}" for text in self._intruders()]
        return [f"{self.driver.current_url} {finding}" for finding in found]

    def logged(self) -> list[str]:
        """Return what the browser says, of a policy that stopped something too."""
        logged = [entry["message"] for entry in self.driver.get_log("browser")]
        return [message for message in logged if "/favicon.ico" not in message]

    def intruders(self, attacks: list[str]) -> tuple[list[str], int]:
        """Return what attacks made of this page, and how many of them it shows."""
        found = self.driver.execute_script(INTRUSIONS, attacks)
        return found["made"], found["shown"]

    def faults(self, *, dark: bool = True) -> list[str]:
        """Return what axe finds on this page: in light, and of its colours in dark."""
        # By the protocol of the browser, so that the policy of the page stays strict.
        self.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": AXE})
        found = self._ask_axe("dark", ["color-contrast"]) if dark else []
        return found + self._ask_axe("light", [])

    def _ask_axe(self, scheme: str, rules: list[str]) -> list[str]:
        self.prefer(scheme)
        found: list[str] = self.driver.execute_async_script(FAULTS, rules)
        return [f"{self.driver.current_url} {scheme}: {fault}" for fault in found]

    def _intruders(self) -> list[str]:
        elements = self.driver.find_elements(By.CSS_SELECTOR, INTRUDERS)
        return [str(element.get_attribute("outerHTML")) for element in elements]

    def _leave(self, element: WebElement) -> None:
        page = self.find("html")
        element.click()
        # Between two pages the browser may not know of which one the question is.
        wait = WebDriverWait(self.driver, SECONDS, 0.05, [WebDriverException])
        wait.until(staleness_of(page))
        wait.until(
            lambda driver: (
                driver.execute_script("return document.readyState") == "complete"
            )
        )
