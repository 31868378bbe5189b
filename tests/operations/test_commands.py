"""The operator's commands: what they do, what they print with --json, and what they refuse."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.utils import timezone
from django_scopes import scope
from time_machine import TimeMachineFixture

from console.models import (
    Client,
    Event,
    FailedAttempts,
    Hostname,
    SigningKey,
    Tenant,
    User,
)
from console.policy.throttling import FAILURES_PER_ACCOUNT
from tests.cast import PASSWORD, signed_in_as, stranger_on
from tests.oauth import devices
from tests.oauth.driver import Application
from tests.oauth.outcomes import me

pytestmark = pytest.mark.django_db
IMPERSONATION = "urn:qlik:oauth:user-impersonation"
ROOT = Path(__file__).parents[2]
ClientAndSecret = tuple[Client, str]
SCOPE = "openid offline_access user_default"
DAY = timedelta(days=1)


@pytest.fixture
def clock(time_machine: TimeMachineFixture) -> TimeMachineFixture:
    """A clock that stands still. Ask for it first: a session begins when it stands."""
    time_machine.move_to(datetime(2030, 1, 1, 12, tzinfo=UTC), tick=False)
    return time_machine


def run(*arguments: str) -> dict[str, Any]:
    """Runs a command with --json. All that stands on its standard output is one document."""
    output, errors = io.StringIO(), io.StringIO()
    call_command(*arguments, "--json", stdout=output, stderr=errors)
    assert errors.getvalue() == ""
    result: dict[str, Any] = json.loads(output.getvalue())
    return result


def refused(*arguments: str) -> str:
    """The message of a command that fails; nothing stands on its standard output."""
    output = io.StringIO()
    with pytest.raises((CommandError, SystemExit)) as refusal:
        call_command(*arguments, "--json", stdout=output)
    assert output.getvalue() == ""
    return str(refusal.value)


# --- create_tenant --------------------------------------------------------------------------------------------


def test_create_tenant_gives_it_a_host_of_the_region(db: None):
    created = run("create_tenant", "acme", "--name", "Acme AB")

    tenant = Tenant.objects.get()
    assert created == {
        "id": str(tenant.pk),
        "alias": "acme",
        "hosts": ["acme.localhost:8000"],
        "issuer": "http://acme.localhost:8000",
    }
    metadata = stranger_on(tenant).get("/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == created["issuer"]
    assert stranger_on(tenant).get("/.well-known/jwks.json").json()["keys"]


def test_create_tenant_takes_hosts_and_the_first_is_canonical(db: None):
    created = run(
        "create_tenant", "Acme", "--name", " Acme AB ",
        "--host", "Login.ACME.example.", "--host", "acme.eu.example.com:443", "--host", "a.localhost:8000",
    )  # fmt: skip

    assert created["alias"] == "acme"
    assert created["hosts"] == ["login.acme.example", "a.localhost:8000", "acme.eu.example.com"]
    assert created["issuer"] == "https://login.acme.example"
    assert Tenant.objects.get().name == "Acme AB"


@pytest.mark.parametrize(
    "arguments",
    [
        ["", "--name", "x"],
        ["a b", "--name", "x"],
        ["a_b", "--name", "x"],
        ["-a", "--name", "x"],
        ["a-", "--name", "x"],
        ["a.b", "--name", "x"],
        ["a\n", "--name", "x"],
        ["ä", "--name", "x"],
        ["a" * 64, "--name", "x"],
        ["../a", "--name", "x"],
        ["a", "--name", ""],
        ["a", "--name", "  "],
        ["a", "--name", "x" * 256],
        ["a", "--name", "x\ny"],
        ["a", "--name", "x\0"],
        ["a", "--name", "\u202ex"],
        ["a", "--name", "x", "--host", ""],
        ["a", "--name", "x", "--host", "https://a.example"],
        ["a", "--name", "x", "--host", "a.example/path"],
        ["a", "--name", "x", "--host", "a_b.example"],
        ["a", "--name", "x", "--host", "a..example"],
        ["a", "--name", "x", "--host", "-a.example"],
        ["a", "--name", "x", "--host", "a.example:0"],
        ["a", "--name", "x", "--host", "a.example:65536"],
        ["a", "--name", "x", "--host", "a.example:x"],
        ["a", "--name", "x", "--host", "a.example:080"],
        ["a", "--name", "x", "--host", "å.example"],
        ["a", "--name", "x", "--host", "[::1]:8000"],
        ["a", "--name", "x", "--host", "*.example"],
        ["a", "--name", "x", "--host", "user@a.example"],
        ["a", "--name", "x", "--host", f"{'a' * 64}.example"],
        ["a", "--name", "x", "--host", ".".join(["a" * 60] * 5)],
        ["a", "--name", "x", "--host", "localhost:8000"],  # the region's own
    ],
)
def test_create_tenant_refuses_what_cannot_be_one(db: None, arguments: list[str]):
    assert refused("create_tenant", *arguments)
    assert not Tenant.objects.exists()


def test_create_tenant_says_how_an_international_name_is_written(db: None):
    assert "xn--" in refused("create_tenant", "a", "--name", "x", "--host", "å.example")

    assert run("create_tenant", "a", "--name", "x", "--host", "XN--4CAB6C.example")["hosts"] == [
        "xn--4cab6c.example"
    ]


def test_create_tenant_refuses_what_another_has_and_changes_nothing(acme: Tenant):
    assert "already" in refused("create_tenant", "acme", "--name", "Again")
    assert "already" in refused(
        "create_tenant", "new", "--name", "New", "--host", "new.example", "--host", "acme.localhost:8000"
    )
    assert Tenant.objects.count() == 1
    assert Hostname.objects.count() == 1


# --- create_user ----------------------------------------------------------------------------------------------


def from_stdin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def signs_in(tenant: Tenant, email: str, password: str) -> bool:
    answer = stranger_on(tenant).post("/login", {"email": email, "password": password})
    assert answer.status_code in {303, 422}  # in, or the form again
    return answer.status_code == 303


@pytest.mark.parametrize(
    ("option", "role"), [([], "user"), (["--admin"], "administrator"), (["--auditor"], "auditor")]
)
def test_create_user_reads_the_password_from_standard_input(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch, option: list[str], role: str
):
    from_stdin(monkeypatch, f"{PASSWORD}\n and no further line")

    created = run("create_user", "acme", "Dora@Acme.Example", "--name", "Dora", "--password-stdin", *option)

    with scope(tenant=acme):
        dora = User.objects.get()
    assert created == {"id": str(dora.pk), "tenant": "acme", "email": "dora@acme.example", "role": role}
    assert (dora.name, dora.role) == ("Dora", role)
    assert signs_in(acme, "dora@acme.example", PASSWORD)


def test_create_user_gives_a_link_that_works_once(acme: Tenant):
    link = run("create_user", "acme", "dora@acme.example")["link"]
    assert link.startswith(f"{acme.issuer}/welcome/")
    path = link.removeprefix(acme.issuer)
    assert len(path.partition("?token=")[2]) > 32  # the secret is in the query, which no log keeps

    browser = stranger_on(acme)
    assert browser.get(path).status_code == 200
    chosen = {"password": PASSWORD, "password_again": PASSWORD}
    assert browser.post(path, chosen).status_code == 303
    assert stranger_on(acme).get(path).status_code == 404
    assert signs_in(acme, "dora@acme.example", PASSWORD)


@pytest.mark.parametrize(
    "arguments",
    [
        ["acme", "--password", PASSWORD],
        ["acme", f"--password={PASSWORD}"],
        ["acme", f"--password-stdin={PASSWORD}"],
        ["acme", "-p", PASSWORD],
    ],
)
def test_create_user_never_takes_a_password_as_an_argument(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
):
    from_stdin(monkeypatch, "")

    refused("create_user", arguments[0], "dora@acme.example", *arguments[1:])

    with scope(tenant=acme):
        assert not User.objects.exists()


@pytest.mark.parametrize(
    ("email", "options", "password"),
    [
        ("not an address", [], PASSWORD),
        ("", [], PASSWORD),
        ("a@b", [], PASSWORD),
        (f"{'x' * 64}@{'y' * 63}.{'y' * 63}.{'y' * 63}.example", [], PASSWORD),
        ("dora@acme.example\0", [], PASSWORD),
        ("dora@acme.example", ["--name", "x" * 256], PASSWORD),
        ("dora@acme.example", ["--name", "x\0"], PASSWORD),
        ("dora@acme.example", ["--admin", "--auditor"], PASSWORD),
        ("dora@acme.example", [], ""),
        ("dora@acme.example", [], "sh0rt"),
        ("dora@acme.example", [], "password1234"),
        ("dora@acme.example", [], "123456789012"),
        ("dora@acme.example", [], "Sommar2026!!"),
        ("dora@acme.example", [], "Acme-AB-2026"),
        ("dora@acme.example", ["--name", "Dora Andersson"], "Andersson-Dora"),
        ("dora@acme.example", [], f"{PASSWORD}\0"),
        ("dora@acme.example", [], f"{PASSWORD}\udcff"),
        ("dora@acme.example", [], PASSWORD * 300),
        ("dora@acme.example", [], "dora@acme.example"),
        ("bob@acme.example", [], PASSWORD),
        ("BOB@ACME.EXAMPLE", [], PASSWORD),
    ],
)
def test_create_user_refuses(
    acme: Tenant, bob: User, monkeypatch: pytest.MonkeyPatch, email: str, options: list[str], password: str
):
    from_stdin(monkeypatch, password)

    message = refused("create_user", "acme", email, "--password-stdin", *options)

    assert message
    if password:  # the empty one stands in every text; one that is the address is named as the address
        assert password not in message.replace(email, "")
    with scope(tenant=acme):
        assert User.objects.count() == 1


def test_an_alias_may_be_written_in_capitals_as_when_the_tenant_was_created(acme: Tenant):
    assert run("create_user", "ACME", "dora@acme.example")["tenant"] == "acme"
    assert [rotated["tenant"] for rotated in run("rotate_signing_key", "Acme")["rotated"]] == ["acme"]


def test_create_user_wants_a_tenant_that_exists(acme: Tenant):
    assert "nowhere" in refused("create_user", "nowhere", "dora@acme.example")


def test_create_user_takes_the_parts_of_a_name_and_vouches_for_the_address(acme: Tenant):
    run(
        "create_user", "acme", "dora@acme.example", "--given-name", "Dora", "--family-name", "Dahl",
        "--email-verified",
    )  # fmt: skip

    with scope(tenant=acme):
        dora = User.objects.get()
        assert Event.objects.get(action="user.created").details["email_verified"] is True
    assert (dora.name, dora.given_name, dora.family_name) == ("Dora Dahl", "Dora", "Dahl")
    assert dora.email_verified_at is not None
    assert "U+202E" in refused("create_user", "acme", "eve@acme.example", "--given-name", "\u202e")


def test_verify_email_is_for_people_who_are_here_already(acme: Tenant, bob: User):
    assert run("verify_email", "acme", "Bob@acme.example")["changed"] is True
    assert run("verify_email", "acme", "bob@acme.example")["changed"] is False
    assert "no user" in refused("verify_email", "acme", "nobody@acme.example")


# --- create_link ----------------------------------------------------------------------------------------------


def test_create_link_lets_somebody_choose_a_new_password_once(acme: Tenant, bob: User):
    theirs = signed_in_as(bob)
    made = run("create_link", "ACME", " Bob@acme.example ")
    assert (made["id"], made["tenant"], made["email"]) == (str(bob.pk), "acme", bob.email)
    path = made["link"].removeprefix(acme.issuer)
    assert signs_in(acme, bob.email, PASSWORD)  # nobody can take the old one away by asking for a link

    path = run("create_link", "acme", bob.email)["link"].removeprefix(acme.issuer)  # a sign-in ends a link
    chosen = {"password": "another long password", "password_again": "another long password"}
    assert stranger_on(acme).post(path, chosen).status_code == 303

    assert stranger_on(acme).get(path).status_code == 404
    assert theirs.get("/account/applications").status_code == 302
    assert signs_in(acme, bob.email, "another long password")
    with scope(tenant=acme):
        event = Event.objects.filter(action="user.link_created").first()
        assert (event.actor_kind, event.target_id) == ("operator", str(bob.pk))
        assert "token" not in str(list(Event.objects.values()))


@pytest.mark.spec("ASVS 5.0", "6.1.1")
def test_create_link_lets_somebody_in_with_a_new_browser_while_strangers_try(acme: Tenant, bob: User):
    with time_machine.travel(datetime(2026, 3, 2, 12, 5, tzinfo=UTC), tick=False):
        for _ in range(FAILURES_PER_ACCOUNT):
            FailedAttempts.add("account", str(acme.pk), bob.email, now=timezone.now())
        browser = stranger_on(acme)
        assert browser.post("/login", {"email": bob.email, "password": PASSWORD}).status_code == 429

        path = run("create_link", "acme", bob.email)["link"].removeprefix(acme.issuer)
        chosen = {"password": "another long password", "password_again": "another long password"}
        assert browser.post(path, chosen).status_code == 303
        browser.post("/logout")
        again = {"email": bob.email, "password": "another long password"}
        assert browser.post("/login", again).status_code == 303


@pytest.mark.parametrize(
    ("tenant", "email"),
    [
        ("acme", "nobody@acme.example"),
        ("globex", "bob@acme.example"),
        ("nowhere", "bob@acme.example"),
        ("acme", "\0"),
    ],
)
def test_create_link_refuses(acme: Tenant, globex: Tenant, bob: User, tenant: str, email: str):
    refused("create_link", tenant, email)


def test_create_link_refuses_who_may_not_sign_in(acme: Tenant, bob: User):
    User._base_manager.filter(pk=bob.pk).update(is_active=False)

    assert "may sign in" in refused("create_link", "acme", bob.email)


# --- create_client --------------------------------------------------------------------------------------------


def test_create_client_prints_a_secret_that_works(acme: Tenant):
    created = run(
        "create_client", "acme", "Nightly reload", "--type", "web", "--grant", "client_credentials", "--trusted",
        "--scope", "user_default", "--scope", "apps:read",
    )  # fmt: skip

    assert created.keys() == {"client_id", "client_secret"}
    with scope(tenant=acme):
        client = Client.objects.get()
    app = Application(client, created["client_secret"])
    response = app.token(grant_type="client_credentials")
    assert response.status_code == 200
    assert me(app, response.json()["access_token"]).json()["name"] == "Nightly reload"
    with scope(tenant=acme):
        event = Event.objects.get(action="client.created")
    assert event.actor_kind == "operator"


@pytest.mark.spec("RFC 8628", "3.4")
@pytest.mark.parametrize("grant", ["device_code", devices.GRANT])
def test_create_client_makes_one_for_devices(acme: Tenant, grant: str):
    output = io.StringIO()
    call_command(
        "create_client",
        "acme",
        "Television",
        "--type=native",
        f"--grant={grant}",
        "--scope=openid",
        stdout=output,
    )

    with scope(tenant=acme):
        client = Client.objects.get()
    assert (client.grant_types, client.redirect_uris) == ([devices.GRANT], [])
    assert devices.Device(client).codes(scope="openid").status_code == 200
    assert "trusted" not in output.getvalue()  # a person is asked


@pytest.mark.spec("OpenID Connect Core", "15.1")
@pytest.mark.parametrize(
    ("kind", "option", "algorithm"),
    [
        ("web", [], "RS256"),
        ("spa", [], "ES256"),
        ("native", [], "ES256"),
        ("web", ["--id-token-alg", "ES256"], "ES256"),
        ("native", ["--id-token-alg", "RS256"], "RS256"),
    ],
)
def test_create_client_signs_id_tokens_as_its_libraries_expect(
    acme: Tenant, bob: User, browser: Callable[[User], Browser], kind: str, option: list[str], algorithm: str
):
    created = run(
        "create_client", "acme", "App", "--type", kind, "--redirect-url", "https://app.example/cb",
        "--scope", "openid", *option,
    )  # fmt: skip

    with scope(tenant=acme):
        app = Application(Client.objects.get(), created.get("client_secret", ""))
    id_token = app.tokens(browser(bob), scope="openid")["id_token"]
    assert jwt.get_unverified_header(id_token)["alg"] == algorithm


def test_create_client_may_accept_requests_without_pkce(acme: Tenant):
    web = ["create_client", "acme", "Old", "--type", "web", "--redirect-url", "https://app.example/cb"]
    run(*web)
    run(*web, "--accept-no-pkce")

    with scope(tenant=acme):
        assert [client.accepts_no_pkce for client in Client.objects.order_by("pk")] == [False, True]
    spa = ["create_client", "acme", "App", "--type", "spa", "--redirect-url", "https://app.example/cb"]
    assert "--accept-no-pkce" in refused(*spa, "--accept-no-pkce")


def test_create_client_of_a_public_type_has_no_secret(
    acme: Tenant, bob: User, browser: Callable[[User], Browser]
):
    created = run(
        "create_client", "acme", "App", "--type", "spa", "--redirect-url", "https://spa.example/cb",
        "--redirect-url", "http://localhost:3000/cb", "--origin", "https://spa.example", "--scope", "openid",
        "--sign-out-url", "https://spa.example/", "--published",
    )  # fmt: skip

    assert created.keys() == {"client_id"}
    with scope(tenant=acme):
        client = Client.objects.get(client_id=created["client_id"])
    assert client.published_at is not None
    assert client.allowed_origins == ["https://spa.example"]
    assert Application(client).tokens(browser(bob), scope="openid")["id_token"]


def test_create_client_native_may_have_a_scheme_of_its_own(acme: Tenant):
    assert run("create_client", "acme", "App", "--type", "native", "--redirect-url", "com.example.app:/cb")


@pytest.mark.spec("RFC 8252", "8.6")
def test_create_client_takes_a_scheme_without_a_dot_when_it_is_confirmed(acme: Tenant):
    native = [
        "create_client",
        "acme",
        "Editor",
        "--type",
        "native",
        "--redirect-url",
        "cursor://a.b/callback",
    ]

    assert "--confirm-scheme cursor" in refused(*native)
    assert "--confirm-scheme cursor" in refused(*native, "--confirm-scheme", "vscode")
    assert run(*native, "--confirm-scheme", "cursor")["client_id"]
    site = ["create_client", "acme", "Site", "--type", "web", "--redirect-url", "https://app.example/cb"]
    assert "Only a native client" in refused(*site, "--confirm-scheme", "cursor")
    bad = ["create_client", "acme", "x", "--type", "native", "--redirect-url", "javascript:/x"]
    assert "cannot receive" in refused(*bad, "--confirm-scheme", "javascript")


def test_create_client_says_that_a_page_needs_an_origin(acme: Tenant):
    page = ["create_client", "acme", "Page", "--type=spa", "--redirect-url=https://spa.example:8443/cb"]
    told, quiet = io.StringIO(), io.StringIO()

    call_command(*page, stdout=told)
    call_command(*page, "--origin=https://spa.example:8443", stdout=quiet)

    assert "until it has an --origin, such as https://spa.example:8443." in told.getvalue()
    assert "--origin" not in quiet.getvalue()


WEB = ["--type", "web", "--redirect-url", "https://app.example/cb"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["nowhere", "x", *WEB],
        ["acme", "", *WEB],
        ["acme", " ", *WEB],
        ["acme", "x" * 513, *WEB],
        ["acme", "x\ny", *WEB],
        ["acme", "x\0", *WEB],
        ["acme", "\u202ex", *WEB],
        ["acme", "x", "--type", "anonymous-embed"],
        ["acme", "x", "--type", "web"],
        ["acme", "x", "--type", "spa"],
        ["acme", "x"],
        ["acme", "x", *WEB, "--grant", "password"],
        ["acme", "x", *WEB, "--scope", "unheard:of"],
        ["acme", "x", *WEB, "--scope", "openid profile"],
        ["acme", "x", *WEB, "--origin", "https://app.example"],
        [
            "acme",
            "x",
            "--type",
            "spa",
            "--redirect-url",
            "https://a.example/",
            "--origin",
            "https://a.example/path",
        ],
        [
            "acme",
            "x",
            "--type",
            "spa",
            "--redirect-url",
            "https://a.example/",
            "--grant",
            "client_credentials",
        ],
        ["acme", "x", "--type", "web", "--redirect-url", "http://app.example/cb"],
        ["acme", "x", "--type", "web", "--redirect-url", "javascript:alert(1)"],
        ["acme", "x", "--type", "web", "--redirect-url", "com.example.app:/cb"],
        ["acme", "x", *WEB, "--sign-out-url", "http://app.example"],
        [
            "acme",
            "x",
            "--type",
            "web",
            *[f"--redirect-url=https://app.example/{number}" for number in range(6)],
        ],
        ["acme", "x", "--type", "web", "--grant", "client_credentials", "--trusted", "--published"],
        ["acme", "x", *WEB, "--secret", "chosen"],
        ["acme", "x", *WEB, "--client-secret", "chosen"],
    ],
)
def test_create_client_refuses(acme: Tenant, arguments: list[str]):
    refused("create_client", *arguments)

    with scope(tenant=acme):
        assert not Client.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["", *WEB], "NAME: Give the client a name."),
        (["x", *WEB, "--scope", "unheard:of"], "--scope unheard:of: One of the scopes"),
        (["x", *WEB, "--sign-out-url", "javascript:x"], "--sign-out-url javascript:x: This kind of address"),
        (["x", *WEB, "--origin", "https://a.example"], "--origin: This client has no allowed origins"),
        (
            [
                "x",
                "--type=spa",
                "--redirect-url=https://a.example/",
                "--grant=client_credentials",
                "--trusted",
            ],
            "Only a web client can have --grant.",
        ),
        (["x", *WEB, "--grant=device_code"], "Only a native client can have --grant device_code."),
    ],
)
def test_create_client_names_the_argument(acme: Tenant, arguments: list[str], told: str):
    assert told in refused("create_client", "acme", *arguments)


def test_create_client_keeps_the_limit_of_the_tenant(acme: Tenant, settings: Any):
    settings.LIMITS = settings.LIMITS | {"clients_per_tenant": 1}
    run("create_client", "acme", "First", *WEB)

    assert "limit" in refused("create_client", "acme", "Second", *WEB).lower()


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--redirect-url", "at most 5 redirect URLs"),
        ("--sign-out-url", "at most 5 redirect URLs and as many sign-out URLs"),
        ("--origin", "at most 5 allowed origins"),
    ],
)
def test_create_client_says_which_limit_is_reached(acme: Tenant, option: str, told: str):
    spa = ["--type", "spa", "--redirect-url", "https://app.example/cb"]
    too_many = [f"{option}=https://{number}.example" for number in range(6)]

    assert told in refused("create_client", "acme", "x", *spa, *too_many)


@pytest.mark.parametrize(
    "more", [[], ["--redirect-url=https://app.example/cb"], [f"--grant={IMPERSONATION}"]]
)
def test_create_client_refuses_a_machine_that_is_not_trusted(acme: Tenant, more: list[str]):
    told = refused("create_client", "acme", "x", "--type=web", "--grant=client_credentials", *more)

    assert "Add --trusted" in told
    with scope(tenant=acme):
        assert not Client.objects.exists()


def test_create_client_says_that_impersonation_waits_for_trust(acme: Tenant):
    output = io.StringIO()
    call_command("create_client", "acme", "x", "--type=web", f"--grant={IMPERSONATION}", stdout=output)

    assert "--trusted" in output.getvalue()


SIGNS = ["--auth-method", "private_key_jwt", "--public-key-stdin"]
MACHINE = ["--type", "web", "--grant", "client_credentials", "--trusted", "--scope", "user_default"]


def jwk_of(key: ec.EllipticCurvePrivateKey, **changes: Any) -> str:
    public = jwt.get_algorithm_by_name("ES256").to_jwk(key.public_key(), as_dict=True)
    return json.dumps(public | {"kid": "one", "alg": "ES256", "use": "sig"} | changes, indent=2)


@pytest.mark.spec("RFC 7523", "3")
@pytest.mark.parametrize("as_set", [False, True])
def test_create_client_may_authenticate_with_a_key(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch, as_set: bool
):
    key = ec.generate_private_key(ec.SECP256R1())
    sent = f'{{"keys": [{jwk_of(key)}]}}' if as_set else jwk_of(key)
    monkeypatch.setattr("sys.stdin", io.StringIO(sent))

    created = run("create_client", "acme", "Signs", *MACHINE, *SIGNS)

    assert created.keys() == {"client_id"}
    with scope(tenant=acme):
        app = Application(Client.objects.get())
    now = int(datetime.now(UTC).timestamp())
    claims = {"iss": app.client_id, "sub": app.client_id, "aud": acme.issuer, "jti": "1", "exp": now + 60}
    answered = app.token(
        grant_type="client_credentials",
        client_id=None,
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion=jwt.encode(claims, key, "ES256", headers={"kid": "one"}),
    )
    assert answered.status_code == 200, answered.content


def test_create_client_may_have_both_a_key_and_a_secret(acme: Tenant, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(jwk_of(ec.generate_private_key(ec.SECP256R1()))))

    created = run("create_client", "acme", "Both", *MACHINE, *SIGNS, "--auth-method", "client_secret_basic")

    with scope(tenant=acme):
        app = Application(Client.objects.get(), created["client_secret"])
    assert app.token(grant_type="client_credentials").status_code == 200


@pytest.mark.parametrize("method", ["client_secret", "client_secret_basic", "client_secret_post"])
def test_create_client_with_a_secret_by_name(acme: Tenant, method: str):
    assert run("create_client", "acme", "x", *WEB, "--auth-method", method)["client_secret"]


@pytest.mark.parametrize(
    ("options", "sent", "told"),
    [
        ([*WEB, *SIGNS], "", "No public key"),
        ([*WEB, *SIGNS], "-----BEGIN PUBLIC KEY-----", "not JSON"),
        ([*WEB, *SIGNS], '{"kty": "EC", "d": "geheim"}', "private key"),
        ([*WEB, *SIGNS], '{"kty": "oct", "alg": "HS256"}', "key type"),
        ([*WEB, *SIGNS], '{"keys": []}', "one key"),
        ([*WEB, *SIGNS], "[" * 9000, "too long"),
        ([*WEB, "--auth-method", "private_key_jwt"], "{}", "--public-key-stdin"),
        ([*WEB, "--public-key-stdin"], "{}", "private_key_jwt"),
        (["--type", "spa", "--redirect-url", "https://a.example/", *SIGNS], "{}", "Only a web client"),
        ([*WEB, "--auth-method", "none"], "{}", "invalid choice"),
    ],
)
def test_create_client_refuses_a_key_as_the_form_does(
    acme: Tenant, monkeypatch: pytest.MonkeyPatch, options: list[str], sent: str, told: str
):
    monkeypatch.setattr("sys.stdin", io.StringIO(sent))

    refusal = refused("create_client", "acme", "x", *options)

    assert told in refusal
    assert "geheim" not in refusal
    with scope(tenant=acme):
        assert not Client.objects.exists()


# --- rotate_signing_key (what it does to tokens is in tests/oauth/test_key_rotation.py) ------------------------


def test_rotate_signing_key_wants_a_tenant_that_exists(acme: Tenant):
    assert "nowhere" in refused("rotate_signing_key", "nowhere")
    with scope(tenant=acme):
        assert SigningKey.objects.count() == 2


def test_rotate_signing_key_of_nobody_is_nothing(db: None):
    assert run("rotate_signing_key") == {"rotated": []}


# --- As an operator runs them ---------------------------------------------------------------------------------


@pytest.mark.sqlite
def test_a_deployment_is_set_up_from_the_command_line(tmp_path: Path):
    """One JSON document on standard output, errors on standard error, an exit status that a script can read."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QLIKAUTH_")}
    environment |= {"QLIKAUTH_VAR": str(tmp_path), "QLIKAUTH_REGION_HOST": "eu.example.com"}
    for name in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE"):
        environment.pop(name, None)

    def manage(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=environment, input=stdin, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert manage("migrate", "--verbosity=0").returncode == 0
    tenant = manage("create_tenant", "acme", "--name", "Acme AB", "--json")
    assert (tenant.returncode, tenant.stderr) == (0, "")
    assert json.loads(tenant.stdout)["issuer"] == "https://acme.eu.example.com"

    person = manage("create_user", "acme", "a@acme.example", "--password-stdin", "--json", stdin=PASSWORD)
    assert (person.returncode, json.loads(person.stdout)["email"]) == (0, "a@acme.example")
    assert PASSWORD not in person.stdout + person.stderr

    for wrong in (
        ["create_tenant", "acme", "--name", "Again"],
        ["create_client", "acme", "x", "--type", "nonsense"],
    ):
        failed = manage(*wrong, "--json")
        assert failed.returncode != 0
        assert failed.stdout == ""
        assert failed.stderr
        assert "Traceback" not in failed.stderr
