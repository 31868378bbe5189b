"""What a Client ID Metadata Document may say, and which client it describes (Q9, RFC 7591 §2 and
draft-ietf-oauth-client-id-metadata-document).

The client ID is the URL of the document. Whoever owns the URL is the publisher: nothing else about it is proven.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from . import (
    client_types,
    homepages,
    public_addresses,
    public_keys,
    redirect_uris,
    registration_rules,
    scopes,
    text,
)
from .client_types import AuthMethod, ClientType, GrantType
from .registration import Registration
from .registration_problems import Problem
from .registration_rules import ApiScopes, Limits
from .translation import gettext_noop

MAX_CLIENT_ID = 255  # characters, as many as the column holds
SCHEMES = ("https://", "http://")
HOST = re.compile(r"https?://([a-z0-9.:-]{1,260})/")
LINKS = ("client_uri", "policy_uri", "tos_uri", "logo_uri")
# What a document gets that names no scope: who signs in, and what any account may do.
USUAL_SCOPES = scopes.ADVERTISED
OF_APIS = ApiScopes(known=frozenset({scopes.ANY_API}))
# How long a document is not read again: as its host says, within these bounds (RFC 9111 §5).
FRESH_AT_LEAST, FRESH_USUALLY, FRESH_AT_MOST = timedelta(minutes=5), timedelta(hours=1), timedelta(hours=24)
STALE_AT_MOST = timedelta(hours=24)  # a document that cannot be read again still counts
TRIED_AGAIN_AFTER = timedelta(minutes=5)
INFERRED_ALGORITHMS = {"P-256": "ES256", "P-384": "ES384", "Ed25519": "EdDSA"}
# Members of a registration, and what they are called in a document.
MEMBERS = {
    "name": "client_name",
    "homepage_url": "client_uri",
    "allowed_scopes": "scope",
    "allowed_origins": "redirect_uris",
    "public_keys": "jwks",
    "auth_methods": "token_endpoint_auth_method",
    "algorithm": "id_token_signed_response_alg",
}

# How often documents are read in one window of throttling.py, and who is counted. Others read what is kept.
READS_OF_PERSON, READS_OF_TENANT = 20, 200

NOT_JSON = gettext_noop("The document is not JSON in UTF-8, or it is ambiguous: a member is there twice.")
NO_OBJECT = gettext_noop("The document is not a JSON object.")
ANOTHER_ID = gettext_noop("client_id must be exactly the URL that the document was read from.")
HAS_SECRET = gettext_noop("Everybody can read the document: it must not contain a secret.")
NO_SUCH_METHOD = gettext_noop("token_endpoint_auth_method must be none or private_key_jwt.")
NO_KEY_ADDRESS = gettext_noop("jwks_uri is not supported: put the public keys into the document, as jwks.")
NO_KEYS = gettext_noop("jwks must be an object with a list of keys.")
NO_CODE_GRANT = gettext_noop("grant_types must contain authorization_code.")
NO_CODE = gettext_noop("response_types must contain code.")
NOT_A_TEXT = gettext_noop("This must be a text.")
NOT_TEXTS = gettext_noop("This must be a list of texts.")
NO_REDIRECT = gettext_noop("redirect_uris must be a list with at least one URL.")
ANOTHER_TYPE = gettext_noop(
    "The document now describes another type of application. Publish it at a new URL."
)
TOO_LONG = gettext_noop("A client ID has at most 255 characters.")
NO_HTTPS_URL = gettext_noop(
    "The URL must begin with https:// and a public host name, without a port, a user name or a fragment."
)
NO_PATH = gettext_noop("The URL must have a path, without “.” and “..” steps.")


class InvalidDocument(ValueError):
    """The document may not say this. `member` names what is wrong in it, "" for the whole of it or its URL."""

    def __init__(self, problem: Problem | str, member: str = "") -> None:
        self.problem = Problem("invalid", problem) if isinstance(problem, str) else problem
        self.member = member
        super().__init__(f"{member}: {self.problem}" if member else str(self.problem))


@dataclass(frozen=True, slots=True)
class Described:
    """The client that a document describes: what is registered, and addresses that are only shown as links."""

    registration: Registration
    links: dict[str, str] = field(default_factory=dict)


def is_one(client_id: str) -> bool:
    """Whether a client ID is a URL, and so names a document. Our own client IDs are never URLs."""
    return client_id.startswith(SCHEMES)


def host_of(client_id: str) -> str:
    """The host of a client ID that is a URL, as people read it; "" for any other text."""
    found = HOST.match(client_id)
    return found[1] if found else ""


def check_url(url: str, *, local_hosts: frozenset[str] = frozenset()) -> None:
    """Raises InvalidDocument unless `url` can be a client ID (the draft's "Client Identifier URL").

    `local_hosts` are `host:port` of this machine that may be named for trials.
    """
    if len(url) > MAX_CLIENT_ID:
        raise InvalidDocument(TOO_LONG)
    if public_addresses.local_place(url, local_hosts) is None:
        try:
            public_addresses.place_of(url)
        except public_addresses.NotPublic:
            raise InvalidDocument(NO_HTTPS_URL) from None
    path = urlsplit(url).path
    steps = re.sub("%2e", ".", path, flags=re.IGNORECASE).split("/")
    if not path or any(step in {".", ".."} for step in steps):
        raise InvalidDocument(NO_PATH)


def read(url: str, document: object, *, limits: Limits, before: Registration | None = None) -> Described:
    """The client that `document`, read from `url`, describes. Raises InvalidDocument.

    `before` is what the same URL described earlier: a client's type never changes.
    """
    if not isinstance(document, dict):
        raise InvalidDocument(NO_OBJECT)
    if document.get("client_id") != url:
        raise InvalidDocument(ANOTHER_ID, "client_id")
    for name in ("client_secret", "client_secret_expires_at"):
        if name in document:
            raise InvalidDocument(HAS_SECRET, name)
    _check_flow(document)
    registration = _registration(url, document, before)
    # A scheme without a dot is confirmed by the administrator who approves the client, and reads where answers go.
    short = registration_rules.short_schemes(registration)
    found = registration_rules.problems(
        registration, limits=limits, before=before, confirmed_schemes=short, api_scopes=OF_APIS
    )
    for name, problems in found.items():
        raise InvalidDocument(problems[0], MEMBERS.get(name, name))
    return Described(registration, _links(document))


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta:
    """How long a document with these headers (names in lower case) is not read again (RFC 9111 §4.2.1)."""
    said = _said_by(headers, now)
    return min(max(said, FRESH_AT_LEAST), FRESH_AT_MOST)


def _said_by(headers: Mapping[str, str], now: datetime) -> timedelta:
    control = headers.get("cache-control", "").lower()
    if re.search(r"\b(?:no-store|no-cache)\b", control):
        return timedelta(0)
    if age := re.search(r'\bmax-age="?(\d{1,9})', control):
        spent = headers.get("age", "")
        return timedelta(seconds=int(age[1]) - (int(spent) if re.fullmatch(r"\d{1,9}", spent) else 0))
    if "expires" not in headers:
        return FRESH_USUALLY
    try:
        ends = parsedate_to_datetime(headers["expires"])
    except ValueError:
        return timedelta(0)  # RFC 9111 §5.3: an invalid date is one that has passed
    return (ends if ends.tzinfo else ends.replace(tzinfo=UTC)) - now


# --- Which registration it is -------------------------------------------------------------------------------------


def _check_flow(document: Mapping[str, Any]) -> None:
    """What it says about its flow must include the code flow; whatever else it can do is left out."""
    if GrantType.AUTHORIZATION_CODE not in _texts(document, "grant_types", [GrantType.AUTHORIZATION_CODE]):
        raise InvalidDocument(NO_CODE_GRANT, "grant_types")
    if "code" not in _texts(document, "response_types", ["code"]):
        raise InvalidDocument(NO_CODE, "response_types")


def _registration(url: str, document: Mapping[str, Any], before: Registration | None) -> Registration:
    redirects = _texts(document, "redirect_uris", [])
    if not redirects:
        raise InvalidDocument(NO_REDIRECT, "redirect_uris")
    confidential = _method(document) == AuthMethod.PRIVATE_KEY_JWT
    kind = _type(redirects, confidential, before)
    traits = client_types.traits(kind)
    origins = [origin for origin in redirect_uris.page_origins(redirects) if origin.startswith("https:")]
    algorithm = document.get("id_token_signed_response_alg")
    return Registration(
        type=kind,
        name=text.name(_text(document, "client_name")) or host_of(url),
        homepage_url=_links(document).get("client_uri", ""),
        redirect_uris=tuple(redirects),
        post_logout_redirect_uris=tuple(_texts(document, "post_logout_redirect_uris", [])),
        allowed_origins=tuple(dict.fromkeys(origins)) if traits.allowed_origins else (),
        allowed_scopes=tuple(_scopes(document)),
        auth_methods=(AuthMethod.PRIVATE_KEY_JWT.value,) if confidential else (),
        public_keys=tuple(_keys(document)) if confidential else (),
        algorithm=algorithm if algorithm in registration_rules.ALGORITHMS else traits.id_token_algorithm,
    )


def _method(document: Mapping[str, Any]) -> str:
    method = document.get("token_endpoint_auth_method", "none")
    if method not in ("none", AuthMethod.PRIVATE_KEY_JWT.value):
        raise InvalidDocument(NO_SUCH_METHOD, "token_endpoint_auth_method")
    return str(method)


def _type(redirects: list[str], confidential: bool, before: Registration | None) -> str:
    """A client with a key is a web client; one whose answers only reach a device is native; all others run in pages.

    One that is known stays what it is, as long as that can have these addresses.
    """
    schemes = {url.partition(":")[0] for url in redirects}
    private = bool(schemes - {"https", "http"})
    if confidential:
        kind = ClientType.WEB
    else:
        kind = ClientType.NATIVE if private or "https" not in schemes else ClientType.SPA
    if before is None or before.type == kind:
        return kind
    if confidential or before.confidential:
        raise InvalidDocument(ANOTHER_TYPE, "token_endpoint_auth_method")
    if private:
        raise InvalidDocument(ANOTHER_TYPE, "redirect_uris")
    return before.type


def _keys(document: Mapping[str, Any]) -> list[dict[str, str]]:
    """The public keys, each with the members that are kept. A key for encryption is none of ours."""
    if "jwks_uri" in document:
        raise InvalidDocument(NO_KEY_ADDRESS, "jwks_uri")
    jwks = document.get("jwks")
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list) or not keys or not all(isinstance(key, dict) for key in keys):
        raise InvalidDocument(NO_KEYS, "jwks")
    try:
        return [public_keys.check(_with_algorithm(key)) for key in keys if key.get("use", "sig") == "sig"]
    except public_keys.InvalidKey as refused:
        raise InvalidDocument(refused.message, "jwks") from None


def _with_algorithm(key: Mapping[str, Any]) -> dict[str, Any]:
    """The key with `alg`, which a key set may leave out (RFC 7517 §4.4)."""
    curve = key.get("crv")
    usual = INFERRED_ALGORITHMS.get(curve, "") if isinstance(curve, str) else "RS256"
    return {"alg": usual} | dict(key)


def _scopes(document: Mapping[str, Any]) -> list[str]:
    """The scopes that it names and that there are; if it names none, the usual ones, and those of whatever API."""
    if "scope" not in document:
        return [*USUAL_SCOPES, scopes.ANY_API]
    try:
        named = scopes.parse(_text(document, "scope"))
    except scopes.InvalidScope as error:
        raise InvalidDocument(str(error), "scope") from None
    return [name for name in scopes.in_order(named) if name in scopes.SCOPES]


def _links(document: Mapping[str, Any]) -> dict[str, str]:
    """Its web addresses for people. What is no address that can be a link is left out, not refused."""
    found = {}
    for name in LINKS:
        address = document.get(name)
        if isinstance(address, str) and len(address) <= homepages.MAX_LENGTH:
            try:
                homepages.check(address)
            except homepages.InvalidHomepage:
                continue
            found[name] = address
    return found


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name, "")
    if not isinstance(value, str):
        raise InvalidDocument(NOT_A_TEXT, name)
    return value


def _texts(document: Mapping[str, Any], name: str, otherwise: list[str]) -> list[str]:
    value = document.get(name, otherwise)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise InvalidDocument(NOT_TEXTS, name)
    return value
