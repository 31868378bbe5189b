"""What may not be registered is stored by no verb, and is named field by field (S2–S4, Q1–Q5)."""

from typing import Any

import pytest
from django_scopes import scope

from console.models import Actor, Client, ClientGone, ClientSecret, Event, Tenant
from console.policy.registration_problems import InvalidRegistration
from tests import cast

pytestmark = pytest.mark.django_db
OPERATOR = Actor.operator()
RIGHT: dict[str, dict[str, Any]] = {
    "web": {"redirect_uris": [cast.REDIRECT_URL], "auth_methods": ["client_secret"]},
    "spa": {"redirect_uris": [cast.REDIRECT_URL]},
    "native": {"redirect_uris": ["com.example.app:/callback"]},
}
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
KEY = {"kty": "RSA", "kid": "one", "alg": "RS256", "use": "sig", "n": "AQAB", "e": "AQAB"}
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("web", {"name": ""}, "name"),
    ("web", {"name": "  "}, "name"),
    ("web", {"name": "x" * 513}, "name"),
    ("web", {"name": "two\nlines"}, "name"),
    ("web", {"name": "\u202egnp.exe"}, "name"),
    ("web", {"name": "\ud800"}, "name"),
    ("web", {"name": None}, "name"),
    ("web", {"description": "bell\x07"}, "description"),
    ("web", {"description": "x" * 4097}, "description"),
    ("web", {"homepage_url": "javascript:alert(1)"}, "homepage_url"),
    ("web", {"terms_url": "http://a.example/terms"}, "terms_url"),
    ("web", {"terms_url": "javascript://a.example/%0aalert(1)"}, "terms_url"),
    ("spa", {"privacy_url": "https://a.example/" + "x" * 2048}, "privacy_url"),
    ("spa", {"privacy_url": "https://u:p@a.example/"}, "privacy_url"),
    ("native", {"contact_email": "somebody"}, "contact_email"),
    ("native", {"contact_email": "a@b.example?bcc=x@evil.example"}, "contact_email"),
    ("web", {"contact_email": "a" * 250 + "@b.example"}, "contact_email"),
    ("web", {"logo": "https://a.example/logo.png"}, "logo"),
    ("web", {"homepage_url": "https://good.example@evil.example/"}, "homepage_url"),
    ("web", {"homepage_url": "https://a.example/" + "x" * 2048}, "homepage_url"),
    ("web", {"redirect_uris": ["javascript:alert(1)"]}, "redirect_uris"),
    ("native", {"redirect_uris": ["javascript:/x"], "confirmed_schemes": ["javascript"]}, "redirect_uris"),
    ("native", {"redirect_uris": ["intent:/x"], "unconfirmed_schemes": ["intent"]}, "redirect_uris"),
    ("native", {"redirect_uris": ["cursor://a/b"]}, "redirect_uris"),
    ("native", {"redirect_uris": ["cursor://a/b"], "confirmed_schemes": ["vscode"]}, "redirect_uris"),
    ("web", {"redirect_uris": ["com.example.app:/callback"]}, "redirect_uris"),
    ("web", {"redirect_uris": []}, "redirect_uris"),
    ("web", {"redirect_uris": cast.REDIRECT_URL}, "redirect_uris"),
    ("web", {"redirect_uris": [7]}, "redirect_uris"),
    ("web", {"redirect_uris": [cast.REDIRECT_URL] * 2}, "redirect_uris"),
    ("web", {"redirect_uris": [f"https://a.example/{n}" for n in range(6)]}, "redirect_uris"),
    ("web", {"post_logout_redirect_uris": ["https://*.example/"]}, "post_logout_redirect_uris"),
    ("web", {"allowed_origins": ["https://a.example"]}, "allowed_origins"),
    ("spa", {"allowed_origins": ["https://a.example/path"]}, "allowed_origins"),
    ("spa", {"allowed_origins": [f"https://{n}.example" for n in range(6)]}, "allowed_origins"),
    ("web", {"allowed_scopes": ["openid", "nonsense"]}, "allowed_scopes"),
    ("web", {"allowed_scopes": ["openid profile"]}, "allowed_scopes"),
    ("web", {"grant_types": ["password"]}, "grant_types"),
    ("web", {"grant_types": None}, "grant_types"),
    ("spa", {"grant_types": ["client_credentials"], "consent_method": "trusted"}, "grant_types"),
    ("web", {"grant_types": ["client_credentials"]}, "consent_method"),
    ("web", {"grant_types": [DEVICE]}, "grant_types"),
    ("spa", {"grant_types": [DEVICE]}, "grant_types"),
    ("native", {"grant_types": [DEVICE, "client_credentials"], "consent_method": "trusted"}, "grant_types"),
    ("native", {"grant_types": ["device_code"]}, "grant_types"),
    ("native", {"redirect_uris": []}, "redirect_uris"),
    ("web", {"auth_methods": []}, "auth_methods"),
    ("web", {"auth_methods": ["none"]}, "auth_methods"),
    ("native", {"auth_methods": ["client_secret"]}, "auth_methods"),
    ("web", {"auth_methods": ["private_key_jwt"]}, "public_keys"),
    ("web", {"public_keys": [KEY]}, "public_keys"),
    ("web", {"auth_methods": ["private_key_jwt"], "public_keys": [KEY | {"d": "AQAB"}]}, "public_keys"),
    ("web", {"auth_methods": ["private_key_jwt"], "public_keys": ["{}"]}, "public_keys"),
    ("web", {"algorithm": "none"}, "algorithm"),
    ("spa", {"accepts_no_pkce": True}, "accepts_no_pkce"),
    ("web", {"accepts_no_pkce": "yes"}, "accepts_no_pkce"),
]


@pytest.mark.parametrize(("kind", "fields", "wrong"), WRONG)
def test_it_is_not_registered(acme: Tenant, kind: str, fields: dict[str, Any], wrong: str):
    with scope(tenant=acme):
        with pytest.raises(InvalidRegistration) as refused:
            Client.register(acme, by=OPERATOR, type=kind, **{"name": "Reports"} | RIGHT[kind] | fields)

        assert set(refused.value.problems) == {wrong}
        assert all(str(problem) for problem in refused.value.problems[wrong])
        assert not Client.objects.exists()
        assert not Event.objects.filter(action="client.created").exists()


@pytest.mark.parametrize(
    ("kind", "fields", "wrong"), [case for case in WRONG if "consent_method" not in case[1]]
)
def test_no_client_becomes_it(acme: Tenant, kind: str, fields: dict[str, Any], wrong: str):
    with scope(tenant=acme):
        client, _ = Client.register(acme, by=OPERATOR, type=kind, name="Reports", **RIGHT[kind])
        before = Client.objects.values().get()

        with pytest.raises(InvalidRegistration) as refused:
            client.edit(by=OPERATOR, **fields)

        assert set(refused.value.problems) == {wrong}
        assert Client.objects.values().get() == before
        assert not Event.objects.filter(action="client.updated").exists()


@pytest.mark.parametrize("kind", ["anonymous-embed", "", None, ["web"]])
def test_a_type_that_there_is_not_is_refused(acme: Tenant, kind: Any):
    with scope(tenant=acme), pytest.raises(InvalidRegistration, match="type: "):
        Client.register(acme, by=OPERATOR, type=kind, name="Reports", **RIGHT["web"])


@pytest.mark.spec("RFC 8252", "8.6")
def test_a_scheme_is_confirmed_once_and_what_nobody_was_asked_about_is_in_the_audit_log(acme: Tenant):
    both = ["cursor://a/b", "myapp:/c"]
    with scope(tenant=acme):
        client, _ = Client.register(
            acme,
            by=OPERATOR,
            type="native",
            name="Editor",
            redirect_uris=both,
            confirmed_schemes=["cursor"],
            unconfirmed_schemes=["myapp", "unused"],
        )
        assert Event.objects.get(action="client.created").details["unconfirmed_schemes"] == ["myapp"]

        client.edit(by=OPERATOR, redirect_uris=[*both, "cursor://c/d"])
        with pytest.raises(InvalidRegistration):
            client.edit(by=OPERATOR, redirect_uris=[*both, "vscode://c/d"])
        assert "unconfirmed_schemes" not in Event.objects.get(action="client.updated").details
        client.edit(by=OPERATOR, redirect_uris=["vscode://c/d"], unconfirmed_schemes=["vscode"])
        last = Event.objects.filter(action="client.updated").latest("id")
        assert last.details["unconfirmed_schemes"] == ["vscode"]
        with pytest.raises(InvalidRegistration):
            client.edit(by=OPERATOR, redirect_uris=["cursor://c/d"])


def test_a_scope_that_the_catalogue_has_lost_may_stay_and_none_may_come(acme: Tenant):
    client, _ = cast.register(acme)
    cast.registered_earlier(client, allowed_scopes=["openid", "old:scope"])
    with scope(tenant=acme):
        client.edit(by=OPERATOR, name="Renamed", allowed_scopes=["old:scope"])
        with pytest.raises(InvalidRegistration):
            client.edit(by=OPERATOR, allowed_scopes=["old:scope", "older:scope"])


def test_a_client_that_has_been_deleted_meanwhile_is_gone(acme: Tenant, web_client: tuple[Client, str]):
    with scope(tenant=acme):
        read_before = Client.objects.get()
        web_client[0].remove(by=OPERATOR)
        events = Event.objects.count()

        with pytest.raises(ClientGone):
            read_before.edit(by=OPERATOR, name="Too late")
        with pytest.raises(ClientGone):
            ClientSecret.add_to(read_before, by=OPERATOR)
        assert Event.objects.count() == events


def test_a_confirmed_scheme_passes_full_clean(acme: Tenant):
    client, _ = cast.register(acme, type="native", redirect_uris=["cursor://a/b"])

    Client.with_deleted_anywhere.get(pk=client.pk).full_clean()
