"""A headless Chromium reads a page as a person does: clicks and keys go in, what is shown and asked for comes out."""

from __future__ import annotations

import base64
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NEEDS = {"chromium": ("chromium", "google-chrome"), "chromium-driver": ("chromedriver",)}
"""Packages, and the programs of which one is enough."""


def found() -> dict[str, str]:
    """The program of each package; skips the test, naming the package, when there is none."""
    programs = {}
    for package, names in NEEDS.items():
        program = next((path for name in names if (path := shutil.which(name))), None)
        if program is None:
            pytest.skip(f"{package} is not installed")
        programs[package] = program
    return programs


@contextmanager
def browser(folder: Path, *, width: int = 1300, height: int = 900) -> Iterator[Browser]:
    """A browser that leaves nothing behind but in `folder`; it ends with the block."""
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.chrome.service import Service

    programs = found()
    options = webdriver.ChromeOptions()
    options.binary_location = programs["chromium"]
    for argument in (
        "headless=new",
        "no-sandbox",  # root has none; the pages are our own
        "disable-dev-shm-usage",
        "disable-gpu",
        "disable-extensions",
        "disable-background-networking",
        "disable-component-update",
        "no-first-run",
        f"window-size={width},{height}",
        f"user-data-dir={folder / 'profile'}",
    ):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with tempfile.TemporaryDirectory(prefix="browser-") as short:  # a socket's path has room for 107 bytes
        environ = {**os.environ, "HOME": str(folder), "TMPDIR": short, "XDG_CONFIG_HOME": str(folder)}
        driver = _started(lambda: webdriver.Chrome(options, Service(programs["chromium-driver"], env=environ)))
        try:
            driver.set_script_timeout(120)
            yield Browser(driver)
        finally:
            driver.quit()


def _started(start: Callable[[], Any]) -> Any:
    """A browser gives up when it is not up within a minute: on a machine that busy it is started once more."""
    from selenium.common.exceptions import WebDriverException

    try:
        return start()
    except WebDriverException:
        return start()


class Browser:
    """One window."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    def open(self, page: Path, fragment: str = "") -> None:
        """Load a page anew, whatever was shown before, and forget what was asked for and complained about."""
        self._driver.get("about:blank")
        self.complaints()
        self.asked()
        self._driver.get(page.absolute().as_uri() + (f"#{fragment}" if fragment else ""))

    def run(self, script: str, *args: Any) -> Any:
        """What a function's body returns; a promise is waited for."""
        return self._driver.execute_script(f"return (async () => {{ {script} }})()", *args)

    def until(self, condition: str, *args: Any) -> Any:
        """Wait for an expression to become true, looking at each change of the document, and return it."""
        return self._driver.execute_script(
            f"""const args = [...arguments], look = () => {{ return {condition}; }};
            return new Promise((done) => {{
              const now = look();
              if (now) return done(now);
              const watch = new MutationObserver(() => {{
                const found = look();
                if (found) {{ watch.disconnect(); done(found); }}
              }});
              watch.observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }});
            }});""",
            *args,
        )

    def press(self, *keys: str) -> None:
        """Send keys to what has the focus: one-letter names, or selenium's (`ARROW_DOWN`)."""
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.keys import Keys

        actions = ActionChains(self._driver)
        for key in keys:
            actions.send_keys(key if len(key) == 1 else getattr(Keys, key))
        actions.perform()

    def write(self, text: str) -> None:
        """Type a text."""
        self.press(*text)

    def prefer(self, scheme: str) -> None:
        """Have the reader's system prefer `light` or `dark`."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self._driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def paper(self) -> bytes:
        """The page as a PDF."""
        printed = self._driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
        return base64.b64decode(printed["data"])

    def complaints(self) -> list[str]:
        """What the console has shown since it was asked last."""
        return [entry["message"] for entry in self._driver.get_log("browser")]

    def asked(self) -> list[str]:
        """The addresses that were requested since this was asked last."""
        messages = [json.loads(entry["message"])["message"] for entry in self._driver.get_log("performance")]
        return [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]
