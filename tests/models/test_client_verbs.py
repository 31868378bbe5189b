"""A verb of a client says whether it did anything; what it did not do is in no audit log."""

import pytest
from django_scopes import scope

from console.models import Actor, Client, Event, Tenant

pytestmark = pytest.mark.django_db
OPERATOR = Actor.operator()


@pytest.mark.parametrize(
    ("before", "verb"), [("disable", "enable"), (None, "publish"), ("remove", "restore")]
)
def test_the_second_of_two_did_nothing_and_says_so(
    before: str | None, verb: str, acme: Tenant, web_client: tuple[Client, str]
):
    with scope(tenant=acme):
        client = web_client[0]
        if before:
            getattr(client, before)(by=OPERATOR)

        assert getattr(client, verb)(by=OPERATOR) is True
        events = Event.objects.count()
        assert getattr(client, verb)(by=OPERATOR) is False
        assert Event.objects.count() == events


@pytest.mark.parametrize("verb", ["enable", "publish"])
def test_a_deleted_client_stays_as_it_was(verb: str, acme: Tenant, web_client: tuple[Client, str]):
    with scope(tenant=acme):
        client = web_client[0]
        client.remove(by=OPERATOR)
        assert getattr(client, verb)(by=OPERATOR) is False
