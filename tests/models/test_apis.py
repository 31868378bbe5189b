"""An API is registered, edited, published and removed; its identifier names one API wherever it is used (P10)."""

from typing import Any

import pytest
from django.db import transaction
from django_scopes import scope
from pytest_django import Settings

from console.models import Actor, Api, ApiGone, ApiSecret, Event, LimitReached, Tenant, User
from console.policy.apis import ApiScope
from console.policy.registration_problems import InvalidRegistration
from tests.held import Waiting

pytestmark = pytest.mark.django_db
OPERATOR = Actor.operator()
ORDERS = "https://orders.example.com"
READ = ApiScope(name="read", text="Read orders", text_sv="Läsa beställningar")
WRITE = ApiScope(name="write", text="Change orders", sensitive=True)


def register(tenant: Tenant, *, by: Actor = OPERATOR, **fields: Any) -> tuple[Api, str]:
    usual = {"identifier": ORDERS, "name": "Orders", "scopes": [READ, WRITE]}
    with scope(tenant=tenant):
        return Api.register(tenant, by=by, **(usual | fields))


def refused(tenant: Tenant, **fields: Any) -> dict[str, list[str]]:
    with pytest.raises(InvalidRegistration) as caught:
        register(tenant, **fields)
    return {name: [problem.code for problem in found] for name, found in caught.value.problems.items()}


def last_event(tenant: Tenant) -> Event:
    with scope(tenant=tenant):
        event = Event.newest_first().first()
    assert event is not None
    return event


def test_an_api_is_registered_with_a_secret_that_is_not_stored(acme: Tenant, alice: User) -> None:
    api, secret = register(acme, by=Actor(user=alice), description="What people have ordered")
    stored = Api._base_manager.get(pk=api.pk)
    assert stored.facts.scopes == (READ, WRITE)
    assert (stored.lifetime, stored.algorithm, stored.is_published) == (3600, "ES256", False)
    assert stored.qualified_scopes == (f"{ORDERS}#read", f"{ORDERS}#write")
    assert secret.startswith("qai_")
    kept = ApiSecret._base_manager.values().get(api=api)
    assert secret not in str(kept)
    assert kept["hint"] == secret[-5:]
    with scope(tenant=acme):
        events = list(Event.newest_first()[:2])
    assert [event.action for event in events] == ["api.secret_created", "api.created"]
    assert (events[1].actor_name, events[1].target_id) == (alice.email, str(api.pk))
    assert secret not in str([event.details for event in events])


def test_what_may_not_be_registered_is_refused(acme: Tenant) -> None:
    assert refused(acme, identifier="orders", lifetime=1) == {
        "identifier": ["invalid_identifier"],
        "lifetime": ["out_of_range"],
    }
    assert not Api._base_manager.exists()


def test_an_address_of_this_server_is_no_api(acme: Tenant, globex: Tenant, settings: Settings) -> None:
    for host in ("globex.localhost:8000", settings.REGION_HOST, f"new.{settings.REGION_HOST}"):
        assert refused(acme, identifier=f"http://{host}/x") == {"identifier": ["taken_host"]}


def test_an_identifier_stays_taken_in_its_tenant(acme: Tenant, globex: Tenant) -> None:
    api, _ = register(acme)
    assert refused(acme) == {"identifier": ["taken"]}
    with scope(tenant=acme):
        assert api.remove(by=OPERATOR)
        assert not api.remove(by=OPERATOR)
    assert refused(acme) == {"identifier": ["taken"]}
    register(globex)  # of another tenant, which has nothing to do with it


def test_a_tenant_sees_its_own_apis_and_published_ones(acme: Tenant, globex: Tenant) -> None:
    own, _ = register(acme, identifier="urn:x:own", name="Own")
    foreign, _ = register(globex, name="Foreign")
    assert list(Api.in_tenant(acme)) == [own]
    assert Api.named(acme, ORDERS) is None
    assert Api.rules_of(acme.pk, ORDERS) is None
    assert Api.known_scopes(acme, [f"{ORDERS}#read"]) == frozenset()
    with scope(tenant=globex):
        assert foreign.publish(by=OPERATOR)
        assert not foreign.publish(by=OPERATOR)
    assert list(Api.in_tenant(acme)) == [foreign, own]
    assert Api.named(acme, ORDERS) == foreign
    assert Api.known_scopes(acme, [f"{ORDERS}#read", f"{ORDERS}#gone", "apps"]) == {f"{ORDERS}#read"}
    with scope(tenant=globex):
        assert foreign.unpublish(by=OPERATOR)
        assert not foreign.unpublish(by=OPERATOR)
    assert Api.named(acme, ORDERS) is None
    assert Api.named(globex, ORDERS) == foreign


def test_a_published_identifier_is_unique_in_the_region_also_afterwards(acme: Tenant, globex: Tenant) -> None:
    api, _ = register(acme)
    with scope(tenant=acme):
        api.publish(by=OPERATOR)
    assert refused(globex) == {"identifier": ["taken"]}
    with scope(tenant=acme):
        api.unpublish(by=OPERATOR)
    assert refused(globex) == {"identifier": ["taken"]}
    with scope(tenant=acme):
        api.remove(by=OPERATOR)
    assert refused(globex) == {"identifier": ["taken"]}


def test_an_identifier_that_two_tenants_have_cannot_be_published(acme: Tenant, globex: Tenant) -> None:
    api, _ = register(acme)
    other, _ = register(globex)
    for _ in range(2):
        with scope(tenant=acme), pytest.raises(InvalidRegistration):
            api.publish(by=OPERATOR)
        with scope(tenant=globex):
            other.remove(by=OPERATOR)  # what was granted of it there must not come to mean another API
    assert not Api._base_manager.get(pk=api.pk).is_published


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_publishing_waits_for_another_tenant_that_registers_the_identifier(
    acme: Tenant, globex: Tenant
) -> None:
    api, _ = register(acme)

    def publish() -> Any:
        with scope(tenant=acme):
            try:
                return api.publish(by=OPERATOR)
            except InvalidRegistration as error:
                return error.problems["identifier"][0].code

    with transaction.atomic():
        register(globex)
        waiting = Waiting(publish)
        waiting.until_it_waits()
    assert waiting.result() == "taken"


def test_an_edit_writes_what_changed(acme: Tenant) -> None:
    api, _ = register(acme)
    stale = Api._base_manager.get(pk=api.pk)
    with scope(tenant=acme):
        assert api.edit(by=OPERATOR, scopes=[READ], lifetime=120)
        assert stale.edit(by=OPERATOR, name="Orders 2")
        assert not stale.edit(by=OPERATOR, name="Orders 2")
    stored = Api._base_manager.get(pk=api.pk)
    assert (stored.name, stored.lifetime, stored.facts.scopes) == ("Orders 2", 120, (READ,))
    rules = Api.rules_of(acme.pk, ORDERS)
    assert rules is not None
    assert rules.lifetime == 120
    assert rules.known == {f"{ORDERS}#read"}
    assert last_event(acme).changes == {"name": ["Orders", "Orders 2"]}
    with scope(tenant=acme), pytest.raises(InvalidRegistration):
        api.edit(by=OPERATOR, scopes=[])
    with scope(tenant=acme), pytest.raises(TypeError):
        api.edit(by=OPERATOR, identifier="urn:x:y")


def test_a_removed_api_is_changed_by_nobody(acme: Tenant) -> None:
    api, secret = register(acme)
    with scope(tenant=acme):
        stale = Api.objects.get(pk=api.pk)
        api.remove(by=OPERATOR)
        for act in (
            lambda: stale.edit(by=OPERATOR, name="x"),
            lambda: stale.publish(by=OPERATOR),
            lambda: ApiSecret.add_to(stale, by=OPERATOR),
        ):
            with pytest.raises(ApiGone):
                act()
        assert not stale.unpublish(by=OPERATOR)
    assert ApiSecret.presented(acme.pk, secret) is None
    assert last_event(acme).action == "api.removed"


def test_up_to_five_secrets_are_alive_at_once(acme: Tenant) -> None:
    api, first = register(acme)
    with scope(tenant=acme):
        rows = [ApiSecret.add_to(api, by=OPERATOR)[0] for _ in range(4)]
        with pytest.raises(LimitReached):
            ApiSecret.add_to(api, by=OPERATOR)
        assert rows[0].remove(by=OPERATOR)
        assert not rows[0].remove(by=OPERATOR)
        ApiSecret.add_to(api, by=OPERATOR)
    found = ApiSecret.presented(acme.pk, first)
    assert found is not None
    assert found.api == api


def test_a_secret_of_an_unpublished_api_is_nothing_in_another_tenant(acme: Tenant, globex: Tenant) -> None:
    api, secret = register(acme)
    assert ApiSecret.presented(globex.pk, secret) is None
    with scope(tenant=acme):
        api.publish(by=OPERATOR)
    assert ApiSecret.presented(globex.pk, secret) is not None


def test_a_tenant_has_only_so_many_apis(acme: Tenant, settings: Settings) -> None:
    settings.LIMITS = settings.LIMITS | {"apis_per_tenant": 1}
    api, _ = register(acme)
    with pytest.raises(LimitReached):
        register(acme, identifier="urn:x:y")
    with scope(tenant=acme):
        api.remove(by=OPERATOR)
    register(acme, identifier="urn:x:y")
