"""The demonstration region: made once, found again, and what a person needs to click through it."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from django_scopes import scope

from console.management.demonstration_region import PEOPLE, Region, prepare
from console.models import Api, Client, ClientSecret, RegistrationPolicy, Tenant, User, UseTotal
from console.models.failing import failing
from console.policy.uses import Total
from tests.cast import OPERATOR, signed_in_as
from tests.oauth.driver import Application, asks_for_approval, can_ask

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def var(settings: Any, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path


def counted() -> dict[str, int]:
    return {model.__name__: model._base_manager.count() for model in (Tenant, User, Client, ClientSecret)}


def portal_of(region: Region) -> Client:
    return Client.with_deleted_anywhere.select_related("tenant").get(client_id=region.portal_id)


def test_a_second_start_finds_everything_as_it_was():
    first = prepare(8000, 8100, 8200, 8300)
    made = counted()

    assert prepare(8000, 8100, 8200, 8300) == first
    assert counted() == made
    for people in PEOPLE.values():
        for email, _, role in people:
            user = User._base_manager.get(email=email)
            assert user.check_password(first.passwords[email])
            assert user.role == role


def test_its_charts_have_thirty_days_and_nothing_fails():
    prepare(8000, 8100, 8200, 8300)
    now = timezone.now()

    for alias in PEOPLE:
        tenant = Tenant.objects.get(alias=alias)
        with scope(tenant=tenant):
            first = UseTotal.daily(30, now)
            assert len(first[Total.SIGN_IN]) == len(first[Total.TOKEN]) == 30
            assert 0 < sum(first[Total.REFUSAL].values()) < sum(first[Total.TOKEN].values()) / 10
            assert failing(now, 10) == []
    prepare(8000, 8100, 8200, 8300)
    with scope(tenant=tenant):
        assert UseTotal.daily(30, now) == first


def test_what_is_secret_stands_in_a_file_of_its_owner(var: Path):
    prepare(8000, 8100, 8200, 8300)

    assert (var / "demonstration.json").stat().st_mode & 0o777 == 0o600


def test_at_other_ports_it_moves_and_keeps_its_passwords(settings: Any):
    first = prepare(8000, 8100, 8200, 8300)
    passwords, secret = dict(first.passwords), first.portal_secret
    settings.REGION_HOST = "localhost:9000"

    moved = prepare(9000, 9100, 9200, 9300)

    assert (moved.passwords, moved.portal_secret) == (passwords, secret)
    assert moved.issuers == {"acme": "http://acme.localhost:9000", "globex": "http://globex.localhost:9000"}
    assert portal_of(moved).redirect_uris == ["http://localhost:9200/callback"]


def test_a_file_that_is_lost_gives_new_passwords_and_breaks_nothing(var: Path):
    first = prepare(8000, 8100, 8200, 8300)
    (var / "demonstration.json").unlink()

    again = prepare(8000, 8100, 8200, 8300)

    assert again.passwords.keys() == first.passwords.keys()
    assert again.passwords != first.passwords
    for email, password in again.passwords.items():
        assert User._base_manager.get(email=email).check_password(password)


def test_the_mcp_server_is_an_api_of_acme():
    """An identifier never changes: at another port it is another API."""
    prepare(8000, 8100, 8200, 8300)
    prepare(8000, 8100, 8200, 8300)
    with scope(tenant=Tenant.objects.get(alias="acme")):
        assert [api.identifier for api in Api.objects.all()] == ["http://localhost:8300/mcp"]

    prepare(8000, 8100, 8200, 8400)
    with scope(tenant=Tenant.objects.get(alias="acme")):
        assert {api.identifier for api in Api.objects.all()} == {
            "http://localhost:8300/mcp",
            "http://localhost:8400/mcp",
        }


def test_agents_can_register_themselves_at_acme_until_somebody_decides_otherwise():
    prepare(8000, 8100, 8200, 8300)
    acme = Tenant.objects.get(alias="acme")
    policy = RegistrationPolicy.of(acme)
    assert policy.mode == "open"

    RegistrationPolicy.decide(acme, mode="off", ceiling=policy.scopes, unused_days=30, by=OPERATOR)
    prepare(8000, 8100, 8200, 8400)

    assert RegistrationPolicy.of(acme).mode == "off"


def test_a_file_from_before_there_was_an_mcp_server_is_still_good(var: Path):
    first = prepare(8000, 8100, 8200, 8300)
    file = var / "demonstration.json"
    kept = json.loads(file.read_text())
    del kept["mcp_port"]
    file.write_text(json.dumps(kept))

    assert prepare(8000, 8100, 8200, 8300) == first


def test_globex_publishes_and_acme_can_be_led_through_the_rest():
    region = prepare(8000, 8100, 8200, 8300)
    portal = portal_of(region)
    acme = Tenant.objects.get(alias="acme")
    app = Application(portal, region.portal_secret, tenant=acme)
    with scope(tenant=acme):
        alice, bob = (User.objects.get(email=f"{name}@acme.example") for name in ("alice", "bob"))

    assert portal.published_at is not None
    assert can_ask(app.authorize(signed_in_as(bob), scope="openid apps:read"))
    assert asks_for_approval(app.authorize(signed_in_as(alice), scope="openid apps:read"))
