"""The page of findings: reasons and fixes for each client, and their export (N10)."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_scopes import scope

from console.models import Client, ClientSecret, Connection, ScopeUse, Tenant, User, scope_use
from tests import cast
from tests.oauth.driver import Application

PAGE = "/console/posture"
CONTACT: dict[str, Any] = {"contact_email": "reports@example.com"}
LOCAL: dict[str, Any] = {**CONTACT, "redirect_uris": ["http://localhost:3000/callback"]}


def read(person: User, query: str = "") -> str:
    answer = cast.signed_in_as(person).get(PAGE + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_finding_says_why_and_leads_to_where_it_is_mended(acme: Tenant, alice: User) -> None:
    client, _secret = cast.register(acme, name="Reports", **LOCAL)
    page = read(alice)
    assert "Redirects to a local address" in page
    assert "http://localhost:3000/callback" in page
    address = f"/console/oauth/{client.client_id}/settings"
    assert address in page
    assert cast.signed_in_as(alice).get(address).status_code == 200


def test_nothing_to_find(acme: Tenant, alice: User) -> None:
    cast.register(acme, name="Reports", **CONTACT)
    assert "No findings" in read(alice)


def test_it_is_gone_when_it_is_mended(acme: Tenant, alice: User) -> None:
    client, _secret = cast.register(acme, name="Reports", **LOCAL)
    with scope(tenant=acme):
        client.edit(by=cast.OPERATOR, redirect_uris=[cast.REDIRECT_URL])
    assert "Reports" not in read(alice)


def test_an_outside_client_is_judged_by_its_connection_alone(
    acme: Tenant, globex: Tenant, alice: User
) -> None:
    client = cast.publish(globex, name="Portal", **LOCAL)
    connection = cast.connect(client, acme, consent_method="trusted")
    page = read(alice)
    assert "Outside client that never asks" in page
    assert f"/console/oauth/connections/{connection.pk}" in page
    assert "local address" not in page


def test_no_tenant_reads_of_another(acme: Tenant, alice: User, mallory: User) -> None:
    cast.register(acme, name="Reports", **LOCAL)
    assert "Reports" not in read(mallory)
    assert "Reports" not in b"".join(cast.signed_in_as(mallory).get(f"{PAGE}/export")).decode()


def test_old_and_idle_secrets_are_named_by_their_hints(acme: Tenant, alice: User) -> None:
    client, _secret = cast.register(acme, name="Reports", **CONTACT)
    with scope(tenant=acme):
        ClientSecret.objects.filter(client=client).update(created_at=timezone.now() - timedelta(days=400))
        hint = ClientSecret.objects.get(client=client).hint
    page = read(alice)
    assert "Secret older than a year" in page
    assert "Secret not used for 90 days" in page
    assert page.count(f"…{hint}") == 2


def test_scopes_that_a_client_was_never_given_are_found_after_ninety_days(
    web_client: tuple[Client, str], acme: Tenant, alice: User, bob: User
) -> None:
    client = web_client[0]
    with scope(tenant=acme):
        client.edit(by=cast.OPERATOR, allowed_scopes=["openid", "profile", "user_default"])
    app = Application(*web_client)
    app.tokens(cast.signed_in_as(bob), scope="openid profile")
    scope_use.write_noted()
    assert "Broad access" not in read(alice)

    with scope(tenant=acme):
        ScopeUse.objects.update(first_on=timezone.now().date() - timedelta(days=91))
    assert "Broad access" in read(alice)

    app.tokens(cast.signed_in_as(bob), scope="user_default")
    scope_use.write_noted()
    assert "Broad access" not in read(alice)


def test_one_finding_can_be_chosen(acme: Tenant, alice: User) -> None:
    cast.register(acme, name="Local one", **LOCAL)
    cast.register(acme, name="Legacy", accepts_no_pkce=True, **CONTACT)
    page = read(alice, "?finding=without_pkce")
    assert "Legacy" in page
    assert "Local one" not in page
    assert "Legacy" in read(alice, "?finding=nonsense")


def test_pages_lead_through_all_of_them(acme: Tenant, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.pages.posture.PER_PAGE", 2)
    monkeypatch.setattr("console.pages.posture.BATCH", 2)
    monkeypatch.setattr("console.pages.posture.READ_AT_MOST", 4)
    for number in range(7):
        cast.register(acme, name=f"Client {number}", **LOCAL)
    seen, query = [], ""
    while True:
        page = read(alice, query)
        seen += re.findall(r"Client \d", page)
        more = re.search(r'href="(\?after=\d+)"', page)
        if more is None:
            break
        query = more[1]
    assert seen == [f"Client {number}" for number in range(7)]


def test_a_number_of_statements_that_does_not_grow(
    acme: Tenant, alice: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        cast.register(acme, name=f"Client {number}", **LOCAL)
    browser = cast.signed_in_as(alice)
    browser.get(PAGE)
    with django_assert_max_num_queries(14):
        browser.get(PAGE)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_the_export_has_every_finding(acme: Tenant, alice: User, kind: str) -> None:
    client, _secret = cast.register(acme, name='=cmd|"x"', **LOCAL)
    answer = cast.signed_in_as(alice).get(f"{PAGE}/export?format={kind}")
    text = b"".join(answer).decode("utf-8-sig")
    assert 'filename="acme-posture-' in answer["Content-Disposition"]
    if kind == "jsonl":
        [line] = [json.loads(line) for line in text.splitlines()]
        assert (line["client_id"], line["finding"]) == (client.client_id, "local_redirect")
    else:
        assert "'=cmd" in text.splitlines()[1]


def test_an_export_of_another_kind_is_refused(alice: User) -> None:
    assert cast.signed_in_as(alice).get(f"{PAGE}/export?format=xml").status_code == 400


def test_a_deleted_client_is_not_judged(acme: Tenant, alice: User) -> None:
    client, _secret = cast.register(acme, name="Reports", **LOCAL)
    with scope(tenant=acme):
        client.remove(by=cast.OPERATOR)
        assert Connection.objects.filter(client=client).exists()
    assert "Reports" not in read(alice)


def test_the_page_of_a_client_has_its_findings(acme: Tenant, alice: User) -> None:
    client, _secret = cast.register(acme, name="Reports", **LOCAL)
    tidy, _secret = cast.register(acme, name="Tidy", **CONTACT)
    browser = cast.signed_in_as(alice)
    assert (
        "Redirects to a local address" in browser.get(f"/console/oauth/{client.client_id}").content.decode()
    )
    assert 'id="posture"' not in browser.get(f"/console/oauth/{tidy.client_id}").content.decode()


def test_a_secret_that_no_longer_works_is_no_finding(acme: Tenant, alice: User) -> None:
    client, _secret = cast.register(acme, name="Reports", **CONTACT)
    with scope(tenant=acme):
        ClientSecret.objects.filter(client=client).update(created_at=timezone.now() - timedelta(days=400))
        assert "Secret older than a year" in read(alice)
        ClientSecret.objects.get(client=client).disable(by=cast.OPERATOR)
    assert "Secret older than a year" not in read(alice)
