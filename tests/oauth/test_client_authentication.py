"""Client authentication (RFC 6749 §2.3): one way per request, what the client was registered for, and nothing less."""

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client as Browser
from django_scopes import scope

from console.models import Actor, Client, ClientSecret, Event, Tenant, User
from tests.cast import connect, machines_too, register
from tests.oauth.driver import Application
from tests.oauth.outcomes import FORM, JSON, assert_refused

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 6749", "2.3")]
ClientAndSecret = tuple[Client, str]
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def app(machine_client: ClientAndSecret) -> Application:
    return Application(*machine_client)


def basic(client_id: str, secret: str, scheme: str = "Basic") -> dict[str, str]:
    return {"Authorization": f"{scheme} {base64.b64encode(f'{client_id}:{secret}'.encode()).decode()}"}


def ask(app: Application, headers: dict[str, str] | None = None, **sent: Any) -> Any:
    """A client-credentials request with exactly these credentials."""
    pairs = "&".join(f"{name}={quote(value, safe='')}" for name, value in {**GRANT, **sent}.items())
    return app.web.post("/oauth/token", pairs, content_type=FORM, headers=headers or {})


def ask_in_json(app: Application, headers: dict[str, str] | None = None, **sent: Any) -> Any:
    return app.web.post(
        "/oauth/token", json.dumps({**GRANT, **sent}), content_type=JSON, headers=headers or {}
    )


def assert_unauthenticated(response: Any) -> None:
    """RFC 6749 §5.2 and RFC 9110 §11.6.1: 401, with a challenge."""
    assert_refused(response, "invalid_client", 401)
    assert response["WWW-Authenticate"].startswith("Basic ")


def add_secret(client: Client) -> tuple[ClientSecret, str]:
    with scope(tenant=client.tenant):
        return ClientSecret.add_to(client, by=Actor.operator())


# --- The ways that work ---------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 6749", "2.3.1")
@pytest.mark.parametrize("ask_how", [ask, ask_in_json])
def test_a_secret_is_taken_by_basic_and_in_the_body(app: Application, ask_how: Callable[..., Any]):
    by_basic = basic(app.client_id, app.secret)

    assert ask_how(app, by_basic).status_code == 200
    assert ask_how(app, by_basic, client_id=app.client_id).status_code == 200
    assert ask_how(app, client_id=app.client_id, client_secret=app.secret).status_code == 200


@pytest.mark.spec("RFC 9110", "11.1")
@pytest.mark.parametrize("scheme", ["basic", "BASIC", "Basic ", "bAsIc"])
def test_the_name_of_the_scheme_has_no_case(app: Application, scheme: str):
    assert ask(app, basic(app.client_id, app.secret, scheme)).status_code == 200


@pytest.mark.spec("RFC 6749", "2.3.1")
def test_tk05_basic_is_form_decoded(app: Application):
    def escaped(value: str) -> str:
        return "".join(f"%{ord(character):02x}" for character in value)

    assert ask(app, basic(escaped(app.client_id), escaped(app.secret))).status_code == 200


@pytest.mark.spec("RFC 6749", "2.3.1")
@pytest.mark.parametrize("client_id", ["https://app.example/id?x=1&y=2", "a:b", "100%", "a b+c", "~!'()*;,/"])
def test_tk05_a_client_id_may_have_characters_that_basic_cannot(app: Application, client_id: str):
    Client.with_deleted_anywhere.filter(client_id=app.client_id).update(client_id=client_id)

    assert ask(app, basic(quote(client_id, safe=""), app.secret)).status_code == 200
    assert ask(app, client_id=client_id, client_secret=app.secret).status_code == 200
    assert_unauthenticated(ask(app, basic(app.client_id, app.secret)))


@pytest.mark.spec("RFC 6749", "3.2.1")
def test_a_public_client_only_names_itself(spa_client: ClientAndSecret):
    app = Application(*spa_client)

    # It gets as far as the code, which is none.
    assert_refused(app.exchange("qac_"), "invalid_grant")
    assert_refused(
        ask_in_json(
            app, grant_type="authorization_code", code="x", client_id=app.client_id, redirect_uri="x"
        ),
        "invalid_grant",
    )


@pytest.mark.spec("RFC 6749", "2.3")
def test_a_bearer_token_in_the_header_is_no_client_authentication(app: Application):
    token = ask(app, basic(app.client_id, app.secret)).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}

    assert_unauthenticated(ask(app, bearer, client_id=app.client_id))
    assert ask(app, bearer, client_id=app.client_id, client_secret=app.secret).status_code == 200


# --- The ways that do not -------------------------------------------------------------------------------------


def wrong_secrets(secret: str) -> dict[str, str]:
    return {
        "none": "",
        "another": "qas_" + "x" * 49,
        "flipped": secret[:-1] + ("0" if secret[-1] != "0" else "1"),
        "truncated": secret[:-1],
        "longer": secret + "0",
        "other case": secret.swapcase(),
        "spaces around": f" {secret} ",
        "line after": secret + "\n",
        "hint": secret[-5:],
        "NUL": secret + "\0",
        "surrogate escape": secret[:-1] + "\u00ff",
        "emoji": "\U0001f511" * 20,
        "100 kB": "x" * 60_000,
    }


@pytest.mark.spec("RFC 6749", "5.2")
@pytest.mark.parametrize("way", wrong_secrets("qas_" + "x" * 49))
def test_tk03_it_refuses_a_wrong_secret(app: Application, way: str):
    wrong = wrong_secrets(app.secret)[way]

    assert_unauthenticated(ask(app, basic(app.client_id, wrong)))
    assert_unauthenticated(ask(app, basic(app.client_id, quote(wrong, safe=""))))
    in_body = ask(app, client_id=app.client_id, client_secret=wrong)
    if way == "NUL":  # has no meaning at all, as a parameter
        assert_refused(in_body, "invalid_request")
    else:
        assert_unauthenticated(in_body)


@pytest.mark.spec("RFC 6749", "2.3.1")
@pytest.mark.parametrize(
    "header",
    [
        "Basic", "Basic ", "Basic !!!!", "Basic =", "Basic YQ", "Basic YTpi=====", "Basic /w==", "Basic Og==",
        "Basic 6Q==", "Basic \xff", "Basic " + "QQ" * 30_000, "Digest username=x", "Negotiate", "", " ", "\x0b",
        "Basic " + base64.b64encode(b"\0:\0").decode(), "Basic " + base64.b64encode(b"%00:x").decode(),
        "Basic " + base64.b64encode(b"%ff%fe:%zz").decode(), "Basic " + base64.b64encode(b"%ed%a0%80:x").decode(),
    ],
)  # fmt: skip
def test_tk03_it_refuses_an_unreadable_header(app: Application, header: str):
    assert_unauthenticated(ask(app, {"Authorization": header}))


@pytest.mark.spec("RFC 6749", "2.3")
def test_tk04_it_refuses_two_ways_at_once(app: Application):
    """oauthlib CVE-2026-118669: who authenticates and who is served must be one."""
    right = basic(app.client_id, app.secret)

    assert_refused(ask(app, right, client_secret=app.secret), "invalid_request")
    assert_refused(ask(app, right, client_id=app.client_id, client_secret=app.secret), "invalid_request")
    assert_refused(ask(app, right, client_assertion="x"), "invalid_request")
    assert_refused(
        ask(app, client_id=app.client_id, client_secret=app.secret, client_assertion="x"), "invalid_request"
    )


@pytest.mark.spec("RFC 6749", "2.3")
def test_tk04_the_client_that_authenticates_is_the_client_that_is_named(
    app: Application, acme: Tenant, register: Callable[..., ClientAndSecret], spa_client: ClientAndSecret
):
    other, other_secret = register(
        acme, name="Other", grant_types=["client_credentials"], consent_method="trusted"
    )
    right = basic(app.client_id, app.secret)

    for named in (other.client_id, spa_client[0].client_id, "unknown", app.client_id.upper()):
        assert_unauthenticated(ask(app, right, client_id=named))
        assert_unauthenticated(ask(app, client_id=named, client_secret=app.secret))
        assert_unauthenticated(ask(app, basic(named, app.secret)))
    assert_unauthenticated(ask(app, basic(app.client_id, other_secret)))


@pytest.mark.spec("RFC 6749", "2.3.1")
def test_a_secret_without_a_client_id_is_enough_for_it_names_its_client(app: Application):
    """Qlik's libraries refresh with `client_secret` and no `client_id` (Q6)."""
    response = ask_in_json(app, client_secret=app.secret)

    assert response.status_code == 200


def test_tk06_the_stored_digest_is_no_secret(app: Application):
    digests = list(ClientSecret._base_manager.values_list("digest", flat=True))

    assert len(digests) == 1
    for stored in digests:
        assert_unauthenticated(ask(app, basic(app.client_id, stored)))
        assert_unauthenticated(ask(app, client_id=app.client_id, client_secret=stored))
        assert_unauthenticated(ask(app, client_id=app.client_id, client_secret=f"hmac${stored}"))


@pytest.mark.spec("RFC 6749", "3.2.1")
def test_tk07_a_confidential_client_never_gets_by_without_credentials(
    app: Application, web_client: ClientAndSecret
):
    web = Application(*web_client)

    assert_unauthenticated(ask(app, client_id=app.client_id))
    assert_unauthenticated(ask(app))
    for grant in ("authorization_code", "refresh_token"):
        assert_unauthenticated(
            ask(web, grant_type=grant, code="x", refresh_token="x", client_id=web.client_id)
        )


@pytest.mark.spec("RFC 6749", "4.4")
def test_tk07_a_public_client_has_no_client_credentials(spa_client: ClientAndSecret):
    app = Application(*spa_client)

    assert_refused(ask(app, client_id=app.client_id), "unauthorized_client")
    assert_unauthenticated(ask(app, client_id=app.client_id, client_secret="qas_x"))


def test_nothing_can_be_learnt_by_trying(app: Application, web_client: ClientAndSecret):
    def told(response: Any) -> dict[str, Any]:
        return {name: value for name, value in response.json().items() if name != "traceId"}

    wrong = "qas_" + "x" * 49
    answers = [
        told(ask(app, basic(client_id, secret)))
        for client_id, secret in [
            (app.client_id, wrong),
            ("unknown", wrong),
            (web_client[0].client_id, wrong),
            ("unknown", app.secret),
            (web_client[0].client_id, app.secret),
        ]
    ]

    assert all(answer == answers[0] for answer in answers)


# --- Several secrets (S13) ------------------------------------------------------------------------------------


def test_tk13_every_live_secret_works_and_a_removed_one_stops_at_once(
    app: Application, machine_client: ClientAndSecret
):
    client, first = machine_client
    second_row, second = add_secret(client)
    _, third = add_secret(client)
    for secret in (first, second, third):
        assert ask(app, basic(app.client_id, secret)).status_code == 200

    with scope(tenant=client.tenant):
        assert second_row.remove(by=Actor.operator())

    assert_unauthenticated(ask(app, basic(app.client_id, second)))
    assert_unauthenticated(ask(app, client_id=app.client_id, client_secret=second))
    for secret in (first, third):
        assert ask(app, basic(app.client_id, secret)).status_code == 200


def test_it_is_known_which_secret_was_used_last(app: Application, machine_client: ClientAndSecret):
    client, _ = machine_client
    row, second = add_secret(client)

    ask(app, basic(app.client_id, second))

    used = {secret.pk for secret in ClientSecret._base_manager.exclude(last_used_at=None)}
    assert used == {row.pk}


# --- Clients that may not, any more or here -------------------------------------------------------------------


def test_a_disabled_client_is_refused_until_it_is_enabled(app: Application, machine_client: ClientAndSecret):
    client, _ = machine_client
    with scope(tenant=client.tenant):
        client.disable(by=Actor.operator())
    assert_unauthenticated(ask(app, basic(app.client_id, app.secret)))

    with scope(tenant=client.tenant):
        client.enable(by=Actor.operator())
    assert ask(app, basic(app.client_id, app.secret)).status_code == 200


def test_a_deleted_client_is_refused(app: Application, machine_client: ClientAndSecret):
    client, _ = machine_client
    with scope(tenant=client.tenant):
        client.remove(by=Actor.operator())

    assert_unauthenticated(ask(app, basic(app.client_id, app.secret)))


def test_a_client_is_known_in_its_own_tenant_only(machine_client: ClientAndSecret, globex: Tenant):
    elsewhere = Application(*machine_client, tenant=globex)

    assert_unauthenticated(ask(elsewhere, basic(elsewhere.client_id, elsewhere.secret)))


@pytest.mark.parametrize("approved", [True, False])
def test_tn03_a_published_client_is_known_where_it_was_approved_and_while_it_is_published(
    acme: Tenant, globex: Tenant, approved: bool
):
    client, secret = register(acme, **machines_too())
    elsewhere = Application(client, secret, tenant=globex)
    with scope(tenant=client.tenant):
        client.publish(by=Actor.operator())
    assert_unauthenticated(ask(elsewhere, basic(client.client_id, secret)))  # published, but not connected

    connection = connect(client, globex, consent_method="trusted")
    if not approved:
        with scope(tenant=globex):
            connection.block(by=Actor.operator())
    response = ask(elsewhere, basic(client.client_id, secret))
    assert response.status_code == (200 if approved else 401)

    Client.with_deleted_anywhere.update(published_at=None)
    assert_unauthenticated(ask(elsewhere, basic(client.client_id, secret)))


def test_the_same_rules_hold_wherever_a_client_authenticates(app: Application, spa_client: ClientAndSecret):
    for path in ("/oauth/revoke", "/oauth/introspect"):
        for headers, sent in [
            ({}, "token=x"),
            (basic(app.client_id, "qas_wrong"), "token=x"),
            (basic("unknown", app.secret), "token=x"),
            ({}, f"token=x&client_id={app.client_id}"),
            ({}, f"token=x&client_id={app.client_id}&client_secret=wrong"),
            (basic(app.client_id, app.secret), f"token=x&client_id={spa_client[0].client_id}"),
        ]:
            assert_unauthenticated(app.web.post(path, sent, content_type=FORM, headers=headers))
        both = f"token=x&client_secret={app.secret}"
        assert_refused(
            app.web.post(path, both, content_type=FORM, headers=basic(app.client_id, app.secret)),
            "invalid_request",
        )
        assert (
            app.web.post(
                path, "token=x", content_type=FORM, headers=basic(app.client_id, app.secret)
            ).status_code
            == 200
        )


# --- Names without a secret, and secrets with something around them -----------------------------------------------


@pytest.mark.spec("RFC 6749", "2.3.1")
@pytest.mark.parametrize("kind", ["spa_client", "native_client"])
def test_basic_with_an_empty_secret_names_a_public_client(
    request: pytest.FixtureRequest, browser: Callable[[User], Browser], bob: User, kind: str
):
    """oidc-agent and kubectl send it."""
    app = Application(*request.getfixturevalue(kind))
    code = app.code(browser(bob))
    sent = f"grant_type=authorization_code&code={code}&code_verifier={app.verifier}&redirect_uri={app.redirect_uri}"

    def ask_as(client_id: str, more: str = "") -> Any:
        return app.web.post("/oauth/token", sent + more, content_type=FORM, headers=basic(client_id, ""))

    assert_unauthenticated(ask_as(app.client_id, "&client_id=another"))
    assert_unauthenticated(ask_as("unknown"))
    assert_refused(ask_as(app.client_id, "&client_secret=x"), "invalid_request")
    assert ask_as(app.client_id, f"&client_id={app.client_id}").status_code == 200


def test_basic_with_an_empty_secret_is_nothing_for_a_confidential_client(app: Application):
    assert_unauthenticated(ask(app, basic(app.client_id, "")))
    assert_unauthenticated(ask(app, basic("", "")))


AROUND = {
    "{}\n": "secret_with_line_break",
    "{}\r\n": "secret_with_line_break",
    " {}": "secret_with_blank_space",
    "{}\t": "secret_with_blank_space",
    "\n{}\n": "secret_with_blank_space",
    "\ufeff{}": "secret_with_blank_space",
    '"{}"': "secret_with_quotation_marks",
    "'{}'\n": "secret_with_quotation_marks",
    "“{}”": "secret_with_quotation_marks",
}


@pytest.mark.parametrize("around", AROUND)
def test_what_stands_around_a_secret_is_told_in_the_audit_log_alone(
    app: Application, in_acme: Tenant, around: str
):
    sent = around.format(app.secret)

    wrong = ask(app, client_id=app.client_id, client_secret="qas_wrong").json()
    for response in (
        ask(app, client_id=app.client_id, client_secret=sent),
        ask(app, basic(app.client_id, quote(sent))),
    ):
        assert_unauthenticated(response)
        assert response.json() == wrong

    event = Event.objects.get(action="tokens.refused", details__reason=AROUND[around])
    assert (event.times, event.details.get("claimed")) == (2, None)
    assert app.secret not in str(event.details)


def test_what_stands_around_a_removed_secret_does_not_hide_it(
    app: Application, in_acme: Tenant, machine_client: ClientAndSecret
):
    add_secret(machine_client[0])
    ClientSecret.objects.order_by("created_at")[0].remove(by=Actor.operator())

    assert_unauthenticated(ask(app, client_id=app.client_id, client_secret=f"{app.secret}\n"))

    assert Event.objects.filter(details__reason="removed_secret").exists()


@pytest.mark.parametrize("around", ["{}\n", " {}", '"{}"'])
def test_what_stands_around_a_client_id_is_told_too(
    app: Application, spa_client: ClientAndSecret, in_acme: Tenant, around: str
):
    reason = "client_id_with_edges"
    assert_unauthenticated(ask(app, client_id=around.format(app.client_id), client_secret=app.secret))
    assert_unauthenticated(ask(app, client_id=around.format(spa_client[0].client_id)))

    assert Event.objects.filter(action="tokens.refused", details__reason=reason).count() == 2


@pytest.mark.parametrize("value", [1, 1.5, True, False, ["a"], {"a": {"b": 1}}])
def test_members_of_json_that_it_does_not_know_can_be_anything(app: Application, value: Any):
    sent: dict[str, Any] = {"client_id": app.client_id, "client_secret": app.secret}

    assert ask_in_json(app, **sent, unheard_of=value).status_code == 200
    assert_refused(ask_in_json(app, **sent | {"scope": value}), "invalid_request")
