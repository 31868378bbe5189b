"""Everything can be reached and used with the keyboard, and one always sees where one is."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

ADDRESS = "https://reports.example.com/callback"
MOST_STOPS = 60

# What a person can tell a focused element by: where it stands in the page, what it is called, and its ring.
STOP = """() => {
  const stop = document.activeElement;
  if (!stop || stop === document.body) return null;
  const {outlineStyle, outlineWidth} = getComputedStyle(stop);
  const box = stop.getBoundingClientRect();
  return {
    place: [...document.querySelectorAll('*')].indexOf(stop),
    name: `${stop.tagName} ${stop.ariaLabel ?? stop.labels?.[0]?.textContent ?? stop.textContent}`.trim(),
    ring: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1,
    seen: box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0,
  };
}"""


@pytest.fixture
def oauth_page(page, signed_in, alice, console_url):
    signed_in(page, alice).goto(console_url(alice.tenant))
    return page


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Presses Tab until `target` has the focus; fails when it never gets it."""
    expect(target).to_be_visible()
    for _ in range(MOST_STOPS):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
    expect(target).to_be_focused(timeout=1)


@pytest.mark.spec("WCAG 2.2", "2.1.1")
def test_a_client_is_created_with_the_keyboard_alone(oauth_page):
    page, press = oauth_page, oauth_page.keyboard.press
    tab_to(page, page.get_by_role("link", name="Create new"))
    press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("radio", name=re.compile("^Web"))).to_be_focused()
    press("ArrowDown")
    expect(dialog.get_by_role("radio", name=re.compile("^Single-page app"))).to_be_checked()
    press("ArrowUp")
    press("Enter")  # as in every form

    expect(dialog.get_by_role("heading", name="Create web client")).to_be_focused()
    tab_to(page, dialog.get_by_role("textbox", name="Name", exact=True))
    page.keyboard.type("Reports")
    new = dialog.get_by_role("textbox", name="New: Redirect URLs")
    tab_to(page, new)
    page.keyboard.type("reports.example.com")
    press("Enter")
    expect(dialog.get_by_role("alert")).not_to_be_empty()
    expect(new).to_be_focused()
    press("ControlOrMeta+a")
    page.keyboard.type(ADDRESS)
    press("Enter")
    expect(dialog.get_by_role("textbox", name="Redirect URLs 1")).to_have_value(ADDRESS)
    expect(new).to_be_focused()
    expect(new).to_be_empty()

    tab_to(page, dialog.get_by_role("searchbox", name="Search scopes"))
    page.keyboard.type("offline")
    tab_to(page, dialog.get_by_role("checkbox", name=re.compile("^offline_access ")))
    press("Space")
    tab_to(page, dialog.get_by_role("button", name="Create"))
    press("Enter")

    expect(dialog).to_have_accessible_name("The client has been created")
    expect(dialog.get_by_role("heading", name="The client has been created")).to_be_focused()
    tab_to(page, dialog.get_by_role("button", name="Done"))
    press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("rowheader", name="Reports")).to_be_visible()
    expect(page.get_by_role("link", name="Create new")).to_be_focused()


def stops_between(page: Page, first: Locator, last: Locator) -> int:
    """How often Tab is pressed to come from one element to another."""
    first.focus()
    for pressed in range(1, MOST_STOPS):
        page.keyboard.press("Tab")
        if last.evaluate("element => element === document.activeElement"):
            return pressed
    raise AssertionError("Tab does not lead there")


@pytest.fixture
def picker(oauth_page):
    """The picker of scopes in the form of a new web client."""
    oauth_page.goto(oauth_page.url + "/new?type=web")
    return oauth_page.get_by_role("group", name="Scopes", exact=True)


@pytest.mark.spec("WCAG 2.2", "2.1.1")
def test_the_list_of_scopes_is_one_tab_stop(page, picker):
    search = picker.get_by_role("searchbox", name="Search scopes")
    required = page.get_by_role("radio", name=re.compile("^Required"))
    assert stops_between(page, search, required) == 2  # the list, and what comes after it

    search.fill("apps")
    expect(picker.get_by_role("checkbox", name=re.compile("^apps ")).first).to_be_visible()
    assert stops_between(page, search, required) == 2


@pytest.mark.spec("WCAG 2.2", "2.1.1")
def test_the_arrow_keys_move_among_scopes_and_groups(page, picker):
    press, box = (
        page.keyboard.press,
        lambda name: picker.get_by_role("checkbox", name=re.compile(f"^{name} ")),
    )
    summary = lambda name: picker.locator("summary").filter(has_text=name)  # noqa: E731
    picker.get_by_role("searchbox").focus()
    press("ArrowDown")
    expect(summary("Sign-in")).to_be_focused()
    press("ArrowDown")
    expect(summary("Your account")).to_be_focused()
    press("Home")
    press("ArrowRight")
    expect(box("openid")).to_be_visible()
    press("ArrowDown")
    expect(box("openid")).to_be_focused()
    press("Space")
    expect(box("openid")).not_to_be_checked()
    expect(summary("Sign-in")).to_contain_text("2 of 6")
    press("ArrowLeft")
    expect(summary("Sign-in")).to_be_focused()
    press("ArrowLeft")
    expect(box("openid")).to_be_hidden()
    press("End")
    expect(summary("Administration")).to_be_focused()
    press("Shift+Tab")
    press("Tab")
    expect(summary("Administration")).to_be_focused()


@pytest.mark.spec("WCAG 2.2", "2.1.1")
def test_what_a_scope_contains_is_passed_over(page, picker):
    press, box = (
        page.keyboard.press,
        lambda name: picker.get_by_role("checkbox", name=re.compile(f"^{name} ")),
    )
    picker.get_by_role("searchbox").fill("your apps")
    press("ArrowDown")
    expect(box("apps")).to_be_focused()
    press("Space")
    expect(box("apps:read")).to_be_disabled()
    press("ArrowDown")
    expect(box("apps.data:export")).to_be_focused()


@pytest.mark.spec("WCAG 2.2", "2.4.3")
def test_chips_are_one_tab_stop_and_the_focus_stays_among_them(page, picker):
    chips = picker.get_by_role("list", name="Selected scopes").get_by_role("button")
    expect(chips).to_have_text(["openid", "profile", "email"])
    assert stops_between(page, chips.first, picker.get_by_role("searchbox")) == 1
    chips.first.focus()
    page.keyboard.press("ArrowRight")
    expect(chips.nth(1)).to_be_focused()
    page.keyboard.press("Delete")
    expect(chips).to_have_text(["openid", "email"])
    expect(chips.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(chips.first).to_be_focused()
    page.keyboard.press("Space")
    expect(picker.get_by_role("searchbox")).to_be_focused()
    sign_in = picker.get_by_role("button", name="Sign people in")
    expect(sign_in).to_have_attribute("aria-pressed", "false")
    sign_in.focus()
    page.keyboard.press("Enter")
    expect(chips).to_have_text(["openid", "profile", "email"])
    expect(sign_in).to_be_focused()


@pytest.mark.spec("WCAG 2.2", "2.4.3")
def test_a_section_is_edited_in_its_place_with_the_keyboard(
    page, signed_in, alice, acme, register, console_url
):
    client, _ = register(acme, name="Reports")
    signed_in(page, alice).goto(console_url(acme, f"/console/oauth/{client.client_id}/settings"))
    page.evaluate("window.before = true")
    edit = page.get_by_role("link", name="Edit: Application")
    section = page.get_by_role("region", name="Application")
    edit.focus()
    page.keyboard.press("Enter")
    expect(section.get_by_role("heading", name="Application")).to_be_focused()
    expect(page.get_by_role("link", name="Edit: Redirect URLs")).to_be_hidden()  # one at a time
    tab_to(page, section.get_by_role("link", name="Cancel"))
    page.keyboard.press("Enter")
    expect(edit).to_be_focused()
    page.keyboard.press("Enter")
    name = section.get_by_role("textbox", name="Name")
    tab_to(page, name)
    name.clear()
    page.keyboard.press("Enter")
    expect(section.get_by_text("Give the client a name.")).to_be_visible()
    expect(name).to_be_focused()
    page.keyboard.type("Renamed")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Renamed", level=1)).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="“Renamed” has been saved.")).to_be_visible()
    expect(edit).to_be_focused()
    assert page.evaluate("window.before") is True
    expect(page).to_have_title(re.compile("Renamed"))


def test_the_focus_stays_inside_an_open_dialog(oauth_page):
    page = oauth_page
    page.get_by_role("link", name="Create new").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Continue")).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )


@pytest.mark.spec("WCAG 2.2", "2.4.1")
def test_the_first_stop_leads_past_the_navigation(oauth_page):
    page = oauth_page
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('main')")


@pytest.mark.spec("WCAG 2.2", "2.4.7")
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_the_focus_is_seen_at_every_stop_of_the_oauth_page(
    new_page, signed_in, alice, acme, register, console_url, color_scheme
):
    register(acme, name="Reports")
    page = signed_in(new_page(color_scheme=color_scheme), alice)
    page.goto(console_url(acme))
    expect(page.get_by_role("rowheader", name="Reports")).to_be_visible()
    stops: list[dict[str, Any]] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None or (stops and stop["place"] == stops[0]["place"]):
            break
        stops.append(stop)
    assert [stop["name"] for stop in stops if not (stop["ring"] and stop["seen"])] == []
    reached = " ".join(stop["name"] for stop in stops)
    for name in (
        "Skip to content",
        "Audit log",
        "Create new",
        "Search",
        "Last used",
        "Reports",
        "Actions for Reports",
    ):
        assert name in reached
    places = [stop["place"] for stop in stops]
    assert places == sorted(places)  # the order of the page, WCAG 2.4.3


@pytest.mark.spec("WCAG 2.2", "2.4.3")
def test_the_focus_stays_in_a_list_that_is_full(oauth_page):
    page = oauth_page
    page.goto(page.url + "/new?type=web")
    field = page.get_by_role("group", name="Redirect URLs")
    new = field.get_by_role("textbox", name="New: Redirect URLs")
    for number in range(1, 6):
        new.fill(f"{ADDRESS}/{number}")
        page.keyboard.press("Enter")
        expect(field.get_by_role("textbox", name=f"Redirect URLs {number}")).to_be_visible()
    expect(field.get_by_role("button", name=f"Remove {ADDRESS}/5")).to_be_focused()
    expect(field.get_by_role("status").filter(has_text="Added")).to_have_text(f"Added: {ADDRESS}/5")
    page.keyboard.press("Enter")
    expect(new).to_be_focused()
    expect(field.get_by_role("status").filter(has_text="Removed")).to_have_text(f"Removed: {ADDRESS}/5")


def test_a_list_that_was_empty_is_no_longer_complained_about_once_it_has_an_address(oauth_page):
    page = oauth_page
    page.goto(page.url + "/new?type=web")
    page.get_by_role("button", name="Create").click()
    complaint = page.get_by_text("Add at least one redirect URL: without it nobody can sign in.")
    expect(complaint).to_be_visible()
    page.get_by_role("textbox", name="New: Redirect URLs").fill(ADDRESS)
    page.keyboard.press("Enter")
    expect(complaint).to_be_hidden()


@pytest.mark.spec("WCAG 2.2", "2.4.3")
def test_the_focus_returns_to_a_link_that_was_fetched_anew(
    page, signed_in, alice, acme, register, console_url
):
    register(acme, name="Reports")
    signed_in(page, alice).goto(console_url(acme))
    page.get_by_role("button", name="Actions for Reports").click()
    page.get_by_role("link", name="Manage secrets").click()
    generate = page.get_by_role("link", name="Generate new client secret")
    generate.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Generate").click()
    expect(dialog).to_have_accessible_name("New client secret")
    expect(page.get_by_role("rowheader", include_hidden=True)).to_have_count(2)
    tab_to(page, dialog.get_by_role("button", name="Done"))
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(generate).to_be_focused()


@pytest.mark.spec("WCAG 2.2", "2.4.3")
def test_after_a_receipt_one_is_where_one_was(new_page, signed_in, alice, acme, register, console_url):
    for number in range(12):
        register(acme, name=f"Reports {number:02}")
    page = signed_in(new_page(viewport={"width": 1440, "height": 500}), alice)
    page.goto(console_url(acme))
    menu = page.get_by_role("button", name="Actions for Reports 11")
    menu.click()
    page.locator(":popover-open").get_by_text("Disable", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Disable").click()
    expect(dialog).to_have_accessible_name("“Reports 11” is disabled")
    expect(page.get_by_role("row", name="Reports 11", include_hidden=True)).to_contain_text("Disabled")
    page.evaluate("window.before = true")
    dialog.get_by_role("link", name="Done").click()
    expect(dialog).to_be_hidden()
    expect(menu).to_be_focused()
    assert page.evaluate("window.before === true && scrollY > 0")

    menu.click()
    page.locator(":popover-open").get_by_text("Delete", exact=True).click()
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog).to_have_accessible_name("“Reports 11” has been deleted")
    expect(page.get_by_text("11 clients")).to_have_count(1)
    dialog.get_by_role("link", name="Done").click()
    expect(page.get_by_role("main")).to_be_focused()
