"""Changing the consent method, `…/consent-method` (S10, Q2)."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django_scopes import scope

from console.models import Action, Actor, Client, Connection, Event, Tenant, User

DIALOG = {"HX-Request": "true", "HX-Target": "dialog-content"}
Browse = Callable[[User], Browser]


@pytest.fixture
def client(web_client: tuple[Client, str]) -> Client:
    return web_client[0]


def text(page: Any) -> str:
    return page.content.decode()


def address(client: Client) -> str:
    return f"/console/oauth/{client.client_id}/consent-method"


def method_in(tenant: Tenant) -> str:
    with scope(tenant=tenant):
        return Connection.objects.get().consent_method


def test_it_shows_the_choice_in_force_and_what_each_means(browser: Browse, alice: User, client: Client):
    page = text(browser(alice).get(address(client)))

    assert re.findall(r'value="(\w+)"[^>]* checked', page) == ["required"]
    assert "asked again when the client wants a new scope" in page
    assert "Nobody is asked" in page
    assert "machine-to-machine" not in page


def test_it_warns_that_machines_need_trust(browser: Browse, alice: User, machine_client: tuple[Client, str]):
    page = text(browser(alice).get(address(machine_client[0])))

    assert "machine-to-machine, which works with “Trusted” only" in page


def test_the_change_is_made_told_and_logged(browser: Browse, alice: User, acme: Tenant, client: Client):
    admin = browser(alice)

    answer = admin.post(address(client), {"consent_method": "trusted"})

    assert (answer.status_code, answer["Location"]) == (303, "/console/oauth")
    assert "The consent method of “Web app” is now “Trusted”." in text(admin.get("/console/oauth"))
    assert method_in(acme) == "trusted"
    with scope(tenant=acme):
        event = Event.objects.get(action=Action.CONNECTION_UPDATED)
        assert (event.actor_name, event.changes) == (alice.email, {"consent_method": ["required", "trusted"]})


def test_in_the_dialog_it_is_a_fragment_and_leads_to_the_list(browser: Browse, alice: User, client: Client):
    admin = browser(alice)

    assert "<html" not in text(admin.get(address(client), headers=DIALOG))
    answer = admin.post(address(client), {"consent_method": "trusted"}, headers=DIALOG)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/console/oauth")


@pytest.mark.parametrize(
    "form", [{}, {"consent_method": ""}, {"consent_method": "never"}, {"consent_method": "\0"}]
)
def test_anything_else_is_refused(
    browser: Browse, alice: User, acme: Tenant, client: Client, form: dict[str, str]
):
    answer = browser(alice).post(address(client), form)

    assert answer.status_code == 422
    assert 'id="id_consent_method_error"' in text(answer)
    assert method_in(acme) == "required"


@pytest.mark.parametrize("person", ["bob", "carol"])
def test_only_administrators_change_it(request, browser: Browse, acme: Tenant, client: Client, person: str):
    somebody = browser(request.getfixturevalue(person))

    assert somebody.get(address(client)).status_code == 403
    assert somebody.post(address(client), {"consent_method": "trusted"}).status_code == 403
    assert method_in(acme) == "required"


def test_foreign_deleted_and_strange_clients_are_not_found(
    browser: Browse, alice: User, mallory: User, acme: Tenant, client: Client
):
    assert browser(mallory).get(address(client)).status_code == 404
    assert browser(mallory).post(address(client), {"consent_method": "trusted"}).status_code == 404
    assert browser(alice).get("/console/oauth/%00/consent-method").status_code == 404
    with scope(tenant=acme):
        client.remove(by=Actor())
    assert browser(alice).get(address(client)).status_code == 404


def test_a_form_of_another_site_changes_nothing(browser: Browse, alice: User, acme: Tenant, client: Client):
    admin = browser(alice)
    admin.handler.enforce_csrf_checks = True

    assert admin.post(address(client), {"consent_method": "trusted"}).status_code == 403
    assert method_in(acme) == "required"
