"""Going to a page, a client or a person by name (P7)."""

import re

import pytest
from django.urls import reverse

from console.models import Tenant, User
from console.pages.find import PAGES
from tests import cast


def found(person: User, text: str = "") -> dict[str, str]:
    """Address -> what it is called there."""
    answer = cast.signed_in_as(person).get("/console/find", {"q": text} if text else {})
    assert answer.status_code == 200
    part = answer.content.decode().split('id="found"')[1].split("</search>")[0]
    return dict(re.findall(r'href="([^"]+)".*?<bdi>([^<]+)</bdi>', part, re.DOTALL))


@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens(alice: User, name: str) -> None:
    address = reverse(name)
    assert address in found(alice)
    assert cast.signed_in_as(alice).get(address).status_code == 200


def test_a_page_is_found_by_a_part_of_its_name(alice: User) -> None:
    assert list(found(alice, "AUDIT")) == ["/console/events"]


def test_own_and_outside_clients_are_found_by_name_and_client_id(
    acme: Tenant, globex: Tenant, alice: User
) -> None:
    own, _secret = cast.register(acme, name="Quarterly report")
    connection = cast.connect(cast.publish(globex, name="Report portal"), acme)
    cast.register(globex, name="Report of another tenant")
    own_page = f"/console/oauth/{own.client_id}"
    assert found(alice, "report") == {
        own_page: "Quarterly report",
        f"/console/oauth/connections/{connection.pk}": "Report portal",
    }
    assert list(found(alice, own.client_id[3:12])) == [own_page]


def test_people_of_the_tenant_are_found_by_name_and_address(
    acme: Tenant, alice: User, bob: User, mallory: User
) -> None:
    assert found(alice, "bob") == {f"/console/people/{bob.pk}": "Bob"}
    assert found(alice, "bob@acme") == {f"/console/people/{bob.pk}": "Bob"}
    assert found(alice, "mallory") == {}


def test_no_more_than_a_few_of_each(acme: Tenant, alice: User) -> None:
    for number in range(8):
        cast.register(acme, name=f"Client {number}")
    assert [name for name in found(alice, "client ").values() if name[-1].isdigit()] == [
        f"Client {number}" for number in range(6)
    ]


@pytest.mark.parametrize("text", ["'; --", "%", "_", "\0", "x" * 5000, "<script>", " "])
def test_what_makes_no_sense_finds_nothing_and_harms_nothing(alice: User, text: str) -> None:
    answer = cast.signed_in_as(alice).get("/console/find", {"q": text})
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode().split('id="found"')[1]


def test_it_opens_as_a_dialog_too(alice: User) -> None:
    headers = {"HX-Request": "true", "HX-Target": "dialog-content"}
    answer = cast.signed_in_as(alice).get("/console/find", headers=headers)
    assert b"dialog__body" in answer.content
    assert b"<html" not in answer.content
