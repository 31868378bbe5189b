"""The list of clients marks those that get nothing but refusals now (P8, N3)."""

import pytest
from django_scopes import scope

from console.models import Client, Tenant, User, use_count
from console.policy.reasons import Reason
from console.policy.uses import Use
from tests import cast


@pytest.fixture
def client(acme: Tenant) -> Client:
    return cast.register(acme, name="Reports")[0]


def counted(tenant: Tenant, client: Client, outcome: str = "") -> None:
    use = Use(tenant.pk, client.pk, "authorization_code", outcome)
    use_count.note(use, address="203.0.113.9", agent="reports/1.0")
    use_count.write_noted()


def is_marked(person: User) -> bool:
    page = cast.signed_in_as(person).get("/console/oauth").content.decode()
    return "Failing" in page.split("<tbody")[1].split("</tbody>")[0]


def test_a_client_that_is_refused_is_marked_until_something_works(
    acme: Tenant, alice: User, client: Client
) -> None:
    assert not is_marked(alice)
    counted(acme, client, Reason.UNKNOWN_SECRET.value)
    assert is_marked(alice)
    counted(acme, client)
    assert not is_marked(alice)


def test_one_that_is_disabled_is_refused_on_purpose(acme: Tenant, alice: User, client: Client) -> None:
    counted(acme, client, Reason.UNKNOWN_SECRET.value)
    with scope(tenant=acme):
        client.disable(by=cast.OPERATOR)
    assert not is_marked(alice)


def test_what_fails_in_another_tenant_is_not_marked_here(
    acme: Tenant, globex: Tenant, alice: User, mallory: User
) -> None:
    client = cast.publish(acme, name="Portal")
    cast.connect(client, globex)
    counted(globex, client, Reason.UNKNOWN_SECRET.value)
    assert is_marked(mallory)
    assert not is_marked(alice)
