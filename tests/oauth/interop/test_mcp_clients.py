"""Clients of the Model Context Protocol, unmodified, connect to the example server under this authorization server.

They know the server's address only: it names the tenant's issuer (RFC 9728), whose metadata leads to the rest.
"""

import pytest
import requests

from console.models import Tenant, User
from tests.oauth.interop.agents import (
    CLIENTS,
    READ,
    REDIRECT_URI,
    WRITE,
    check,
    command,
    connect,
    register_client,
)
from tests.oauth.interop.person import Person

pytestmark = [pytest.mark.usefixtures("local_names"), pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_that_was_registered_beforehand(acme: Tenant, bob: User, notes: str, client: str):
    client_id = register_client(acme, REDIRECT_URI, notes)
    person = Person(bob.email)

    result = connect(client, notes, person, CLIENT_ID=client_id)

    assert person.seen == ["password", "decision"]
    assert result["client_id"] == client_id
    check(result, bob, notes)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_with_fewer_scopes_is_told_by_the_tool(acme: Tenant, bob: User, notes: str, client: str):
    result = connect(
        client, notes, Person(bob.email), CLIENT_ID=register_client(acme, REDIRECT_URI, notes, READ)
    )

    assert WRITE in result["refused"]
    assert result["notes"]["result"] == []


def test_a_token_for_the_tenants_own_api_is_refused(acme: Tenant, notes: str):
    """RFC 8707 §1: a token that one API got is no use at another."""
    machine = command(
        *("create_client", acme.alias, "Machine"),
        type="web",
        grant=["client_credentials"],
        scope=["apps:read"],
        trusted=True,
    )
    body = {"grant_type": "client_credentials"} | machine
    token = requests.post(f"{acme.issuer}/oauth/token", data=body, timeout=30).json()["access_token"]

    answer = requests.post(notes, json={}, headers={"Authorization": f"Bearer {token}"}, timeout=30)

    assert answer.status_code == 401
    assert "resource_metadata=" in answer.headers["WWW-Authenticate"]
