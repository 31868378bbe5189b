"""By API too a client that can act as the tenant's people is let in by name (Q2, S9)."""

from typing import Any

import pytest
from django_scopes import scope

from console.models import Client, Connection, ConnectionRequest, Tenant, User
from tests import cast
from tests.api.caller import Api, assert_problem, config_of, odd, patch_of, request_path

pytestmark = pytest.mark.django_db
GRANT = "urn:qlik:oauth:user-impersonation"
DETAIL = "act as any user in this tenant, administrators included, without asking them"
TRUSTED: dict[str, Any] = {"consentMethod": "trusted"}


@pytest.fixture
def robot(globex: Tenant) -> Client:
    return cast.publish(globex, grant_types=[GRANT])


@pytest.fixture
def wish(bob: User, robot: Client) -> ConnectionRequest:
    return cast.ask(bob, robot)


@pytest.fixture
def api(alice: User) -> Api:
    return Api.of(alice)


def held(tenant: Tenant) -> Connection | None:
    with scope(tenant=tenant):
        found: Connection | None = Connection.objects.exclude(client__tenant=tenant).first()
        return found


@pytest.mark.parametrize("body", [{}, {"impersonation": False}, {"consentMethod": "required"}])
def test_a_request_is_approved_only_if_that_is_said(
    body: dict[str, Any], api: Api, wish: ConnectionRequest, acme: Tenant
):
    assert_problem(api.post(request_path(wish, "approve"), TRUSTED | body), 400, DETAIL)
    assert held(acme) is None
    assert api.get(request_path(wish)).json()["status"] == "open"

    assert api.post(request_path(wish, "approve"), TRUSTED | {"impersonation": True}).status_code == 200
    assert held(acme) is not None


@pytest.mark.parametrize("value", odd(None, "true", 1, [], {}, "on"))
def test_it_is_said_with_true_and_nothing_else(value: Any, api: Api, wish: ConnectionRequest, acme: Tenant):
    body = TRUSTED | {"impersonation": value}
    assert_problem(api.post(request_path(wish, "approve"), body), 400, "must be true or false")
    assert held(acme) is None


def test_for_any_other_client_it_need_not_be_said(api: Api, bob: User, globex: Tenant):
    for fields in ({}, {"grant_types": ["client_credentials"]}):
        wish = cast.ask(bob, cast.publish(globex, **fields))
        assert api.post(request_path(wish, "approve"), TRUSTED).status_code == 200


def test_it_is_trusted_only_if_that_is_said(api: Api, robot: Client, acme: Tenant, alice: User):
    cast.connect(robot, acme, by=alice)

    for values in ({}, {"impersonation": False}):
        answer = api.patch(config_of(robot), patch_of(consentMethod="trusted", **values))
        assert_problem(answer, 400, DETAIL)
    assert held(acme).consent_method == "required"  # type: ignore[union-attr]

    both = patch_of(impersonation=True, consentMethod="trusted")
    assert api.patch(config_of(robot), both).status_code == 204
    assert held(acme).consent_method == "trusted"  # type: ignore[union-attr]
    assert api.patch(config_of(robot), patch_of(consentMethod="trusted")).status_code == 204
    assert api.patch(config_of(robot), patch_of(consentMethod="required")).status_code == 204


def test_all_of_a_patch_or_nothing(api: Api, robot: Client, acme: Tenant, alice: User):
    cast.connect(robot, acme, by=alice)

    answer = api.patch(config_of(robot), patch_of(scopes=["openid"], consentMethod="trusted"))
    assert_problem(answer, 400, DETAIL)
    assert "apps:read" in held(acme).scopes  # type: ignore[union-attr]


@pytest.mark.parametrize("value", odd(None, "true", 1, []))
def test_in_a_patch_it_is_true_or_false(value: Any, api: Api, robot: Client, acme: Tenant, alice: User):
    cast.connect(robot, acme, by=alice)
    patch = patch_of(consentMethod="trusted", impersonation=value)
    assert_problem(api.patch(config_of(robot), patch), 400, "must be true or false")


def test_alone_it_means_nothing(api: Api, robot: Client, acme: Tenant, alice: User):
    cast.connect(robot, acme, by=alice)
    assert_problem(
        api.patch(config_of(robot), patch_of(impersonation=True)), 400, "together with /consentMethod"
    )
    assert held(acme).consent_method == "required"  # type: ignore[union-attr]


def test_of_an_own_client_the_tenant_decides_as_before(api: Api, acme: Tenant):
    client, _ = cast.register(acme, grant_types=[GRANT])
    assert api.patch(config_of(client), patch_of(consentMethod="trusted")).status_code == 204
