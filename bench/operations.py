"""What is measured. An operation is a generator: it yields requests, gets their answers, and checks every one.

The same operations run over sockets (load.py) and inside the process (in_process.py), against qlikauth, a peer and
stock django-oauth-toolkit.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from html import unescape
from itertools import count
from urllib.parse import parse_qsl, urlencode

from .exchange import Answer, Ask, basic

Script = Generator[Ask, Answer, None]
Operation = Callable[["Target"], Script]

VERIFIER = "bench-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
REDIRECT_URI = "https://application.example/callback"
API_SCOPE = "read"
_numbers = count(1)


@dataclass(frozen=True)
class Client:
    """A registered client and its secret."""

    client_id: str
    secret: str


@dataclass
class Target:
    """A server under test: where it is, where its endpoints are, and who may ask."""

    name: str
    port: int
    host: str
    issuer: str
    machine: Client
    application: Client
    machine_scope: str
    person_scope: str
    wrong_secret: str = ""
    api: str = ""  # the identifier of an API that `machine_of_api` has scopes of; not every server has such
    machine_of_api: Client | None = None
    token_path: str = "/oauth/token"
    authorize_path: str = "/oauth/authorize"
    introspect_path: str = "/oauth/introspect"
    metadata_path: str = "/.well-known/openid-configuration"
    jwks_path: str = "/.well-known/jwks.json"
    cookies: dict[str, str] = field(default_factory=dict)
    asks: dict[str, Ask] = field(default_factory=dict)  # the requests that are always the same
    bodies: dict[str, bytes] = field(default_factory=dict)  # the answers that are

    @property
    def cookie(self) -> tuple[str, str]:
        return "Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def take_cookies(self, answer: Answer) -> None:
        for line in answer.headers("set-cookie"):
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value


# --- What comes before measuring --------------------------------------------------------------------------------------


def sign_in(target: Target, path: str, names: dict[str, str], csrf: str) -> Script:
    """Signs in through the login form. `csrf` is the name of the cookie, which the first answer sets."""
    page = yield Ask.get(target.host, path)
    page.must(page.status == 200)
    target.take_cookies(page)
    form = {**names, "csrfmiddlewaretoken": _hidden(page, "csrfmiddlewaretoken")}
    answer = yield Ask.post(target.host, path, form, [target.cookie])
    answer.must(answer.status in {302, 303})
    target.take_cookies(answer)
    target.cookies.pop(csrf, None)


def consent(target: Target) -> Script:
    """Answers the consent page once; from then on the person is not asked."""
    path = authorization_path(target, "first")
    page = yield Ask.get(target.host, path, [target.cookie])
    page.must(page.status == 200)
    target.take_cookies(page)
    form = {name: _hidden(page, name) for name in ("csrfmiddlewaretoken", "shown")} | {"decision": "allow"}
    answer = yield Ask.post(target.host, path, form, [target.cookie])
    answer.must(answer.status in {302, 303} and answer.header("location").startswith(REDIRECT_URI))
    target.cookies.pop("csrf", None)


def keep_constants(target: Target) -> Script:
    """Makes the requests that are always the same, and the answers that must be."""
    own = basic(target.machine.client_id, target.machine.secret)
    form = {"grant_type": "client_credentials", "scope": target.machine_scope}
    target.asks["token"] = Ask.post(target.host, target.token_path, form, [own])
    if target.machine_of_api is not None:
        machine = target.machine_of_api
        of_api = {"grant_type": "client_credentials", "scope": API_SCOPE, "resource": target.api}
        who = [basic(machine.client_id, machine.secret)]
        target.asks["token for an API"] = Ask.post(target.host, target.token_path, of_api, who)
    wrong = basic(target.machine.client_id, target.wrong_secret)
    target.asks["wrong secret"] = Ask.post(target.host, target.token_path, form, [wrong])
    answer = yield target.asks["token"]
    access_token = answer.json()["access_token"]
    target.asks["introspect"] = Ask.post(target.host, target.introspect_path, {"token": access_token}, [own])
    target.asks["users me"] = Ask.get(
        target.host, "/api/v1/users/me", [("Authorization", f"Bearer {access_token}")]
    )
    for name, path in (("metadata", target.metadata_path), ("jwks", target.jwks_path)):
        target.asks[name] = Ask.get(target.host, path)
        answer = yield target.asks[name]
        answer.json()
        target.bodies[name] = answer.body
    assert json.loads(target.bodies["metadata"])["issuer"] == target.issuer


def _hidden(page: Answer, name: str) -> str:
    text = page.body.decode()
    _, found, rest = text.partition(f'name="{name}" value="')
    page.must(bool(found))
    return unescape(rest.partition('"')[0])


# --- What is measured -------------------------------------------------------------------------------------------------


def token(target: Target) -> Script:
    """A machine gets an access token with its secret (RFC 6749 §4.4)."""
    answer = yield target.asks["token"]
    granted = answer.json()
    answer.must(
        granted["token_type"] == "Bearer"
        and granted["scope"] == target.machine_scope
        and len(granted["access_token"]) >= 30
    )


def token_for_api(target: Target) -> Script:
    """The same for an API of the tenant's own (RFC 8707)."""
    answer = yield target.asks["token for an API"]
    granted = answer.json()
    claims = _claims(granted["access_token"])
    answer.must(granted["scope"] == API_SCOPE and claims["aud"] == target.api)


def flow(target: Target) -> Script:
    """A signed-in person's browser is sent to authorize, the code is exchanged, the refresh token is used."""
    number = str(next(_numbers))
    redirected = yield Ask.get(target.host, authorization_path(target, number), [target.cookie])
    redirected.must(redirected.status in {302, 303})
    where, _, query = redirected.header("location").partition("?")
    answer = dict(parse_qsl(query))
    redirected.must(where == REDIRECT_URI and answer.get("state") == number and "code" in answer)
    own = basic(target.application.client_id, target.application.secret)
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
    }
    exchanged = yield Ask.post(target.host, target.token_path, form, [own])
    tokens = exchanged.json()
    claims = _claims(tokens["id_token"])
    exchanged.must(claims["iss"] == target.issuer and claims["nonce"] == f"nonce-{number}")
    exchanged.must(claims["aud"] == target.application.client_id)
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    refreshed = yield Ask.post(target.host, target.token_path, form, [own])
    new = refreshed.json()
    refreshed.must(
        new["refresh_token"] != tokens["refresh_token"] and new["access_token"] != tokens["access_token"]
    )


def introspect(target: Target) -> Script:
    """A client asks about its own access token (RFC 7662)."""
    answer = yield target.asks["introspect"]
    about = answer.json()
    answer.must(about["active"] is True and about["client_id"] == target.machine.client_id)


def metadata(target: Target) -> Script:
    """OpenID Connect Discovery."""
    answer = yield target.asks["metadata"]
    answer.must(answer.status == 200 and answer.body == target.bodies["metadata"])


def jwks(target: Target) -> Script:
    """The public keys."""
    answer = yield target.asks["jwks"]
    answer.must(answer.status == 200 and answer.body == target.bodies["jwks"])


def users_me(target: Target) -> Script:
    """The REST API, with a machine's access token."""
    answer = yield target.asks["users me"]
    answer.must(answer.json()["clientId"] == target.machine.client_id)


def wrong_secret(target: Target) -> Script:
    """A token request that is refused, and written to the audit log."""
    answer = yield target.asks["wrong secret"]
    answer.must(answer.json(401)["error"] == "invalid_client")


def page(target: Target) -> Script:
    """The sign-in page, for a stranger."""
    answer = yield Ask.get(target.host, "/login")
    answer.must(answer.status == 200 and answer.body.rstrip().endswith(b"</html>"))


OPERATIONS: dict[str, Operation] = {
    "token": token,
    "token for an API": token_for_api,
    "whole flow": flow,
    "introspect": introspect,
    "metadata": metadata,
    "jwks": jwks,
    "users me": users_me,
    "wrong secret": wrong_secret,
}


def authorization_path(target: Target, number: str) -> str:
    query = {
        "response_type": "code",
        "client_id": target.application.client_id,
        "redirect_uri": REDIRECT_URI,
        "scope": target.person_scope,
        "state": number,
        "nonce": f"nonce-{number}",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return f"{target.authorize_path}?{urlencode(query)}"


def _claims(token: str) -> dict[str, object]:
    payload = token.split(".")[1]
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims
