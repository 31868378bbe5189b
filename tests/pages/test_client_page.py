"""The page of a client and its tabs: `/console/oauth/<client id>`; of another tenant's, its connection's (P12)."""

import html
import json
import re
from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scope

from console.models import Action, Actor, Client, Connection, Event, Tenant, UseCount, User
from console.pages import client_events
from console.policy.reasons import Reason
from tests import cast

from .test_grants import allow, family

pytestmark = pytest.mark.django_db

DIALOG = {"HX-Request": "true", "HX-Target": "dialog-content"}
LIST = "/console/oauth"
Browse = Callable[[User], Browser]
Register = Callable[..., tuple[Client, str]]
TABS = ["Overview", "Quick start", "Settings", "Secrets", "Scopes", "People", "Problems", "Activity"]


def text(page: Any) -> str:
    return html.unescape(" ".join(page.content.decode().split()))


def plain(page: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text(page)).split()).replace(" .", ".")


def code(page: Any, id: str) -> str:
    return html.unescape(re.search(rf'<code id="{id}">(.*?)</code>', page.content.decode(), re.DOTALL)[1])  # type: ignore[index]


def at(client: Client, rest: str = "") -> str:
    return f"{LIST}/{client.client_id}{rest}"


def with_current(page: str, address: str) -> dict[str, str]:
    """What htmx sends from a dialog that is open on the page with this address."""
    return DIALOG | {"HX-Current-URL": f"http://{page}{address}"}


def used(client: Client, tenant: Tenant, number: int, outcome: str = "", **more: Any) -> None:
    now = timezone.now()
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    usual = {
        "last_at": now,
        "last_address": "192.0.2.7",
        "last_agent": "batch/2.1",
        "kind": outcome or "given",
    }
    UseCount._base_manager.create(
        tenant=tenant, client_id=client.pk, span="day", begins_at=day, grant="client_credentials",
        outcome=outcome, number=number, **usual | more,
    )  # fmt: skip


def refuse(client: Client, tenant: Tenant, address: str = "198.51.100.4") -> None:
    with scope(tenant=tenant):
        Event.refuse(
            tenant,
            Action.TOKENS_REFUSED,
            by=Actor.anonymous(address),
            reason=Reason.UNKNOWN_SECRET,
            target=client,
        )


@pytest.fixture
def client(acme: Tenant, alice: User, register: Register) -> Client:
    return register(acme, by=alice, name="Reports", description="Figures of the board")[0]


@pytest.fixture
def connection(globex: Tenant, acme: Tenant, alice: User) -> Connection:
    """A connection of acme to a client that globex has published."""
    made = cast.publish(globex, name="Report portal", allowed_scopes=["openid", "profile", "apps:read"])
    return cast.connect(made, acme, by=alice)


# --- The header and the tabs -----------------------------------------------------------------------------------------


def tabs_of(page: str) -> list[tuple[str, bool]]:
    bar = page[page.index('class="tabs"') : page.index("</nav>", page.index('class="tabs"'))]
    found = re.findall(r'<a class="tabs__link"([^>]*)>([^<]+)', bar)
    return [(name.strip(), "aria-current" in attributes) for attributes, name in found]


def test_every_tab_is_an_address_with_the_same_header(browser: Browse, alice: User, client: Client):
    admin = browser(alice)
    first = text(admin.get(at(client)))
    assert [name for name, _current in tabs_of(first)] == TABS

    for rest, name in {"": "Overview", "/quick-start": "Quick start", "/grants": "People",
                       "/activity": "Activity"}.items():  # fmt: skip
        page = text(admin.get(at(client, rest)))
        assert [tab for tab, current in tabs_of(page) if current] == [name]
        assert "Reports" in page[page.index("<h1") : page.index("</h1>")]
        assert client.client_id in page
        assert f'href="{at(client)}/try"' in page
        assert f'href="{at(client)}/menu?from=client"' in page
        title = page[page.index("<title>") : page.index("</title>")]
        assert title.startswith("<title>Reports ·" if not rest else f"<title>{name} · Reports ·")


def test_tenants_are_a_tab_once_there_can_be_some(
    browser: Browse, alice: User, globex: Tenant, client: Client
):
    with scope(tenant=alice.tenant):
        client.publish(by=Actor(user=alice))
    cast.connect(client, globex)

    page = text(browser(alice).get(at(client, "/tenants")))

    assert ("Tenants", True) in tabs_of(page)
    assert "Globex" in page
    assert "usage counts only" in page


def test_an_auditor_reads_it_and_is_offered_nothing_to_change(browser: Browse, carol: User, client: Client):
    auditor = browser(carol)

    for rest in ("", "/quick-start", "/grants", "/activity"):
        page = text(auditor.get(at(client, rest)))
        for act in ("try", "disable", "publish", "consent-method", "edit"):
            assert f"{at(client)}/{act}" not in page, (rest, act)


# --- Overview --------------------------------------------------------------------------------------------------------


def test_the_overview_says_what_the_client_is(
    browser: Browse, alice: User, bob: User, acme: Tenant, client: Client
):
    allow(bob, client)
    family(bob, client)
    used(client, acme, 41)
    Client._base_manager.filter(pk=client.pk).update(last_used_at=timezone.now() - timedelta(hours=2))

    answer = browser(alice).get(at(client))

    page = plain(answer)
    assert "Figures of the board" in page
    assert f"by {alice.email}" in page[page.index("Created") :]
    assert "Last used 2 hours ago from 192.0.2.7 batch/2.1" in page
    assert "In use by 1 person, 1 active session" in page
    assert "Consent method Required" in page
    assert "Secrets 1 of 5 The oldest was created just now. 1 has never been used." in page
    assert "Scopes 5 scopes" in page
    assert "Sign-ins and tokens: 41 in 30 days" in text(answer)


def test_a_disabled_client_says_since_when_and_by_whom(browser: Browse, alice: User, client: Client):
    with scope(tenant=alice.tenant):
        client.disable(by=Actor(user=alice))
    page = plain(browser(alice).get(at(client)))

    assert f"Disabled just now by {alice.email}" in page
    assert "It can’t get tokens until you enable it." in page


def test_refusals_stand_first_among_the_latest_events(
    browser: Browse, alice: User, acme: Tenant, client: Client
):
    refuse(client, acme)
    with scope(tenant=acme):
        client.edit(by=Actor(user=alice), description="Later")
    used(client, acme, 3, "unknown_secret")

    answer = browser(alice).get(at(client))

    page = plain(answer)
    latest = page[page.index("Latest events") :]
    assert 0 < latest.index("198.51.100.4") < latest.index("edited Reports")
    assert "Refusals: 3 in 30 days" in text(answer)


def test_refusals_are_looked_for_among_so_many_events_and_no_more(
    browser: Browse, alice: User, acme: Tenant, client: Client, monkeypatch: pytest.MonkeyPatch
):
    refuse(client, acme)
    with scope(tenant=acme):
        for number in range(4):
            client.edit(by=Actor(user=alice), description=f"Number {number}")
    heading = "Refused in the last 7 days"

    assert heading in text(browser(alice).get(at(client, "/activity")))
    monkeypatch.setattr(client_events, "LOOKED_THROUGH", 4)
    assert heading not in text(browser(alice).get(at(client, "/activity")))


def test_the_events_of_another_client_are_not_there(
    browser: Browse, alice: User, acme: Tenant, client: Client, register: Register
):
    other, _ = register(acme, name="Payroll")
    refuse(other, acme, "203.0.113.9")

    for rest in ("", "/activity"):
        page = text(browser(alice).get(at(client, rest)))
        assert "Payroll" not in page
        assert "203.0.113.9" not in page


@pytest.mark.parametrize("rest", ["", "/quick-start", "/activity", "/grants", "/tenants"])
def test_a_tab_takes_the_same_queries_however_much_there_is(
    browser: Browse, alice: User, acme: Tenant, client: Client, register: Register, rest: str
):  # fmt: skip
    def fill(number: int) -> None:
        for each in range(number):
            person = cast.join(acme, f"p{TABS[each % 8][:3].strip().lower()}{number}-{each}")
            allow(person, client)
            family(person, client)
            refuse(client, acme, f"198.51.100.{each}")
            used(client, acme, 1, kind=f"{number}.{each}")
            register(acme, name=f"Other {number} {each}")

    def queries(admin: Browser) -> int:
        with CaptureQueriesContext(database) as captured:
            assert admin.get(at(client, rest)).status_code == 200
        return len(captured)

    admin = browser(alice)
    fill(6)
    admin.get(at(client, rest))
    few = queries(admin)
    fill(14)
    assert queries(admin) == few
    assert few <= 25


# --- Quick start -----------------------------------------------------------------------------------------------------


def test_the_quick_start_begins_with_code_of_the_client(
    browser: Browse, alice: User, acme: Tenant, client: Client
):
    answer = browser(alice).get(at(client, "/quick-start"))

    page = text(answer)
    assert client.client_id in code(answer, "quickstart-code")
    assert page.index('id="quickstart-code"') < page.index('id="env-file"') < page.index("discovery-openid")
    assert page.index("discovery-openid") < page.index('id="metadata-json"')
    folded = [part.split("</details>")[0] for part in answer.content.decode().split("<details")[1:]]
    assert any('id="metadata-json"' in part for part in folded)
    assert code(answer, "discovery-openid") == f"{acme.issuer}/.well-known/openid-configuration"
    assert code(answer, "discovery-oauth") == f"{acme.issuer}/.well-known/oauth-authorization-server"
    assert 'action="' + at(client, "/try") + '"' in page


def test_a_language_and_an_api_are_chosen_by_the_address(
    browser: Browse, alice: User, acme: Tenant, register: Register
):
    api, _secret = cast.register_api(acme)
    client, _ = register(acme, name="Orders", allowed_scopes=["openid", *api.qualified_scopes])
    admin = browser(alice)

    go = admin.get(at(client, "/quick-start"), {"language": "go", "api": ""})
    assert "package main" in code(go, "quickstart-code")
    assert api.identifier not in code(go, "quickstart-code")
    python = admin.get(at(client, "/quick-start"), {"language": "python", "api": api.identifier})
    assert api.identifier in code(python, "quickstart-code")
    assert admin.get(at(client, "/quick-start"), {"language": "cobol", "api": "x"}).status_code == 200


def environment(client: Client, issuer: str, **more: str) -> str:
    return (
        f"ISSUER={issuer}\nCLIENT_ID={client.client_id}\nCLIENT_SECRET={more['secret']}\n"
        f"REDIRECT_URI={cast.REDIRECT_URL}\nSCOPES='openid profile email offline_access user_default'"
    )


def test_the_environment_has_a_placeholder_in_place_of_the_secret(
    browser: Browse, alice: User, acme: Tenant, client: Client
):
    answer = browser(alice).get(at(client, "/quick-start"))

    assert code(answer, "env-file") == environment(client, acme.issuer, secret="'<client secret>'")


def test_a_public_client_has_no_secret_in_it(browser: Browse, alice: User, acme: Tenant, register: Register):
    spa, _ = register(acme, type="spa", redirect_uris=["https://spa.example.com/it's"], allowed_scopes=[])

    lines = code(browser(alice).get(at(spa, "/quick-start")), "env-file").splitlines()

    assert lines == [
        f"ISSUER={acme.issuer}", f"CLIENT_ID={spa.client_id}", 'REDIRECT_URI="https://spa.example.com/it\'s"',
    ]  # fmt: skip


def test_what_creates_a_client_leads_on_to_its_quick_start(browser: Browse, alice: User, acme: Tenant):
    sent = {"type": "web", "name": "New", "redirect_uris": cast.REDIRECT_URL, "auth_methods": "client_secret",
            "consent_method": "required", "allowed_scopes": ["openid", "profile"]}  # fmt: skip

    for headers in (DIALOG, {}):
        made = browser(alice).post("/console/oauth/new", sent, headers=headers)
        with scope(tenant=acme):
            client = Client.objects.latest("created_at")
        secret = code(made, "made-secret")
        assert f'href="{at(client)}/quick-start"' in text(made)
        assert f"CLIENT_SECRET={secret}" in code(made, "made-environment").splitlines()
        assert "no-store" in made["Cache-Control"]
        assert f'action="{at(client)}/try"' in text(made)
        assert secret not in text(browser(alice).get(at(client, "/quick-start")))


def test_try_it_starts_at_once_with_every_scope_of_the_client(browser: Browse, alice: User, client: Client):
    admin = browser(alice)
    page = admin.get(at(client, "/quick-start")).content.decode()
    form = page[page.index(f'action="{at(client)}/try"') :]
    scopes = re.findall(r'name="scopes" value="([^"]+)"', form[: form.index("</form>")])

    answer = admin.post(at(client, "/try"), {"scopes": scopes})

    assert scopes == client.allowed_scopes
    assert answer["Location"].startswith("/oauth/authorize?")


# --- Activity --------------------------------------------------------------------------------------------------------


def test_recent_refusals_stand_above_all_events(browser: Browse, alice: User, acme: Tenant, client: Client):
    refuse(client, acme)
    for number in range(30):
        with scope(tenant=acme):
            client.edit(by=Actor(user=alice), description=f"Number {number}")
    admin = browser(alice)

    first = admin.get(at(client, "/activity"))
    page = plain(first)
    assert page.index("Refused in the last 7 days") < page.index("198.51.100.4") < page.index("All events")
    assert page.count("edited Reports") == 25
    assert f"/console/events?client={client.client_id}" in text(first)
    older = re.findall(r'rel="next" href="([^"]+)"', text(first))[0]
    rest = plain(admin.get(at(client, "/activity") + older))
    assert rest.count("edited Reports") == 5
    assert "Refused in the last 7 days" not in rest
    assert "created Reports" in rest


def test_without_refusals_only_all_events_are_shown(browser: Browse, alice: User, client: Client):
    page = plain(browser(alice).get(at(client, "/activity"), {"before": "x"}))

    assert "Refused in the last" not in page
    assert "created Reports" in page


# --- Back to where the person was ------------------------------------------------------------------------------------

ACTS = {"disable": {}, "publish": {}, "consent-method": {"consent_method": "trusted"}}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("rest", ["", "/activity?before=7", "/grants"])
def test_an_act_leads_back_to_the_tab_it_was_chosen_on(
    browser: Browse, alice: User, client: Client, act: str, rest: str
):
    headers = with_current(cast.host_of(alice.tenant), at(client, rest))
    answer = browser(alice).post(at(client, f"/{act}"), ACTS[act], headers=headers)

    if act == "disable":  # the receipt
        assert f'href="{at(client, rest)}">Done</a>' in text(answer)
    else:
        assert answer["HX-Redirect"] == at(client, rest)


@pytest.mark.parametrize("act", ACTS)
def test_without_a_script_the_menu_of_the_page_leads_back_to_it(
    browser: Browse, alice: User, client: Client, act: str
):
    admin = browser(alice)
    menu = text(admin.get(at(client, "/menu"), {"from": "client"}))
    address = at(client, f"/{act}?from=client")
    assert f'href="{address}"' in menu
    assert f'href="{at(client)}">Cancel</a>' in re.sub(r"> (Cancel) <", r">\1<", text(admin.get(address)))

    answer = admin.post(address, ACTS[act])

    to = (
        answer["Location"]
        if answer.status_code == 303
        else re.findall(r'href="([^"]+)">Done', text(answer))[0]
    )
    assert to == at(client)


@pytest.mark.parametrize(
    "elsewhere",
    ["http://evil.example/console/oauth/{id}", "http://{host}/console/oauth/{other}", "http://{host}/account",
     "http://{host}/console/oauth/{id}/try?code=qac_x", "http://[", "x"],
)  # fmt: skip
def test_any_other_address_leads_to_the_list(
    browser: Browse, alice: User, acme: Tenant, client: Client, elsewhere: str
):
    current = elsewhere.format(id=client.client_id, host=cast.host_of(acme), other="0" * 32)
    headers = DIALOG | {"HX-Current-URL": current}

    answer = browser(alice).post(at(client, "/publish"), headers=headers)

    assert answer["HX-Redirect"] == LIST


def test_deleting_leads_to_the_list_because_the_page_is_gone(browser: Browse, alice: User, client: Client):
    headers = with_current(cast.host_of(alice.tenant), at(client))

    answer = browser(alice).post("/console/oauth/delete", {"client": client.client_id}, headers=headers)

    assert f'href="{LIST}">Done</a>' in text(answer)


# --- Clients of other tenants ----------------------------------------------------------------------------------------


def there(connection: Connection, rest: str = "") -> str:
    return f"{LIST}/connections/{connection.pk}{rest}"


def test_the_page_of_an_outside_client_has_the_same_header_and_its_own_tabs(
    browser: Browse, alice: User, connection: Connection
):
    names = ["Overview", "Scopes", "People", "Problems", "Activity"]
    for rest, name in zip(("", "/allowed", "/grants", "/problems", "/activity"), names, strict=True):
        page = text(browser(alice).get(there(connection, rest)))
        assert tabs_of(page) == [(tab, tab == name) for tab in names]
        heading = page[page.index("<h1") : page.index("</h1>")]
        assert "Report portal" in heading
        assert "Globex" in heading
        assert connection.client.client_id in page
        assert "/try" not in page


def test_its_address_leads_to_that_page(browser: Browse, alice: User, connection: Connection):
    answer = browser(alice).get(at(connection.client))

    assert (answer.status_code, answer["Location"]) == (302, there(connection))


@pytest.mark.parametrize("client_id", ["0" * 32, "connections", "a\x00b", "%0a"])
def test_an_unknown_one_is_not_found(browser: Browse, alice: User, connection: Connection, client_id: str):
    assert browser(alice).get(f"{LIST}/{client_id}").status_code == 404


def test_an_outside_client_that_this_tenant_is_not_connected_to_is_unknown(
    browser: Browse, alice: User, globex: Tenant
):
    assert browser(alice).get(at(cast.publish(globex, name="Elsewhere"))).status_code == 404


def test_only_use_and_events_of_this_tenant_are_shown(
    browser: Browse, alice: User, mallory: User, acme: Tenant, globex: Tenant, connection: Connection
):
    client = connection.client
    used(client, acme, 12)
    used(client, globex, 777, last_agent="theirs/1", last_address="203.0.113.1")
    refuse(client, acme, "198.51.100.4")
    refuse(client, globex, "203.0.113.2")

    overview, activity = (browser(alice).get(there(connection, rest)) for rest in ("", "/activity"))
    assert "Sign-ins and tokens: 12 in 30 days" in text(overview)
    assert "198.51.100.4" in text(activity)
    for page in (overview, activity):
        for theirs in ("777", "theirs/1", "203.0.113"):
            assert theirs not in text(page)
    owners = browser(mallory).get(at(client))
    assert "Sign-ins and tokens: 777 in 30 days" in text(owners)
    assert "198.51.100.4" not in text(owners)


def test_what_it_may_do_here_is_a_tab(browser: Browse, alice: User, connection: Connection):
    page = text(browser(alice).get(there(connection, "/allowed")))

    assert "See your apps" in page
    assert f'href="{there(connection)}/scopes"' in page


def test_the_metadata_of_the_quick_start_is_what_is_published(browser: Browse, carol: User, client: Client):
    auditor = browser(carol)
    answer = auditor.get(at(client, "/quick-start"))

    published = auditor.get("/.well-known/oauth-authorization-server").json()
    assert json.loads(code(answer, "metadata-json")) == published
