"""The list of clients, `/console/oauth`: what it shows, searching, narrowing, sorting, pages (S1, S5, P7)."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scope

from console.models import Actor, Client, ClientSecret, Connection, Tenant, User
from tests import cast
from tests.kept import kept

PAGE = "/console/oauth"
REGION = {"HX-Request": "true", "HX-Target": "client-list"}
Browse = Callable[[User], Browser]
Register = Callable[..., tuple[Client, str]]


def names(page: Any) -> list[str]:
    """The names in the table, in its order."""
    return re.findall(r'<span class="table__name"><a [^>]*><bdi>(.*?)</bdi>', page.content.decode())


def text(page: Any) -> str:
    return " ".join(page.content.decode().split())


@pytest.fixture
def three(acme: Tenant, register: Register) -> list[Client]:
    """Three clients that differ in everything the list can be narrowed and sorted by."""
    now = timezone.now()
    web = register(acme, name="beta", description="Åkeriets rapporter")[0]
    spa = register(acme, name="Alpha", type="spa", consent_method="trusted")[0]
    machine = register(acme, name="gamma", redirect_uris=[], grant_types=["client_credentials"])[0]
    with scope(tenant=acme):
        for days, client in enumerate([web, spa, machine]):
            Client.objects.filter(pk=client.pk).update(created_at=now - timedelta(days=days))
        Client.objects.filter(pk=spa.pk).update(last_used_at=now - timedelta(hours=2))
        Client.objects.filter(pk=machine.pk).update(last_used_at=now - timedelta(minutes=3))
        spa.publish(by=Actor.operator())
        web.disable(by=Actor.operator())
        Connection.objects.filter(client=machine).update(consent_method="required")
    return [web, spa, machine]


# --- Who sees it ------------------------------------------------------------------------------------------------


def test_strangers_are_sent_to_sign_in_and_users_have_no_access(
    browser: Browse, stranger: Callable[[Tenant], Browser], acme: Tenant, bob: User
):
    assert stranger(acme).get(PAGE)["Location"] == f"/login?next={PAGE}"
    assert browser(bob).get(PAGE).status_code == 403
    # The address that people remember leads them to what is theirs.
    assert browser(bob).get("/console")["Location"] == "/account/applications"


def test_auditors_see_the_clients_and_nothing_to_change_them_with(
    browser: Browse, carol: User, web_client: tuple[Client, str]
):
    page, menu = browser(carol).get(PAGE), browser(carol).get(f"{PAGE}/{web_client[0].client_id}/menu")

    assert names(page) == ["Web app"]
    for address in ("delete", "disable", "publish", "restore", "consent-method", "new", "try"):
        assert not re.search(rf"/{address}\b", text(page))
        assert not re.search(rf"/{address}\b", text(menu))
    assert "table__check" not in text(page)
    assert set(re.findall(r'type="checkbox" name="(\w+)"', text(page))) == {"columns"}
    assert f"/console/oauth/{web_client[0].client_id}/secrets" in text(menu)


def test_it_shows_the_clients_of_the_tenant_and_of_no_other(
    browser: Browse, alice: User, globex: Tenant, register: Register, web_client: tuple[Client, str]
):
    foreign = register(globex, name="Foreign client")[0]
    with scope(tenant=globex):
        foreign.publish(by=Actor.operator())

    page = browser(alice).get(PAGE)

    assert names(page) == ["Web app"]
    assert foreign.client_id not in text(page)


# --- What a row says --------------------------------------------------------------------------------------------


def test_a_row_says_type_consent_method_status_secrets_and_use(
    browser: Browse, alice: User, three: list[Client]
):
    rows = re.findall(r"<tr>.*?</tr>", text(browser(alice).get(f"{PAGE}?columns=secrets")), flags=re.DOTALL)
    _head, alpha, beta, gamma = rows

    assert "Single-page app" in alpha
    assert "Trusted" in alpha
    assert "—" in alpha
    assert "2 hours ago" in alpha
    assert "Disabled" in beta
    assert "Never" in beta
    assert "1 of 5" in beta
    assert "Machine-to-machine" in gamma
    assert "Published" in alpha
    assert "3 minutes ago" in gamma
    assert all(client.client_id in text(browser(alice).get(PAGE)) for client in three)


def test_exact_times_are_there_for_machines_and_for_whoever_wants_them(
    browser: Browse, alice: User, three: list[Client]
):
    with scope(tenant=alice.tenant):
        used = Client.objects.get(pk=three[1].pk).last_used_at

    assert f'<time datetime="{used.isoformat()}" title="' in text(browser(alice).get(PAGE))


def test_a_client_with_a_key_has_no_number_of_secrets(
    browser: Browse, alice: User, acme: Tenant, register: Register
):
    register(acme, auth_methods=["private_key_jwt"])

    page = text(browser(alice).get(f"{PAGE}?columns=secrets"))
    assert re.search(r'data-label="Secrets"[^>]*>\s*Key\s*<', page)


def test_secrets_and_when_it_was_added_are_columns_for_whoever_wants_them(
    browser: Browse, alice: User, web_client: tuple[Client, str]
):
    def columns(page: Any) -> set[str]:
        return set(re.findall(r'data-label="(.*?)"', text(page)))

    admin = browser(alice)
    usual = {"Client ID", "Type", "Consent", "Status", "Last used"}

    assert columns(admin.get(PAGE)) == usual
    assert columns(admin.get(f"{PAGE}?columns=added")) == usual | {"Added"}
    both = admin.get(f"{PAGE}?columns=secrets&columns=added&q=web")
    assert columns(both) == usual | {"Secrets", "Added"}
    assert 'value="added" checked' in text(both)
    assert "?columns=secrets&amp;columns=added&amp;q=web&amp;sort=type" in text(both)


def test_hostile_names_are_text(browser: Browse, alice: User, acme: Tenant, register: Register):
    name = '"><script>alert(1)</script>{{ 7*7 }}'
    register(acme, name=name, description="<img src=x onerror=alert(1)>")

    page = text(browser(alice).get(PAGE))

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "{{ 7*7 }}" in page


@pytest.mark.parametrize("name", ["مرحبا بالعالم", "🚀👩‍💻", "Ü" * 512, "日本語"])
def test_names_of_every_script_are_shown(
    browser: Browse, alice: User, acme: Tenant, register: Register, name: str
):
    register(acme, name=name)

    assert f"<bdi>{name[:100]}" in text(browser(alice).get(PAGE))


# --- Empty, and nothing found -----------------------------------------------------------------------------------


def test_without_clients_it_leads_to_the_first_one(browser: Browse, alice: User, carol: User):
    page = text(browser(alice).get(PAGE))

    assert "No OAuth clients yet" in page
    assert "Create the first client" in page
    assert "data-empty" in page
    assert "Create the first client" not in text(browser(carol).get(PAGE))


def test_a_search_that_finds_nothing_offers_to_clear_it(browser: Browse, alice: User, three: list[Client]):
    page = text(browser(alice).get(PAGE, {"q": "xyzzy"}))

    assert "No client matches" in page
    assert "Clear search and filters" in page
    assert 'value="xyzzy"' in page
    assert "No OAuth clients yet" not in page


# --- Searching, narrowing, sorting ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "alp"}, ["Alpha"]),
        ({"q": "åkeri"}, ["beta"]),
        ({"q": "ÅKERIETS beta"}, ["beta"]),
        ({"q": "alpha beta"}, []),
        ({"q": "%"}, []),
        ({"type": "web"}, ["beta", "gamma"]),
        ({"type": "spa"}, ["Alpha"]),
        ({"type": "machine"}, ["gamma"]),
        ({"status": "disabled"}, ["beta"]),
        ({"status": "enabled"}, ["Alpha", "gamma"]),
        ({"status": "published"}, ["Alpha"]),
        ({"status": "blocked"}, []),
        ({"status": "gone"}, []),
        ({"owner": "ours"}, ["Alpha", "beta", "gamma"]),
        ({"owner": "outside"}, []),
        ({"consent_method": "trusted"}, ["Alpha"]),
        ({"consent_method": "required", "status": "enabled"}, ["gamma"]),
        ({"sort": "name"}, ["Alpha", "beta", "gamma"]),
        ({"sort": "-name"}, ["gamma", "beta", "Alpha"]),
        ({"sort": "type"}, ["Alpha", "beta", "gamma"]),
        ({"sort": "created"}, ["gamma", "Alpha", "beta"]),
        ({"sort": "-created"}, ["beta", "Alpha", "gamma"]),
        ({"sort": "last_used"}, ["Alpha", "gamma", "beta"]),
        ({"sort": "-last_used"}, ["gamma", "Alpha", "beta"]),
    ],
)
def test_it_narrows_and_sorts(
    browser: Browse, alice: User, three: list[Client], query: dict[str, str], found: list[str]
):
    assert names(browser(alice).get(PAGE, query)) == found


def test_it_finds_a_client_by_a_part_of_its_id(browser: Browse, alice: User, three: list[Client]):
    assert names(browser(alice).get(PAGE, {"q": three[2].client_id[4:20]})) == ["gamma"]


def test_it_sorts_numbers_and_swedish_letters_as_people_do(
    browser: Browse, alice: User, acme: Tenant, globex: Tenant, register: Register
):
    for name in ("Client 10", "client 2", "Client 1", "Öresund", "Zeta", "Ängel", "Åre", "Éclair", "eclat"):
        register(acme, name=name)
    cast.connect(cast.publish(globex, name="Client 3"), acme)
    admin = browser(alice)

    listed = names(admin.get(PAGE))

    order = [
        "Client 1",
        "client 2",
        "Client 3",
        "Client 10",
        "Éclair",
        "eclat",
        "Zeta",
        "Åre",
        "Ängel",
        "Öresund",
    ]
    assert listed == order
    assert names(admin.get(PAGE, {"sort": "-name"})) == order[::-1]
    assert names(admin.get(PAGE, {"status": "enabled"})) == order


def test_a_new_name_has_a_new_place(browser: Browse, alice: User, three: list[Client]):
    with scope(tenant=alice.tenant):
        three[0].edit(by=Actor(alice), name="alpha 0")

    assert names(browser(alice).get(PAGE)) == ["Alpha", "alpha 0", "gamma"]


@pytest.fixture
def found(acme: Tenant, globex: Tenant, register: Register) -> dict[str, str]:
    """Clients that differ in what is searched beside names: words that find each, by what they are."""
    register(acme, name="Portal", redirect_uris=["https://portal.staging.example.com/oauth/Callback"])
    register(acme, name="Loader", allowed_scopes=["openid", "admin_classic"])
    _secretive, secret = register(acme, name="Keeper")
    foreign = cast.publish(globex, name="Foreign", redirect_uris=["https://foreign.example.org/cb"])
    cast.connect(foreign, acme)
    _other, elsewhere = register(globex, name="Elsewhere", redirect_uris=["https://globex.example.net/cb"])
    return {"hint": secret[-5:], "hint elsewhere": elsewhere[-5:]}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("staging.example", ["Portal"]),
        ("https://portal.staging.example.com/oauth/Callback", ["Portal"]),
        ("Portal.Staging", ["Portal"]),
        ("admin_classic", ["Loader"]),
        ("admin_classic staging", []),
        ("hint", ["Keeper"]),
        ("…hint", ["Keeper"]),
        ("hint elsewhere", []),
        ("foreign.example.org", ["Foreign"]),
        ("globex.example.net", []),
        ('"', []),
        ("[", []),
        (",", []),
    ],
)
def test_it_finds_redirect_urls_scopes_and_the_hints_of_secrets(
    browser: Browse, alice: User, found: dict[str, str], words: str, expected: list[str]
):
    kind = words.removeprefix("…")
    words = words.replace(kind, found.get(kind, kind))

    assert names(browser(alice).get(PAGE, {"q": words})) == expected


def test_a_removed_secret_finds_nothing(browser: Browse, alice: User, acme: Tenant, register: Register):
    _client, secret = register(acme, name="Keeper")
    with scope(tenant=acme):
        ClientSecret.objects.get().remove(by=Actor.operator())

    assert names(browser(alice).get(PAGE, {"q": secret[-5:]})) == []


@pytest.mark.parametrize("query", ["q=client", "status=enabled", "consent_method=required"])
@pytest.mark.usefixtures("many")
def test_a_search_that_finds_more_than_is_fetched_at_once_has_every_page(
    browser: Browse, alice: User, monkeypatch: pytest.MonkeyPatch, query: str
):
    monkeypatch.setattr("console.pages.found_clients.FETCHED", 30)
    admin = browser(alice)
    pages = [admin.get(f"{PAGE}?{query}&page={number}") for number in (1, 2, 3)]

    assert [name for page in pages for name in names(page)] == [f"Client {number:02}" for number in range(60)]
    assert all("60 clients" in text(page) for page in pages)


@pytest.mark.parametrize(
    "query",
    [
        "type=elsewhere",
        "status=%00",
        "sort=password",
        "sort=--name",
        "owner=globex",
        "page=0",
        "page=-1",
        "page=x",
        "page=99",
        "size=0",
        "size=1000",
        "size=x",
        "columns=password",
    ],
)
def test_values_that_make_no_sense_count_as_not_given(
    browser: Browse, alice: User, three: list[Client], query: str
):
    page = browser(alice).get(f"{PAGE}?{query}")

    assert names(page) == ["Alpha", "beta", "gamma"]


@pytest.mark.parametrize("words", ["\0", "x" * 10_000, "'; drop table --", "\ud7ff"])
def test_a_hostile_search_finds_nothing(browser: Browse, alice: User, three: list[Client], words: str):
    page = browser(alice).get(f"{PAGE}?q={quote(words)}")

    assert page.status_code == 200
    assert names(page) == []


# --- Pages ------------------------------------------------------------------------------------------------------


@pytest.fixture
def many(acme: Tenant, register: Register) -> None:
    for number in range(60):
        register(acme, name=f"Client {number:02}")


@pytest.mark.usefixtures("many")
def test_it_has_pages_of_25_that_keep_the_search(browser: Browse, alice: User):
    page = browser(alice).get(PAGE, {"q": "client", "page": "2"})

    assert names(page) == [f"Client {number:02}" for number in range(25, 50)]
    assert "26–50 of 60" in text(page)
    assert "?q=client&amp;page=3" in text(page)


@pytest.mark.usefixtures("many")
def test_a_page_has_as_many_rows_as_were_chosen(browser: Browse, alice: User):
    admin = browser(alice)
    shown = admin.get(PAGE, {"size": "50", "sort": "-name"})

    assert names(shown) == [f"Client {number:02}" for number in range(59, 9, -1)]
    assert "1–50 of 60" in text(shown)
    assert "?size=50&amp;sort=-name&amp;page=2" in text(shown)
    assert "?size=100&amp;sort=-name" in text(shown)
    assert len(names(admin.get(PAGE, {"size": "100"}))) == 60


@kept
def mixed(acme: Tenant, globex: Tenant) -> dict[str, list[str]]:
    """Three pages of own clients with another tenant's among them, and their names in each order."""
    when = timezone.now()
    for number in range(40):
        client = cast.register(acme, name=f"{'aB'[number % 2]} own {number:02}")[0]
        Client._base_manager.filter(pk=client.pk).update(created_at=when - timedelta(minutes=3 * number))
    for number in range(20):
        shared = cast.publish(globex, name=f"{'Ab'[number % 2]} outside {number:02}")
        cast.connect(shared, acme)
        since = when - timedelta(minutes=6 * number + 1)
        Connection._base_manager.filter(client=shared, tenant=acme).update(approved_at=since)
    gone = cast.register(acme, name="a deleted one")[0]
    Client._base_manager.filter(pk=gone.pk).update(deleted_at=when)
    own = [(f"{'aB'[number % 2]} own {number:02}", 3 * number) for number in range(40)]
    outside = [(f"{'Ab'[number % 2]} outside {number:02}", 6 * number + 1) for number in range(20)]
    return {
        "name": sorted((name for name, _age in own + outside), key=str.lower),
        "-created": [name for name, _age in sorted(own + outside, key=lambda one: one[1])],
    }


@pytest.mark.parametrize("order", ["name", "-created"])
def test_pages_follow_one_another_to_the_last_in_both_directions(
    browser: Browse, alice: User, mixed: dict[str, list[str]], order: str
):
    admin = browser(alice)
    turned = order.removeprefix("-") if order.startswith("-") else f"-{order}"

    def read(sort: str) -> list[str]:
        pages = [admin.get(PAGE, {"sort": sort, "page": number}) for number in (1, 2, 3)]
        assert "60 clients" in text(pages[0])
        assert "51–60 of 60" in text(pages[2])
        return [name for page in pages for name in names(page)]

    assert read(order) == mixed[order]
    assert read(turned) == mixed[order][::-1]


@pytest.mark.usefixtures("mixed")
def test_own_and_outside_clients_are_counted_and_paged_apart(browser: Browse, alice: User):
    admin = browser(alice)
    outside = admin.get(PAGE, {"owner": "outside"})
    ours = admin.get(PAGE, {"owner": "ours", "page": "2"})

    assert "20 clients" in text(outside)
    assert all("outside" in name for name in names(outside))
    assert "26–40 of 40" in text(ours)
    assert len(names(ours)) == 15
    assert all("own" in name for name in names(ours))


@pytest.mark.usefixtures("many")
def test_the_number_of_queries_does_not_grow_with_the_rows(browser: Browse, alice: User):
    admin = browser(alice)
    admin.get(PAGE)
    with CaptureQueriesContext(connection) as full:
        admin.get(PAGE)
    with CaptureQueriesContext(connection) as all_found:
        admin.get(PAGE, {"q": "Client"})
    with CaptureQueriesContext(connection) as one:
        admin.get(PAGE, {"q": "Client 01"})

    assert len(all_found) == len(one)
    assert len(one) <= len(full) <= 8


# --- Fragments --------------------------------------------------------------------------------------------------


def test_htmx_gets_the_region_alone_and_an_address_without_empty_parameters(
    browser: Browse, alice: User, three: list[Client]
):
    answer = browser(alice).get(f"{PAGE}?q=alpha&type=&status=&sort=name", headers=REGION)

    assert text(answer).lstrip().startswith('<div id="client-list"')
    assert "<html" not in text(answer)
    assert names(answer) == ["Alpha"]
    assert answer["HX-Push-Url"] == f"{PAGE}?q=alpha"
    assert "HX-Request" in answer["Vary"]


def test_fetching_the_list_again_adds_nothing_to_the_history(
    browser: Browse, alice: User, three: list[Client]
):
    here = {"HX-Current-URL": f"{alice.tenant.issuer}{PAGE}?q=alpha"}

    assert browser(alice).get(f"{PAGE}?q=alpha", headers=REGION | here)["HX-Push-Url"] == "false"


def test_a_restored_page_is_whole(browser: Browse, alice: User, three: list[Client]):
    restored = {"HX-Request": "true", "HX-History-Restore-Request": "true"}

    assert "<html" in text(browser(alice).get(PAGE, headers=restored))


def test_removed_secrets_are_not_counted(
    browser: Browse, alice: User, acme: Tenant, web_client: tuple[Client, str]
):
    with scope(tenant=acme):
        ClientSecret.objects.get().remove(by=Actor.operator())

    page = text(browser(alice).get(f"{PAGE}?columns=secrets"))
    assert f"0 of {settings.LIMITS['client_secrets']}" in page
