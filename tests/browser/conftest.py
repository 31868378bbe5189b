"""A region served to a real browser: tenants on acme.localhost:PORT, which Chromium resolves to this machine."""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from console.models import Tenant, User
from tests import cast, example_programs, node

from . import chromium

HERE = Path(__file__).parent
RESULTS = HERE.parent.parent / "test-results"
WINDOW = {"width": 1440, "height": 900}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture
def port(live_server: LiveServer, settings: Settings) -> int:
    """The port that the region is served on, which is part of every hostname."""
    served: int = live_server.thread.port
    settings.REGION_HOST = f"localhost:{served}"
    return served


@pytest.fixture(scope="session")
def chromium_browser() -> Iterator[Browser]:
    """One browser for all tests of a process."""
    # Playwright's event loop runs in the thread of the tests, where Django would refuse every query.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.executable(), args=chromium.arguments())
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def problems() -> list[str]:
    """What went wrong in the page so far. A test that provokes an error on purpose empties the list."""
    return []


@pytest.fixture
def run_example() -> Iterator[Callable[..., None]]:
    """`run_example("demonstration", PORT="8001", …)`: one of the example applications, until the pages are closed.

    One that stopped with the last line of a test would leave a page without the style sheet that it was loading.
    """
    with ExitStack() as programs:
        yield lambda name, **configuration: programs.enter_context(
            example_programs.running(name, **configuration)
        )


@pytest.fixture
def new_page(
    port: int,
    chromium_browser: Browser,
    problems: list[str],
    run_example: Callable[..., None],  # stopped after the pages are closed
    request: pytest.FixtureRequest,
) -> Iterator[Callable[..., Page]]:
    """`new_page(color_scheme="dark", locale="sv-SE", java_script_enabled=False, viewport={…})`: a page of a new person.

    Nothing is shared with other pages: cookies, storage and cache are its own.
    """
    contexts = []

    def open_page(**options: object) -> Page:
        context = chromium_browser.new_context(**({"viewport": WINDOW, "locale": "en-GB"} | options))  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: problems.extend(console_problem(message)))
        page.on("pageerror", lambda error: problems.append(f"uncaught: {error}"))
        page.on("response", lambda response: problems.extend(response_problem(response)))
        return page

    yield open_page
    for number, context in enumerate(contexts):
        for page in context.pages if request.node.stash.get(FAILED, False) else []:
            name = request.node.name.replace("/", "_")
            page.screenshot(path=RESULTS / f"{name}-{number}.png", full_page=True)
        context.close()
    assert not problems, "The page had problems:\n" + "\n".join(problems)


def console_problem(message: ConsoleMessage) -> list[str]:
    """Errors and CSP violations. A refused form is not one, though Chromium writes every 4xx to the console."""
    source = message.location.get("url", "")
    refused = message.text.startswith("Failed to load resource") and django_settings.STATIC_URL not in source
    return [f"console: {message.text} ({source})"] if message.type == "error" and not refused else []


def response_problem(response: Response) -> list[str]:
    return [f"{response.status} from {response.url}"] if response.status >= 500 else []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A fresh page of 1440x900. Console errors, CSP violations, uncaught errors and 5xx answers fail the test."""
    return new_page()


@pytest.fixture
def console_url(port: int) -> Callable[..., str]:
    """`console_url(acme)` is that tenant's OAuth page, `console_url(acme, "/login")` any other address of its host."""

    def address(tenant: Tenant, path: str = "/console/oauth") -> str:
        return f"{tenant.issuer}{path}"

    return address


@pytest.fixture
def signed_in() -> Callable[[Page, User], Page]:
    """`signed_in(page, alice)`: the page's browser is signed in as alice from now on."""

    def sign_in(page: Page, user: User) -> Page:
        name = django_settings.SESSION_COOKIE_NAME
        session = cast.signed_in_as(user).cookies[name].value
        page.context.add_cookies(
            [{"name": name, "value": session, "url": user.tenant.issuer, "httpOnly": True, "sameSite": "Lax"}]
        )
        return page

    return sign_in


@pytest.fixture
def violations() -> Callable[[Page], list[str]]:
    """`violations(page)`: what axe-core finds wrong, a line each: `assert violations(page) == []` explains itself."""

    def find(page: Page) -> list[str]:
        if not page.evaluate("'axe' in window"):
            # Evaluated, not added as a script element: the page keeps its Content-Security-Policy.
            page.evaluate((node.packages() / "axe-core" / "axe.min.js").read_text())
        result = page.evaluate("rules => axe.run({runOnly: {type: 'tag', values: rules}})", RULES)
        return [
            f"{violation['id']} ({violation['impact']}): {violation['help']}: {' '.join(map(str, found['target']))}"
            for violation in result["violations"]
            for found in violation["nodes"]
        ]

    return find
