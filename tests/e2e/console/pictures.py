"""Take the pictures of docs/pictures: `make pictures`. Every page, light, dark and on a phone."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from actions.officers.models import Role
from bot import clock, database, regions
from bot.settings import Settings

from .conftest import FLAGS, free_port, path_of_browser
from .desk import Console, Server, service
from .scene import evening, tip_with_effect, warned

SIZES = {
    "light": {"viewport": {"width": 1360, "height": 860}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1360, "height": 860}, "color_scheme": "dark"},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "color_scheme": "light",
        "is_mobile": True,
        "has_touch": True,
    },
}


def take(folder: Path, only: str = "") -> None:
    """Run a desk with a busy evening on it and take every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), _env_file=None)  # type: ignore[call-arg]
        with database.running(settings) as url, sync_playwright() as playwright:
            engine = database.engine(url)
            database.upgrade(engine)
            region = regions.load("cn-wuhan")
            own = service(settings, url, engine, database.sessions(engine), region, free_port())
            console = Console(own, Server(own, own.settings.console_listen.port))
            console.server.begin()
            browser = playwright.chromium.launch(
                executable_path=path_of_browser(), headless=True, args=FLAGS
            )
            for size, options in SIZES.items():
                _empty(console, browser, size, options, folder, only)
            people = evening(console)
            publisher = console.officer("张敏", Role.PUBLISHER)
            tip = tip_with_effect(console, publisher, console.officer("赵强", Role.PUBLISHER))
            warned(console, people["周敏"])
            for size, options in SIZES.items():
                context = browser.new_context(base_url=console.address, locale="zh-CN", **options)
                page = context.new_page()
                page.goto(console.link(people["周敏"]))
                _take(page, folder, f"sign-in-{size}", only)
                page.get_by_role("button", name="登录值班台").click()
                _pages(console, page, folder, size, only)
                context.close()
                _campaigns(console, browser, size, options, folder, only, tip)
            browser.close()
            console.server.end()
            engine.dispose()


def _empty(
    console: Console,
    browser: Browser,
    size: str,
    options: dict[str, object],
    folder: Path,
    only: str,
) -> None:
    officer = console.officer("周敏", Role.SUPERVISOR)
    context = browser.new_context(base_url=console.address, locale="zh-CN", **options)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(console.link(officer))
    page.get_by_role("button", name="登录值班台").click()
    page.wait_for_selector("#state[data-state=live]")
    _take(page, folder, f"empty-{size}", only)
    context.close()


def _pages(console: Console, page: Page, folder: Path, size: str, only: str) -> None:
    code = console.case("2003").code
    page.wait_for_selector("#state[data-state=live]")
    _take(page, folder, f"queue-{size}", only)
    page.goto(f"/cases/{code}")
    page.wait_for_selector("#state[data-state=live]")
    _take(page, folder, f"case-{size}", only)
    page.locator("#payments a").first.click()
    page.wait_for_selector("#payment")
    _take(page, folder, f"stop-payment-{size}", only)
    page.goto("/search?q=13812345678")
    _take(page, folder, f"search-{size}", only)
    page.goto("/statistics?days=7")
    page.wait_for_selector("[data-chart] canvas")
    _take(page, folder, f"statistics-{size}", only, full=size != "phone")
    page.goto("/warnings")
    page.wait_for_selector("[data-chart] canvas")
    _take(page, folder, f"warnings-{size}", only, full=size != "phone")
    page.goto("/roster")
    _take(page, folder, f"roster-{size}", only)
    page.goto("/trail")
    _take(page, folder, f"audit-{size}", only)


def _campaigns(
    console: Console,
    browser: Browser,
    size: str,
    options: dict[str, object],
    folder: Path,
    only: str,
    tip: int,
) -> None:
    officer = console.officer("张敏", Role.PUBLISHER)
    context = browser.new_context(base_url=console.address, locale="zh-CN", **options)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(console.link(officer))
    page.get_by_role("button", name="登录值班台").click()
    page.wait_for_url("**/campaigns")
    _take(page, folder, f"campaigns-{size}", only)
    page.goto(f"/campaigns/{tip}")
    page.wait_for_selector("[data-chart] canvas")
    _take(page, folder, f"effect-{size}", only, full=size != "phone")
    page.goto("/campaigns/new")
    _take(page, folder, f"campaign-form-{size}", only)
    page.get_by_label("名称").fill("每周贷款提醒")
    page.get_by_label("内容库").select_option(index=3)
    page.get_by_role("button", name="存为草稿").click()
    page.wait_for_url(re.compile(r"/campaigns/\d+$"))
    page.get_by_role("button", name="提交").click()
    page.wait_for_selector("#status:has-text('等人批准')")
    _take(page, folder, f"campaign-{size}", only)
    context.close()


def _take(page: Page, folder: Path, name: str, only: str, *, full: bool = False) -> None:
    if only in name:
        page.wait_for_timeout(250)
        page.screenshot(path=str(folder / f"{name}.png"), full_page=full, animations="disabled")


if __name__ == "__main__":
    assert clock.now()
    take(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
