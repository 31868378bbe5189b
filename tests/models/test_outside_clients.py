"""Clients that no organisation registered: whose they are, where they may be used, who reads of them (Q9)."""

import pytest
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from console.models import Actor, Client, Connection, Event, NotPublished, Tenant, approval
from console.policy.client_types import Origin

URL = "https://agent.example.com/oauth/client.json"


def brought(origin: Origin, client_id: str, only_in: Tenant | None = None) -> Client:
    outside = Tenant.outside()
    client = Client(
        tenant=outside,
        origin=origin,
        client_id=client_id,
        only_in=only_in,
        type="native",
        name="Agent",
        redirect_uris=["http://127.0.0.1/callback"],
        allowed_scopes=["openid"],
        published_at=timezone.now(),
    )
    with scope(tenant=outside):
        client.save()
    return client


@pytest.fixture
def document(db) -> Client:
    return brought(Origin.DOCUMENT, URL)


def connect(client: Client, tenant: Tenant) -> Connection:
    with scope(tenant=tenant):
        return approval.approve(tenant, client, by=Actor.operator(), consent_method="required").connection


def test_their_owner_is_no_organisation(document, acme):
    assert document.tenant == Tenant.outside()
    assert list(Tenant.objects.filter(pk=acme.pk)) == [acme]
    assert not Tenant.objects.filter(pk=document.tenant_id).exists()


def test_a_document_is_published_by_its_host(document, acme):
    assert document.publisher == "agent.example.com"
    with scope(tenant=acme):
        assert connect(document, acme).client_here.publisher == "agent.example.com"


def test_who_registered_itself_has_no_publisher(acme):
    assert brought(Origin.REGISTRATION, "agent-1", acme).publisher == ""


def test_a_document_can_be_connected_to_everywhere(document, acme, globex):
    assert Client.published(acme, URL) == Client.published(globex, URL) == document


@pytest.mark.spec("RFC 7591", "3")
def test_a_registration_holds_in_one_tenant(acme, globex):
    client = brought(Origin.REGISTRATION, "agent-1", acme)
    assert Client.published(acme, "agent-1") == client
    assert Client.published(globex, "agent-1") is None
    with pytest.raises(NotPublished):
        connect(client, globex)


def test_nobody_else_is_told(document, acme):
    connect(document, acme)
    with scopes_disabled():
        assert not Event.objects.filter(tenant=document.tenant).exists()
