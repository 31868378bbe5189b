"""A tenant is founded with its hostnames, issuer and keys, and is found again by its host and nothing else."""

import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection
from django_scopes import ScopeError, scope

from console.http.tenancy import Hosts
from console.models import Actor, Client, Event, KeyRing, LimitReached, SigningKey, Tenant, User
from console.policy.hosts import normalize_host

pytestmark = pytest.mark.django_db


def test_its_first_host_is_canonical_and_every_host_leads_to_it():
    tenant = Tenant.create(
        "acme", "Acme AB", ["login.acme.example", "acme.eu.example.com"], by=Actor.operator()
    )

    assert tenant.issuer == "https://login.acme.example"
    assert Hosts.tenant_of("login.acme.example") == tenant
    assert Hosts.tenant_of("acme.eu.example.com") == tenant
    assert Hosts.tenant_of("example.com") is None


def test_it_gets_a_host_of_the_region_when_none_is_named():
    tenant = Tenant.create("acme", "Acme AB", [], by=Actor.operator())

    assert tenant.issuer == "http://acme.localhost:8000"
    assert Hosts.tenant_of(normalize_host("ACME.localhost:8000")) == tenant


def test_it_signs_with_keys_of_its_own_from_the_start(acme: Tenant, globex: Tenant):
    with scope(tenant=acme):
        assert {key.algorithm for key in KeyRing.of(acme).published()} == {"ES256", "RS256"}
        assert KeyRing.of(acme).signing("ES256").kid in {key.kid for key in SigningKey.objects.all()}
        assert "PRIVATE" not in str(SigningKey.objects.values_list("private_key").first())
    with scope(tenant=globex):
        assert {key.kid for key in KeyRing.of(globex).keys}.isdisjoint(
            key.kid for key in KeyRing.of(acme).keys
        )


def test_it_refuses_a_host_that_another_tenant_has(acme: Tenant):
    with pytest.raises(IntegrityError):
        Tenant.create("other", "Other", ["acme.localhost:8000"], by=Actor.operator())


def test_its_people_are_not_to_be_had_without_saying_which_tenant(alice: User, mallory: User):
    with pytest.raises(ScopeError):
        User.objects.count()
    with scope(tenant=alice.tenant):
        assert list(User.objects.all()) == [alice]


def test_its_founding_is_the_first_line_of_its_audit_log(in_acme: Tenant):
    assert [event.action for event in Event.objects.all()] == ["tenant.created"]


@pytest.mark.django_db(transaction=True)
def test_administrators_who_register_at_once_do_not_pass_its_limit(
    acme: Tenant, register: Callable[..., tuple[Client, str]], settings
):
    settings.LIMITS = settings.LIMITS | {"clients_per_tenant": 3}
    refused = []

    def register_one() -> None:
        try:
            register(acme)
        except LimitReached:
            refused.append(1)
        finally:
            connection.close()

    threads = [threading.Thread(target=register_one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with scope(tenant=acme):
        assert Client.objects.count() == 3
    assert len(refused) == 3
