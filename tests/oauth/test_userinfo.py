"""Userinfo (OpenID Connect Core §5.3): what the granted scopes let a client know about the person."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from django_scopes import scope
from time_machine import TimeMachineFixture

from console.models import Client, Event, Tenant, User
from tests.cast import OPERATOR, PASSWORD, signed_in_as
from tests.oauth.driver import Application, later
from tests.oauth.outcomes import FORM, JSON, assert_refused, bearer
from tests.oauth.signed import decoded

pytestmark = [pytest.mark.django_db, pytest.mark.spec("OpenID Connect Core", "5.3")]
ClientAndSecret = tuple[Client, str]
PATH = "/oauth/userinfo"


@pytest.fixture
def app(web_client: ClientAndSecret) -> Application:
    return Application(*web_client)


@pytest.fixture
def bobs(browser: Callable[[User], Browser], bob: User) -> Browser:
    return browser(bob)


def assert_challenged(response: Any, error: str | None = "invalid_token") -> None:
    assert_refused(response, "invalid_token", 401)
    assert response["WWW-Authenticate"].startswith("Bearer ")
    assert (f'error="{error}"' in response["WWW-Authenticate"]) == (error is not None)


@pytest.mark.spec("OpenID Connect Core", "5.3.1")
def test_oi05_it_takes_the_token_in_the_header_and_in_a_form(app: Application, bobs: Browser, bob: User):
    tokens = app.tokens(bobs, scope="openid")
    token = tokens["access_token"]

    answers = [
        app.web.get(PATH, headers=bearer(token)),
        app.web.post(PATH, headers=bearer(token)),
        app.web.post(PATH, b"", content_type=JSON, headers=bearer(token)),
        app.web.post(PATH, f"access_token={token}", content_type=FORM),
    ]

    for answer in answers:
        assert answer.status_code == 200
        assert answer.json() == {"sub": str(bob.pk)}
        assert answer["Cache-Control"] == "no-store"
    assert answers[0].json()["sub"] == decoded(tokens["id_token"])[1]["sub"]


@pytest.mark.spec("OpenID Connect Core", "5.4")
def test_oi05_the_granted_scopes_decide_what_it_says(app: Application, bobs: Browser, bob: User):
    answer = app.userinfo(app.tokens(bobs, scope="openid profile email")["access_token"]).json()

    assert answer == {
        "sub": str(bob.pk),
        "name": bob.name,
        "preferred_username": bob.email,
        "updated_at": int(bob.created_at.timestamp()),
        "email": bob.email,
    }


@pytest.mark.spec("OpenID Connect Core", "5.4")
def test_oi05_profile_alone_has_a_name_and_no_address(app: Application, acme: Tenant):
    with scope(tenant=acme):
        nameless = User.invite(acme, "dora@acme.example", by=OPERATOR, password=PASSWORD)
    person = signed_in_as(nameless)

    answer = app.userinfo(app.tokens(person, scope="openid profile")["access_token"]).json()
    both = app.userinfo(app.tokens(person, scope="openid profile email")["access_token"]).json()

    assert answer["name"] == answer["preferred_username"] == "dora"
    assert "acme.example" not in str(answer)
    assert both["name"] == both["preferred_username"] == "dora@acme.example"


@pytest.mark.spec("OpenID Connect Core", "5.1")
def test_oi05_what_an_operator_vouches_for_is_verified_from_then_on(
    app: Application, acme: Tenant, time_machine: TimeMachineFixture
):
    with scope(tenant=acme):
        dora = User.invite(
            acme,
            "dora@acme.example",
            by=OPERATOR,
            given_name="Dora",
            family_name="Dahl",
            password=PASSWORD,
        )
    person, scopes = signed_in_as(dora), "openid profile email"
    before = app.userinfo(app.tokens(person, scope=scopes)["access_token"]).json()
    assert (before["name"], before["given_name"], before["family_name"]) == ("Dora Dahl", "Dora", "Dahl")
    later(time_machine, 100)

    call_command("verify_email", "acme", "dora@acme.example", stdout=io.StringIO())

    after = app.userinfo(app.tokens(person, scope=scopes)["access_token"]).json()
    assert ("email_verified" in before, after["email_verified"]) == (False, True)
    assert after["updated_at"] >= before["updated_at"] + 100
    with scope(tenant=acme):
        assert Event.objects.filter(action="user.email_verified", actor_kind="operator").count() == 1


@pytest.mark.spec("RFC 6750", "3.1")
def test_oi05_it_wants_a_token(app: Application, bobs: Browser):
    assert_challenged(app.web.get(PATH), error=None)
    assert_challenged(app.web.post(PATH), error=None)
    assert_challenged(bobs.get(PATH), error=None)
    assert_challenged(app.web.get(PATH, headers=app.credentials()), error=None)
    assert_challenged(app.userinfo("x"))
    assert_challenged(app.web.post(PATH, "access_token=x", content_type=FORM))
    assert_challenged(app.web.post(PATH, '{"access_token": "x"}', content_type=JSON), error=None)


@pytest.mark.spec("RFC 9700", "4.3.2")
def test_oi05_it_takes_none_from_the_address(app: Application, bobs: Browser):
    token = app.tokens(bobs, scope="openid")["access_token"]

    assert_challenged(app.web.get(f"{PATH}?access_token={token}"), error=None)
    assert_challenged(app.web.post(f"{PATH}?access_token={token}"), error=None)
    both = app.web.post(f"{PATH}?access_token={token}", f"access_token={token}", content_type=FORM)
    assert_refused(both, "invalid_request")


@pytest.mark.spec("RFC 6750", "2")
def test_it_takes_a_token_in_one_way(app: Application, bobs: Browser):
    token = app.tokens(bobs, scope="openid")["access_token"]
    by_header = {"Authorization": f"Bearer {token}"}

    for second in (token, "x"):
        both = app.web.post(PATH, f"access_token={second}", content_type=FORM, headers=by_header)
        assert_refused(both, "invalid_request")
    assert app.web.post(PATH, f"access_token={token}", content_type=FORM).status_code == 200
    assert app.web.post(PATH, "a=b", content_type=FORM, headers=by_header).status_code == 200


@pytest.mark.spec("OpenID Connect Core", "5.3.3")
def test_oi05_it_refuses_every_other_kind_of_token(
    app: Application, bobs: Browser, globex: Tenant, register: Callable[..., ClientAndSecret],
    machine_client: ClientAndSecret,
):  # fmt: skip
    tokens = app.tokens(bobs, scope="openid offline_access")
    machine = Application(*machine_client).token(grant_type="client_credentials").json()["access_token"]

    for token in (tokens["id_token"], tokens["refresh_token"], app.code(bobs), machine):
        assert_challenged(app.userinfo(token))
    assert_challenged(Application(*register(globex)).userinfo(tokens["access_token"]))


@pytest.mark.spec("RFC 6750", "3.1")
@pytest.mark.parametrize("asked", ["user_default", "profile email"])
def test_oi06_it_wants_the_scope_openid(app: Application, bobs: Browser, asked: str):
    response = app.userinfo(app.tokens(bobs, scope=asked)["access_token"])

    assert_refused(response, "insufficient_scope", 403)
    assert 'error="insufficient_scope"' in response["WWW-Authenticate"]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_it_has_no_other_method(app: Application, method: str):
    response = getattr(app.web, method)(PATH)

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, POST, OPTIONS"
