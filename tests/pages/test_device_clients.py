"""Clients for devices in the console: registered, shown, approved by other tenants (RFC 8628, P6, N5)."""

import re

import pytest
from django_scopes import scope

from console.models import Action, Client, Connection, Event
from console.policy.client_types import GrantType
from tests import cast
from tests.cast import OPERATOR
from tests.oauth.devices import GRANT, Device, let_in, registered

pytestmark = pytest.mark.django_db
NEW = "/console/oauth/new"


def text(page):
    return re.sub(r"\s+", " ", page.content.decode())


def native(**fields):
    """What our page sends for a native client."""
    usual = {"type": "native", "name": "Television", "redirect_uris": [""], "schemes_asked": "1"}
    return usual | {"consent_method": "required", "allowed_scopes": ["openid"]} | fields


@pytest.fixture
def admin(browser, alice):
    return browser(alice)


def test_one_for_devices_alone_needs_no_redirect_url(admin, acme):
    assert "needs no redirect URL" in text(admin.get(NEW, {"type": "native"}))
    assert admin.post(NEW, native(grant_types=[GRANT])).status_code == 200
    with scope(tenant=acme):
        client = Client.objects.get()
    assert (client.grant_types, client.redirect_uris) == ([GRANT], [])
    assert Device(client).codes(scope="openid").status_code == 200


def test_any_other_native_client_needs_one(admin, acme):
    refused = admin.post(NEW, native())
    assert refused.status_code in {200, 422}
    assert "without it nobody can sign in" in text(refused)
    with scope(tenant=acme):
        assert not Client.objects.exists()


@pytest.mark.parametrize("grant", ["password", "device_code"])
def test_what_is_no_grant_is_refused(admin, acme, grant):
    page = text(admin.post(NEW, native(grant_types=[grant])))
    assert '<details class="disclosure" open>' in page
    with scope(tenant=acme):
        assert not Client.objects.exists()


@pytest.mark.parametrize("kind", ["web", "spa"])
def test_no_other_type_can_have_it(admin, acme, kind):
    form = native(type=kind, redirect_uris=["https://a.example/cb"], allowed_origins=["https://a.example"])
    admin.post(NEW, form | {"auth_methods": ["client_secret"], "grant_types": [GRANT]})
    with scope(tenant=acme):
        assert not Client.objects.filter(grant_types__icontains="device").exists()
    assert GRANT not in admin.get(NEW, {"type": kind}).content.decode()


def test_it_is_taken_away_and_given_again_in_the_form(admin, acme):
    client = registered(acme, redirect_uris=["com.example.app:/callback"])
    edit = f"/console/oauth/{client.client_id}/edit"
    assert re.search(rf'name="grant_types" value="{GRANT}"[^>]* checked', text(admin.get(edit)))
    [version] = re.findall(r'name="version" value="([^"]*)"', text(admin.get(edit)))
    sent = native(redirect_uris=["com.example.app:/callback"], version=version)
    assert admin.post(edit, sent).status_code == 303
    assert Device(client).codes().status_code == 400
    with scope(tenant=acme):
        assert Client.objects.get().grant_types == []


def test_what_was_ticked_for_another_type_is_kept(admin):
    """The box has the name of the machine grants of a web client: neither takes the other's values."""
    page = admin.post(NEW, native(grant_types=[GRANT], step="type"))
    assert f'name="grant_types" value="{GRANT}"' in text(page)


def test_an_auditor_reads_that_it_works_on_devices(browser, carol, acme):
    client = registered(acme)
    page = text(browser(carol).get(f"/console/oauth/{client.client_id}/edit"))
    assert "Devices without a browser" in page
    assert "Users can sign in with a code" in page


def test_it_is_no_machine(admin, acme):
    client = registered(acme)
    assert "Television" not in text(admin.get("/console/oauth", {"type": "machine"}))
    assert "Television" in text(admin.get("/console/oauth", {"type": "native"}))
    assert not client.machine
    assert not client.machine_only


def test_the_quick_start_is_the_device_flow(admin, acme):
    client = registered(acme)
    page = text(admin.get("/console/oauth/configuration", {"client": client.client_id, "language": "curl"}))
    assert f"{acme.issuer}/oauth/device_authorization" in page
    assert "slow_down" in page
    assert "Python" not in page


# --- Other tenants ---------------------------------------------------------------------------------------------------


@pytest.fixture
def portal(globex, acme, alice):
    """Published by globex with a redirect URL, connected to acme, which has approved no device grant."""
    client = cast.publish(globex, type="native", redirect_uris=["com.example.app:/callback"])
    return client, cast.connect(client, acme, by=alice)


def test_the_grant_is_a_new_version_that_another_tenant_accepts(
    portal, admin, acme, globex, browser, bob, mallory
):
    client, connection = portal
    with scope(tenant=globex):
        Client.objects.get(pk=client.pk).edit(by=OPERATOR, grant_types=[GRANT])
    assert Device(client, tenant=acme).codes().status_code == 400
    waiting = text(browser(mallory).get(f"/console/oauth/{client.client_id}/tenants"))
    assert "sign-in with a code" in waiting
    path = f"/console/oauth/connections/{connection.pk}/version"
    page = admin.get(path)
    assert "It also wants to work on devices without a browser" in text(page)
    [shown] = re.findall(r'name="shown" value="([^"]*)"', text(page))
    assert admin.post(path, {"shown": shown}).status_code == 303
    device = Device(client, tenant=acme)
    let_in(browser(bob), begun := device.begin(scope="openid apps:read"))
    assert device.poll(begun).status_code == 200
    assert "Also works on devices without a browser" in text(
        admin.get(f"/console/oauth/connections/{connection.pk}")
    )
    with scope(tenant=globex):
        Client.objects.get(pk=client.pk).edit(by=OPERATOR, grant_types=[])
    assert device.codes().status_code == 400


def test_who_approves_and_who_publishes_reads_of_it(globex, acme, admin, browser, mallory, bob):
    client = registered(globex, redirect_uris=["com.example.app:/callback"])
    page = text(browser(mallory).get(f"/console/oauth/{client.client_id}/publish"))
    assert "Devices without a browser" in page
    cast.connect(client, acme)
    with scope(tenant=acme):
        approved = Event.objects.get(action=Action.CONNECTION_APPROVED)
        Connection.objects.get(client=client).remove(by=OPERATOR)
    assert approved.details["grants"] == [GrantType.DEVICE_CODE]
    log = text(admin.get("/console/events"))
    assert "Sign-in with a code, in a browser on another device" in log
    request = cast.ask(bob, client)
    page = text(admin.get(f"/console/requests/{request.pk}/approve"))
    assert "on a device without a browser" in page


def test_the_audit_log_says_what_was_answered(admin, acme, browser, bob):
    device = Device(registered(acme))
    let_in(browser(bob), device.begin(scope="openid"))
    let_in(browser(bob), device.begin(scope="openid"), "deny")
    device.codes(scope="nothing:here")
    log = re.sub(r"<[^>]+>", "", text(admin.get("/console/events")))
    for sentence in (
        "bob@acme.example allowed Television on a device.",
        "bob@acme.example did not allow Television on a device.",
        "A request from a device with Television was rejected.",
    ):
        assert sentence in log
    only = text(admin.get("/console/events", {"action": "device"}))
    assert "allowed" in only
