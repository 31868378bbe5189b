"""What an administrator does with clients that exist, in the dialogs of the console (S4, S10–S14, Q8, P7, P8)."""

import re

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Page, expect

from console.models import Actor, ClientSecret
from tests import cast
from tests.oauth.driver import Application


@pytest.fixture
def console(page, signed_in, alice, console_url):
    """`console()` opens alice's OAuth page, or another address of her tenant."""
    signed_in(page, alice)

    def open_page(path: str = "/console/oauth") -> Page:
        page.goto(console_url(alice.tenant, path))
        return page

    return open_page


@pytest.fixture
def reports(acme, alice, port):
    """A client, its secret, and the application that has both. Its callback is the region host's start page."""
    return Application(
        *cast.register(acme, by=alice, name="Reports", redirect_uris=[f"http://localhost:{port}/"])
    )


def act(page: Page, name: str, action: str) -> None:
    """Chooses an action from the menu of a client's row."""
    page.get_by_role("button", name=f"Actions for {name}").click()
    page.locator(":popover-open").get_by_text(action, exact=True).click()


def names(page: Page) -> list[str]:
    """The clients in the list, from top to bottom."""
    return page.get_by_role("table", name="OAuth clients").get_by_role("rowheader").all_inner_texts()


# --- Editing, secrets, consent method ---------------------------------------------------------------------------------


@pytest.mark.spec("requirements", "S4")
def test_the_new_name_is_in_the_list_at_once(console, reports):
    page = console()
    act(page, "Reports", "Edit")
    dialog = page.get_by_role("dialog", name="Edit Reports")
    dialog.get_by_role("textbox", name="Name", exact=True).fill("Quarterly reports")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").get_by_text("“Quarterly reports” has been saved.")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Quarterly reports")).to_be_visible()
    expect(dialog).to_be_hidden()


def test_a_save_over_somebody_elses_changes_is_asked_about_first(
    console, reports, acme, new_page, signed_in, console_url
):
    dora = cast.join(acme, "dora", "administrator")
    page = console()
    act(page, "Reports", "Edit")
    dialog = page.get_by_role("dialog", name="Edit Reports")
    dialog.get_by_role("textbox", name="Description").fill("From alice")

    doras = signed_in(new_page(), dora)
    doras.goto(console_url(acme, f"/console/oauth/{reports.client_id}/edit"))
    doras.get_by_role("textbox", name="Description").fill("From dora")
    doras.get_by_role("button", name="Save").click()
    expect(doras.get_by_text("has been saved.")).to_be_visible()

    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text(
        "dora@acme.example has saved this client since you opened it"
    )
    expect(dialog.get_by_role("alert")).to_be_focused()
    expect(dialog.get_by_role("insertion").first).to_have_text("From dora")
    expect(dialog.get_by_role("textbox", name="Description")).to_have_value("From alice")
    dialog.get_by_role("button", name="Save over their changes").click()
    expect(page.get_by_role("rowheader", name="Reports")).to_contain_text("From alice")


@pytest.mark.spec("requirements", "S13 Q5")
def test_secrets_are_added_up_to_five_and_one_can_go(console, reports, acme, alice, in_acme):
    client = acme.clients.get(client_id=reports.client_id)
    for _ in range(3):
        ClientSecret.add_to(client, by=Actor(user=alice))
    page = console("/console/oauth?columns=secrets")
    act(page, "Reports", "Manage secrets")
    dialog = page.get_by_role("dialog")
    page.get_by_role("link", name="Generate new client secret").click()
    expect(dialog).to_have_accessible_name("Generate new client secret")
    dialog.get_by_role("button", name="Generate").click()
    expect(dialog).to_have_accessible_name("New client secret")
    fifth = dialog.get_by_text(re.compile(r"^qas_\S{49}$")).inner_text()
    dialog.get_by_role("button", name="Done").click()
    expect(page.get_by_role("rowheader")).to_have_count(5)

    generate = page.get_by_role("button", name="Generate new client secret")
    expect(generate).to_be_disabled()
    reason = "A client can have 5 secrets. Remove one to create another."
    expect(generate).to_have_accessible_description(reason)
    expect(page.get_by_text(reason)).to_be_visible()
    page.get_by_role("link", name=f"Remove the secret that ends with {reports.secret[-5:]}").click()
    expect(dialog.get_by_text("Never used")).to_be_visible()
    dialog.get_by_role("textbox", name="Why is it removed now?").fill("Not needed")
    dialog.get_by_role("button", name="Remove secret").click()
    expect(page.get_by_role("rowheader")).to_have_count(4)
    expect(page.get_by_role("link", name="Generate new client secret")).to_be_visible()
    console("/console/oauth?columns=secrets")
    expect(page.get_by_role("row", name="Reports")).to_contain_text("4 of 5")

    granted = {"grant_type": "authorization_code", "code": "none"}
    assert reports.token(**granted).json()["error"] == "invalid_client"
    reports.secret = fifth
    assert reports.token(**granted).json()["error"] != "invalid_client"


@pytest.mark.spec("requirements", "S10")
def test_a_trusted_client_asks_nobody(console, reports, new_page, signed_in, bob, console_url, acme, port):
    bobs = signed_in(new_page(), bob)
    bobs.goto(console_url(acme, reports.address()))
    expect(bobs.get_by_role("heading", name="Allow Reports to use your Acme AB account?")).to_be_visible()

    page = console()
    act(page, "Reports", "Change consent method")
    dialog = page.get_by_role("dialog", name="Change consent method")
    dialog.get_by_role("radio", name=re.compile("^Trusted")).check()
    dialog.get_by_role("button", name="Change consent method").click()
    expect(page.get_by_text("The consent method of “Reports” is now “Trusted”.")).to_be_visible()
    expect(page.get_by_role("row", name="Reports")).to_contain_text("Trusted")

    bobs.goto(console_url(acme, reports.address()))
    expect(bobs).to_have_url(re.compile(rf"^http://localhost:{port}/\?code=qac_"))


# --- Disabling, enabling, deleting ------------------------------------------------------------------------------------


@pytest.mark.spec("requirements", "P1")
def test_a_disabled_client_gets_nobody_until_it_is_enabled(
    console, reports, new_page, signed_in, bob, console_url, acme
):
    page = console()
    act(page, "Reports", "Disable")
    dialog = page.get_by_role("dialog", name="Disable Reports?")
    expect(dialog.get_by_text("No active sessions")).to_be_visible()
    dialog.get_by_role("button", name="Disable").click()
    receipt = page.get_by_role("dialog", name="“Reports” is disabled")
    expect(receipt.get_by_text("No sessions were active")).to_be_visible()
    receipt.get_by_role("link", name="Done").click()
    expect(receipt).to_be_hidden()
    expect(page.get_by_role("row", name="Reports")).to_contain_text("Disabled")

    bobs = signed_in(new_page(), bob)
    bobs.goto(console_url(acme, reports.address()))
    expect(bobs.get_by_role("heading", name="This sign-in cannot continue")).to_be_visible()
    expect(bobs.get_by_text("Reports is disabled.")).to_be_visible()

    act(page, "Reports", "Enable")
    page.get_by_role("dialog", name="Enable Reports?").get_by_role("button", name="Enable").click()
    expect(page.get_by_text("“Reports” is enabled again.")).to_be_visible()
    bobs.reload()
    expect(bobs.get_by_role("heading", name="Allow Reports")).to_be_visible()


@pytest.mark.spec("requirements", "S12 N9")
def test_several_clients_go_after_one_confirmation(console, reports, register, acme):
    for name in ("Payroll", "Warehouse"):
        register(acme, name=name)
    page = console()
    for name in ("Payroll", "Reports"):
        page.get_by_role("checkbox", name=f"Select {name}").check()
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("button", name="Clear selection").click()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
    page.get_by_role("checkbox", name="Select all on this page").check()
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.get_by_role("checkbox", name="Select Warehouse").uncheck()
    page.get_by_role("button", name="Delete", exact=True).click()

    dialog = page.get_by_role("dialog", name="Delete 2 clients?")
    for name in ("Payroll", "Reports"):
        expect(dialog.get_by_role("listitem").filter(has_text=name)).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    assert names(page) == ["Payroll", "Reports", "Warehouse"]
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog.get_by_role("button", name="Delete 2 clients").click()
    receipt = page.get_by_role("dialog", name="2 clients deleted")
    receipt.get_by_role("link", name="Done").click()
    expect(receipt).to_be_hidden()
    assert names(page) == ["Warehouse"]


@pytest.mark.spec("requirements", "P7")
def test_what_is_chosen_stays_chosen_over_pages_searches_and_visits(console, reports, register, acme):
    for number in range(30):
        register(acme, name=f"Client {number}")
    page = console()
    bar = page.locator(".bulk")
    page.get_by_role("checkbox", name="Select Client 3", exact=True).check()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("checkbox", name="Select Client 27")).to_be_visible()
    expect(bar.get_by_text("1 selected")).to_be_visible()
    page.get_by_role("checkbox", name="Select Client 27").check()
    page.get_by_role("searchbox", name="Search").fill("report")
    expect(page.get_by_role("rowheader")).to_have_text(["Reports"])
    expect(bar.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("link", name="Reports").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Reports")
    page = console()
    expect(page.get_by_role("checkbox", name="Select Client 3", exact=True)).to_be_checked()
    expect(bar.get_by_text("2 selected")).to_be_visible()

    bar.get_by_role("button", name="Disable").click()
    dialog = page.get_by_role("dialog", name="Disable 2 clients?")
    for name in ("Client 3", "Client 27"):
        expect(dialog.get_by_role("listitem").filter(has_text=name)).to_be_visible()
    dialog.get_by_role("button", name="Disable").click()
    receipt = page.get_by_role("dialog", name="2 clients disabled")
    receipt.get_by_role("link", name="Done").click()
    expect(receipt).to_be_hidden()
    expect(page.get_by_role("row", name="Client 3", exact=False).first).to_contain_text("Disabled")
    expect(bar).to_be_hidden()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
    page.reload()
    expect(bar).to_be_hidden()

    page.goto(f"{page.url}?status=disabled")
    page.get_by_role("checkbox", name="Select all on this page").check()
    bar.get_by_role("button", name="Enable").click()
    enabling = page.get_by_role("dialog", name="Enable 2 clients?")
    enabling.get_by_role("button", name="Enable").click()
    expect(page.get_by_text("2 clients are enabled again.")).to_be_visible()
    expect(page.get_by_text("No client matches")).to_be_visible()
    page = console()
    expect(bar).to_be_hidden()


@pytest.mark.spec("requirements", "P7")
def test_a_selection_is_cleared_on_every_page_and_has_an_end(console, reports, register, acme):
    for number in range(3):
        register(acme, name=f"Client {number}")
    page = console()
    bar = page.locator(".bulk")
    page.evaluate(
        "sessionStorage.setItem('chosen', JSON.stringify([...Array(100).keys()].map((key) => `elsewhere-${key}`)))"
    )
    page.reload()
    expect(bar.get_by_text("100 selected")).to_be_visible()
    expect(bar.get_by_role("button", name="Delete")).to_be_enabled()

    page.get_by_role("checkbox", name="Select Client 1").check()
    expect(bar.get_by_text("101 selected, at most 100 at once")).to_be_visible()
    expect(bar.get_by_role("button", name="Delete")).to_be_disabled()
    bar.get_by_role("button", name="Clear selection").click()
    expect(bar).to_be_hidden()
    page.reload()
    expect(bar).to_be_hidden()


def test_a_copy_button_shows_a_tick_for_a_moment(console, reports):
    page = console()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.clock.install()
    copy = page.get_by_role("button", name="Copy client ID")
    symbol = copy.locator("use")
    expect(symbol).to_have_attribute("href", re.compile("#copy$"))

    copy.click()
    expect(symbol).to_have_attribute("href", re.compile("#check$"))
    expect(copy.locator("xpath=..").get_by_role("status")).to_have_text("Copied")
    page.clock.run_for(2500)
    expect(symbol).to_have_attribute("href", re.compile("#copy$"))


# --- The list ---------------------------------------------------------------------------------------------------------


@pytest.mark.spec("requirements", "P7")
def test_searching_filtering_and_sorting_change_list_and_address_and_nothing_else(
    console, reports, register, acme
):
    for fields in (
        {"name": "Payroll", "consent_method": "trusted"},
        {"name": "Report viewer", "type": "spa"},
    ):
        register(acme, **fields)
    page = console()
    rows = page.get_by_role("table", name="OAuth clients").get_by_role("rowheader")
    expect(rows).to_have_text(["Payroll", "Report viewer", "Reports"])
    page.evaluate("document.body.dataset.loaded = 'once'")

    page.get_by_role("searchbox", name="Search").fill("report")
    expect(rows).to_have_text(["Report viewer", "Reports"])
    expect(page).to_have_url(re.compile(r"/console/oauth\?q=report$"))
    expect(page.get_by_role("status").get_by_text("2 clients")).to_be_visible()

    page.get_by_role("link", name="Name", exact=True).click()
    expect(rows).to_have_text(["Reports", "Report viewer"])
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "descending")
    expect(page).to_have_url(re.compile(r"\?(?=.*q=report)(?=.*sort=-name)"))

    page.get_by_role("combobox", name="Type").select_option("Web")
    expect(rows).to_have_text(["Reports"])
    expect(page).to_have_url(re.compile(r"\?(?=.*q=report)(?=.*sort=-name)(?=.*type=web)"))
    expect(page.locator("body[data-loaded=once]")).to_be_attached()

    page.go_back()
    expect(rows).to_have_text(["Reports", "Report viewer"])
    expect(page.get_by_role("combobox", name="Type")).to_have_value("")
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("report")
    page.go_forward()
    expect(rows).to_have_text(["Reports"])
    expect(page.get_by_role("combobox", name="Type")).to_have_value("web")


def test_a_search_without_a_match_leads_back_to_all_clients(console, reports):
    page = console()
    page.get_by_role("searchbox", name="Search").fill("nothing of the kind")
    expect(page.get_by_role("heading", name="No client matches")).to_be_visible()
    page.get_by_role("link", name="Clear search and filters").click()
    expect(page.get_by_role("rowheader", name="Reports")).to_be_visible()
    expect(page.get_by_role("searchbox", name="Search")).to_be_empty()


def test_a_change_leads_back_to_the_list_as_it_was_searched(console, reports, register, acme):
    register(acme, name="Payroll")
    page = console("/console/oauth?q=repo")
    act(page, "Reports", "Disable")
    page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    receipt = page.get_by_role("dialog", name="“Reports” is disabled")
    receipt.get_by_role("link", name="Done").click()
    expect(receipt).to_be_hidden()
    expect(page).to_have_url(re.compile(r"\?q=repo$"))
    assert names(page) == ["Reports"]


# --- Menus and dialogs ------------------------------------------------------------------------------------------------


def test_a_rows_menu_works_with_the_keyboard(console, reports):
    page = console()
    button = page.get_by_role("button", name="Actions for Reports")
    menu = page.locator(":popover-open")
    button.focus()
    page.keyboard.press("Enter")
    expect(menu.get_by_role("link", name="Edit", exact=True)).to_be_focused()
    for key, item in (
        ("ArrowUp", "Delete"),
        ("ArrowDown", "Edit"),
        ("ArrowDown", "Manage secrets"),
    ):
        page.keyboard.press(key)
        expect(menu.get_by_role("link", name=item, exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    expect(button).to_be_focused()

    page.keyboard.press("Enter")
    expect(menu.get_by_role("link", name="Edit", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Edit Reports")
    expect(dialog.get_by_role("textbox", name="Name", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()


@pytest.mark.parametrize("way", ["Escape", "backdrop"])
def test_what_was_typed_is_not_lost_without_asking(console, way):
    page = console()
    opener = page.get_by_role("link", name="View OAuth configuration")
    opener.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_have_accessible_name("OAuth configuration")

    def leave() -> None:
        if way == "Escape":
            page.keyboard.press("Escape")
        else:
            page.mouse.click(5, 5)

    leave()
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()

    opener = page.get_by_role("link", name="Create new")
    opener.click()
    dialog.get_by_role("button", name="Continue").click()
    name = dialog.get_by_role("textbox", name="Name", exact=True)
    name.fill("Half a name")
    asked: list[str] = []

    def answer(question, *, yes: bool) -> None:
        asked.append(question.message)
        (question.accept if yes else question.dismiss)()

    for _ in range(2):  # Chromium would close a dialog on the second Escape whatever the page says
        page.once("dialog", lambda question: answer(question, yes=False))
        leave()
        expect(name).to_have_value("Half a name")
    page.once("dialog", lambda question: answer(question, yes=True))
    leave()
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    assert asked == ["Discard what you have entered?"] * 3


def test_going_back_to_the_type_keeps_what_was_typed_and_never_asks(console):
    page = console()
    page.on("dialog", lambda question: pytest.fail(f"It asked: {question.message}"))
    page.get_by_role("link", name="Create new").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=re.compile("^Native")).check()
    dialog.get_by_role("button", name="Continue").click()
    name = dialog.get_by_role("textbox", name="Name", exact=True)
    name.fill("Half a name")
    adder = dialog.get_by_role("textbox", name="New: Redirect URLs")
    adder.fill("com.example.app:/callback")
    dialog.get_by_role("button", name="Add", exact=True).first.click()
    expect(dialog.get_by_role("textbox", name="Redirect URLs 1")).to_be_visible()
    adder.fill("com.example.app:/other")  # typed, and not added
    dialog.get_by_text("Spaces", exact=True).click()
    dialog.get_by_role("checkbox", name=re.compile("^spaces.data ")).check()
    dialog.get_by_role("button", name="Remove profile").click()

    dialog.get_by_role("button", name="Back", exact=True).click()
    native = dialog.get_by_role("radio", name=re.compile("^Native"))
    expect(native).to_be_checked()
    dialog.get_by_role("radio", name=re.compile("^Machine-to-machine")).check()
    dialog.get_by_role("button", name="Continue").click()
    expect(dialog).to_have_accessible_name("Create machine-to-machine client")
    expect(name).to_have_value("Half a name")
    dialog.get_by_role("button", name="Back", exact=True).click()
    native.check()
    dialog.get_by_role("button", name="Continue").click()

    expect(dialog).to_have_accessible_name("Create native client")
    expect(name).to_have_value("Half a name")
    for number, value in enumerate(["com.example.app:/callback", "com.example.app:/other"], start=1):
        expect(dialog.get_by_role("textbox", name=f"Redirect URLs {number}")).to_have_value(value)
    chips = dialog.get_by_role("list", name="Selected scopes").get_by_role("button")
    expect(chips).to_have_text(["openid", "email", "spaces.data"])


def test_after_going_back_closing_still_asks(console):
    page = console()
    page.get_by_role("link", name="Create new").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Continue").click()
    dialog.get_by_role("textbox", name="Name", exact=True).fill("Half a name")
    dialog.get_by_role("button", name="Back", exact=True).click()
    expect(dialog).to_have_accessible_name("Create OAuth client")
    asked: list[str] = []

    def stay(question) -> None:
        asked.append(question.message)
        question.dismiss()

    page.once("dialog", stay)
    page.keyboard.press("Escape")

    expect(dialog).to_be_visible()
    assert asked == ["Discard what you have entered?"]


def test_enter_in_the_name_creates_and_does_not_go_back(console, alice):
    page = console()
    page.get_by_role("link", name="Create new").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name=re.compile("^Machine-to-machine")).check()
    dialog.get_by_role("button", name="Continue").click()
    dialog.get_by_role("textbox", name="Name", exact=True).fill("Nightly export")
    page.keyboard.press("Enter")

    expect(dialog).to_have_accessible_name("The client has been created")


@pytest.mark.parametrize(
    ("trouble", "words"),
    [("offline", "The server did not answer"), ("expired form", "This form has expired")],
)
def test_what_was_typed_stays_when_the_server_cannot_take_it(console, problems, trouble, words):
    page = console()
    page.get_by_role("link", name="Create new").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Continue").click()
    name = dialog.get_by_role("textbox", name="Name", exact=True)
    name.fill("Typed with care")
    dialog.get_by_role("textbox", name="New: Redirect URLs").fill("https://app.example.com/callback")
    if trouble == "offline":
        page.context.set_offline(True)
    else:
        page.context.clear_cookies(name=django_settings.CSRF_COOKIE_NAME)
    dialog.get_by_role("button", name="Create", exact=True).click()
    alert = dialog.get_by_role("alert").filter(has_text=words)
    expect(alert).to_be_in_viewport()
    expect(name).to_have_value("Typed with care")
    problems.clear()

    page.context.set_offline(False)
    dialog.get_by_role("button", name="Create", exact=True).click()
    expect(dialog).to_have_accessible_name("The client has been created")
    expect(alert).to_have_count(0)


@pytest.mark.spec("requirements", "S3")
def test_a_secret_is_gone_from_the_page_once_it_is_closed(console, reports):
    page = console()
    dialog = page.get_by_role("dialog")
    asked = []

    act(page, "Reports", "Manage secrets")

    def new_secret() -> str:
        page.get_by_role("link", name="Generate new client secret").click()
        dialog.get_by_role("button", name="Generate").click()
        return dialog.get_by_text(re.compile(r"^qas_\S{49}$")).inner_text()

    def leave(question) -> None:
        asked.append(question.message)
        question.accept()

    secret = new_secret()
    page.once("dialog", leave)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#dialog-content")).to_be_empty()
    assert asked == ["Have you copied the secret? It cannot be shown again."]
    assert secret not in page.content()

    secret = new_secret()
    dialog.get_by_role("button", name="Done").click()  # does not ask
    expect(dialog).to_be_hidden()
    expect(page.locator("#dialog-content")).to_be_empty()
    assert secret not in page.content()

    secret = new_secret()
    console("/console/events")
    page.go_back()
    expect(page.get_by_role("rowheader")).to_have_count(4)
    assert secret not in page.content()


def test_a_list_says_which_of_its_addresses_is_which(console, reports):
    """Addresses that were added can be told apart by people who hear the page, and go with a button of their own."""
    page = console()
    act(page, "Reports", "Edit")
    field = page.get_by_role("dialog").get_by_role("group", name="Redirect URLs")
    for value in ("https://one.example.com/callback", "https://two.example.com/callback"):
        field.get_by_role("textbox", name="New: Redirect URLs").fill(value)
        field.get_by_role("button", name="Add", exact=True).click()
        expect(field.get_by_role("button", name=f"Remove {value}")).to_be_visible()
    expect(field.get_by_role("textbox", name="Redirect URLs 3")).to_have_value(
        "https://two.example.com/callback"
    )
    field.get_by_role("button", name="Remove https://one.example.com/callback").click()
    expect(field.get_by_role("textbox", name="Redirect URLs 2")).to_have_value(
        "https://two.example.com/callback"
    )
    expect(field.get_by_role("textbox", name="Redirect URLs 3")).to_have_count(0)
    field.get_by_role("textbox", name="New: Redirect URLs").fill("https://two.example.com/callback")
    page.keyboard.press("Enter")
    expect(field.get_by_role("alert")).to_have_text("This is already in the list.")


def test_a_pasted_list_of_addresses_becomes_a_row_each(console, reports):
    """Also lines, of which a one-line input would drop the breaks; what is refused stays to be mended."""
    page = console()
    act(page, "Reports", "Edit")
    field = page.get_by_role("dialog").get_by_role("group", name="Redirect URLs")
    new = field.get_by_role("textbox", name="New: Redirect URLs")
    new.evaluate(
        """input => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text", "https://one.example.com/cb\\nhttps://two.example.com/cb,http://bad.example.com/");
            input.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }"""
    )
    field.get_by_role("button", name="Add", exact=True).click()

    for value in ("https://one.example.com/cb", "https://two.example.com/cb"):
        expect(field.get_by_role("button", name=f"Remove {value}")).to_be_visible()
    expect(field.get_by_role("alert")).to_contain_text("https://")
    expect(new).to_have_value("http://bad.example.com/")


# --- Configuration, trying a client, audit log ------------------------------------------------------------------------


@pytest.mark.spec("requirements", "S11 S14")
def test_the_configuration_is_copied_and_written_in_a_language(console, reports, register, acme):
    spa, _ = register(acme, name="Viewer", type="spa")
    page = console()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("link", name="View OAuth configuration").first.click()
    dialog = page.get_by_role("dialog", name="OAuth configuration")
    expect(dialog.get_by_role("heading", name="This tenant")).to_be_in_viewport()
    dialog.get_by_role("button", name="Copy Authorization server metadata", exact=True).click()
    expect(
        dialog.locator("copy-button[for=metadata-address]").get_by_role("button", name="Copied")
    ).to_be_visible()
    address = f"{acme.issuer}/.well-known/oauth-authorization-server"
    assert page.evaluate("navigator.clipboard.readText()") == address
    metadata = dialog.get_by_role("region", name="Authorization server metadata (JSON)")
    expect(metadata).to_contain_text(f'"token_endpoint": "{acme.issuer}/oauth/token"')

    dialog.get_by_role("combobox", name="OAuth client").select_option("Reports")
    languages = dialog.get_by_role("navigation", name="Language")
    expect(dialog.get_by_role("region", name="Python")).to_contain_text(reports.client_id)
    languages.get_by_role("link", name="curl").click()
    expect(languages.get_by_role("link", name="curl")).to_have_attribute("aria-current", "true")
    code = dialog.get_by_role("region", name="curl")
    expect(code).to_contain_text(reports.client_id)
    dialog.get_by_role("button", name="Copy curl").click()
    expect(
        dialog.locator("copy-button[for=quickstart-code]").get_by_role("button", name="Copied")
    ).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == code.inner_text()
    assert reports.secret not in dialog.inner_html()

    dialog.get_by_role("combobox", name="OAuth client").select_option("Viewer")
    expect(dialog.get_by_role("region", name="JavaScript (browser)")).to_contain_text(spa.client_id)
    expect(languages.get_by_role("link", name="Python")).to_have_count(0)
    assert page.url.endswith("/console/oauth")


@pytest.mark.spec("requirements", "P7")
def test_trying_a_client_shows_tokens_and_what_they_are_good_for(console, reports, alice):
    page = console()
    act(page, "Reports", "Try it")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="Allow Reports")).to_be_visible()
    page.get_by_role("button", name="Allow").click()

    expect(page.get_by_text("Authorization code received")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/try$"))  # the code is not left in the address
    page.get_by_label("Client secret").fill(reports.secret)
    page.get_by_role("button", name="Get tokens").click()
    result = page.get_by_role("region", name="Result")
    expect(result.get_by_text("200 OK")).to_be_visible()
    expect(result.get_by_text("POST /oauth/token")).to_be_visible()
    access, identity = (
        result.get_by_role("group").filter(has_text="Access token"),
        result.get_by_role("group").filter(has_text="ID token"),
    )
    for claim in (
        f'"iss": "{alice.tenant.issuer}"',
        f'"sub": "{alice.pk}"',
        f'"client_id": "{reports.client_id}"',
    ):
        expect(access).to_contain_text(claim)
    expect(identity).to_contain_text(f'"email": "{alice.email}"')
    expect(identity).to_contain_text("The nonce matches.")

    answer = result.get_by_label("Answer", exact=True)
    call = result.get_by_role("button", name="Call /api/v1/users/me")
    call.click()
    expect(result.get_by_text("GET /api/v1/users/me", exact=True)).to_be_visible()
    expect(result.get_by_text("200 OK")).to_be_visible()
    expect(answer).to_contain_text(alice.email)
    result.get_by_role("button", name="Refresh").click()
    expect(answer).to_contain_text("refresh_token")
    expect(result.get_by_text("200 OK")).to_be_visible()
    result.get_by_role("button", name="Revoke").click()
    expect(result.get_by_text("POST /oauth/revoke")).to_be_visible()
    expect(result.get_by_text("200 OK")).to_be_visible()
    call.click()
    expect(result.get_by_text("401 Unauthorized")).to_be_visible()


@pytest.mark.spec("requirements", "Q8 P8")
def test_the_audit_log_tells_what_happened_and_is_searched(console, reports, bob):
    page = console()
    act(page, "Reports", "Edit")
    page.get_by_role("dialog").get_by_role("textbox", name="Description").fill("For the board")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_text("“Reports” has been saved.")).to_be_visible()
    browser = cast.signed_in_as(bob)
    reports.allow(browser, reports.authorize(browser))
    reports.token(grant_type="authorization_code", code="never given")
    act(page, "Reports", "Disable")
    page.get_by_role("dialog").get_by_role("button", name="Disable").click()
    receipt = page.get_by_role("dialog", name="“Reports” is disabled")
    receipt.get_by_role("link", name="Done").click()
    expect(receipt).to_be_hidden()

    page.get_by_role("link", name="Audit log").click()
    events = page.get_by_role("main").get_by_role("list").get_by_role("listitem")
    for sentence in (
        "alice@acme.example disabled Reports.",
        "A token request from Reports was rejected.",
        "bob@acme.example gave consent to Reports.",
        "alice@acme.example edited Reports.",
        "alice@acme.example created Reports.",
    ):
        expect(events.filter(has_text=sentence)).to_be_visible()
    edited = events.filter(has_text="alice@acme.example edited Reports.")
    edited.get_by_text("edited Reports").click()
    expect(edited.get_by_role("insertion")).to_have_text("For the board")

    page.get_by_role("combobox", name="Outcome").select_option("Rejected")
    expect(events).to_have_count(1)
    expect(events).to_contain_text("A token request from Reports was rejected.")
    expect(page).to_have_url(re.compile("outcome=refused"))
    page.get_by_role("combobox", name="Outcome").select_option("Every outcome")
    page.get_by_role("combobox", name="Action").select_option("Client disabled")
    expect(events).to_have_text([re.compile("alice@acme.example disabled Reports.")])
    page.get_by_role("combobox", name="Action").select_option("Every action")
    expect(events.filter(has_text="edited Reports.")).to_be_visible()
    page.get_by_role("searchbox", name="Search").fill("bob")
    expect(events.filter(has_text="alice@acme.example edited Reports.")).to_have_count(0)
    expect(events.filter(has_text="bob@acme.example gave consent to Reports.")).to_be_visible()
    page.go_back()
    expect(events.filter(has_text="alice@acme.example edited Reports.")).to_be_visible()
    assert reports.secret not in page.content()


def test_who_did_it_is_found_by_typing_and_chosen_with_the_keyboard(console, reports, bob):
    page = console("/console/events")
    who = page.get_by_role("combobox", name="Who")
    who.press_sequentially("bo")
    offered = page.locator("#actors-of-events option")
    expect(offered).to_have_count(1)
    expect(offered).to_have_attribute("value", "bob@acme.example")
    expect(page).to_have_url(re.compile("/console/events$"))  # nothing was chosen yet

    who.fill("alice@acme.example")
    who.press("Tab")

    events = page.get_by_role("main").get_by_role("list").get_by_role("listitem")
    expect(page).to_have_url(re.compile("actor=alice%40acme.example"))
    expect(events.filter(has_text="alice@acme.example created Reports.")).to_be_visible()
    expect(events.filter(has_text="An operator")).to_have_count(0)
