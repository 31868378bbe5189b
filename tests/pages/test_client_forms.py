"""Creating and editing a client: `/console/oauth/new`, `…/check`, `…/edit` (S2–S5, Q1–Q5)."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from django_scopes import scope
from jwt.algorithms import ECAlgorithm

from console.models import Action, Actor, Client, Connection, Event, Tenant, User
from tests import cast

NEW = "/console/oauth/new"
CHECK = "/console/oauth/check"
DIALOG = {"HX-Request": "true", "HX-Target": "dialog-content"}
IMPERSONATION = "urn:qlik:oauth:user-impersonation"
Browse = Callable[[User], Browser]
Register = Callable[..., tuple[Client, str]]


def web(**fields: Any) -> dict[str, Any]:
    """What a browser sends for a web client. `fields` replace the usual ones."""
    usual = {
        "type": "web",
        "name": "Reports",
        "redirect_uris": ["https://app.example.com/callback"],
        "auth_methods": ["client_secret"],
    }
    return usual | fields


def spa(**fields: Any) -> dict[str, Any]:
    return {"type": "spa", "name": "Page", "redirect_uris": ["https://spa.example.com/callback"]} | fields


def jwk(**members: Any) -> str:
    """A public key, as a person pastes it."""
    key = json.loads(ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key()))
    return json.dumps({**key, "alg": "ES256", "kid": "first", "use": "sig"} | members)


def text(page: Any) -> str:
    return " ".join(page.content.decode().split())


def error(page: Any, name: str) -> str:
    """The error beside a field or a row (`redirect_uris_1`), without its markup."""
    found = re.search(rf'id="(?:id_)?{name}_error".*?<span>(.*?)</span>', text(page), flags=re.DOTALL)
    return found[1] if found else ""


def only_client(tenant: Tenant) -> Client:
    with scope(tenant=tenant):
        return Client.objects.get()


def no_clients(tenant: Tenant) -> bool:
    with scope(tenant=tenant):
        return not Client.objects.exists()


def edit_of(client: Client) -> str:
    return f"/console/oauth/{client.client_id}/edit"


def version_in(page: Any) -> str:
    found = re.search(r'name="version" value="([^"]*)"', text(page))
    assert found
    return found[1].replace("&#x2B;", "+")


def everything_stored() -> str:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        stored = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 (our own tables)
            stored.append(str(cursor.fetchall()))
    return "\n".join(stored)


# --- The type ---------------------------------------------------------------------------------------------------


def test_the_type_is_chosen_first(browser: Browse, alice: User):
    page = text(browser(alice).get(NEW))

    assert re.findall(r'name="type" value="(\w+)"', page) == ["web", "spa", "native", "machine"]
    assert "cannot be changed later" in page


@pytest.mark.parametrize(
    ("client_type", "fields"),
    [
        (
            "web",
            {
                "redirect_uris",
                "grant_types",
                "auth_methods",
                "allowed_origins",
                "public_keys",
                "consent_method",
            },
        ),
        ("spa", {"redirect_uris", "allowed_origins", "consent_method"}),
        ("native", {"redirect_uris", "grant_types", "consent_method"}),
    ],
)
def test_the_form_has_the_fields_of_the_type_and_no_others(
    browser: Browse, alice: User, client_type: str, fields: set[str]
):
    page = text(browser(alice).get(NEW, {"type": client_type}))

    some = {
        "redirect_uris",
        "grant_types",
        "auth_methods",
        "allowed_origins",
        "public_keys",
        "consent_method",
    }
    assert {name for name in some if f'name="{name}"' in page} == fields
    always = {
        "name",
        "description",
        "homepage_url",
        "allowed_scopes",
        "post_logout_redirect_uris",
        "algorithm",
    }
    assert all(f'name="{name}"' in page for name in always)


@pytest.mark.parametrize("method", ["get", "post"])
def test_anonymous_embed_is_refused_by_name(browser: Browse, alice: User, acme: Tenant, method: str):
    answer = getattr(browser(alice), method)(NEW, {"type": "anonymous-embed", "name": "Embed"})

    assert answer.status_code == 422
    assert "anonymous embed" in error(answer, "type")
    assert no_clients(acme)


@pytest.mark.parametrize("form", [{"type": "robot"}, {"type": ""}, {"name": "No type"}])
def test_an_unknown_type_is_refused(browser: Browse, alice: User, acme: Tenant, form: dict[str, str]):
    answer = browser(alice).post(NEW, form)

    assert answer.status_code == 422
    assert error(answer, "type")
    assert no_clients(acme)


def test_scopes_are_a_tree(browser: Browse, alice: User):
    page = text(browser(alice).get(NEW, {"type": "web"}))
    parent, child = page.index('value="apps"'), page.index('value="apps:read"')

    assert '<ul class="scopes__list">' in page[parent:child]
    assert page.index("Sign-in") < page.index('value="openid"') < page.index("Administration")


@pytest.mark.parametrize(("kind", "usual"), [("web", "RS256"), ("spa", "ES256"), ("native", "ES256")])
def test_the_signature_of_the_id_token_is_chosen_openly(
    browser: Browse, alice: User, acme: Tenant, kind: str, usual: str
):
    page = browser(alice).get(NEW, {"type": kind}).content.decode()

    before_advanced, _ = page.split('<details class="disclosure"')
    [radio] = re.findall(r'<input type="radio" name="algorithm"[^>]* checked[^>]*>', before_advanced)
    assert f'value="{usual}"' in radio


# --- Creating ---------------------------------------------------------------------------------------------------


def test_a_web_client_is_created_and_its_id_and_secret_are_shown(browser: Browse, alice: User, acme: Tenant):
    answer = browser(alice).post(
        NEW,
        web(
            name="  Reports 📊 ",
            description="First line\r\nsecond line",
            homepage_url="https://example.com",
            allowed_scopes=["apps", "openid", "apps"],
            redirect_uris=["https://a.example.com/cb", "", "http://localhost:3000/cb"],
            post_logout_redirect_uris=["https://a.example.com/"],
            algorithm="RS256",
            consent_method="trusted",
        ),
    )

    client = only_client(acme)
    assert answer.status_code == 200
    assert (client.name, client.description) == ("Reports 📊", "First line\nsecond line")
    assert client.redirect_uris == ["https://a.example.com/cb", "http://localhost:3000/cb"]
    assert client.post_logout_redirect_uris == ["https://a.example.com/"]
    assert client.allowed_scopes == ["openid", "apps"]
    assert (client.homepage_url, client.algorithm) == ("https://example.com", "RS256")
    assert (client.tenant_id, client.type) == (acme.pk, "web")
    assert client.client_id in text(answer)
    assert re.search(r"qas_\w{49}", text(answer))
    assert "shown only once" in text(answer)
    with scope(tenant=acme):
        assert Connection.objects.get().consent_method == "trusted"
        assert Event.objects.get(action=Action.CLIENT_CREATED).actor_name == alice.email


@pytest.mark.parametrize(
    "form",
    [
        spa(allowed_origins=["https://spa.example.com"]),
        {"type": "native", "name": "App", "redirect_uris": ["com.example.app:/cb", "http://127.0.0.1/cb"]},
        web(auth_methods=["private_key_jwt"], public_keys=[jwk()]),
    ],
)
def test_clients_without_a_secret_get_none(browser: Browse, alice: User, acme: Tenant, form: dict[str, Any]):
    answer = browser(alice).post(NEW, form)

    client = only_client(acme)
    assert client.client_id in text(answer)
    assert "qas_" not in text(answer)
    with scope(tenant=acme):
        assert client.live_secrets == []


def test_the_secret_is_in_one_response_and_is_kept_nowhere(browser: Browse, alice: User, acme: Tenant):
    admin = browser(alice)
    answer = admin.post(NEW, web(once="mark-of-this-form"))
    secret = re.findall(r"qas_\w{49}", text(answer))[0]
    client = only_client(acme)

    assert answer["Cache-Control"] == "no-store"
    assert text(answer).count(secret) == 2  # by itself, and in what can be copied as .env
    assert secret not in everything_stored()
    assert secret not in str(dict(admin.session))
    pages = ["/console/oauth", edit_of(client), f"/console/oauth/{client.client_id}/secrets"]
    assert not any(secret in text(admin.get(page)) for page in pages)
    assert secret[-5:] in text(admin.get(pages[2]))


def test_reloading_the_result_makes_no_second_client(browser: Browse, alice: User, acme: Tenant):
    admin = browser(alice)
    admin.post(NEW, web(once="mark-of-this-form"))
    again = admin.post(NEW, web(once="mark-of-this-form"), follow=True)

    assert only_client(acme).name == "Reports"
    assert "has already been created" in text(again)
    assert "qas_" not in text(again)


def test_in_the_dialog_the_result_takes_the_place_of_the_form(browser: Browse, alice: User):
    answer = browser(alice).post(NEW, web(), headers=DIALOG)

    assert "<html" not in text(answer)
    assert "dialog__box" in text(answer)
    assert "data-confirm-close" in text(answer)
    assert answer["HX-Trigger"] == "clients-changed"


def test_programs_without_people_need_no_redirect_url(browser: Browse, alice: User, acme: Tenant):
    browser(alice).post(
        NEW, web(redirect_uris=[], grant_types=["client_credentials"], consent_method="trusted")
    )

    assert only_client(acme).grant_types == ["client_credentials"]


def test_impersonation_may_have_origins_and_other_web_clients_have_none(
    browser: Browse, alice: User, acme: Tenant
):
    browser(alice).post(
        NEW, web(name="a", grant_types=[IMPERSONATION], allowed_origins=["https://a.example.com"])
    )
    browser(alice).post(NEW, web(name="b", allowed_origins=["not an origin"]))

    with scope(tenant=acme):
        origins = dict(Client.objects.values_list("name", "allowed_origins"))
    assert origins == {"a": ["https://a.example.com"], "b": []}


# --- What is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"name": ""}, "name"),
        ({"name": " \t "}, "name"),
        ({"name": "\u200b\u00ad"}, "name"),
        ({"name": "x" * 513}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": "two\r\nlines"}, "name"),
        ({"name": "nul\0"}, "name"),
        ({"name": "bell\x07"}, "name"),
        ({"name": "evil\u202egpj.exe"}, "name"),
        ({"name": "line\u2028separator"}, "name"),
        ({"description": "x" * 4097}, "description"),
        ({"description": "bell\x07"}, "description"),
        ({"homepage_url": "javascript:alert(1)"}, "homepage_url"),
        ({"homepage_url": "example.com"}, "homepage_url"),
        ({"homepage_url": "https://good.example@evil.example/"}, "homepage_url"),
        ({"homepage_url": "https://example.com/" + "x" * 2048}, "homepage_url"),
        ({"allowed_scopes": ["openid", "root"]}, "allowed_scopes"),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"redirect_uris": [f"https://a.example.com/{n}" for n in range(6)]}, "redirect_uris"),
        ({"redirect_uris": ["https://a.example.com/", "http://a.example.com/"]}, "redirect_uris_2"),
        ({"redirect_uris": ["https://a.example.com/", "https://a.example.com/"]}, "redirect_uris_2"),
        ({"redirect_uris": ["https://a.example.com/" + "x" * 256]}, "redirect_uris_1"),
        ({"redirect_uris": ["https://*.example.com/"]}, "redirect_uris_1"),
        ({"redirect_uris": ["https://a.example.com/#x"]}, "redirect_uris_1"),
        ({"redirect_uris": ["https://a.example.com/%zz"]}, "redirect_uris_1"),
        ({"redirect_uris": ["javascript:alert(1)//"]}, "redirect_uris_1"),
        ({"redirect_uris": ["com.example.app:/callback"]}, "redirect_uris_1"),
        ({"redirect_uris": ["https://a.example.com/\0"]}, "redirect_uris_1"),
        ({"post_logout_redirect_uris": ["ftp://a.example.com/"]}, "post_logout_redirect_uris_1"),
        ({"grant_types": ["password"]}, "grant_types"),
        (
            {"grant_types": [IMPERSONATION], "allowed_origins": ["https://a.example.com/path"]},
            "allowed_origins_1",
        ),
        ({"auth_methods": []}, "auth_methods"),
        ({"auth_methods": ["none"]}, "auth_methods"),
        ({"auth_methods": ["private_key_jwt"]}, "public_keys"),
        ({"auth_methods": ["private_key_jwt"], "public_keys": ["{"]}, "public_keys_1"),
        ({"auth_methods": ["private_key_jwt"], "public_keys": [jwk(), jwk()]}, "public_keys_2"),
        ({"auth_methods": ["private_key_jwt"], "public_keys": [jwk(alg="none")]}, "public_keys_1"),
        ({"algorithm": "none"}, "algorithm"),
        ({"consent_method": "never"}, "consent_method"),
    ],
)
def test_it_is_refused_beside_the_field_or_the_very_row(
    browser: Browse, alice: User, acme: Tenant, fields: dict[str, Any], where: str
):
    answer = browser(alice).post(NEW, web(**fields))

    assert answer.status_code == 422
    assert error(answer, where)
    assert no_clients(acme)


def test_everything_entered_survives_an_error(browser: Browse, alice: User):
    page = text(
        browser(alice).post(
            NEW,
            web(
                name="Kept <name>",
                description="Kept text",
                homepage_url="https://kept.example",
                redirect_uris=["http://bad.example.com/", "", "https://kept.example/cb"],
                post_logout_redirect_uris=["https://kept.example/out"],
                allowed_scopes=["apps"],
                grant_types=[IMPERSONATION],
                allowed_origins=["https://origin.example"],
                auth_methods=["private_key_jwt"],
                public_keys=["{kept"],
                consent_method="trusted",
                algorithm="RS256",
            ),
        )
    )

    for value in (
        'value="Kept &lt;name&gt;"',
        "Kept text</textarea>",
        'value="https://kept.example"',
        'value="http://bad.example.com/"',
        'value="https://kept.example/cb"',
        'value="https://kept.example/out"',
        'value="https://origin.example"',
        "{kept</textarea>",
    ):
        assert value in page
    checked = re.findall(r'value="([^"]+)"[^>]* checked', page)
    assert checked == [IMPERSONATION, "private_key_jwt", "apps", "trusted", "RS256"]


def test_a_private_key_is_refused_and_not_sent_back(browser: Browse, alice: User):
    answer = browser(alice).post(
        NEW, web(auth_methods=["private_key_jwt"], public_keys=[jwk(d="c2VjcmV0LXBhcnQ")])
    )

    assert "private key" in error(answer, "public_keys_1")
    assert "c2VjcmV0LXBhcnQ" not in text(answer)


def test_a_hidden_list_cannot_hold_up_the_form(browser: Browse, alice: User, acme: Tenant):
    browser(alice).post(NEW, web(public_keys=["not JSON"], allowed_origins=["https://a.example.com/path"]))

    assert only_client(acme).public_keys == []


def test_without_a_script_there_are_as_many_inputs_as_there_may_be_values(browser: Browse, alice: User):
    admin = browser(alice)

    assert (
        text(admin.get(NEW, {"type": "native"})).count('name="redirect_uris"') == 1 + 5
    )  # the list, its inputs
    again = text(admin.post(NEW, web(name="", redirect_uris=["", "https://a.example.com/cb", ""])))
    assert len(re.findall(r'<input[^>]* name="redirect_uris" value=""', again)) == 4


def test_the_limit_of_the_tenant_is_a_sentence(
    browser: Browse, alice: User, acme: Tenant, monkeypatch: pytest.MonkeyPatch, register: Register
):
    monkeypatch.setitem(settings.LIMITS, "clients_per_tenant", 1)
    register(acme)

    answer = browser(alice).post(NEW, web(name="One too many"))

    assert answer.status_code == 422
    assert "reached its limit of 1 OAuth client." in text(answer)
    assert 'value="One too many"' in text(answer)
    assert only_client(acme).name == "Web app"


# --- Who may ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["bob", "carol"])
def test_only_administrators_create(request, browser: Browse, acme: Tenant, person: str):
    somebody = browser(request.getfixturevalue(person))

    assert somebody.get(NEW).status_code == 403
    assert somebody.post(NEW, web()).status_code == 403
    assert (
        somebody.post(CHECK, {"name": "redirect_uris", "value": "https://a.example.com"}).status_code == 403
    )
    assert no_clients(acme)


def test_a_form_of_another_site_changes_nothing(alice: User, browser: Browse, acme: Tenant):
    admin = browser(alice)
    admin.handler.enforce_csrf_checks = True

    assert admin.post(NEW, web()).status_code == 403
    assert no_clients(acme)


# --- One address, checked at once -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("client_type", "name", "value"),
    [
        ("web", "redirect_uris", " https://a.example.com/cb "),
        ("web", "redirect_uris", "http://localhost:3000/cb"),
        ("native", "redirect_uris", "com.example.app:/callback"),
        ("web", "post_logout_redirect_uris", "https://a.example.com/"),
        ("spa", "allowed_origins", "https://a.example.com"),
    ],
)
def test_an_address_that_will_do(browser: Browse, alice: User, client_type: str, name: str, value: str):
    answer = browser(alice).post(f"{CHECK}?type={client_type}", {"name": name, "value": value})

    assert (answer.status_code, answer.json()) == (200, {"reason": ""})


@pytest.mark.parametrize(
    ("client_type", "name", "value"),
    [
        ("web", "redirect_uris", "http://a.example.com/cb"),
        ("web", "redirect_uris", "com.example.app:/callback"),
        ("spa", "redirect_uris", ""),
        ("spa", "allowed_origins", "https://a.example.com/path"),
    ],
)
def test_an_address_that_will_not_do(browser: Browse, alice: User, client_type: str, name: str, value: str):
    answer = browser(alice).post(f"{CHECK}?type={client_type}", {"name": name, "value": value})

    assert answer.status_code == 422
    assert answer.json()["reason"].endswith(".")


@pytest.mark.parametrize(("name", "longest"), [("name", 512), ("description", 4096), ("homepage_url", 2048)])
def test_what_is_too_long_is_kept_and_the_limit_is_named(
    browser: Browse, alice: User, name: str, longest: int
):
    entered = "https://example.com/" + "x" * longest
    page = browser(alice).post(NEW, web(**{name: entered}))
    assert error(page, name) == f"This is too long: at most {longest} characters."
    assert entered in text(page)


def test_a_domain_in_other_letters_is_asked_for_in_ascii(browser: Browse, alice: User):
    answer = browser(alice).post(
        CHECK, {"name": "redirect_uris", "value": "https://räksmörgås.example/callback"}
    )
    assert answer.json()["reason"] == "Write the domain in its ASCII form, which begins with xn--."


@pytest.mark.parametrize("kind", ["web", "spa", "native"])
def test_what_is_pasted_is_not_cut_off_without_a_word(browser: Browse, alice: User, kind: str):
    """A browser cuts at `maxlength`: half an address would be registered, and nobody would know why nothing matches."""
    assert "maxlength" not in text(browser(alice).get(f"{NEW}?type={kind}"))


def test_a_reason_is_in_the_language_of_the_page(browser: Browse, alice: User):
    answer = browser(alice).post(
        CHECK, {"name": "redirect_uris", "value": "x"}, headers={"Accept-Language": "sv"}
    )

    assert answer["Content-Language"] == "sv"


@pytest.mark.parametrize("address", [f"{CHECK}?type=web", f"{CHECK}?type=machine"])
def test_nothing_else_is_checked(browser: Browse, alice: User, address: str):
    assert browser(alice).post(address, {"name": "name", "value": "x"}).status_code == 404
    assert browser(alice).get(address).status_code == 405


# --- Editing ----------------------------------------------------------------------------------------------------


def test_the_form_holds_what_is_stored(browser: Browse, alice: User, spa_client: tuple[Client, str]):
    page = text(browser(alice).get(edit_of(spa_client[0])))

    assert 'value="Single-page app"' in page
    assert 'value="https://spa.example.com/callback"' in page
    assert 'value="https://spa.example.com"' in page
    assert re.search(r'value="offline_access" checked', page)
    assert 'name="type"' not in page
    assert 'name="consent_method"' not in page


def test_saving_changes_the_client_and_says_so(
    browser: Browse, alice: User, acme: Tenant, web_client: tuple[Client, str]
):
    admin = browser(alice)
    form = web(name="Renamed", description="New", version=version_in(admin.get(edit_of(web_client[0]))))

    answer = admin.post(edit_of(web_client[0]), form)

    assert (answer.status_code, answer["Location"]) == (303, "/console/oauth")
    assert "“Renamed” has been saved" in text(admin.get("/console/oauth"))
    client = only_client(acme)
    assert (client.name, client.description, client.type) == ("Renamed", "New", "web")
    assert client.client_id == web_client[0].client_id


def test_saving_in_the_dialog_leads_back_to_the_list_as_it_was(
    browser: Browse, alice: User, web_client: tuple[Client, str]
):
    here = DIALOG | {"HX-Current-URL": f"{alice.tenant.issuer}/console/oauth?q=web&page=2"}

    answer = browser(alice).post(edit_of(web_client[0]), web(), headers=here)

    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/console/oauth?q=web&page=2")


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/console/oauth", "/console/oauth", "http://acme.localhost:8000/x"]
)
def test_saving_leads_nowhere_else(
    browser: Browse, alice: User, web_client: tuple[Client, str], elsewhere: str
):
    answer = browser(alice).post(
        edit_of(web_client[0]), web(), headers=DIALOG | {"HX-Current-URL": elsewhere}
    )

    assert answer["HX-Redirect"] == "/console/oauth"


def test_an_invalid_change_is_refused_in_the_dialog(
    browser: Browse, alice: User, acme: Tenant, web_client: tuple[Client, str]
):
    answer = browser(alice).post(edit_of(web_client[0]), web(name=""), headers=DIALOG)

    assert answer.status_code == 422
    assert "<html" not in text(answer)
    assert error(answer, "name")
    assert only_client(acme).name == "Web app"


def test_the_type_never_changes(browser: Browse, alice: User, acme: Tenant, spa_client: tuple[Client, str]):
    browser(alice).post(edit_of(spa_client[0]), spa(type="web", auth_methods=["client_secret"]))

    client = only_client(acme)
    assert (client.type, client.auth_methods) == ("spa", [])


def test_a_client_that_begins_to_use_secrets_gets_one_that_is_shown_once(
    browser: Browse, alice: User, acme: Tenant, register: Register
):
    client = register(acme, auth_methods=["private_key_jwt"], public_keys=[json.loads(jwk())])[0]
    form = web(auth_methods=["client_secret", "private_key_jwt"], public_keys=[jwk()])

    answer = browser(alice).post(edit_of(client), form)

    assert answer["Cache-Control"] == "no-store"
    secret = re.findall(r"qas_\w{49}", text(answer))[0]
    assert secret not in everything_stored()
    assert "qas_" not in text(browser(alice).get(edit_of(client)))


def test_keys_are_shown_and_replaced(browser: Browse, alice: User, acme: Tenant, register: Register):
    client = register(acme, auth_methods=["private_key_jwt"], public_keys=[json.loads(jwk())])[0]
    admin = browser(alice)
    assert "&quot;kid&quot;: &quot;first&quot;" in text(admin.get(edit_of(client)))

    admin.post(edit_of(client), web(auth_methods=["private_key_jwt"], public_keys=[jwk(kid="second"), ""]))

    assert [key["kid"] for key in only_client(acme).public_keys] == ["second"]


def test_scopes_that_the_catalogue_has_lost_may_stay(
    browser: Browse, alice: User, acme: Tenant, register: Register
):
    client = cast.registered_earlier(register(acme)[0], allowed_scopes=["apps", "old:scope"])
    admin = browser(alice)
    assert re.search(r'value="old:scope" checked', text(admin.get(edit_of(client))))

    admin.post(edit_of(client), web(allowed_scopes=["old:scope"]))

    assert only_client(acme).allowed_scopes == ["old:scope"]


# --- Two at once ------------------------------------------------------------------------------------------------


def test_the_second_to_save_is_told_what_the_first_changed_and_may_save_again(
    browser: Browse, alice: User, acme: Tenant, web_client: tuple[Client, str]
):
    admin, address = browser(alice), edit_of(web_client[0])
    opened_on = version_in(admin.get(address))
    with scope(tenant=acme), time_machine.travel("2036-03-02T12:00:00Z", tick=True):
        colleague = Actor(user=alice)
        Client.objects.get().edit(by=colleague, name="Theirs")
        Client.objects.get().edit(by=colleague, redirect_uris=["https://theirs.example.com/cb"])

    refused = admin.post(address, web(name="Mine", version=opened_on))

    assert refused.status_code == 422
    page = text(refused)
    assert "alice@acme.example has saved this client since you opened it" in page
    assert "<del>Web app</del> <ins>Theirs</ins>" in page
    assert "<ins>https://theirs.example.com/cb</ins>" in page
    assert 'value="Mine"' in page
    assert only_client(acme).name == "Theirs"

    assert admin.post(address, web(name="Mine", version=version_in(refused))).status_code == 303
    assert only_client(acme).name == "Mine"


@pytest.mark.parametrize("version", ["nonsense", "2026-01-01", "9999-99-99T00:00:00+00:00", "\0"])
def test_a_version_that_never_was_is_a_conflict_too(
    browser: Browse, alice: User, acme: Tenant, web_client: tuple[Client, str], version: str
):
    answer = browser(alice).post(edit_of(web_client[0]), web(name="Mine", version=version))

    assert answer.status_code == 422
    assert "Somebody has saved this client" in text(answer)
    assert only_client(acme).name == "Web app"


# --- Who may edit, and what -------------------------------------------------------------------------------------


def test_auditors_read_everything_and_change_nothing(
    browser: Browse, carol: User, acme: Tenant, web_client: tuple[Client, str]
):
    auditor, address = browser(carol), edit_of(web_client[0])
    page = text(auditor.get(address))

    assert "https://app.example.com/callback" in page
    assert "offline_access" in page
    assert "<textarea" not in page
    assert auditor.post(address, web(name="Mine")).status_code == 403
    assert only_client(acme).name == "Web app"


def test_users_have_no_access(browser: Browse, bob: User, web_client: tuple[Client, str]):
    assert browser(bob).get(edit_of(web_client[0])).status_code == 403


def test_a_foreign_client_is_as_unknown_as_one_that_never_was(
    browser: Browse, mallory: User, web_client: tuple[Client, str]
):
    admin = browser(mallory)
    foreign, unknown = admin.get(edit_of(web_client[0])), admin.get("/console/oauth/" + "0" * 32 + "/edit")

    def without_token(page: Any) -> str:
        changing = r'name="csrfmiddlewaretoken" value="[^"]*"|"X-CSRFToken": "[^"]*"|[0-9a-f]{32}'
        return re.sub(changing, "", text(page))

    assert foreign.status_code == unknown.status_code == 404
    assert without_token(foreign) == without_token(unknown)
    assert admin.post(edit_of(web_client[0]), web(name="Mine")).status_code == 404


@pytest.mark.parametrize("client_id", ["%00", "x" * 300, "%EF%BF%BD", "..%2F"])
def test_strange_ids_are_unknown(browser: Browse, alice: User, client_id: str):
    assert browser(alice).get(f"/console/oauth/{client_id}/edit").status_code == 404


def test_a_deleted_client_is_gone(browser: Browse, alice: User, acme: Tenant, web_client: tuple[Client, str]):
    with scope(tenant=acme):
        web_client[0].remove(by=Actor.operator())

    assert browser(alice).get(edit_of(web_client[0])).status_code == 404
    assert browser(alice).post(edit_of(web_client[0]), web()).status_code == 404


A, B = "https://a.example/cb", "https://b.example/cb"


@pytest.mark.parametrize(
    "pasted",
    [
        f"{A} {B}",
        f"{A},{B}",
        f"{A};{B}",
        f"{A}, {B},",
        f"{A}\r\n{B}\r\n",
        f" {A} ; {B}",
        f"{A}{B}",
        f"{A}\t{B}",
    ],
)
def test_a_pasted_list_becomes_a_row_each(browser: Browse, alice: User, acme: Tenant, pasted: str):
    admin = browser(alice)
    page = admin.post(NEW, web(redirect_uris=[pasted]))

    assert page.status_code == 422, "where an answer may go is seen before it is saved"
    assert "They are now in separate rows" in text(page)
    assert all(f'value="{address}"' in text(page) for address in (A, B))
    assert no_clients(acme)
    admin.post(NEW, web(redirect_uris=[A, B]))
    assert only_client(acme).redirect_uris == [A, B]


@pytest.mark.parametrize(
    "address", [f"{A}?list=1,2;3", f"{A}?next=https://b.example", f"{A};v=1", f"{A}?a=b,c:d"]
)
def test_what_may_stand_in_an_address_separates_nothing(
    browser: Browse, alice: User, acme: Tenant, address: str
):
    browser(alice).post(NEW, web(redirect_uris=[address]))

    assert only_client(acme).redirect_uris == [address]


def test_a_pasted_list_shows_its_rows_again_each_with_its_error(browser: Browse, alice: User):
    page = browser(alice).post(NEW, web(redirect_uris=[f"{A}, http://b.example/cb"]))

    assert page.status_code == 422
    assert f'value="{A}"' in text(page)
    assert "https://" in error(page, "redirect_uris_2")


def test_a_long_row_of_separators_takes_no_time(browser: Browse, alice: User):
    page = browser(alice).post(NEW, web(redirect_uris=["x" + " ," * 50_000 + "y"]))

    assert page.status_code == 422


# --- A scheme without a dot (RFC 8252 §8.6) -----------------------------------------------------------------------


def native(**fields: Any) -> dict[str, Any]:
    """What our page sends for a native client."""
    usual = {"type": "native", "name": "Editor", "redirect_uris": [CURSOR], "schemes_asked": "1"}
    return usual | fields


CURSOR = "cursor://anysphere.cursor-mcp/oauth/callback"


def boxes(page: Any) -> list[tuple[str, bool]]:
    """The schemes that a page asks to confirm, and whether they are ticked."""
    found = re.findall(r'name="confirmed_schemes" value="([^"]*)"( checked)?', text(page))
    return [(scheme, bool(ticked)) for scheme, ticked in found]


@pytest.mark.spec("RFC 8252", "8.6")
def test_a_scheme_without_a_dot_is_registered_when_it_is_confirmed(
    browser: Browse, alice: User, acme: Tenant
):
    admin = browser(alice)
    sent = native(post_logout_redirect_uris=["myapp:/out", "cursor:/out"], description="Kept")

    refused = admin.post(NEW, sent)

    assert refused.status_code == 422
    assert "Any application on a device can claim this scheme." in error(refused, "redirect_uris_1")
    assert error(refused, "post_logout_redirect_uris_1")
    assert boxes(refused) == [("cursor", False), ("myapp", False)]
    assert "Any application on the device can claim <code>cursor:</code>" in text(refused)
    assert '<details class="disclosure" open>' in text(refused)
    assert "Kept" in text(refused)
    assert CURSOR in text(refused)
    assert no_clients(acme)
    half = admin.post(NEW, sent | {"confirmed_schemes": ["cursor"]})
    assert half.status_code == 422
    assert boxes(half) == [("cursor", True), ("myapp", False)]
    assert error(half, "redirect_uris_1") == ""
    created = admin.post(NEW, sent | {"confirmed_schemes": ["cursor", "myapp"]})
    assert created.status_code == 200
    assert only_client(acme).redirect_uris == [CURSOR]


@pytest.mark.spec("RFC 8252", "8.6")
def test_a_confirmed_scheme_is_not_asked_about_again_and_a_new_one_is(
    browser: Browse, alice: User, acme: Tenant, register: Register
):
    client, _ = register(acme, alice, type="native", redirect_uris=[CURSOR])
    admin = browser(alice)

    assert boxes(admin.get(edit_of(client))) == []
    same = native(name="Renamed", redirect_uris=[CURSOR, "cursor:/other"], algorithm="ES256")
    assert admin.post(edit_of(client), same).status_code == 303
    other = admin.post(
        edit_of(client), native(redirect_uris=["vscode://a.b/c"], confirmed_schemes=["cursor"])
    )
    assert other.status_code == 422
    assert boxes(other) == [("vscode", False)]


@pytest.mark.spec("RFC 8252", "8.6")
@pytest.mark.parametrize("address", [CURSOR, "vscode://publisher.extension/callback", "myapp://callback"])
def test_a_program_that_has_not_seen_the_page_is_warned(
    browser: Browse, alice: User, acme: Tenant, address: str
):
    sent = native(redirect_uris=[address])
    del sent["schemes_asked"]

    created = browser(alice).post(NEW, sent)

    assert created.status_code == 200
    scheme = address.partition(":")[0]
    assert f"Any application on a device can claim {scheme}: and receive the sign-in" in text(created)
    client = only_client(acme)
    assert client.redirect_uris == [address]
    with scope(tenant=acme):
        made = Event.objects.get(action=Action.CLIENT_CREATED)
    assert made.details["unconfirmed_schemes"] == [scheme]
    log = text(browser(alice).get("/console/events"))
    assert "Schemes that nobody confirmed" in log


@pytest.mark.spec("RFC 8252", "8.6")
def test_a_program_that_edits_is_warned_about_new_schemes_only(
    browser: Browse, alice: User, acme: Tenant, register: Register
):
    client, _ = register(acme, alice, type="native", redirect_uris=[CURSOR])
    sent = native(redirect_uris=[CURSOR, "myapp:/a"], name="By a program")
    del sent["schemes_asked"]

    saved = browser(alice).post(edit_of(client), sent, follow=True)

    assert "Any application on a device can claim myapp: and receive" in text(saved)
    with scope(tenant=acme):
        assert Event.objects.get(action=Action.CLIENT_UPDATED).details["unconfirmed_schemes"] == ["myapp"]


@pytest.mark.parametrize("kind", ["native", "web", "spa"])
def test_the_page_of_a_native_client_says_that_it_asks(browser: Browse, alice: User, kind: str):
    page = text(browser(alice).get(NEW, {"type": kind}))

    assert ('name="schemes_asked"' in page) == (kind == "native")


@pytest.mark.parametrize("address", ["javascript:/x", "intent://x", "localhost:5000/cb", "ms-settings:/x"])
def test_no_program_registers_a_dangerous_scheme(browser: Browse, alice: User, acme: Tenant, address: str):
    sent = native(redirect_uris=[address])
    del sent["schemes_asked"]

    assert error(browser(alice).post(NEW, sent), "redirect_uris_1")
    assert no_clients(acme)


def test_a_client_that_was_deleted_meanwhile_is_a_clear_sentence(
    browser: Browse, alice: User, mallory: User, acme: Tenant, web_client: tuple[Client, str]
):
    client = web_client[0]
    with scope(tenant=acme):
        client.remove(by=Actor(user=alice))

    answers = [
        browser(alice).post(edit_of(client), web(name="Too late")),
        browser(alice).post(f"/console/oauth/{client.client_id}/secrets/new"),
    ]
    elsewhere = browser(mallory).post(edit_of(client), web(name="Too late"))

    for answer in answers:
        assert answer.status_code == 404
        assert "This client has been deleted" in text(answer)
    assert elsewhere.status_code == 404
    assert "This client has been deleted" not in text(elsewhere)


@pytest.mark.spec("RFC 8252", "7.1")
@pytest.mark.parametrize(
    "form",
    [
        web(redirect_uris=[CURSOR]),
        spa(redirect_uris=[CURSOR]),
        web(post_logout_redirect_uris=[CURSOR]),
        native(redirect_uris=["javascript:/x"]),
        native(redirect_uris=["intent://x"]),
        native(redirect_uris=["localhost:5000/cb"]),
    ],
)
def test_nothing_else_can_be_confirmed(browser: Browse, alice: User, acme: Tenant, form: dict[str, Any]):
    sent = form | {"confirmed_schemes": ["cursor", "javascript", "intent", "localhost"]}

    answer = browser(alice).post(NEW, sent)

    assert answer.status_code == 422
    assert boxes(answer) == []
    assert no_clients(acme)


def test_adding_such_an_address_says_that_it_will_be_asked_about(browser: Browse, alice: User):
    admin, address = browser(alice), {"name": "redirect_uris", "value": CURSOR}

    told = admin.post(f"{CHECK}?type=native", address)
    known = admin.post(f"{CHECK}?type=native&confirmed_schemes=cursor", address)

    assert told.json()["reason"] == ""
    assert "can claim cursor:." in told.json()["notice"]
    assert known.json() == {"reason": ""}
    assert admin.post(f"{CHECK}?type=web", address).status_code == 422


# --- A single-page app without an origin --------------------------------------------------------------------------


def offers(page: Any) -> list[tuple[str, bool]]:
    """The origins that a page offers to add, and whether they are ticked."""
    found = re.findall(r'name="offered_origins" value="([^"]*)"( checked)?', text(page))
    return [(origin, bool(ticked)) for origin, ticked in found]


TWO_PAGES = ["https://spa.example.com/callback", "http://localhost:5173/cb", "https://spa.example.com/other"]


def test_a_page_without_an_origin_is_offered_those_of_its_redirect_urls(
    browser: Browse, alice: User, acme: Tenant
):
    admin = browser(alice)

    told = admin.post(NEW, spa(redirect_uris=TWO_PAGES))

    assert told.status_code == 422
    assert "Add an allowed origin" in error(told, "allowed_origins")
    assert offers(told) == [("https://spa.example.com", True), ("http://localhost:5173", True)]
    assert no_clients(acme)
    sent = spa(redirect_uris=TWO_PAGES, origins_offered="1", offered_origins=[o for o, _ in offers(told)])
    assert admin.post(NEW, sent).status_code == 200
    assert only_client(acme).allowed_origins == ["https://spa.example.com", "http://localhost:5173"]


def test_what_was_ticked_is_kept_when_something_else_is_refused(browser: Browse, alice: User):
    sent = spa(
        name="",
        allowed_origins=["https://spa.example.com"],
        origins_offered="1",
        offered_origins=["https://spa.example.com", "https://b.example"],
    )

    refused = browser(alice).post(NEW, sent)

    rows = re.findall(r'name="allowed_origins" value="([^"]+)"', text(refused))
    assert rows == ["https://spa.example.com", "https://b.example"]
    assert offers(refused) == []


def test_a_page_can_be_saved_without_an_origin_by_somebody_who_was_told(
    browser: Browse, alice: User, acme: Tenant
):
    admin = browser(alice)
    assert admin.post(NEW, spa(origins_offered="1")).status_code == 200

    client = only_client(acme)
    page = admin.get(edit_of(client))
    assert "No allowed origin: the browser does not let" in text(page)
    assert offers(page) == [("https://spa.example.com", False)]
    assert admin.post(edit_of(client), spa(name="Renamed")).status_code == 303


def test_taking_the_last_origin_away_is_asked_about(
    browser: Browse, alice: User, spa_client: tuple[Client, str]
):
    client = spa_client[0]
    client.allowed_origins = ["https://spa.example.com"]
    client.save()

    told = browser(alice).post(edit_of(client), spa())

    assert told.status_code == 422
    assert offers(told)
    assert browser(alice).post(edit_of(client), spa(origins_offered="1")).status_code == 303


@pytest.mark.parametrize(
    "form", [web(), web(grant_types=[IMPERSONATION]), native(redirect_uris=["com.a.b:/c"])]
)
def test_other_types_are_not_asked_for_an_origin(
    browser: Browse, alice: User, acme: Tenant, form: dict[str, Any]
):
    assert browser(alice).post(NEW, form).status_code == 200
    assert only_client(acme).allowed_origins == []


# --- Where the mistake is -----------------------------------------------------------------------------------------


@pytest.mark.spec("WCAG 2.2", "3.3.1")
@pytest.mark.parametrize(
    ("form", "name"),
    [
        (web(redirect_uris=[]), "redirect_uris"),
        (web(redirect_uris=[f"https://a.example/{n}" for n in range(6)]), "redirect_uris"),
        (spa(), "allowed_origins"),
        (web(auth_methods=["private_key_jwt"]), "public_keys"),
        (web(allowed_scopes=["no such scope"]), "allowed_scopes"),
    ],
)
def test_a_list_that_is_wrong_as_a_whole_says_so_at_its_first_input(
    browser: Browse, alice: User, form: dict[str, Any], name: str
):
    page = text(browser(alice).post(NEW, form))

    [first] = re.findall(rf'<(?:input|textarea)[^>]*name="{name}"[^>]*aria-invalid="true"[^>]*>', page)
    assert f'aria-describedby="{name}_error"' in first
    assert re.search(rf'<fieldset class="field" aria-describedby="{name}_hint {name}_error"\s*>', page)
    assert page.count(f'id="{name}_error"') == 1
