"""A client in a tenant is a value, and no row of another tenant is written by accident (TN isolation)."""

from typing import Any

import pytest
from django_scopes import scope, scopes_disabled

from console.models import AnotherTenantsRow, Client, Connection, ConnectionRequest, LiveToken, Tenant, User
from console.oauth import bearer_tokens
from tests import cast
from tests.oauth.driver import Application

pytestmark = pytest.mark.django_db
OFFERED = ["openid", "apps:read", "apps:export"]
SECOND = "https://other.example/callback"


@pytest.fixture
def portal(globex: Tenant) -> tuple[Client, str]:
    """Owned by globex, published."""
    return cast.register(
        globex, name="Report portal", allowed_scopes=OFFERED, redirect_uris=[cast.REDIRECT_URL, SECOND]
    )


def stored(client: Client) -> dict[str, Any]:
    with scopes_disabled():
        return Client.with_deleted_anywhere.filter(pk=client.pk).values().get()


def test_a_tenant_sees_what_it_approved_and_the_row_stays_the_owners(
    portal: tuple[Client, str], acme: Tenant, alice: User
):
    cast.connect(portal[0], acme, by=alice, allowed=["openid", "apps:read"])
    before = stored(portal[0])
    with scope(tenant=acme):
        here = Connection.to_client(acme, portal[0].client_id)
        assert here is not None
        assert here.scopes == ("openid", "apps:read")
        assert here.registration.allowed_scopes == tuple(OFFERED)
        row = Connection.objects.select_related("client__tenant").get(client=portal[0])
        assert row.client_here == here
        assert row.client.allowed_scopes == OFFERED
    assert stored(portal[0]) == before


def test_what_a_request_fetched_of_another_tenant_cannot_be_saved(
    portal: tuple[Client, str], acme: Tenant, alice: User, bob: User
):
    connection = cast.connect(portal[0], acme, by=alice, allowed=["openid"])
    before = stored(portal[0])
    other = cast.publish(portal[0].tenant, name="Second portal")
    cast.ask(bob, other)
    with scope(tenant=acme):
        fetched: list[Any] = [
            Connection.objects.select_related("client").get(pk=connection.pk).client,
            Connection.usable(acme.pk).get(client=portal[0]).client,
            Client.published(acme, other.client_id),
            ConnectionRequest.objects.select_related("client").get().client,
        ]
        for row in fetched:
            row.allowed_scopes = ["openid"]
            with pytest.raises(AnotherTenantsRow):
                row.save()
    assert len(fetched) == 4
    assert stored(portal[0]) == before
    assert stored(other)["allowed_scopes"] != ["openid"]


def test_a_token_stands_for_a_value(portal: tuple[Client, str], acme: Tenant, alice: User, browser: Any):
    cast.connect(portal[0], acme, by=alice)
    app = Application(*portal, tenant=acme)
    token = app.tokens(browser(alice), scope="openid apps:read")["access_token"]
    with scope(tenant=acme):
        live = bearer_tokens.live(acme, token)
        assert isinstance(live, LiveToken)
        assert live.client == Connection.to_client(acme, portal[0].client_id)
        with pytest.raises(AttributeError):
            live.client.scopes = ()  # type: ignore[misc]
