"""What a client says about itself when it registers (RFC 7591 §2), as a registration of ours.

Whether it may be registered so is for registration_rules.py to say, as of every client. What is not supported is left
out, and the answer says what was kept (§3.2.1); what cannot be a client at all is refused (§3.2.2).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from . import homepages, public_keys, redirect_uris, registration_rules, scopes, text
from .client_types import AuthMethod, ClientType, GrantType
from .reasons import Reason

MOST_CONTACTS = 10
CONTACT_LENGTH = 254
SOFTWARE_LENGTH = 255
LINKS = ("logo_uri", "tos_uri", "policy_uri")
INVALID_METADATA = "invalid_client_metadata"
INVALID_REDIRECT_URI = "invalid_redirect_uri"
INVALID_SOFTWARE_STATEMENT = "invalid_software_statement"

NONE, BASIC, POST, KEY = "none", "client_secret_basic", "client_secret_post", "private_key_jwt"
CODE, REFRESH = GrantType.AUTHORIZATION_CODE.value, GrantType.REFRESH_TOKEN.value


class MetadataRefused(ValueError):
    """A client may not register so. `error` is a code of RFC 7591 §3.2.2, `str()` a sentence for its developer."""

    def __init__(
        self,
        sentence: str,
        error: str = INVALID_METADATA,
        reason: Reason = Reason.REGISTRATION_METADATA_INVALID,
    ) -> None:
        super().__init__(sentence)
        self.error, self.reason = error, reason


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be registered: the type, the columns of the client, and what else it said that is kept."""

    type: str
    columns: dict[str, Any]
    more: dict[str, Any]

    @property
    def redirect_hosts(self) -> set[str]:
        """Where answers would go, as people read it."""
        return {redirect_uris.origin_of(uri) for uri in self.columns["redirect_uris"]}


def read(sent: Mapping[str, Any], ceiling: Sequence[str]) -> Wanted:
    """What `sent` asks for, with no more scopes than `ceiling`. Raises MetadataRefused. Members that mean nothing here
    are left out, and so are null and "" (RFC 7592 §2.2)."""
    sent = {name: value for name, value in sent.items() if value not in (None, "")}
    if "software_statement" in sent:
        raise MetadataRefused(
            "Software statements are not accepted here.",
            INVALID_SOFTWARE_STATEMENT,
            Reason.REGISTRATION_SOFTWARE_STATEMENT,
        )
    addresses = _texts(sent, "redirect_uris", INVALID_REDIRECT_URI)
    if not addresses:
        raise MetadataRefused(
            "redirect_uris is missing: without it nobody can sign in.",
            INVALID_REDIRECT_URI,
            Reason.REGISTRATION_REDIRECT_URI_INVALID,
        )
    _check_addresses(addresses)
    method = _one_of(sent, "token_endpoint_auth_method", (BASIC, POST, KEY, NONE))
    grants = _grants(sent)
    client_type = _type(sent, method, addresses)
    columns = {
        "name": text.name(_text(sent, "client_name")) or redirect_uris.origin_of(addresses[0]),
        "homepage_url": _text(sent, "client_uri"),
        "redirect_uris": addresses,
        "post_logout_redirect_uris": _texts(sent, "post_logout_redirect_uris"),
        "allowed_origins": _origins(addresses) if client_type == ClientType.SPA else [],
        "allowed_scopes": _scopes(sent, ceiling, grants),
        "auth_methods": _auth_methods(method),
        "public_keys": _keys(sent) if method == KEY else [],
    }
    if "id_token_signed_response_alg" in sent:  # OpenID Connect Dynamic Client Registration §2
        columns["algorithm"] = _one_of(
            sent, "id_token_signed_response_alg", sorted(registration_rules.ALGORITHMS)
        )
    return Wanted(
        client_type, columns, {"token_endpoint_auth_method": method, "grant_types": grants} | _more(sent)
    )


def shown(registered: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of a client as an answer has it; `registered` are its columns, `more` what else was kept."""
    native = registered["type"] == ClientType.NATIVE
    answer = {
        "client_name": registered["name"],
        "redirect_uris": list(registered["redirect_uris"]),
        "response_types": ["code"],
        "scope": scopes.join(name for name in registered["allowed_scopes"] if name != scopes.ANY_API),
        "application_type": "native" if native else "web",
        "id_token_signed_response_alg": registered["algorithm"],
        **more,
    }
    if registered["homepage_url"]:
        answer["client_uri"] = registered["homepage_url"]
    if registered["post_logout_redirect_uris"]:
        answer["post_logout_redirect_uris"] = list(registered["post_logout_redirect_uris"])
    if registered["public_keys"]:
        answer["jwks"] = {"keys": list(registered["public_keys"])}
    return answer


def is_on_this_device(address: str) -> bool:
    """Whether an answer sent there stays on the person's device: a loopback address, or a scheme of its own."""
    parts = urlsplit(address)
    return parts.scheme not in {"https", "http"} or redirect_uris.is_this_device(
        redirect_uris.origin_of(address).rpartition(":")[0] or redirect_uris.origin_of(address)
    )


def _check_addresses(addresses: Sequence[str]) -> None:
    """What the rules of any type refuse: what is derived from the addresses can rely on their form."""
    for address in addresses:
        try:
            redirect_uris.check_redirect_url(address, private_schemes=True)
        except redirect_uris.Unproven:
            continue
        except redirect_uris.InvalidAddress as refused:
            raise MetadataRefused(
                f"{address[:200]}: {refused.message}",
                INVALID_REDIRECT_URI,
                Reason.REGISTRATION_REDIRECT_URI_INVALID,
            ) from None


def _type(sent: Mapping[str, Any], method: str, addresses: Sequence[str]) -> str:
    """A client that proves who it is runs on a server; of the others, native is what answers on the device."""
    if method != NONE:
        return ClientType.WEB.value
    own_schemes = any(urlsplit(address).scheme not in {"https", "http"} for address in addresses)
    on_device = own_schemes or all(is_on_this_device(address) for address in addresses)
    native = on_device or sent.get("application_type") == "native"
    return ClientType.NATIVE.value if native else ClientType.SPA.value


def _grants(sent: Mapping[str, Any]) -> list[str]:
    """The grants that are kept: the code, and refreshing. A client that says nothing gets both."""
    if "response_types" in sent and "code" not in _texts(sent, "response_types"):
        raise MetadataRefused("Only response_type=code is supported.")
    if "grant_types" not in sent:
        return [CODE, REFRESH]
    kept = [grant for grant in (CODE, REFRESH) if grant in _texts(sent, "grant_types")]
    if CODE not in kept:
        raise MetadataRefused("A client that registers itself needs the grant authorization_code.")
    return kept


def _scopes(sent: Mapping[str, Any], ceiling: Sequence[str], grants: Collection[str]) -> list[str]:
    allowed = list(ceiling)
    if "scope" in sent:
        try:
            named = scopes.parse(_text(sent, "scope"))
            allowed = scopes.narrowed(named, ceiling)
            if scopes.ANY_API in ceiling and any(name not in scopes.SCOPES for name in named):
                allowed.append(scopes.ANY_API)  # RFC 7591 has no word for the API that they are of
        except scopes.InvalidScope as refused:
            raise MetadataRefused(str(refused)) from None
    if REFRESH not in grants:
        allowed = [name for name in allowed if name != scopes.OFFLINE_ACCESS]
    if not allowed:
        raise MetadataRefused("None of the scopes can be given to a client that registers itself here.")
    return scopes.in_order(allowed)


def _auth_methods(method: str) -> list[str]:
    if method == NONE:
        return []
    return [(AuthMethod.PRIVATE_KEY_JWT if method == KEY else AuthMethod.CLIENT_SECRET).value]


def _origins(addresses: Sequence[str]) -> list[str]:
    """The pages that may fetch its tokens from a browser: those that answers go to."""
    return redirect_uris.page_origins(address for address in addresses if not is_on_this_device(address))


def _keys(sent: Mapping[str, Any]) -> list[dict[str, str]]:
    if "jwks_uri" in sent:
        raise MetadataRefused("Keys are not fetched: send jwks instead of jwks_uri.")
    found = sent.get("jwks")
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise MetadataRefused("jwks must be a JWK set with the public keys of the client.")
    try:
        return [public_keys.check(key) for key in keys]
    except public_keys.InvalidKey as refused:
        raise MetadataRefused(f"jwks: {refused.message}") from None


def _more(sent: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept and shown as it was said. Nothing of it is ever fetched."""
    more: dict[str, Any] = {}
    for name in LINKS:
        if name in sent:
            more[name] = _link(_text(sent, name), name)
    for name in ("software_id", "software_version"):
        if name in sent:
            more[name] = _line(_text(sent, name), name, SOFTWARE_LENGTH)
    if "contacts" in sent:
        contacts = _texts(sent, "contacts")
        if len(contacts) > MOST_CONTACTS:
            raise MetadataRefused(f"contacts: at most {MOST_CONTACTS}.")
        more["contacts"] = [_line(contact, "contacts", CONTACT_LENGTH) for contact in contacts]
    return more


def _link(address: str, name: str) -> str:
    try:
        homepages.check(address)
    except homepages.InvalidHomepage as refused:
        raise MetadataRefused(f"{name}: {refused.message}") from None
    if len(address) > homepages.MAX_LENGTH:
        raise MetadataRefused(f"{name} is too long.")
    return address


def _line(written: str, name: str, most: int) -> str:
    try:
        text.check_name(written)
    except text.InvalidText as refused:
        raise MetadataRefused(f"{name}: {refused}") from None
    if len(written) > most:
        raise MetadataRefused(f"{name} is too long.")
    return written


def _text(sent: Mapping[str, Any], name: str) -> str:
    value = sent.get(name, "")
    if not isinstance(value, str):
        raise MetadataRefused(f"{name} must be a string.")
    return value


def _texts(sent: Mapping[str, Any], name: str, error: str = INVALID_METADATA) -> list[str]:
    value = sent.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise MetadataRefused(f"{name} must be a list of strings.", error)
    return list(dict.fromkeys(value))


def _one_of(sent: Mapping[str, Any], name: str, known: Sequence[str]) -> str:
    """One of the known values; the first of them if nothing is said."""
    value = _text(sent, name) or known[0]
    if value not in known:
        raise MetadataRefused(f"{name} must be {', '.join(known[:-1])} or {known[-1]}.")
    return value
