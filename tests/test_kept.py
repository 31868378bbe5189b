"""What a test finds of the kept fixtures (tests/kept.py), whatever the tests before it have done."""

import pytest
from django.db import connection

from console.models import Client, Event, SigningKey, Tenant, User
from tests import cast
from tests.kept import kept

TWICE = pytest.mark.parametrize("time", [1, 2])


def tenants() -> list[str]:
    return sorted(Tenant._base_manager.values_list("alias", flat=True))


@kept
def papers(acme: Tenant) -> list[Client]:
    """A fixture of one module."""
    return [cast.register(acme, name=name)[0] for name in ("One", "Two")]


@TWICE
def test_the_rows_are_those_that_it_asks_for_as_they_were_made(time, alice, web_client) -> None:
    alice.refresh_from_db()

    assert alice.is_active
    assert Client._base_manager.get() == web_client[0]
    User._base_manager.update(is_active=False)
    cast.register(alice.tenant)


@TWICE
def test_the_objects_are_its_own_and_know_one_another(time, acme, alice, web_client) -> None:
    assert (acme.name, alice.tenant, web_client[0].tenant) == ("Acme AB", acme, acme)
    assert alice.tenant is acme
    acme.name = "Changed"


@TWICE
@pytest.mark.parametrize("people", [("mallory",), ("alice", "mallory"), ()], ids=str)
def test_there_are_no_rows_of_others(time, people, request, db) -> None:
    found = [request.getfixturevalue(name) for name in people]

    assert tenants() == sorted(each.tenant.alias for each in found)
    assert Event._base_manager.exists() is bool(people)


def test_others_are_gone_too_where_a_test_says_who_it_needs(gustav) -> None:
    assert tenants() == ["globex"]
    assert User._base_manager.get() == gustav


@TWICE
def test_a_module_has_fixtures_of_its_own(time, papers) -> None:
    assert sorted(client.name for client in papers) == ["One", "Two"]
    assert Client._base_manager.count() == 2
    Client._base_manager.all().delete()


@TWICE
def test_two_tenants_never_have_the_same_key(time, acme, globex) -> None:
    cast.found("initech", "Initech", 8000)

    keys = [key.public_jwk["n"] for key in SigningKey._base_manager.filter(algorithm="RS256")]
    assert len(set(keys)) == len(keys) == 3


@TWICE
def test_a_test_may_close_the_connection(time, alice, mallory) -> None:
    assert tenants() == ["acme", "globex"]
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_test_with_transactions_of_its_own_makes_its_rows_itself(alice) -> None:
    assert tenants() == ["acme"]
    assert not connection.in_atomic_block
