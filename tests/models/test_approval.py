"""An approval says which requests it answered; one that another administrator has answered is answered once."""

import pytest
from django_scopes import scope

from console.models import (
    Actor,
    AlreadyDecided,
    Client,
    Connection,
    ConnectionRequest,
    Tenant,
    User,
    approval,
)
from tests import cast

pytestmark = pytest.mark.django_db
OPERATOR = Actor.operator()


@pytest.fixture
def studio(globex: Tenant) -> Client:
    return cast.publish(globex)


@pytest.fixture
def asked(bob: User, studio: Client) -> ConnectionRequest:
    """What bob of acme has asked for."""
    with scope(tenant=bob.tenant):
        return ConnectionRequest.ask(bob, studio, reason="For the board", by=Actor(user=bob))[0]


@pytest.mark.parametrize("from_the_request", [True, False])
def test_an_approval_answers_what_is_open(
    acme: Tenant, studio: Client, asked: ConnectionRequest, from_the_request: bool
):
    with scope(tenant=acme):
        connection, answered = approval.approve(
            acme,
            studio,
            by=OPERATOR,
            consent_method="required",
            request=asked if from_the_request else None,
        )

        assert answered == [asked]
        assert (answered[0].status, answered[0].decided_by) == (ConnectionRequest.Status.APPROVED, None)
        assert ConnectionRequest.objects.get().status == ConnectionRequest.Status.APPROVED
        assert connection == Connection.objects.get()


@pytest.mark.parametrize("answer", ["denied", "approved"])
def test_a_request_that_has_its_answer_is_not_answered_again(
    acme: Tenant, studio: Client, asked: ConnectionRequest, answer: str
):
    with scope(tenant=acme):
        if answer == "denied":
            asked.deny("Not now", by=OPERATOR)
        else:
            approval.approve(acme, studio, by=OPERATOR, consent_method="required")

        with pytest.raises(AlreadyDecided):
            approval.approve(acme, studio, by=OPERATOR, consent_method="trusted", request=asked)

        assert ConnectionRequest.objects.get().status == answer
        assert [row.consent_method for row in Connection.objects.all()] == ["required"] * (
            answer == "approved"
        )


def test_the_second_of_two_gets_the_same_connection_and_has_answered_nobody(
    acme: Tenant, studio: Client, asked: ConnectionRequest
):
    with scope(tenant=acme):
        first, _answered = approval.approve(acme, studio, by=OPERATOR, consent_method="required")
        again, answered = approval.approve(acme, studio, by=OPERATOR, consent_method="trusted")

        assert (again, again.consent_method, answered) == (first, "required", [])
