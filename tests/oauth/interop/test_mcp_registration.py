"""MCP clients that register themselves (RFC 7591) connect to the example server, once an administrator approves."""

import pytest

from console.models import Actor, RegistrationPolicy, Tenant, User
from tests.oauth.interop.agents import CLIENTS, check, connect
from tests.oauth.interop.person import Person

pytestmark = [pytest.mark.usefixtures("local_names"), pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_that_nobody_knows_registers_itself(acme: Tenant, alice: User, notes: str, client: str):
    """RFC 7591, where the tenant has allowed it: an administrator is asked about it as well."""
    usual = RegistrationPolicy.of(acme)
    RegistrationPolicy.decide(
        acme, mode="open", ceiling=usual.scopes, unused_days=usual.unused_days, by=Actor.operator()
    )
    alices = Person(alice.email)

    result = connect(client, notes, alices)

    assert alices.seen == ["password", "consent_method", "decision"]
    check(result, alice, notes)
