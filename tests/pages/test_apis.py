"""The section *APIs* of the console: `/console/apis` (P10)."""

import html
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client as Browser
from django_scopes import scope
from pytest_django import Settings

from console.models import Api, ApiSecret, Client, Event, Tenant, User
from console.pages import quickstarts
from console.pages.api_guides import LANGUAGES
from console.policy.apis import ApiScope
from tests import cast
from tests.oauth.signed import decoded

Browse = Callable[..., Browser]
LIST, NEW = "/console/apis", "/console/apis/new"
ORDERS = cast.ORDERS
SCOPES = [
    ApiScope(name="read", text="Read orders", text_sv="Läsa beställningar"),
    ApiScope(name="write", text="Change orders", sensitive=True, admin=True),
]
DIALOG = {"HX-Request": "true", "HX-Target": "dialog-content"}


def entered(**fields: str) -> dict[str, str]:
    """What is typed into *Create API*."""
    usual = {
        "name": "Orders",
        "identifier": ORDERS,
        "description": "What people have ordered",
        "lifetime": "15",
        "unit": "60",
        "algorithm": "RS256",
        "scopes-0-name": "read",
        "scopes-0-text": "Read orders",
        "scopes-0-text_sv": "Läsa beställningar",
        "scopes-1-name": "write",
        "scopes-1-text": "Change orders",
        "scopes-1-sensitive": "on",
        "scopes-1-admin": "on",
        "scopes-1-by_name": "on",
    }
    return usual | fields


def of(api: Api, path: str = "") -> str:
    return f"{LIST}/{api.pk}{path}"


def code(page: str, id: str) -> str:
    return html.unescape(re.search(rf'<code id="{id}">(.*?)</code>', page, re.DOTALL)[1])  # type: ignore[index]


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


@pytest.fixture
def orders(acme: Tenant) -> tuple[Api, str]:
    return cast.register_api(acme, scopes=SCOPES)


def actions(tenant: Tenant) -> list[str]:
    with scope(tenant=tenant):
        return list(Event.newest_first().values_list("action", flat=True))


# --- The list ---------------------------------------------------------------------------------------------------------


def test_the_catalogue_comes_first_and_an_empty_list_says_what_to_do(
    browser: Browse, alice: User, carol: User
):
    page = text(browser(alice).get(LIST))

    assert page.index("Catalogue of this server") < page.index("No APIs of your own yet")
    assert "http://acme.localhost:8000" in page
    assert f'href="{NEW}"' in page
    auditors = text(browser(carol).get(LIST))
    assert "A tenant administrator registers them here." in auditors
    assert f'href="{NEW}"' not in auditors


def test_the_list_tells_of_each_api(browser: Browse, carol: User, acme: Tenant, orders: tuple[Api, str]):
    cast.register_api(acme, name="Billing", identifier="urn:example:billing", lifetime=5400)
    with scope(tenant=acme):
        orders[0].publish(by=cast.OPERATOR)

    page = browser(carol).get(LIST)
    rows = re.findall(r"<tr>.*?</tr>", text(page), re.DOTALL)[1:]

    assert [re.search(r"<bdi>(.*?)</bdi>", row)[1] for row in rows[1:]] == ["Billing", "Orders"]  # type: ignore[index]
    assert "urn:example:billing" in rows[1]
    assert "90 minutes" in rows[1]
    assert "This tenant only" in rows[1]
    assert f'href="{of(orders[0])}"' in rows[2]
    assert "1 hour" in rows[2]
    assert "Published" in rows[2].split("<td")[3]


def test_more_than_a_page_can_be_searched(browser: Browse, alice: User, acme: Tenant):
    for number in range(26):
        cast.register_api(acme, name=f"API {number:02}", identifier=f"https://api{number}.example.com")
    admin = browser(alice)

    first, second = text(admin.get(LIST)), text(admin.get(LIST, {"page": "2"}))
    found = text(admin.get(LIST, {"q": "api7.example"}))

    assert 'name="q"' in first
    assert "Catalogue of this server" not in second
    assert "API 25" in second
    assert "API 07" in found
    assert "API 08" not in found
    assert "No API matches" in text(admin.get(LIST, {"q": "nothing\0 like it"}))


# --- Creating ---------------------------------------------------------------------------------------------------------


def test_an_api_is_created_and_its_secret_shown_once(browser: Browse, alice: User, acme: Tenant):
    admin = browser(alice)
    once = re.search(r'name="once" value="(.+?)"', text(admin.get(NEW)))[1]  # type: ignore[index]

    made = admin.post(NEW, entered(once=once))
    again = admin.post(NEW, entered(once=once))

    api = Api._base_manager.get()
    assert made.status_code == again.status_code == 200
    secret = code(text(made), "made-secret")
    assert secret.startswith("qai_")
    assert code(text(made), "made-client-id") == api.introspection_client_id
    assert made["Cache-Control"] == "no-store"
    assert secret not in text(again)
    assert "shown once and can’t be shown again" in text(again)
    assert (api.name, api.identifier, api.description) == ("Orders", ORDERS, "What people have ordered")
    assert (api.lifetime, api.algorithm) == (900, "RS256")
    assert api.facts.scopes == (
        ApiScope(name="read", text="Read orders", text_sv="Läsa beställningar"),
        ApiScope(name="write", text="Change orders", sensitive=True, admin=True, by_name=True),
    )
    assert secret not in text(admin.get(of(api)))
    assert actions(acme).count("api.created") == 1


def test_what_is_wrong_is_said_beside_it_and_everything_entered_is_kept(browser: Browse, alice: User):
    sent = entered(
        name="",
        identifier="orders",
        lifetime="40",
        unit="1",
        **{"scopes-0-name": "openid", "scopes-1-text": ""},
    )

    answer = browser(alice).post(NEW, sent)
    page = text(answer)

    assert answer.status_code == 422
    for sentence in (
        "Give the API a name.",
        "Enter an absolute URI without a fragment",
        "An access token lives from 60 seconds to 7 days",
        "This scope is defined by OpenID Connect",
        "Say what an application can do with it.",
    ):
        assert page.count(sentence) == 1, sentence
    assert re.search(r'name="scopes-0-name" value="openid"[^>]*aria-invalid="true"', page)
    assert re.search(r'name="scopes-1-text" value=""[^>]*aria-invalid="true"', page)
    assert 'value="Läsa beställningar"' in page
    assert re.search(r'name="scopes-1-by_name" checked', page)
    assert not Api._base_manager.exists()


def test_an_api_needs_a_scope(browser: Browse, alice: User):
    sent = {name: value for name, value in entered().items() if not name.startswith("scopes")}

    answer = browser(alice).post(NEW, sent)

    assert answer.status_code == 422
    assert "Add at least one scope." in text(answer)


def test_without_a_script_more_rows_come_with_a_button(browser: Browse, alice: User):
    answer = browser(alice).post(NEW, entered(more="1", lifetime=""))
    page = text(answer)

    assert answer.status_code == 200
    assert 'name="scopes-6-name" value=""' in page
    assert 'name="scopes-1-name" value="write"' in page
    assert "Say how long" not in page
    assert not Api._base_manager.exists()


def test_rows_may_have_any_numbers_and_empty_ones_are_left_out(browser: Browse, alice: User):
    rows = {
        "scopes-0-name": "",
        "scopes-0-text": " ",
        "scopes-0-text_sv": "",
        "scopes-10-name": "second",
        "scopes-10-text": "Do the second",
        "scopes-9-name": "first",
        "scopes-9-text": "Do the first",
        "scopes-x-name": "none",
        "scopes-99999999-name": "none",
        "scopes-1-name": "",
        "scopes-1-text": "",
    }

    assert browser(alice).post(NEW, entered(**rows)).status_code == 200
    assert [scope.name for scope in Api._base_manager.get().facts.scopes] == ["first", "second"]


def test_a_full_tenant_is_told_first(
    browser: Browse, alice: User, settings: Settings, orders: tuple[Api, str]
):
    settings.LIMITS = settings.LIMITS | {"apis_per_tenant": 1}
    admin = browser(alice)

    assert "limit of 1 API" in text(admin.get(NEW))
    answer = admin.post(NEW, entered(identifier="https://other.example.com"))
    assert answer.status_code == 422
    assert "limit of 1 API" in text(answer)


# --- One API ----------------------------------------------------------------------------------------------------------


def test_the_page_of_an_api_tells_everything_about_it(
    browser: Browse, alice: User, carol: User, acme: Tenant, orders: tuple[Api, str]
):
    api, secret = orders
    cast.register(acme, name="Shop", allowed_scopes=["openid", f"{ORDERS}#read"])
    cast.register(acme, name="Bystander", allowed_scopes=["openid"])

    admins, auditors = text(browser(alice).get(of(api))), text(browser(carol).get(of(api)))

    for page in (admins, auditors):
        assert code(page, "api-identifier") == ORDERS
        assert code(page, "api-client-id") == api.introspection_client_id
        assert secret not in page
        for word in (
            "Read orders",
            "Change orders",
            "Broad access",
            "Administrators only",
            f"…{secret[-5:]}",
            "Shop",
        ):
            assert word in page
        assert "Bystander" not in page
    for path in ("/edit", "/publish", "/remove", "/secrets/new"):
        assert f'href="{of(api, path)}"' in admins
        assert f'href="{of(api, path)}"' not in auditors


def test_editing_changes_what_was_entered_and_nothing_else(
    browser: Browse, alice: User, acme: Tenant, orders: tuple[Api, str]
):
    api, _ = orders
    admin = browser(alice)
    form = text(admin.get(of(api, "/edit")))
    version = re.search(r'name="version" value="(.+?)"', form)[1]  # type: ignore[index]
    assert 'name="identifier"' not in form
    assert re.search(r'name="lifetime" value="1"', form)

    sent = entered(
        name="All orders", version=version, lifetime="2", unit="3600", identifier="https://new.example"
    )
    answer = admin.post(of(api, "/edit"), sent | {"scopes-1-name": "", "scopes-1-text": ""})

    assert answer.status_code == 303
    assert answer["Location"] == of(api)
    api.refresh_from_db()
    assert (api.name, api.identifier, api.lifetime) == ("All orders", ORDERS, 7200)
    assert [scope.name for scope in api.facts.scopes] == ["read"]
    assert "edited the API" in text(admin.get("/console/events"))
    log = text(admin.get("/console/events"))
    assert "Signature of access tokens" in log
    assert "<del>write: Change orders (sensitive, admin)</del>" in log


def test_the_second_to_save_is_told_that_somebody_else_has(
    browser: Browse, alice: User, orders: tuple[Api, str]
):
    api, _ = orders
    admin = browser(alice)
    version = re.search(r'name="version" value="(.+?)"', text(admin.get(of(api, "/edit"))))[1]  # type: ignore[index]
    assert admin.post(of(api, "/edit"), entered(name="First", version=version)).status_code == 303

    told = admin.post(of(api, "/edit"), entered(name="Second", version=version))

    assert told.status_code == 422
    assert "Somebody has saved this API since you opened it" in text(told)
    assert 'value="Second"' in text(told)
    api.refresh_from_db()
    assert api.name == "First"
    version = re.search(r'name="version" value="(.+?)"', text(told))[1]  # type: ignore[index]
    assert admin.post(of(api, "/edit"), entered(name="Second", version=version)).status_code == 303
    api.refresh_from_db()
    assert api.name == "Second"


# --- Secrets ----------------------------------------------------------------------------------------------------------


def test_a_secret_is_generated_shown_once_and_removed(
    browser: Browse, alice: User, acme: Tenant, orders: tuple[Api, str]
):
    api, first = orders
    admin = browser(alice)
    once = re.search(r'name="once" value="(.+?)"', text(admin.get(of(api, "/secrets/new"))))[1]  # type: ignore[index]

    made = admin.post(of(api, "/secrets/new"), {"once": once})
    again = admin.post(of(api, "/secrets/new"), {"once": once})

    secret = code(text(made), "made-secret")
    assert made["Cache-Control"] == "no-store"
    assert "made-secret" not in text(again)
    assert ApiSecret._base_manager.count() == 2
    page = text(admin.get(of(api)))
    assert secret not in page
    assert f"…{secret[-5:]}" in page

    row = ApiSecret._base_manager.get(hint=first[-5:])
    question = text(admin.get(of(api, f"/secrets/{row.pk}/remove")))
    assert "Never used" in question
    assert admin.post(of(api, f"/secrets/{row.pk}/remove")).status_code == 303
    assert f"…{first[-5:]} has been removed" in text(admin.get(of(api)))
    assert "has already been removed" in text(admin.post(of(api, f"/secrets/{row.pk}/remove"), follow=True))
    assert actions(acme).count("api.secret_removed") == 1


def test_no_more_secrets_than_the_limit(
    browser: Browse, alice: User, settings: Settings, orders: tuple[Api, str]
):
    settings.LIMITS = settings.LIMITS | {"api_secrets": 1}
    admin = browser(alice)

    assert "An API can have 1 secret" in text(admin.get(of(orders[0], "/secrets/new")))
    answer = admin.post(of(orders[0], "/secrets/new"))
    assert answer.status_code == 422
    assert "An API can have 1 secret" in text(answer)
    assert ApiSecret._base_manager.count() == 1


# --- Publishing and removing ------------------------------------------------------------------------------------------


def test_publishing_and_unpublishing_say_what_happens(
    browser: Browse, alice: User, acme: Tenant, globex: Tenant, orders: tuple[Api, str]
):
    api, _ = orders
    admin = browser(alice)

    assert "Every tenant of the region" in text(admin.get(of(api, "/publish")))
    assert not Api._base_manager.get().is_published
    assert "is published" in text(admin.post(of(api, "/publish"), follow=True))
    cast.register(acme, name="Ours", allowed_scopes=["openid", f"{ORDERS}#read"])
    cast.register(globex, name="Theirs", allowed_scopes=["openid", f"{ORDERS}#read"])
    cast.register(globex, name="Also theirs", allowed_scopes=["openid", f"{ORDERS}#read"])

    question = text(admin.get(of(api, "/unpublish")))
    assert "2 clients of other tenants have its scopes." in question
    assert "They belong to 1 tenant." in question
    assert "Theirs" not in question
    assert "2 clients of other tenants have its scopes." in text(admin.get(of(api)))
    assert "is no longer published" in text(admin.post(of(api, "/unpublish"), follow=True))
    assert not Api._base_manager.get().is_published
    assert "was not published" in text(admin.post(of(api, "/unpublish"), follow=True))


def test_an_identifier_that_another_tenant_uses_cannot_be_published(
    browser: Browse, alice: User, globex: Tenant, orders: tuple[Api, str]
):
    cast.register_api(globex)

    answer = browser(alice).post(of(orders[0], "/publish"))

    assert answer.status_code == 422
    assert "Another tenant of this region uses this identifier." in text(answer)


def test_removing_names_the_clients_that_have_its_scopes(
    browser: Browse, alice: User, acme: Tenant, orders: tuple[Api, str]
):
    api, _ = orders
    cast.register(acme, name="Shop", allowed_scopes=["openid", f"{ORDERS}#read"])
    cast.register(acme, name="Other API", allowed_scopes=["openid"])
    admin = browser(alice)

    question = text(admin.get(of(api, "/remove")))
    assert "<bdi>Shop</bdi>" in question
    assert "Other API" not in question
    answer = admin.post(of(api, "/remove"))
    assert answer["Location"] == LIST
    assert "“Orders” has been removed." in text(admin.get(LIST))
    assert admin.get(of(api)).status_code == 404
    assert "removed the API" in text(admin.get("/console/events"))


@pytest.mark.parametrize("path", ["", "/edit", "/publish", "/unpublish", "/remove", "/secrets/new"])
def test_another_tenants_api_is_as_unknown_as_none(browser: Browse, alice: User, globex: Tenant, path: str):
    foreign, _ = cast.register_api(globex)
    with scope(tenant=globex):
        foreign.publish(by=cast.OPERATOR)
    admin = browser(alice)

    pages = [admin.get(f"{LIST}/{pk}{path}") for pk in (foreign.pk, foreign.pk + 1, 10**30)]
    sent = [admin.post(f"{LIST}/{pk}{path}") for pk in (foreign.pk, foreign.pk + 1)]

    assert {page.status_code for page in pages} == {404}
    assert len({page.content for page in pages}) == 1
    assert {answer.status_code for answer in sent} == ({404} if path else {405})
    assert Api._base_manager.get(pk=foreign.pk).is_published


def test_a_secret_of_another_api_cannot_be_removed(
    browser: Browse, alice: User, globex: Tenant, orders: tuple[Api, str]
):
    foreign, _ = cast.register_api(globex, identifier="https://theirs.example.com")
    secret = ApiSecret._base_manager.get(api=foreign)

    assert browser(alice).post(of(orders[0], f"/secrets/{secret.pk}/remove")).status_code == 404
    assert ApiSecret._base_manager.get(pk=secret.pk).removed_at is None


def test_the_pages_fill_the_dialog_when_the_console_asks_for_them(
    browser: Browse, alice: User, orders: tuple[Api, str]
):
    admin = browser(alice)
    for path in (NEW, of(orders[0], "/edit"), of(orders[0], "/publish"), of(orders[0], "/remove")):
        page = text(admin.get(path, headers=DIALOG))
        assert "<html" not in page
        assert 'id="dialog-title"' in page


# --- What its developer copies ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guides_have_the_values_of_the_tenant_and_no_secret(
    browser: Browse, carol: User, orders: tuple[Api, str], language: str
):
    page = text(browser(carol).get(of(orders[0]), {"language": language}))
    snippet = code(page, "guide-code")

    for value in ("acme.localhost:8000", "read"):
        assert value in snippet
    if (
        language != "nginx"
    ):  # it asks with the API's own credentials, and the answer is only about the API's tokens
        assert ORDERS in snippet
    assert "{{" not in snippet
    assert "{%" not in snippet
    assert orders[1] not in page
    assert re.search(rf'id="guide-{language}"[^>]*aria-current="true"', page)


@pytest.mark.parametrize("language", ["", "cobol", "../../../settings", "curl"])
def test_another_language_gets_the_first_one(
    browser: Browse, carol: User, orders: tuple[Api, str], language: str
):
    page = browser(carol).get(of(orders[0]), {"language": language})

    assert page.context["guide"].language == "python"


@pytest.mark.spec("RFC 9728", "3.1")
@pytest.mark.spec("RFC 9728", "5.1")
def test_the_metadata_of_the_api_is_ready_to_paste(browser: Browse, carol: User, acme: Tenant):
    api, _ = cast.register_api(acme, identifier="https://api.example.com/orders")

    page = text(browser(carol).get(of(api)))

    address = "https://api.example.com/.well-known/oauth-protected-resource/orders"
    assert code(page, "guide-metadata-address") == address
    assert json.loads(code(page, "guide-metadata")) == {
        "resource": "https://api.example.com/orders",
        "resource_name": "Orders",
        "authorization_servers": [acme.issuer],
        "scopes_supported": ["read", "write"],
        "bearer_methods_supported": ["header"],
    }
    challenge = f'WWW-Authenticate: Bearer resource_metadata="{address}", scope="read"'
    assert code(page, "guide-challenge") == challenge


def test_an_identifier_that_is_no_address_has_no_metadata(browser: Browse, carol: User, acme: Tenant):
    api, _ = cast.register_api(acme, identifier="urn:example:orders")

    page = text(browser(carol).get(of(api)))

    assert 'id="guide-metadata"' not in page
    assert "resource_metadata" not in page
    assert code(page, "guide-challenge") == 'WWW-Authenticate: Bearer scope="read"'


# --- In other sections of the console ---------------------------------------------------------------------------------


def scope_groups(page: str) -> dict[str, str]:
    """Heading -> the whole group, of the scopes in a client's form."""
    groups = re.findall(r"<details[^>]* data-group.*?</details>", page, re.DOTALL)
    headings = [re.search(r"<bdi>(.*?)</bdi>", group) for group in groups]
    return {heading[1]: group for heading, group in zip(headings, groups, strict=True) if heading}


def test_a_client_is_given_scopes_of_the_apis_that_its_tenant_has(
    browser: Browse, alice: User, acme: Tenant, globex: Tenant, orders: tuple[Api, str]
):
    cast.register_api(globex, "https://shared.example.com", name="Shared", scopes=["use"], published=True)
    cast.register_api(globex, "https://private.example.com", name="Private")
    admin = browser(alice)

    page = text(admin.get("/console/oauth/new?type=web"))
    groups = scope_groups(page)

    assert f'value="{ORDERS}#read"' in groups["Orders"]
    assert "<code>read</code>" in groups["Orders"]
    assert "Read orders" in groups["Orders"]
    assert ORDERS in groups["Orders"]
    assert "published by Globex" in groups["Shared"]
    assert "private.example.com" not in page
    fields = {
        "name": "Shop",
        "redirect_uris": "https://shop.example.com/",
        "auth_methods": "client_secret",
        "allowed_scopes": ["openid", f"{ORDERS}#read", "https://shared.example.com#use"],
    }
    made = admin.post("/console/oauth/new?type=web", fields)
    assert made.status_code == 200, text(made)
    with scope(tenant=acme):
        client = Client.objects.get()
    assert set(client.allowed_scopes) == {"openid", f"{ORDERS}#read", "https://shared.example.com#use"}
    assert re.search(
        rf'value="{ORDERS}#read" checked', text(admin.get(f"/console/oauth/{client.client_id}/edit"))
    )
    refused = admin.post(
        "/console/oauth/new?type=web", fields | {"allowed_scopes": ["https://private.example.com#read"]}
    )
    assert refused.status_code == 422


def test_what_an_api_has_lost_stands_apart_and_may_stay(
    browser: Browse, alice: User, acme: Tenant, orders: tuple[Api, str]
):
    client, _ = cast.register(acme, allowed_scopes=["openid", f"{ORDERS}#read", f"{ORDERS}#write"])
    with scope(tenant=acme):
        orders[0].edit(by=cast.OPERATOR, scopes=SCOPES[:1])
    admin = browser(alice)
    address = f"/console/oauth/{client.client_id}/edit"

    groups = scope_groups(text(admin.get(address)))

    assert f'value="{ORDERS}#write" checked' in groups["No longer there"]
    assert f"{ORDERS}#write" not in groups["Orders"]
    sent = {
        "name": "Renamed",
        "redirect_uris": client.redirect_uris,
        "auth_methods": "client_secret",
        "allowed_scopes": client.allowed_scopes,
    }
    assert admin.post(address, sent).status_code == 303


def test_of_very_many_published_apis_the_first_are_offered_and_those_that_are_held(
    browser: Browse, alice: User, acme: Tenant, globex: Tenant, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("console.pages.api_words.MOST_PUBLISHED", 1)
    for name in ("Alpha", "Beta", "Gamma"):
        cast.register_api(globex, f"urn:example:{name.lower()}", name=name, published=True)
    client, _ = cast.register(acme, allowed_scopes=["openid", "urn:example:gamma#read"])

    groups = scope_groups(text(browser(alice).get(f"/console/oauth/{client.client_id}/edit")))

    assert {"Alpha", "Gamma"} <= groups.keys()
    assert "Beta" not in groups


def test_a_client_with_scopes_of_an_unpublished_api_cannot_be_published(
    browser: Browse, alice: User, acme: Tenant, orders: tuple[Api, str]
):
    client, _ = cast.register(acme, allowed_scopes=["openid", f"{ORDERS}#read"])
    admin = browser(alice)
    address = f"/console/oauth/{client.client_id}/publish"

    question, sent = admin.get(address), admin.post(address)

    assert "It has scopes of an API that is not published" in text(question)
    assert ORDERS in text(question)
    assert sent.status_code == 422
    with scope(tenant=acme):
        orders[0].publish(by=cast.OPERATOR)
    assert admin.post(address).status_code == 303


@pytest.mark.spec("RFC 8707", "2.2")
def test_trying_a_client_asks_for_a_token_for_the_api_that_was_chosen(
    browser: Browse, alice: User, acme: Tenant, orders: tuple[Api, str]
):
    held = ["openid", "user_default", f"{ORDERS}#read"]
    client, secret = cast.register(acme, allowed_scopes=held, grant_types=["client_credentials"])
    plain, _ = cast.register(acme)
    admin = browser(alice)

    page = text(admin.get(f"/console/oauth/{client.client_id}/try"))

    options = re.findall(r'<option value="(.*?)" data-scope="(.*?)">', page)
    assert options == [(ORDERS, f"{ORDERS}#read"), (acme.issuer, "user_default")]
    assert f'name="scope" value="{ORDERS}#read"' in page
    assert "Orders · Read orders" in page
    assert 'name="resource"' not in text(admin.get(f"/console/oauth/{plain.client_id}/try"))
    sent = {"grant_type": "client_credentials", "client_id": client.client_id, "client_secret": secret}
    for resource, asked in options:
        answer = admin.post("/oauth/token", **cast.form(**sent, resource=resource, scope=asked)).json()
        assert answer["scope"] == asked.removeprefix(f"{ORDERS}#")
        _header, claims = decoded(answer["access_token"])
        assert claims["aud"] == resource
        for name in claims:
            assert f'data-of="{name}"' in page, name


@pytest.mark.parametrize("machine", [False, True])
def test_the_quick_start_names_the_api_that_the_client_calls(
    browser: Browse, alice: User, acme: Tenant, orders: tuple[Api, str], machine: bool
):
    more: dict[str, Any] = {"grant_types": ["client_credentials"], "redirect_uris": []} if machine else {}
    client, _ = cast.register(acme, allowed_scopes=["openid", "user_default", f"{ORDERS}#read"], **more)
    admin = browser(alice)
    page = {"client": client.client_id}

    for language in quickstarts.languages(client):
        shown = text(admin.get("/console/oauth/configuration", page | {"language": language}))
        snippet = code(shown, "quickstart-code")
        assert code(shown, "resource-0") == ORDERS
        if language != "java" or machine:
            assert "resource" in snippet.lower()
        assert ORDERS in snippet or quote(ORDERS, safe="") in snippet
        assert "user_default" not in snippet
        here = text(admin.get("/console/oauth/configuration", page | {"language": language, "api": ""}))
        snippet = code(here, "quickstart-code")
        assert "user_default" in snippet
        assert ORDERS not in snippet


def test_the_shell_runs_nothing_out_of_the_name_of_a_scope(
    browser: Browse, alice: User, acme: Tenant, globex: Tenant
):
    hostile = "$(reboot)`reboot`"
    cast.register_api(globex, "https://x.example/$(reboot)", scopes=[hostile], published=True)
    held = ["openid", f"https://x.example/$(reboot)#{hostile}"]
    machine: dict[str, Any] = {"grant_types": ["client_credentials"], "redirect_uris": []}
    for more in ({}, machine):
        client, _ = cast.register(acme, allowed_scopes=held, **more)
        page = browser(alice).get(
            "/console/oauth/configuration", {"client": client.client_id, "language": "curl"}
        )
        snippet = code(text(page), "quickstart-code")
        assert "`reboot`" not in snippet
        assert "$(reboot)" not in snippet.replace("'https://x.example/$(reboot)'", "")


def test_an_event_of_an_api_is_found_by_its_action(
    browser: Browse, alice: User, acme: Tenant, orders: tuple[Api, str]
):
    page = text(browser(alice).get("/console/events", {"action": "api.created"}))

    assert "registered the API <b>Orders</b>" in page
    assert "<b>Orders</b>" not in text(browser(alice).get("/console/events", {"action": "api.removed"}))
