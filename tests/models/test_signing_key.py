"""Signing keys in memory and in the database: nothing is done twice, too early, or while others wait (P6)."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key
from django.db import connection
from django_scopes import scope

from console.http.tenancy import Hosts
from console.models import Actor, KeyRing, SigningKey, Tenant, signing_key
from console.models.remembered import Remembered
from tests import cast
from tests.oauth.driver import Application


class Parsed:
    """Counts the private keys that are parsed, and how."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.kinds: list[str] = []
        self.skipping: list[bool] = []
        self.load = load_der_private_key
        monkeypatch.setattr(signing_key, "load_der_private_key", self)

    def __call__(self, der: bytes, password: None, **options: Any) -> Any:
        key = self.load(der, password, **options)
        self.kinds.append("RSA" if isinstance(key, rsa.RSAPrivateKey) else "EC")
        self.skipping.append(options.get("unsafe_skip_rsa_key_validation", False))
        return key


@pytest.mark.django_db
def test_a_token_parses_the_key_that_signs_it_and_no_other(
    web_client: Any, bob: Any, browser: Any, monkeypatch: pytest.MonkeyPatch
):
    parsed = Parsed(monkeypatch)
    app = Application(*web_client)

    for _ in range(3):
        assert app.tokens(browser(bob), scope="user_default")["access_token"]
    app.web.get("/.well-known/jwks.json")

    assert parsed.kinds == ["EC"]


@pytest.mark.django_db
def test_a_key_of_our_own_is_not_checked_number_by_number(acme: Tenant, monkeypatch: pytest.MonkeyPatch):
    parsed = Parsed(monkeypatch)
    with scope(tenant=acme):
        assert isinstance(KeyRing.of(acme).signing("RS256").private_key, rsa.RSAPrivateKey)

    assert (parsed.kinds, parsed.skipping) == (["RSA"], [True])


@pytest.mark.django_db
def test_a_ring_that_is_read_again_keeps_what_was_parsed_and_sees_what_retires(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch
):
    parsed = Parsed(monkeypatch)
    with scope(tenant=acme):
        before = KeyRing.of(acme).signing("ES256")
        parsed_before = before.private_key
        monkeypatch.setattr(signing_key, "CACHE_SECONDS", -1)
        SigningKey.rotate(acme, by=Actor.operator())
        ring = KeyRing.of(acme)

        assert ring.signing("ES256").private_key is parsed_before
    assert parsed.kinds == ["EC"]
    assert sorted(key.retires_at < float("inf") for key in ring.keys) == [False, False, True, True]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["rotate", "found"])
def test_keys_are_made_before_anybody_has_to_wait(acme: Tenant, act: str, monkeypatch: pytest.MonkeyPatch):
    """Making an RSA key takes a tenth of a second: not while the tenant's row, or the database, is locked."""
    inside: list[bool] = []
    generate = rsa.generate_private_key

    def noticed(*args: Any, **options: Any) -> Any:
        inside.append(connection.in_atomic_block)
        return generate(*args, **options)

    monkeypatch.setattr(rsa, "generate_private_key", noticed)
    if act == "rotate":
        with scope(tenant=acme):
            SigningKey.rotate(acme, by=Actor.operator())
    else:
        cast.found("initech", "Initech", 8000)

    assert inside == [False]


# --- What a process remembers ---------------------------------------------------------------------------------------


def test_the_one_that_was_not_asked_for_longest_is_forgotten():
    memory: Remembered[str, int] = Remembered(2)
    memory.keep("a", 1)
    memory.keep("b", 2)
    assert memory.get("a") == 1
    memory.keep("c", 3)

    assert (len(memory), memory.get("a"), memory.get("b"), memory.get("c")) == (2, 1, None, 3)


@pytest.mark.django_db
def test_no_process_remembers_the_keys_of_everybody(
    acme: Tenant, globex: Tenant, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(KeyRing, "_rings", Remembered(1))
    for tenant in (acme, globex, acme):
        with scope(tenant=tenant):
            assert KeyRing.of(tenant).keys

    assert len(KeyRing._rings) == 1


@pytest.mark.django_db
def test_a_flood_of_hosts_pushes_out_no_tenant(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
):
    monkeypatch.setattr(Hosts, "_unknown", Remembered(10))
    host = cast.host_of(acme)
    assert Hosts.tenant_of(host) == acme
    with django_assert_num_queries(100):
        for number in range(100):
            assert Hosts.tenant_of(f"made-up-{number}.example") is None

    with django_assert_num_queries(0):
        assert Hosts.tenant_of(host) == acme
        assert Hosts.tenant_of("made-up-99.example") is None
    assert len(Hosts._unknown) == 10
