"""Every page fits a narrow screen, keeps to its own origin, and follows the person's theme and language (S16)."""

import re
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from django_scopes import scope
from playwright.sync_api import expect

from console.models import Client, ClientSecret, Connection, Consent
from tests import cast
from tests.oauth.driver import Application

from .conftest import WINDOW
from .shared_clients import shared_clients

NARROW = {"width": 360, "height": 780}
ENDLESS = "W" * 200

# How far the page is wider than the window, and what reaches the furthest.
OVERFLOW = """() => {
  const page = document.scrollingElement;
  if (page.scrollWidth <= innerWidth) return null;
  const furthest = [...document.querySelectorAll('body *')]
    .map((element) => [element.getBoundingClientRect().right, `${element.tagName}.${element.className}`])
    .sort(([a], [b]) => b - a)[0];
  return `${page.scrollWidth} > ${innerWidth}: ${furthest}`;
}"""


# Labels beside the cells of a narrow table that may not break, and would run into what they are the label of.
UNBREAKABLE_LABELS = """() => [...document.querySelectorAll('td[data-label]')]
  .filter((cell) => getComputedStyle(cell, '::before').whiteSpace === 'nowrap')
  .map((cell) => cell.dataset.label)"""
# Names in a table that lie under the buttons of their row.
COVERED_NAMES = """() => [...document.querySelectorAll('tr:has(.table__name):has(.table__actions)')].filter((row) => {
  const range = document.createRange();
  range.selectNodeContents(row.querySelector('.table__name'));
  const button = row.querySelector('.table__actions').getBoundingClientRect();
  return [...range.getClientRects()].some((line) => line.right > button.left && line.left < button.right
    && line.bottom > button.top && line.top < button.bottom);
}).map((row) => row.textContent.trim().slice(0, 40))"""
# The buttons of a dialog that are not wholly inside it; what is above and below can be scrolled to.
CUT_OFF = """(dialog) => {
  const edge = dialog.getBoundingClientRect().right;
  return [...dialog.querySelectorAll('button, .button')]
    .filter((button) => button.getBoundingClientRect().right > edge)
    .map((button) => button.ariaLabel ?? button.textContent.trim());
}"""


@pytest.fixture
def addresses(acme, globex, alice, bob, mallory, register, port):
    """(person or None, address) of every page, for a client whose name never ends."""
    endless = Application(
        *register(
            acme,
            by=alice,
            name=ENDLESS,
            description="D" * 300,
            redirect_uris=[f"http://localhost:{port}/{'r' * 200}"],
            allowed_scopes=["openid", "profile", "email", "user_default", "admin_classic"],
        )
    )
    machine, _ = register(
        acme, name="Nightly reload", grant_types=["client_credentials"], consent_method="trusted", by=alice
    )
    endless.tokens(cast.signed_in_as(bob), scope="openid profile")
    with scope(tenant=acme):
        secret = ClientSecret.objects.get(client__client_id=endless.client_id)
        consent = Consent.objects.get(user=bob)
    client = f"/console/oauth/{endless.client_id}"
    shared = shared_clients(acme, alice, bob, port, suffix=ENDLESS[:180])
    ours, connection = shared["ours"], shared["connection"]
    return [
        (None, "/login"),
        (None, endless.address()),
        (None, "/logout"),
        (None, "/nothing"),
        (None, endless.address(redirect_uri=f"https://elsewhere.example.com/{'x' * 250}")),
        (alice, "/console"),
        (mallory, "/console"),
        (alice, "/console/oauth"),
        (alice, "/console/oauth?q=nothing"),
        (alice, "/console/oauth/new"),
        *((alice, f"/console/oauth/new?type={kind}") for kind in ("web", "spa", "native")),
        *((alice, client + page) for page in ("/edit", "/secrets", "/consent-method", "/disable", "/try")),
        *((alice, f"{client}/secrets/{secret.pk}/{act}") for act in ("edit", "disable", "enable", "remove")),
        (alice, f"{client}/secrets/new"),
        (alice, f"{client}/try?error=access_denied&error_description={'x' * 300}"),
        (alice, f"/console/oauth/{machine.client_id}/try"),
        (alice, f"/console/oauth/delete?client={endless.client_id}"),
        (alice, "/console/oauth/configuration"),
        (alice, f"/console/oauth/configuration?client={endless.client_id}&language=java"),
        (alice, "/console/events"),
        (mallory, "/console/oauth"),
        (bob, "/account/applications"),
        (bob, f"/account/applications/{consent.pk}/withdraw"),
        (bob, endless.address(scope="email user_default admin_classic")),
        (bob, "/oauth/logout"),
        (bob, "/logout"),
        (bob, "/console/oauth"),
        *((alice, client + page) for page in ("/publish", "/tenants", "/grants")),
        *((alice, ours + page) for page in ("/unpublish", "/tenants", "/disable")),
        *(
            (alice, connection + page)
            for page in ("", "/version", "/scopes", "/consent-method", "/block", "/remove", "/grants")
        ),
        (alice, shared["blocked"]),
        (alice, shared["connect"]),
        (alice, "/console/oauth/deleted"),
        (alice, f"{shared['gone']}/restore"),
        (alice, "/console/requests"),
        *((alice, shared["request"] + page) for page in ("/approve", "/deny")),
        (alice, "/console/people"),
        (alice, shared["person"]),
        (bob, "/account/requests"),
        (bob, "/account/time-zone"),
        (bob, shared["connect"]),
        (None, shared["hostname"]),
        # Last: Chromium asks for a page's icon when it likes, maybe when the next page is there already.
        (None, f"http://localhost:{port}/"),
    ]


@pytest.mark.spec("WCAG 2.2", "1.4.10")
@pytest.mark.spec("OWASP ASVS 5.0", "3.4.3")
@pytest.mark.parametrize("locale", ["en-GB", "sv-SE"])
def test_every_page_fits_and_fetches_from_its_own_host_only(
    addresses, new_page, signed_in, acme, subtests, locale
):
    """Not from another host, and not from another tenant either. (A breach of the CSP fails every test in here.)"""
    pages = {}
    fetched: list[str] = []
    for person, address in addresses:
        if person not in pages:
            page = pages[person] = new_page(viewport=NARROW, locale=locale)
            page.on("request", lambda request: fetched.append(request.url))
            if person:
                signed_in(page, person)
        page, issuer = pages[person], (person.tenant if person else acme).issuer
        url = address if address.startswith("http") else issuer + address
        fetched.clear()
        page.goto(url)
        with subtests.test(address[:80]):
            assert page.evaluate(OVERFLOW) is None
            assert page.evaluate(UNBREAKABLE_LABELS) == []
            assert page.evaluate(COVERED_NAMES) == []
            expect(page.locator("html")).to_have_attribute("lang", locale[:2])
            assert {urlsplit(each).netloc for each in fetched} == {urlsplit(url).netloc}


@pytest.mark.spec("WCAG 2.2", "1.4.10")
@pytest.mark.parametrize("window", [NARROW, WINDOW], ids=["narrow", "wide"])
def test_no_dialog_scrolls_sideways(
    addresses, new_page, signed_in, alice, acme, console_url, subtests, window
):
    page = signed_in(new_page(viewport=window), alice)
    dialog = page.get_by_role("dialog")
    for action in (
        "Edit",
        "Change consent method",
        "View OAuth configuration",
        "Disable",
        "Delete",
    ):
        with subtests.test(action):
            page.goto(console_url(acme))
            page.get_by_role("button", name=f"Actions for {ENDLESS}").click()
            menu = page.locator(":popover-open")
            assert menu.evaluate("menu => menu.getBoundingClientRect().right <= innerWidth")
            menu.get_by_text(action, exact=True).click()
            expect(dialog.get_by_role("heading", level=1)).to_be_visible()
            assert page.evaluate(OVERFLOW) is None
            body = dialog.locator(".dialog__body")
            assert body.evaluate("body => body.scrollWidth <= body.clientWidth")
            expect(dialog.locator(".dialog__footer .button").last).to_be_in_viewport(ratio=1)
            assert dialog.evaluate(CUT_OFF) == []
            assert dialog.evaluate("box => box.getBoundingClientRect().right <= innerWidth")


@pytest.mark.spec("WCAG 2.2", "2.4.7")
def test_a_narrow_list_can_be_sorted_and_chosen_as_a_whole(
    new_page, signed_in, alice, acme, register, console_url
):
    for name in ("Alpha", "Beta"):
        register(acme, name=name)
    page = signed_in(new_page(viewport=NARROW), alice)
    page.goto(console_url(acme))
    page.get_by_role("link", name="Name", exact=True).click()
    expect(page.locator("tbody tr").first).to_contain_text("Beta")
    page.get_by_label("Select all on this page").check()
    expect(page.locator("tbody :checked")).to_have_count(2)


def test_a_phone_shows_the_whole_of_what_a_client_is_trusted_with(
    new_page, signed_in, alice, acme, register, console_url
):
    register(acme, grant_types=["urn:qlik:oauth:user-impersonation"], consent_method="trusted")
    page = signed_in(new_page(viewport=NARROW, locale="sv-SE"), alice)
    page.goto(console_url(acme))

    badge = page.locator("tbody .badge--danger")
    expect(badge).to_have_text("Agerar som användare")
    assert badge.evaluate(
        "it => it.getBoundingClientRect().right <= it.closest('th').getBoundingClientRect().right"
    )


HEIGHTS = "(rows) => rows.map((row) => row.getBoundingClientRect().height)"
EDGES = """() => [...document.querySelectorAll('thead th')]
  .map((cell) => Math.round(cell.getBoundingClientRect().left))"""
# Whether nothing lies above an element.
ON_TOP = """(it) => {
  const {x, y} = it.getBoundingClientRect();
  return it.contains(document.elementFromPoint(x + 20, y + 15));
}"""


@pytest.fixture
def varied(acme, globex, alice):
    """Clients that say as much about themselves in the list as a client can."""
    cast.register(acme, name=ENDLESS, description="D " * 300, by=alice)
    cast.register(
        acme, name="Robot", grant_types=["urn:qlik:oauth:user-impersonation"], consent_method="trusted"
    )
    machine, _ = cast.register(acme, name="Stuck", grant_types=["client_credentials"], redirect_uris=[])
    Connection._base_manager.filter(client=machine).update(consent_method="required")
    cast.connect(cast.publish(acme, name="Shared"), globex)
    cast.connect(cast.publish(globex, name=f"Outside {ENDLESS}"), acme)
    gone = cast.publish(globex, name="Gone")
    cast.connect(gone, acme)
    Client._base_manager.filter(pk=gone.pk).update(deleted_at=timezone.now())


@pytest.mark.usefixtures("varied")
@pytest.mark.parametrize("locale", ["en-GB", "sv-SE"])
@pytest.mark.parametrize("width", [1440, 1024])
def test_a_client_is_one_line_of_the_list_and_columns_stay_where_they_are(
    new_page, signed_in, alice, acme, console_url, locale, width
):
    page = signed_in(new_page(viewport={"width": width, "height": 900}, locale=locale), alice)
    page.goto(console_url(acme))
    rows = page.locator("tbody tr")

    assert rows.count() == 6
    assert set(rows.evaluate_all(HEIGHTS)) == {44}
    edges = page.evaluate(EDGES)
    page.goto(f"{console_url(acme)}?q=robot")
    assert page.evaluate(EDGES) == edges
    page.goto(f"{console_url(acme)}?columns=secrets&columns=added")
    assert set(rows.evaluate_all(HEIGHTS)) == {44}
    assert page.evaluate(OVERFLOW) is None


def test_the_header_of_a_long_list_stays_in_sight(new_page, signed_in, alice, acme, register, console_url):
    for number in range(25):
        register(acme, name=f"Client {number}")
    page = signed_in(new_page(), alice)
    page.goto(console_url(acme))
    page.get_by_role("link", name="Client 24").scroll_into_view_if_needed()

    assert page.evaluate("scrollY") > 0
    header = page.get_by_role("columnheader", name="Name")
    expect(header).to_be_in_viewport(ratio=1)
    assert header.evaluate(ON_TOP)


@pytest.mark.usefixtures("varied")
def test_an_event_is_one_line_that_unfolds_with_the_keyboard(new_page, signed_in, alice, acme, console_url):
    page = signed_in(new_page(), alice)
    page.goto(console_url(acme, "/console/events"))
    events = page.get_by_role("main").get_by_role("list").get_by_role("listitem")

    assert set(events.locator("summary").evaluate_all(HEIGHTS)) == {36}
    created = events.filter(has_text=f"created {ENDLESS[:20]}")
    created.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(created.get_by_text("Redirect URLs")).to_be_visible()
    assert created.locator("summary").evaluate("it => it.scrollWidth <= it.clientWidth")
    page.keyboard.press("Enter")
    expect(created.get_by_text("Redirect URLs")).to_be_hidden()


@pytest.mark.usefixtures("varied")
@pytest.mark.parametrize("locale", ["en-GB", "sv-SE"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "without"])
def test_a_phone_has_the_filters_of_the_log_in_a_sheet(
    new_page, signed_in, alice, acme, console_url, locale, scripts
):
    page = signed_in(
        new_page(viewport={"width": 390, "height": 844}, locale=locale, java_script_enabled=scripts), alice
    )
    page.goto(console_url(acme, "/console/events"))
    fields = page.locator("#event-search :is(select, input:not([type=hidden], [type=search]))")
    expect(fields).to_have_count(6)
    for field in fields.all():
        expect(field).to_be_hidden()

    page.get_by_role("button", name="Filter").click()
    boxes = [field.bounding_box() for field in fields.all()]
    for number, box in enumerate(boxes):
        assert 0 < box["x"] < box["x"] + box["width"] < 390
        for other in boxes[number + 1 :]:
            beside = box["x"] + box["width"] < other["x"] or other["x"] + other["width"] < box["x"]
            assert beside or box["y"] + box["height"] < other["y"] or other["y"] + other["height"] < box["y"]
    page.locator("select[name=action]").select_option("client.created")
    page.get_by_role("button", name=re.compile("Done|Klar")).click()
    expect(fields.first).to_be_hidden()
    if not scripts:
        page.get_by_role("button", name=re.compile("Apply|Använd")).click()
    expect(page).to_have_url(re.compile("action=client.created"))
    expect(page.get_by_role("main").get_by_role("list").get_by_role("listitem")).to_have_count(4)


@pytest.mark.spec("requirements", "P7")
@pytest.mark.parametrize(("locale", "words"), [("en-GB", "Added"), ("sv-SE", "Tillagd")])
def test_a_usual_window_shows_since_when_a_client_is_there_and_what_is_searched(
    new_page, signed_in, alice, acme, register, console_url, locale, words
):
    register(acme, name="Reports")
    page = signed_in(new_page(locale=locale), alice)
    page.goto(console_url(acme))
    expect(page.get_by_role("columnheader", name=words)).to_have_count(0)  # it is there for whoever wants it
    page.get_by_role("button", name=re.compile("Columns|Kolumner")).click()
    page.get_by_role("checkbox", name=words).check()
    expect(page.get_by_role("columnheader", name=words)).to_be_visible()
    expect(page).to_have_url(re.compile("columns=added"))
    search = page.get_by_role("searchbox")
    needed = search.evaluate(
        """(field) => {
          const pen = document.createElement('canvas').getContext('2d');
          const style = getComputedStyle(field);
          pen.font = style.font;
          const padding = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
          return pen.measureText(field.placeholder).width + padding;
        }"""
    )
    assert needed <= search.evaluate("field => field.clientWidth")


@pytest.mark.spec("WCAG 2.2", "1.4.4")
def test_a_rows_menu_is_within_reach_in_a_low_window(
    new_page, signed_in, alice, acme, register, console_url, subtests
):
    """As a laptop's window is at 200 %: the menu fits neither below its button nor above it."""
    for number in range(8):
        register(acme, name=f"Reports {number}")
    page = signed_in(new_page(viewport={"width": 660, "height": 400}), alice)
    page.goto(console_url(acme))
    menu = page.locator(":popover-open")
    for number in range(8):
        with subtests.test(number):
            page.get_by_role("button", name=f"Actions for Reports {number}").click()
            expect(menu.get_by_role("link", name="Edit")).to_be_focused()
            assert menu.evaluate(
                "menu => menu.getBoundingClientRect().top >= 0 && menu.getBoundingClientRect().bottom <= innerHeight"
            )
            delete = menu.get_by_text("Delete", exact=True)
            delete.scroll_into_view_if_needed()
            expect(delete).to_be_in_viewport(ratio=1)
            page.keyboard.press("Escape")


def test_the_navigation_is_behind_a_button_where_there_is_no_room(page, signed_in, alice, acme, console_url):
    page.set_viewport_size(NARROW)
    signed_in(page, alice).goto(console_url(acme))
    audit_log = page.get_by_role("link", name="Audit log")
    expect(audit_log).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).click()
    expect(audit_log).to_be_visible()
    page.keyboard.press("Escape")
    expect(audit_log).to_be_hidden()
    page.get_by_role("button", name="Menu", exact=True).click()
    audit_log.click()
    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()


def test_the_theme_is_the_devices_until_the_person_chooses(new_page, signed_in, alice, acme, console_url):
    page = signed_in(new_page(color_scheme="dark"), alice)
    background = "getComputedStyle(document.body).backgroundColor"
    page.goto(console_url(acme))
    dark = page.evaluate(background)

    def choose(theme: str) -> str:
        page.get_by_role("button", name="Account menu").click()
        page.locator(":popover-open").get_by_role("button", name=theme).click()
        expect(page.locator(":popover-open")).to_have_count(0)
        page.get_by_role("button", name="Account menu").click()
        expect(page.get_by_role("button", name=theme, pressed=True)).to_be_visible()
        page.keyboard.press("Escape")
        colour: str = page.evaluate(background)
        return colour

    light = choose("Light")
    assert light != dark
    page.goto(console_url(acme, "/console/events"))
    assert page.evaluate(background) == light
    assert choose("Dark") == dark
    page.emulate_media(color_scheme="light")
    assert page.evaluate(background) == dark
    assert choose("System") == light


@pytest.mark.spec("requirements", "S16")
def test_the_language_is_the_browsers_until_the_person_chooses(new_page, signed_in, alice, acme, console_url):
    page = new_page(locale="sv-SE")
    page.goto(console_url(acme, "/login"))
    expect(page.locator("html")).to_have_attribute("lang", "sv")
    expect(page.get_by_role("heading", level=1)).to_have_text("Logga in")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page).to_have_url(re.compile("/login"))

    signed_in(page, alice).goto(console_url(acme, "/console/events?outcome=done"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Audit log")
    page.get_by_role("button", name="Account menu").click()
    page.get_by_role("button", name="Svenska").click()
    expect(page.locator("html")).to_have_attribute("lang", "sv")
    expect(page).to_have_url(re.compile(r"/console/events\?outcome=done$"))
    assert page.get_by_role("heading", level=1).inner_text() != "Audit log"
