"""Operators register APIs, give clients their scopes, and take them back (P10)."""

from typing import Any

import pytest
from django_scopes import scope
from time_machine import TimeMachineFixture

from console.models import Api, ApiSecret, Client, KeyRing, SigningKey, Tenant
from tests.cast import ORDERS, register, register_api
from tests.oauth.driver import Application
from tests.oauth.signed import decoded
from tests.operations.test_operators import refused, run, words

pytestmark = pytest.mark.django_db
RIGHT = ("create_api", "acme", ORDERS, "--name", "Orders", "--scope", "read=Read orders")


def test_an_api_is_registered_and_a_client_gets_its_scopes(acme: Tenant):
    made = run(
        *RIGHT,
        *("--scope", "purge=Delete orders = all of them", "--scope-sv", "read=Läsa beställningar"),
        *("--admin", "purge", "--sensitive", "purge", "--by-name", "purge"),
        *("--lifetime", "900", "--algorithm", "RS256", "--published"),
    )
    assert made.keys() == {
        "identifier",
        "scopes",
        "introspection_client_id",
        "introspection_client_secret",
    }
    assert (made["identifier"], made["scopes"]) == (ORDERS, [f"{ORDERS}#read", f"{ORDERS}#purge"])
    api = Api._base_manager.get()
    read, purge = api.facts.scopes
    assert (read.text, read.text_sv, read.admin) == ("Read orders", "Läsa beställningar", False)
    assert (purge.text, purge.admin, purge.sensitive, purge.by_name) == (
        "Delete orders = all of them",
        True,
        True,
        True,
    )
    assert (api.lifetime, api.algorithm, api.is_published) == (900, "RS256", True)
    assert ApiSecret.presented(acme.pk, made["introspection_client_secret"])
    client = run(
        *("create_client", "acme", "Job", "--type", "web", "--grant", "client_credentials", "--trusted"),
        *("--api", f"{ORDERS}=read,purge", "--scope", "apps:read"),
    )
    stored = Client._base_manager.get(client_id=client["client_id"])
    assert stored.allowed_scopes == ["apps:read", f"{ORDERS}#purge", f"{ORDERS}#read"]
    answer = Application(stored, client["client_secret"]).token(
        grant_type="client_credentials", resource=ORDERS
    )
    header, claims = decoded(answer.json()["access_token"])
    assert (header["alg"], claims["aud"], claims["scope"]) == ("RS256", ORDERS, "read")
    assert answer.json()["expires_in"] == 900


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--scope", "write"], "--scope write: write NAME=TEXT."),
        (["--scope", "a b=x"], "--scope a b=x: The name of a scope"),
        (["--scope", "openid=x"], "--scope openid=x: This scope is defined by OpenID Connect"),
        (["--scope", "write="], "--scope write=: Say what"),
        (["--admin", "write"], "--admin write: there is no --scope write=TEXT."),
        (["--scope-sv", "write=x"], "--scope-sv write: there is no --scope write=TEXT."),
        (["--lifetime", "59"], "--lifetime: An access token lives from 60 seconds"),
        (["--name", ""], "--name: Give the API a name."),
    ],
)
def test_what_may_not_be_is_told_by_its_argument(acme: Tenant, more: list[str], told: str):
    assert told in refused(*RIGHT, *more)
    assert not Api._base_manager.exists()


def test_an_identifier_can_be_had_once(acme: Tenant, globex: Tenant):
    run(*RIGHT)
    assert "IDENTIFIER: Another API of this tenant" in refused(*RIGHT)
    assert "IDENTIFIER: Enter an absolute URI" in refused("create_api", "acme", "orders", *RIGHT[3:])
    run("create_api", "globex", *RIGHT[2:])
    assert "Another tenant of this region" in refused("publish_api", "acme", ORDERS)


@pytest.mark.parametrize("written", ["read", "=read", f"{ORDERS}=", f"{ORDERS}=purge", "urn:x:y=read"])
def test_a_client_gets_no_scope_that_its_tenant_does_not_have(acme: Tenant, globex: Tenant, written: str):
    run(*RIGHT)
    register_api(globex, "urn:x:y")
    refused(
        "create_client",
        "acme",
        "App",
        "--type",
        "web",
        "--redirect-url",
        "https://a.example/",
        "--api",
        written,
    )
    assert not Client._base_manager.exists()


def test_a_client_is_published_only_with_its_apis(acme: Tenant):
    run(*RIGHT)
    create = ["create_client", "acme", "App", "--type", "web", "--redirect-url", "https://a.example/"]
    create += ["--api", f"{ORDERS}=read", "--published"]
    assert ORDERS in refused(*create)
    assert run("publish_api", "acme", ORDERS) == {"identifier": ORDERS, "changed": True}
    run(*create)
    assert run("publish_api", "acme", ORDERS)["changed"] is False
    assert run("unpublish_api", "acme", ORDERS)["changed"] is True
    assert run("unpublish_api", "acme", ORDERS)["changed"] is False


def test_apis_are_listed_shown_and_removed(acme: Tenant, globex: Tenant):
    secret = run(*RIGHT)["introspection_client_secret"]
    register_api(globex, "urn:x:y", published=True)
    row = {"identifier": ORDERS, "name": "Orders", "published": False}
    assert run("list_apis", "acme") == {"apis": [row], "next": None}
    shown = run("show_api", "acme", ORDERS)
    assert shown["scopes"] == ["read: Read orders"]
    assert shown["secrets"] == [secret[-5:]]
    assert secret not in str(shown) + words("show_api", "acme", ORDERS)
    for other in (ORDERS[:-1], "urn:x:y", "\0"):
        assert "has no API" in refused("show_api", "acme", other)
    assert run("remove_api", "acme", ORDERS)["changed"] is True
    assert "has no API" in refused("remove_api", "acme", ORDERS)


def test_a_key_is_published_until_the_last_token_for_an_api_has_expired(
    time_machine: TimeMachineFixture, acme: Tenant
) -> None:
    time_machine.move_to("2030-01-01T12:00:00Z", tick=False)
    register_api(acme, lifetime=7 * 24 * 3600)
    app = _machine(acme)
    run("rotate_signing_key", "acme")
    time_machine.move_to("2030-01-01T12:10:00Z", tick=False)  # the old key still signs
    KeyRing.forget()
    token = app.token(grant_type="client_credentials", resource=ORDERS).json()["access_token"]
    time_machine.move_to("2030-01-08T12:09:00Z", tick=False)
    KeyRing.forget()
    assert app.introspect(token).json()["active"]
    with scope(tenant=acme):
        assert SigningKey.objects.filter(kid=decoded(token)[0]["kid"], retires_at__isnull=False).exists()


def _machine(tenant: Tenant) -> Any:
    held = [f"{ORDERS}#read"]
    return Application(
        *register(tenant, redirect_uris=[], grant_types=["client_credentials"], allowed_scopes=held)
    )


def test_a_region_without_oauth_clients_has_no_apis(acme: Tenant, settings: Any) -> None:
    settings.OAUTH_CLIENTS_SUPPORTED = False
    assert "not supported" in refused(*RIGHT)
