"""private_key_jwt (RFC 7523 §2.2, §3; OpenID Connect Core §9): signed by the client, for us, short-lived, used once."""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import call_command
from django_scopes import scope
from pytest_django import Settings
from time_machine import TimeMachineFixture

from console.models import Actor, Client, Event, Tenant
from console.policy import public_keys
from tests import cast
from tests.oauth.driver import Application
from tests.oauth.outcomes import assert_refused
from tests.oauth.signed import segment, sign

pytestmark = [pytest.mark.django_db, pytest.mark.spec("RFC 7523", "3")]
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

MAKE: dict[str, Callable[[], Any]] = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "RS512": lambda: rsa.generate_private_key(65537, 2048),
    "PS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


class Machine:
    """A client with a key of its own."""

    def __init__(
        self, tenant: Tenant, register: Callable[..., tuple[Client, str]], algorithm: str, **fields: Any
    ):
        self.algorithm = algorithm
        self.key = MAKE[algorithm]()
        jwk = jwt.get_algorithm_by_name(algorithm).to_jwk(self.key.public_key(), as_dict=True)
        self.kid = "key-1"
        public = public_keys.check(
            {name: value for name, value in jwk.items() if name != "key_ops"}
            | {"kid": self.kid, "alg": algorithm, "use": "sig"}
        )
        usual = {
            "name": "Signing machine",
            "auth_methods": ["private_key_jwt"],
            "public_keys": [public],
            "grant_types": ["client_credentials"],
            "consent_method": "trusted",
            "allowed_scopes": ["user_default"],
            "redirect_uris": [],
        }
        self.client, self.secret = register(tenant, **usual | fields)
        self.app = Application(self.client)
        self.token_endpoint = f"{tenant.issuer}/oauth/token"

    def header(self, **changes: Any) -> dict[str, Any]:
        return without_none({"alg": self.algorithm, "kid": self.kid, "typ": "JWT"} | changes)

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        return without_none(
            {
                "iss": self.client.client_id,
                "sub": self.client.client_id,
                "aud": self.token_endpoint,
                "jti": uuid4().hex,
                "iat": now,
                "exp": now + 60,
            }
            | changes
        )

    def assertion(self, header: Any = None, **claims: Any) -> str:
        return sign(self.header(**(header or {})), self.claims(**claims), self.algorithm, self.key)

    def ask(self, assertion: str, **changes: Any) -> Any:
        sent = {
            "grant_type": "client_credentials",
            "client_assertion_type": TYPE,
            "client_assertion": assertion,
            "client_id": None,
        }
        return self.app.token(**sent | changes)


def without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


@pytest.fixture
def machine(acme: Tenant, register: Callable[..., Any]) -> Machine:
    return Machine(acme, register, "ES256")


def assert_unauthenticated(response: Any) -> None:
    assert_refused(response, "invalid_client", 401)


# --- What works -----------------------------------------------------------------------------------------------


@pytest.mark.spec("RFC 7523", "3")
@pytest.mark.parametrize("algorithm", MAKE)
def test_it_takes_every_algorithm_that_may_be_registered(
    acme: Tenant, register: Callable[..., Any], algorithm: str
):
    machine = Machine(acme, register, algorithm)

    assert machine.ask(machine.assertion()).status_code == 200
    assert machine.ask(machine.assertion(), client_id=machine.client.client_id).status_code == 200
    assert machine.secret == ""


@pytest.mark.spec("RFC 7523", "3")
def test_it_is_for_the_issuer_or_the_token_endpoint(machine: Machine, acme: Tenant):
    assert machine.ask(machine.assertion(aud=acme.issuer)).status_code == 200
    assert machine.ask(machine.assertion(aud=acme.issuer + "/oauth/token")).status_code == 200


@pytest.mark.spec("RFC 7519", "4.1.3")
def test_it_may_be_for_a_list_of_nothing_but_our_addresses(machine: Machine, acme: Tenant):
    """pyoidc and openid-client before version 6 send a list."""
    for audience in ([acme.issuer], [machine.token_endpoint], [acme.issuer, machine.token_endpoint]):
        assert machine.ask(machine.assertion(aud=audience)).status_code == 200


@pytest.mark.spec("RFC 7515", "4.1.4")
def test_it_needs_no_kid_where_one_key_fits(machine: Machine, acme: Tenant, register: Callable[..., Any]):
    assert machine.ask(machine.assertion({"kid": None})).status_code == 200

    other, third = Machine(acme, register, "EdDSA"), Machine(acme, register, "ES256")
    keys = machine.client.public_keys
    with_others = [*keys, other.client.public_keys[0] | {"kid": "key-2"}]
    Client._base_manager.filter(pk=machine.client.pk).update(public_keys=with_others)
    assert machine.ask(machine.assertion({"kid": None})).status_code == 200  # one for each alg

    with_others += [third.client.public_keys[0] | {"kid": "key-3"}]
    Client._base_manager.filter(pk=machine.client.pk).update(public_keys=with_others)
    refused = machine.ask(machine.assertion({"kid": None}))
    assert "exactly one key" in assert_refused(refused, "invalid_client", 401)["error_description"]
    assert machine.ask(machine.assertion()).status_code == 200


@pytest.mark.spec("RFC 6749", "5.2")
@pytest.mark.parametrize(
    ("claims", "rule", "reason"),
    [
        ({"exp": 4_000_000_000}, "at most 600 seconds", "assertion_too_long_lived"),
        ({"exp": 1_000_000_000}, "has expired", "assertion_expired"),
        ({"exp": "soon"}, "Client authentication failed.", "assertion_refused"),
        ({"aud": ["https://evil.example"]}, "aud of the assertion", "assertion_for_another_audience"),
        ({"iss": "somebody else"}, "iss of the assertion", "assertion_of_another_issuer"),
        ({"jti": None}, "needs iss, sub, aud, exp and jti", "assertion_claim_missing"),
        ({"jti": "x" * 256}, "jti of the assertion", "assertion_without_jti"),
        ({"nbf": 4_000_000_000}, "not valid yet", "assertion_not_yet_valid"),
    ],
)
def test_its_author_reads_which_rule_it_breaks(
    machine: Machine, acme: Tenant, claims: dict[str, Any], rule: str, reason: str
):
    refused = machine.ask(machine.assertion(**claims))

    assert rule in assert_refused(refused, "invalid_client", 401)["error_description"]
    assert why(acme)["reason"] == reason


def test_what_the_library_alone_knows_of_a_refused_assertion_is_in_the_audit_log(
    machine: Machine, acme: Tenant
):
    machine.ask(machine.assertion(exp="soon"))

    assert why(acme)["exception"] == "DecodeError"


def test_who_has_not_signed_learns_nothing(machine: Machine, acme: Tenant):
    wrong = cut(machine.assertion(exp=1_000_000_000), 2, segment(b"0" * 64))

    refused = assert_refused(machine.ask(wrong), "invalid_client", 401)
    assert refused["error_description"] == "Client authentication failed."
    assert why(acme)["reason"] == "assertion_signature_wrong"


def why(tenant: Tenant) -> dict[str, Any]:
    """What the audit log holds of the one refused request."""
    with scope(tenant=tenant):
        details: dict[str, Any] = Event.objects.get(action="tokens.refused").details
    return details


@pytest.mark.spec("RFC 7523", "3")
def test_how_long_it_may_live_is_a_setting(machine: Machine, settings: Settings):
    now = int(time.time())
    assert machine.ask(machine.assertion(exp=now + 600)).status_code == 200
    assert_unauthenticated(machine.ask(machine.assertion(exp=now + 3600)))

    settings.ASSERTION_SECONDS = 3600
    assert machine.ask(machine.assertion(exp=now + 3600)).status_code == 200


@pytest.mark.spec("RFC 7523", "3")
def test_it_needs_no_iat_and_allows_for_a_clock_that_is_a_little_off(machine: Machine):
    now = int(time.time())

    assert machine.ask(machine.assertion(iat=None)).status_code == 200
    assert machine.ask(machine.assertion(iat=now + 20, exp=now + 320)).status_code == 200
    assert machine.ask(machine.assertion(exp=now - 20)).status_code == 200


def test_every_endpoint_takes_it(machine: Machine):
    token = machine.ask(machine.assertion()).json()["access_token"]

    def sent() -> dict[str, Any]:
        return {"client_assertion_type": TYPE, "client_assertion": machine.assertion(), "client_id": None}

    assert machine.app.introspect(token, **sent()).json()["active"] is True
    assert machine.app.revoke(token, **sent()).status_code == 200
    assert machine.app.introspect(token, **sent()).json() == {"active": False}


def test_a_client_may_have_a_secret_and_several_keys(acme: Tenant, register: Callable[..., Any]):
    machine = Machine(acme, register, "ES256", auth_methods=["client_secret", "private_key_jwt"])
    newer = Machine(acme, register, "EdDSA", name="Lends its key")
    newer_public = newer.client.public_keys[0] | {"kid": "key-2"}
    with scope(tenant=acme):
        machine.client.edit(by=Actor.operator(), public_keys=[*machine.client.public_keys, newer_public])

    assert machine.ask(machine.assertion()).status_code == 200
    second = sign({"alg": "EdDSA", "kid": "key-2"}, machine.claims(), "EdDSA", newer.key)
    assert machine.ask(second).status_code == 200
    by_secret = Application(machine.client, machine.secret)
    assert by_secret.token(grant_type="client_credentials").status_code == 200


# --- CA-01 ----------------------------------------------------------------------------------------------------


YEAR = 365 * 24 * 3600


def now_and(seconds: int) -> int:
    return int(time.time()) + seconds


WRONG_CLAIMS: dict[str, Callable[[Machine], dict[str, Any]]] = {
    "exp past": lambda m: {"exp": now_and(-60)},
    "exp missing": lambda m: {"exp": None},
    "exp too far": lambda m: {"exp": now_and(700)},
    "exp in a year": lambda m: {"exp": now_and(YEAR)},
    "exp text": lambda m: {"exp": str(now_and(60))},
    "exp infinite": lambda m: {"exp": float("inf")},
    "exp not a number": lambda m: {"exp": float("nan")},
    "exp true": lambda m: {"exp": True},
    "exp huge": lambda m: {"exp": 10**400},
    "exp list": lambda m: {"exp": [now_and(60)]},
    "iat a year old": lambda m: {"iat": now_and(-YEAR)},
    "iat twelve minutes old": lambda m: {"iat": now_and(-700)},
    "iat in the future": lambda m: {"iat": now_and(120)},
    "iat text": lambda m: {"iat": str(now_and(0))},
    "iat list": lambda m: {"iat": []},
    "nbf in the future": lambda m: {"nbf": now_and(120)},
    "nbf infinite": lambda m: {"nbf": float("inf")},
    "aud missing": lambda m: {"aud": None},
    "aud empty list": lambda m: {"aud": []},
    "aud list in a list": lambda m: {"aud": [[m.token_endpoint]]},
    "aud list of ours and a number": lambda m: {"aud": [m.token_endpoint, 1]},
    "aud list of ours and another tenant": lambda m: {
        "aud": [m.token_endpoint, m.token_endpoint.replace("acme", "globex")]
    },
    "aud list of ours and another": lambda m: {"aud": [m.token_endpoint, "https://evil.example"]},
    "aud other endpoint": lambda m: {"aud": m.token_endpoint.replace("/token", "/introspect")},
    "aud with slash": lambda m: {"aud": m.token_endpoint + "/"},
    "aud other scheme": lambda m: {"aud": m.token_endpoint.replace("http:", "https:")},
    "aud other tenant": lambda m: {"aud": m.token_endpoint.replace("acme", "globex")},
    "aud other server": lambda m: {"aud": "https://evil.example/oauth/token"},
    "aud object": lambda m: {"aud": {}},
    "iss missing": lambda m: {"iss": None},
    "iss other": lambda m: {"iss": "https://evil.example"},
    "iss list": lambda m: {"iss": [m.client.client_id]},
    "sub missing": lambda m: {"sub": None},
    "sub unknown": lambda m: {"sub": "unknown"},
    "sub list": lambda m: {"sub": [m.client.client_id]},
    "sub number": lambda m: {"sub": 1},
    "sub NUL": lambda m: {"sub": "\0"},
    "sub lone surrogate": lambda m: {"sub": "\ud800"},
    "sub and iss long": lambda m: {"sub": "x" * 20_000, "iss": "x" * 20_000},
    "jti missing": lambda m: {"jti": None},
    "jti empty": lambda m: {"jti": ""},
    "jti number": lambda m: {"jti": 1},
    "jti list": lambda m: {"jti": ["x"]},
    "jti long": lambda m: {"jti": "x" * 256},
    "jti lone surrogate": lambda m: {"jti": "\ud800"},
    "jti NUL": lambda m: {"jti": "\0"},
}


@pytest.mark.spec("RFC 7523", "3")
@pytest.mark.parametrize("way", WRONG_CLAIMS)
def test_ca01_it_refuses_wrong_claims(machine: Machine, way: str):
    assert_unauthenticated(machine.ask(machine.assertion(**WRONG_CLAIMS[way](machine))))


def public_pem(machine: Machine) -> bytes:
    pem: bytes = machine.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem


def by_hmac(machine: Machine, algorithm: str, key: bytes, **header: Any) -> str:
    import hashlib
    import hmac

    signing_input = f"{segment(machine.header(alg=algorithm, **header))}.{segment(machine.claims())}"
    return f"{signing_input}.{segment(hmac.digest(key, signing_input.encode(), hashlib.sha256))}"


def with_own_key(machine: Machine, **header: Any) -> str:
    """Signed by an attacker, who names the key in the header."""
    key = ec.generate_private_key(ec.SECP256R1())
    jwk = jwt.get_algorithm_by_name("ES256").to_jwk(key.public_key(), as_dict=True)
    return sign(machine.header(jwk=jwk, **header), machine.claims(), "ES256", key)


def cut(token: str, part: int, value: str) -> str:
    parts = token.split(".")
    parts[part] = value
    return ".".join(parts)


WRONG_TOKENS: dict[str, Callable[[Machine], str]] = {
    "alg none": lambda m: sign(m.header(alg="none"), m.claims(), "none", None),
    "alg none, kept signature": lambda m: cut(m.assertion(), 0, segment(m.header(alg="none"))),
    "alg None": lambda m: sign(m.header(alg="None"), m.claims(), "none", None),
    "alg missing": lambda m: sign(m.header(alg=None), m.claims(), "ES256", m.key),
    "alg list": lambda m: sign(m.header(alg=["ES256"]), m.claims(), "ES256", m.key),
    "HS256 with the public key": lambda m: by_hmac(m, "HS256", public_pem(m)),
    "HS256 with the public key, stripped": lambda m: by_hmac(m, "HS256", public_pem(m).strip()),
    "HS256 under the name of ES256": lambda m: by_hmac(m, "ES256", public_pem(m)),
    "HS256 with the kid": lambda m: by_hmac(m, "HS256", m.kid.encode()),
    "other key": lambda m: sign(m.header(), m.claims(), "ES256", ec.generate_private_key(ec.SECP256R1())),
    "own key in the header": with_own_key,
    "own key by address": lambda m: with_own_key(m, jku="https://evil.example/jwks", x5u="https://evil.example/"),
    "kid unknown": lambda m: m.assertion({"kid": "unknown"}),
    "kid missing and another alg": lambda m: m.assertion({"kid": None, "alg": "ES384"}),
    "kid number": lambda m: m.assertion({"kid": 1}),
    "kid path": lambda m: m.assertion({"kid": "../../etc/passwd"}),
    "crit": lambda m: m.assertion({"crit": ["exp"]}),
    "not encoded": lambda m: m.assertion({"b64": False, "crit": ["b64"]}),
    "no signature": lambda m: m.assertion().rpartition(".")[0] + ".",
    "signature of another": lambda m: cut(m.assertion(), 2, m.assertion().split(".")[2]),
    "claims of another": lambda m: cut(m.assertion(), 1, m.assertion().split(".")[1]),
    "zero signature": lambda m: cut(m.assertion(), 2, segment(b"\0" * 64)),
    "five parts": lambda m: "a.b.c.d.e",
    "one part": lambda m: "x",
    "dots": lambda m: "..",
    "not base64": lambda m: "!.!.!",
    "not ASCII": lambda m: "ä.ä.ä",
    "claims are a list": lambda m: sign(m.header(), [], "ES256", m.key),
    "claims are a number": lambda m: sign(m.header(), 1, "ES256", m.key),
    "claims are bytes": lambda m: cut(m.assertion(), 1, segment(b"\xff\xfe")),
    "header is a list": lambda m: cut(m.assertion(), 0, segment([])),
    "deep claims": lambda m: cut(m.assertion(), 1, segment(b'{"a":' * 4000 + b"1" + b"}" * 4000)),
    "deep header": lambda m: cut(m.assertion(), 0, segment(b'{"a":' * 4000 + b"1" + b"}" * 4000)),
    "a huge number": lambda m: cut(m.assertion(), 1, segment(b'{"exp": ' + b"1" * 5000 + b"}")),
    "50 kB": lambda m: m.assertion(padding="x" * 36_000)[:-2],
}  # fmt: skip


@pytest.mark.spec("RFC 8725", "3")
@pytest.mark.parametrize("way", WRONG_TOKENS)
def test_ca01_it_refuses_what_the_client_has_not_signed(machine: Machine, way: str):
    assert_unauthenticated(machine.ask(WRONG_TOKENS[way](machine)))


@pytest.mark.parametrize("confused", ["RS256", "RS512", "PS256"])
def test_ca01_a_key_signs_with_the_algorithm_it_was_registered_for(
    acme: Tenant, register: Callable[..., Any], confused: str
):
    machine = Machine(acme, register, "RS256")
    token = sign(machine.header(alg=confused), machine.claims(), confused, machine.key)

    assert machine.ask(token).status_code == (200 if confused == "RS256" else 401)
    assert_unauthenticated(machine.ask(by_hmac(machine, "HS256", public_pem(machine))))


def test_ca01_it_refuses_the_key_of_another_client(
    machine: Machine, acme: Tenant, register: Callable[..., Any]
):
    other = Machine(acme, register, "ES256", name="Other")

    assert_unauthenticated(machine.ask(sign(machine.header(), machine.claims(), "ES256", other.key)))
    assert_unauthenticated(other.ask(machine.assertion(), client_id=other.client.client_id))


@pytest.mark.spec("RFC 7523", "3")
def test_ca01_it_takes_an_assertion_once(machine: Machine):
    """fosite CVE-2020-15222"""
    assertion = machine.assertion()
    assert machine.ask(assertion).status_code == 200

    for _ in range(2):
        assert_unauthenticated(machine.ask(assertion))
    sent = {"client_assertion_type": TYPE, "client_assertion": assertion, "client_id": None}
    assert_unauthenticated(machine.app.introspect("x", **sent))
    assert_unauthenticated(machine.app.revoke("x", **sent))


@pytest.mark.spec("RFC 7523", "3")
def test_ca01_another_assertion_with_the_same_jti_is_a_replay_too(
    machine: Machine, acme: Tenant, register: Callable[..., Any]
):
    assert machine.ask(machine.assertion(jti="one")).status_code == 200
    assert_unauthenticated(machine.ask(machine.assertion(jti="one", exp=now_and(120))))

    other = Machine(acme, register, "ES256", name="Other")
    assert other.ask(other.assertion(jti="one")).status_code == 200


def test_ca01_cleaning_up_does_not_let_a_replay_through(machine: Machine, time_machine: TimeMachineFixture):
    start = int(time.time()) + 1
    time_machine.move_to(start, tick=False)
    assertion = machine.assertion(exp=start + 300)
    assert machine.ask(assertion).status_code == 200

    for later in (299, 301, 329, 331, 400):  # past its end, within and past the clocks' difference
        time_machine.move_to(start + later, tick=False)
        call_command("expire", "--json")
        assert_unauthenticated(machine.ask(assertion))


@pytest.mark.parametrize(
    "changes",
    [
        {"client_assertion_type": None},
        {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
        {"client_assertion_type": "jwt-bearer"},
        {"client_id": "unknown"},
    ],
)
def test_ca01_it_refuses_an_assertion_of_another_type_or_name(machine: Machine, changes: dict[str, Any]):
    assert_unauthenticated(machine.ask(machine.assertion(), **changes))


def test_a_wrong_assertion_never_falls_back(machine: Machine, spa_client: tuple[Client, str]):
    assert_unauthenticated(machine.ask("x", client_id=spa_client[0].client_id))
    assert_unauthenticated(machine.app.token(grant_type="client_credentials", client_assertion_type=TYPE))


def test_a_client_registered_for_secrets_cannot_use_a_key(acme: Tenant, register: Callable[..., Any]):
    machine = Machine(acme, register, "ES256")
    cast.registered_earlier(machine.client, auth_methods=["client_secret"])

    assert_unauthenticated(machine.ask(machine.assertion()))


def test_a_client_registered_for_keys_cannot_use_a_secret(acme: Tenant, register: Callable[..., Any]):
    machine = Machine(acme, register, "ES256", auth_methods=["client_secret", "private_key_jwt"])
    with scope(tenant=acme):
        machine.client.edit(by=Actor.operator(), auth_methods=["private_key_jwt"])

    by_secret = Application(machine.client, machine.secret)
    assert_unauthenticated(by_secret.token(grant_type="client_credentials"))
    assert machine.ask(machine.assertion()).status_code == 200


def test_a_key_that_was_taken_away_or_a_disabled_client_is_refused(machine: Machine, acme: Tenant):
    with scope(tenant=acme):
        machine.client.disable(by=Actor.operator())
    assert_unauthenticated(machine.ask(machine.assertion()))

    with scope(tenant=acme):
        machine.client.enable(by=Actor.operator())
        other = machine.client.public_keys[0] | {"kid": "another"}
        machine.client.edit(by=Actor.operator(), public_keys=[other])
    assert_unauthenticated(machine.ask(machine.assertion()))
