"""What a tenant may register as an API (P10, RFC 8707 §2, RFC 6749 §3.3). The rules stand here and nowhere else.

The model runs them whenever an API is registered or edited; forms, commands and APIs only put them into words.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from urllib.parse import urlsplit

from . import scopes, text
from .apis import ES256, RS256, Api, ApiScope, host
from .registration_problems import TOO_MANY, InvalidRegistration, Problem
from .translation import gettext_noop, ngettext_lazy

IDENTIFIER_LENGTH = 255
NAME_LENGTH = 200
DESCRIPTION_LENGTH = 2000
SCOPE_NAME_LENGTH = 60
TEXT_LENGTH = 200
SHORTEST, LONGEST = 60, 7 * 24 * 3600  # seconds that an access token lives
ALGORITHMS = frozenset({ES256, RS256})
TAKEN = "taken"

SCOPE_NAME = re.compile(r"[\x21\x24-\x5b\x5d-\x7e]+")  # RFC 6749 §3.3, without "#"
URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{0,31}:.+")  # RFC 8141 §2
API_URI = re.compile(r"api:.+")
HOSTNAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
LOCAL = re.compile(r"(.+\.)?localhost")

TAKEN_HERE = gettext_noop("Another API of this tenant has this identifier, or had it before it was removed.")
TAKEN_ELSEWHERE = gettext_noop("Another tenant of this region uses this identifier.")
TAKEN_HOST = gettext_noop("This is an address of this server. Use an address of the API.")
_NO_URI = gettext_noop(
    "Enter an absolute URI without a fragment, such as https://api.example.com: with https, urn: or api:, "
    "or with http on localhost."
)
_TOO_LONG = gettext_noop("This is too long: at most %(limit_value)d characters.")
Found = Iterator[tuple[str, Problem]]


def problems(api: Api, *, most_scopes: int, host_is_taken: bool) -> dict[str, list[Problem]]:
    """Everything that may not be registered so, by the name of the field; {} if all of it may.

    Of an entry of `scopes`, `place` says which, and the parameter `member` which of its values: name, text or text_sv.
    `host_is_taken` says whether the host of the identifier is one of this server's own.
    """
    found: dict[str, list[Problem]] = {}
    for name, problem in (
        *_identifier(api.identifier, host_is_taken),
        *_texts(api),
        *_scopes(api, most_scopes),
        *_tokens(api),
    ):
        found.setdefault(name, []).append(problem)
    return found


def check(api: Api, *, most_scopes: int, host_is_taken: bool) -> None:
    """Raises InvalidRegistration with what `problems` finds."""
    if found := problems(api, most_scopes=most_scopes, host_is_taken=host_is_taken):
        raise InvalidRegistration(found)


@lru_cache(maxsize=1024)
def is_identifier(identifier: str) -> bool:
    """Whether it can be the identifier of an API: an absolute URI as RFC 8707 §2 has it, that can stand in a scope.

    Two identifiers are the same if they read the same, so scheme and host are in lower case.
    """
    if len(identifier) > IDENTIFIER_LENGTH or not SCOPE_NAME.fullmatch(identifier):
        return False
    if URN.fullmatch(identifier) or API_URI.fullmatch(identifier):
        return True
    try:
        parts = urlsplit(identifier)
        named = parts.hostname or ""
        port = parts.port
    except ValueError:
        return False
    if (
        not identifier.startswith(("https://", "http://"))
        or port == 0
        or parts.netloc != parts.netloc.lower()
    ):
        return False
    plain = parts.netloc.rpartition(":")[0] if port is not None else parts.netloc
    if "@" in parts.netloc or not HOSTNAME.fullmatch(plain):
        return False
    return parts.scheme == "https" or LOCAL.fullmatch(named) is not None


def _identifier(identifier: str, host_is_taken: bool) -> Found:
    if not identifier:
        yield "identifier", Problem("missing", _NO_URI)
    elif len(identifier) > IDENTIFIER_LENGTH:
        yield "identifier", Problem("too_long", _TOO_LONG, {"limit_value": IDENTIFIER_LENGTH})
    elif not is_identifier(identifier):
        yield "identifier", Problem("invalid_identifier", _NO_URI)
    elif host_is_taken and host(identifier):
        yield "identifier", Problem("taken_host", TAKEN_HOST)


def _texts(api: Api) -> Found:
    if not text.name(api.name):
        yield "name", Problem("missing", gettext_noop("Give the API a name."))
    elif problem := _text_problem(text.check_name, api.name, NAME_LENGTH):
        yield "name", problem
    if problem := _text_problem(text.check_lines, api.description, DESCRIPTION_LENGTH):
        yield "description", problem


def _text_problem(
    rule: Callable[[str], None], written: str, most: int, **parameters: object
) -> Problem | None:
    if len(written) > most:
        return Problem("too_long", _TOO_LONG, {"limit_value": most, **parameters})
    try:
        rule(written)
    except text.InvalidText as refused:
        return Problem("hidden_text", refused.message, {"code": refused.code, **parameters})
    return None


_TOO_MANY = ngettext_lazy(
    "An API can have at most %(most)d scope.", "An API can have at most %(most)d scopes."
)


def _scopes(api: Api, most: int) -> Found:
    if not api.scopes:
        yield "scopes", Problem("missing", gettext_noop("Add at least one scope."))
    if len(api.scopes) > most:
        yield "scopes", Problem(TOO_MANY, _TOO_MANY[0], {"most": most}, _TOO_MANY[1])
    seen: set[str] = set()
    for place, scope in enumerate(api.scopes):
        for problem in _scope_problems(scope, seen):
            yield "scopes", problem.at(place)
        seen.add(scope.name)


def _scope_problems(scope: ApiScope, seen: set[str]) -> Iterator[Problem]:
    if not scope.name:
        yield Problem("missing", gettext_noop("Give the scope a name."), {"member": "name"})
    elif len(scope.name) > SCOPE_NAME_LENGTH:
        yield Problem("too_long", _TOO_LONG, {"limit_value": SCOPE_NAME_LENGTH, "member": "name"})
    elif not SCOPE_NAME.fullmatch(scope.name):
        unfit = gettext_noop(
            "The name of a scope has no spaces, and only letters from a to z, digits and signs other than "
            "#, quotation marks and backslashes."
        )
        yield Problem("invalid_scope_name", unfit, {"member": "name"})
    elif scope.name in scopes.PROTOCOL_SCOPES:
        known = gettext_noop("This scope is defined by OpenID Connect and cannot be one of an API.")
        yield Problem("protocol_scope", known, {"member": "name"})
    elif scope.name in seen:
        yield Problem("repeated", gettext_noop("This is already in the list."), {"member": "name"})
    if not text.name(scope.text):
        yield Problem("missing", gettext_noop("Say what an application can do with it."), {"member": "text"})
    elif problem := _text_problem(text.check_name, scope.text, TEXT_LENGTH, member="text"):
        yield problem
    if scope.text_sv and (
        problem := _text_problem(text.check_name, scope.text_sv, TEXT_LENGTH, member="text_sv")
    ):
        yield problem


def _tokens(api: Api) -> Found:
    if not SHORTEST <= api.lifetime <= LONGEST:
        limits = gettext_noop("An access token lives from 60 seconds to 7 days (604,800 seconds).")
        yield "lifetime", Problem("out_of_range", limits)
    if api.algorithm not in ALGORITHMS:
        unknown = gettext_noop("An access token is signed with ES256 or RS256.")
        yield "algorithm", Problem("unknown_algorithm", unknown)
