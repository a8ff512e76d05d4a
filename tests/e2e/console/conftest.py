"""The console in a real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import Engine

from actions.officers.models import Officer
from bot.database import Sessions
from bot.regions import Region
from bot.settings import Settings

from .desk import Console, Server, service

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MISSING = "no Chromium here; `make browser` installs Debian's, or put a chromium on PATH"


def path_of_browser() -> str | None:
    """Return the browser on this machine, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Not for the whole run: Playwright keeps an event loop in this thread, and tests of other folders
# have their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser a module; a machine without one fails here, by name."""
    found = path_of_browser()
    if found is None:
        pytest.fail(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def console(
    settings: Settings, url: str, engine: Engine, sessions: Sessions, region: Region
) -> Iterator[Console]:
    """A console that runs on a port of its own."""
    port = free_port()
    own = service(settings, url, engine, sessions, region, port)
    console = Console(own, Server(own, port))
    console.server.begin()
    yield console
    console.server.end()


@pytest.fixture
def context(browser: Browser, console: Console) -> Iterator[BrowserContext]:
    """A browser profile of its own; a script error on any page fails the test."""
    context = browser.new_context(
        base_url=console.address, locale="zh-CN", viewport={"width": 1360, "height": 850}
    )
    context.set_default_timeout(8000)
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.on(
        "console",
        lambda said: (
            errors.append(said.text)
            if said.type == "error" and "Content Security Policy" in said.text
            else None
        ),
    )
    yield context
    context.close()
    assert errors == []


@pytest.fixture
def enter(context: BrowserContext, console: Console) -> Callable[[Officer], Page]:
    """Sign an officer in by their link and return the page they land on."""

    def enter(officer: Officer) -> Page:
        page = context.new_page()
        page.goto(console.link(officer))
        page.get_by_role("button", name="登录值班台").click()
        page.wait_for_url("**/")
        return page

    return enter


@pytest.fixture
def browser_pages(browser: Browser, console: Console) -> Iterator[Callable[[Officer], Page]]:
    """Sign officers in, each in a browser profile of their own."""
    with ExitStack() as stack:

        def enter(officer: Officer) -> Page:
            context = browser.new_context(base_url=console.address, locale="zh-CN")
            stack.callback(context.close)
            page = context.new_page()
            page.goto(console.link(officer))
            page.get_by_role("button", name="登录值班台").click()
            page.wait_for_url("**/")
            return page

        yield enter


Client = Callable[[Officer | None], httpx.Client]


@pytest.fixture
def client(console: Console) -> Iterator[Client]:
    """Return HTTP clients as a browser would be, signed in when an officer is given."""
    with ExitStack() as stack:

        def client(officer: Officer | None) -> httpx.Client:
            made = httpx.Client(base_url=console.address, headers={"origin": console.address})
            stack.enter_context(made)
            if officer is not None:
                made.post("/sign-in", data={"token": console.link(officer).partition("#")[2]})
            return made

        yield client
