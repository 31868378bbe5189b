"""What the owner of an OAuth client may register (S2–S4, Q1–Q5, RFC 7591 §2). The rules stand here and nowhere else.

The model runs them whenever a client is registered or edited; forms, commands and APIs only put them into words.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args, get_origin

from . import client_types, consent_rules, contacts, homepages, public_keys, redirect_uris, scopes, text
from .client_types import MACHINE_GRANTS, AuthMethod, ClientType, GrantType
from .registration import ADDRESSES, Registration
from .registration_problems import (
    NEEDS_TRUST,
    ONLY_NATIVE,
    ONLY_WEB,
    TOO_MANY,
    UNCONFIRMED,
    InvalidRegistration,
    Problem,
)
from .translation import gettext_noop, ngettext_lazy

NAME_LENGTH = 512
DESCRIPTION_LENGTH = 4096
MOST_KEYS = 5
DIGEST = re.compile(r"[0-9a-f]{32}")  # of a logo
ALGORITHMS = frozenset({"ES256", "RS256"})

GIVE_A_NAME = gettext_noop("Give the client a name.")
UNPUBLISHED_API = "unpublished_api"
API_IS_NOT_PUBLISHED = gettext_noop(
    "Other tenants can use this client, but not one of its APIs: publish the API first, or leave its scopes out."
)
MACHINE_IS_TRUSTED = gettext_noop(
    "A machine-to-machine client must be “Trusted”: no user is involved, so there is nobody to ask."
)
Found = Iterator[tuple[str, Problem]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long the lists of addresses may be (Q5)."""

    redirect_urls: int
    allowed_origins: int

    def of(self, name: str) -> int:
        """The limit of one of ADDRESSES."""
        return self.allowed_origins if name == "allowed_origins" else self.redirect_urls


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiScopes:
    """Qualified names of scopes of APIs (apis.py) that a client may have: those that its tenant knows.

    `unpublished` are those of them that it cannot offer to other tenants, because their API is not published; empty
    for a client that is offered to none.
    """

    known: frozenset[str] = frozenset()
    unpublished: frozenset[str] = frozenset()


def problems(
    registration: Registration,
    *,
    limits: Limits,
    consent_method: str | None = None,
    confirmed_schemes: Collection[str] = (),
    api_scopes: ApiScopes = ApiScopes(),
    before: Registration | None = None,
) -> dict[str, list[Problem]]:
    """Everything that may not be registered so, by the name of the field; {} if all of it may.

    The values may be of any type. `consent_method` is that of the owner's tenant; None if it is not to be judged.
    `confirmed_schemes` are private schemes without a dot that may be used (RFC 8252 §8.6). `before` is what is stored:
    its schemes have been confirmed, and it may keep scopes that the catalogue, or an API, has lost.
    """
    found: dict[str, list[Problem]] = {}
    judged = list(_wrong_types(registration))
    if not judged:  # nothing can be said about values that are none
        confirmed = {*confirmed_schemes, *(short_schemes(before) if before else ())}
        judged += _texts(registration)
        judged += _addresses(registration, limits, confirmed)
        judged += _scopes(registration, api_scopes, before.allowed_scopes if before else ())
        judged += _grants(registration, consent_method)
        judged += _authentication(registration)
        judged += _keys(registration)
    for name, problem in judged:
        found.setdefault(name, []).append(problem)
    return found


def check(registration: Registration, **context: Any) -> None:
    """Raises InvalidRegistration with what `problems` finds; `context` is what it takes."""
    if found := problems(registration, **context):
        raise InvalidRegistration(found)


def short_schemes(registration: Registration) -> list[str]:
    """The private schemes without a dot that it uses, which somebody must confirm (RFC 8252 §8.6)."""
    if not client_types.traits(registration.type).private_schemes:
        return []
    return redirect_uris.short_schemes([*registration.redirect_uris, *registration.post_logout_redirect_uris])


def address_problem(
    name: str, address: str, *, client_type: str, confirmed_schemes: Collection[str] = ()
) -> Problem | None:
    """What is wrong with one address of the list `name`, one of ADDRESSES; None if nothing is."""
    rule: Callable[[str], None] = redirect_uris.check_origin
    if name != "allowed_origins":
        rule = partial(
            redirect_uris.check_redirect_url,
            private_schemes=client_types.traits(client_type).private_schemes,
            confirmed_schemes=confirmed_schemes,
        )
    try:
        rule(address)
    except redirect_uris.Unproven as unproven:
        return Problem(UNCONFIRMED, unproven.message, {"scheme": unproven.scheme})
    except redirect_uris.InvalidAddress as refused:
        return Problem("invalid_address", refused.message)
    return None


def _wrong_types(registration: Registration) -> Found:
    """What is no value of its field at all."""
    for name, kind in Registration.__annotations__.items():
        if not _is_of(getattr(registration, name), kind):
            yield name, Problem("wrong_type", _WRONG_TYPE.get(kind, _NO_LIST))
    if registration.type not in list(ClientType):
        yield "type", Problem("unknown_type", gettext_noop("This type of client is not supported."))


_WRONG_TYPE: dict[Any, str] = {str: gettext_noop("Enter a text."), bool: gettext_noop("Enter yes or no.")}
_NO_LIST = gettext_noop("Enter a list of values.")


def _is_of(value: object, kind: Any) -> bool:
    if get_origin(kind) is not tuple:
        return isinstance(value, kind)
    entry = get_args(kind)[0]
    return isinstance(value, tuple) and all(isinstance(one, get_origin(entry) or entry) for one in value)


def _texts(registration: Registration) -> Found:
    name, description, homepage = registration.name, registration.description, registration.homepage_url
    if not text.name(name):
        yield "name", Problem("missing", GIVE_A_NAME)
    elif problem := _text_problem(text.check_name, name, NAME_LENGTH):
        yield "name", problem
    if problem := _text_problem(text.check_lines, description, DESCRIPTION_LENGTH):
        yield "description", problem
    if homepage and (problem := _text_problem(homepages.check, homepage, homepages.MAX_LENGTH)):
        yield "homepage_url", problem
    for field, rule, most in _LINKS:
        written: str = getattr(registration, field)
        if written and (problem := _text_problem(rule, written, most)):
            yield field, problem
    if registration.logo and not DIGEST.fullmatch(registration.logo):
        yield "logo", Problem("unknown_logo", gettext_noop("Upload the logo: it can’t be set to a text."))


_LINKS: tuple[tuple[str, Callable[[str], None], int], ...] = (
    ("terms_url", contacts.check_link, contacts.LINK_LENGTH),
    ("privacy_url", contacts.check_link, contacts.LINK_LENGTH),
    ("contact_email", contacts.check_email, contacts.EMAIL_LENGTH),
)


def _text_problem(rule: Callable[[str], None], written: str, most: int) -> Problem | None:
    if len(written) > most:
        too_long = gettext_noop("This is too long: at most %(limit_value)d characters.")
        return Problem("too_long", too_long, {"limit_value": most})
    try:
        rule(written)
    except text.InvalidText as refused:
        return Problem("hidden_text", refused.message, {"code": refused.code})
    except (homepages.InvalidHomepage, contacts.InvalidContact) as refused:
        return Problem("invalid_address", refused.message)
    return None


def _addresses(registration: Registration, limits: Limits, confirmed: Collection[str]) -> Found:
    for name in ADDRESSES:
        addresses: tuple[str, ...] = getattr(registration, name)
        judge = partial(address_problem, name, client_type=registration.type, confirmed_schemes=confirmed)
        yield from _entries(name, addresses, judge, gettext_noop("This is already in the list."))
        if len(addresses) > limits.of(name):
            one, more = _TOO_MANY_ORIGINS if name == "allowed_origins" else _TOO_MANY_ADDRESSES
            yield name, Problem(TOO_MANY, one, {"most": limits.of(name)}, more)
    grants = set(registration.grant_types)
    if not registration.redirect_uris and client_types.needs_redirect_url(registration.type, grants):
        without = gettext_noop("Add at least one redirect URL: without it nobody can sign in.")
        yield "redirect_uris", Problem("missing", without)
    if registration.allowed_origins and not client_types.shows_allowed_origins(registration.type, grants):
        none = gettext_noop("This client has no allowed origins: no page calls this server for it.")
        yield "allowed_origins", Problem("not_of_type", none)


_TOO_MANY_ORIGINS = ngettext_lazy(
    "You can add at most %(most)d origin.", "You can add at most %(most)d origins."
)
_TOO_MANY_ADDRESSES = ngettext_lazy(
    "You can add at most %(most)d address.", "You can add at most %(most)d addresses."
)


def _entries(
    name: str,
    entries: Iterable[Any],
    judge: Callable[[Any], Problem | None],
    same: str,
    mark: Callable[[Any], str] = str,
) -> Found:
    """What is wrong with each entry of a list; `same` is the sentence for one whose `mark` an earlier one has."""
    seen: set[str] = set()
    for place, entry in enumerate(entries):
        repeated = Problem("repeated", same) if mark(entry) in seen else None
        if problem := judge(entry) or repeated:
            yield name, problem.at(place)
        seen.add(mark(entry))


def _scopes(registration: Registration, of_apis: ApiScopes, held: Collection[str]) -> Found:
    for place, name in enumerate(registration.allowed_scopes):
        if name in scopes.SCOPES or name in held:
            continue
        if name not in of_apis.known:
            unknown = gettext_noop("One of the scopes is not in the catalogue.")
            yield "allowed_scopes", Problem("unknown_scope", unknown, place=place)
            return
        if name in of_apis.unpublished:
            yield "allowed_scopes", Problem(UNPUBLISHED_API, API_IS_NOT_PUBLISHED, place=place)
            return


def _grants(registration: Registration, consent_method: str | None) -> Found:
    grants, has = set(registration.grant_types), client_types.traits(registration.type)
    if grants - MACHINE_GRANTS - {GrantType.DEVICE_CODE}:
        yield "grant_types", Problem("unknown_grant", gettext_noop("This grant_type is not supported."))
    elif client_types.works_on_devices(grants) and not has.device_grant:
        only_native = gettext_noop("Only a native client can sign people in on another device.")
        yield "grant_types", Problem(ONLY_NATIVE, only_native)
    elif grants & MACHINE_GRANTS and not has.machine_grants:
        only_web = gettext_noop("Only a web client can get tokens without a person.")
        yield "grant_types", Problem(ONLY_WEB, only_web)
    if consent_method is None:
        return
    if consent_method not in list(consent_rules.ConsentMethod):
        unknown = gettext_noop("Choose “Required” or “Trusted”.")
        yield "consent_method", Problem("unknown_consent_method", unknown)
    elif not consent_rules.suits(consent_method, grants):
        yield "consent_method", Problem(NEEDS_TRUST, MACHINE_IS_TRUSTED)


def _authentication(registration: Registration) -> Found:
    """How the client proves who it is, what signs its ID tokens, and whether it sends PKCE."""
    methods = set(registration.auth_methods)
    if registration.confidential and not (methods and methods <= set(AuthMethod)):
        choose = gettext_noop("Choose at least one authentication method.")
        yield "auth_methods", Problem("unknown_auth_method" if methods else "missing", choose)
    if methods and not registration.confidential:
        none = gettext_noop("A public client does not authenticate: leave the authentication methods empty.")
        yield "auth_methods", Problem(ONLY_WEB, none)
    if registration.algorithm not in ALGORITHMS:
        unknown = gettext_noop("An ID token is signed with ES256 or RS256.")
        yield "algorithm", Problem("unknown_algorithm", unknown)
    if registration.accepts_no_pkce and not registration.confidential:
        needed = gettext_noop("Only a client that proves who it is can do without PKCE.")
        yield "accepts_no_pkce", Problem(ONLY_WEB, needed)


def _keys(registration: Registration) -> Found:
    """The public keys of a client that uses private_key_jwt (Q3): no two with one ID could be told apart."""
    keys, used = registration.public_keys, AuthMethod.PRIVATE_KEY_JWT in registration.auth_methods
    if used and not keys:
        paste = gettext_noop("Paste the public key that the application's signatures are checked with.")
        yield "public_keys", Problem("missing", paste)
    if keys and not used:
        unused = gettext_noop("Only a client that uses private_key_jwt has public keys.")
        yield "public_keys", Problem("unused", unused)
    same = gettext_noop("Another key already has this key ID (kid).")
    yield from _entries("public_keys", keys, _key_problem, same, lambda key: str(key.get("kid")))
    if len(keys) > MOST_KEYS:
        yield "public_keys", Problem(TOO_MANY, gettext_noop("You can add at most 5 keys."))


def _key_problem(key: dict[str, Any]) -> Problem | None:
    try:
        kept = public_keys.check(key)
    except public_keys.InvalidKey as refused:
        return Problem("invalid_key", refused.message)
    more = gettext_noop("The key has members that are not kept: leave those of a public key only.")
    return Problem("invalid_key", more) if kept != key else None
