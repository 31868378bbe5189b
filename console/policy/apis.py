"""APIs (resource servers) that a tenant registers: what they are, and how their scopes are named (P10, RFC 8707).

Inside, a scope of an API is one string, its qualified name: identifier, "#", name. An identifier has no fragment
(RFC 8707 §2), so that is unambiguous. On the wire it is the bare name beside `resource`. The product's own catalogue
is an API too: its scopes stay bare inside, and its identifier is the tenant's issuer.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urlsplit

from . import scopes

CATALOGUE = ""  # stands for the identifier of the product's own catalogue
ES256, RS256 = "ES256", "RS256"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiScope:
    """One permission at an API. `text` completes "This application will be able to: …"; `text_sv` is the same in
    Swedish, "" if there is none."""

    name: str
    text: str = ""
    text_sv: str = ""
    sensitive: bool = False
    admin: bool = False  # only administrators of a tenant can grant it
    by_name: bool = False  # not among those that a request without `scope` asks for

    @property
    def in_one_line(self) -> str:
        """Everything about it, as the audit log tells it."""
        marks = [mark for mark in ("sensitive", "admin", "by_name") if getattr(self, mark)]
        texts = " / ".join(each for each in (self.text, self.text_sv) if each)
        return f"{self.name}: {texts}" + (f" ({', '.join(marks)})" if marks else "")

    def title(self, language: str) -> str:
        """What a reader of `language` (a code, such as "sv") is told."""
        return self.text_sv if self.text_sv and language.startswith("sv") else self.text or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """Everything that its owner decides about an API. `identifier` never changes; `lifetime` is in seconds."""

    identifier: str
    name: str
    description: str = ""
    scopes: tuple[ApiScope, ...] = ()
    lifetime: int
    algorithm: str = ES256

    @property
    def qualified(self) -> tuple[str, ...]:
        """The qualified names of its scopes, in its owner's order."""
        return tuple(qualified(self.identifier, scope.name) for scope in self.scopes)

    def scopes_as_json(self) -> list[dict[str, Any]]:
        """The form in which its scopes are kept."""
        return [asdict(scope) for scope in self.scopes]


def stored_scopes(values: Iterable[Mapping[str, Any]]) -> tuple[ApiScope, ...]:
    """Scopes read from where they are kept."""
    return tuple(ApiScope(**value) for value in values)


@dataclass(frozen=True)
class TokenRules:
    """What issuing a token for an API needs to know of it. Names of scopes are bare; `lifetime` is in seconds.

    Kept beside the API as one short text, so that the statement that reads a client can read it too.
    """

    identifier: str
    lifetime: int
    algorithm: str
    scopes: frozenset[str]
    admin: frozenset[str]
    by_name: frozenset[str]

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:  # taken for every token of a machine
        return hash((self.identifier, self.lifetime, self.scopes))

    @classmethod
    def of(cls, api: Api) -> "TokenRules":
        """Those of an API."""
        return cls(
            api.identifier,
            api.lifetime,
            api.algorithm,
            frozenset(scope.name for scope in api.scopes),
            frozenset(scope.name for scope in api.scopes if scope.admin),
            frozenset(scope.name for scope in api.scopes if scope.by_name),
        )

    @classmethod
    def stored(cls, text: str | None) -> "TokenRules | None":
        """Read from where they are kept; None for None, which is no API."""
        if text is None:
            return None
        identifier, lifetime, algorithm, *names = json.loads(text)
        return cls(identifier, lifetime, algorithm, *(frozenset(each) for each in names))

    def as_text(self) -> str:
        """The form in which they are kept."""
        names = (sorted(self.scopes), sorted(self.admin), sorted(self.by_name))
        return json.dumps([self.identifier, self.lifetime, self.algorithm, *names], separators=(",", ":"))

    @cached_property
    def known(self) -> frozenset[str]:
        """The qualified names of all its scopes."""
        return frozenset(qualified(self.identifier, name) for name in self.scopes)

    @cached_property
    def asked_by_name(self) -> frozenset[str]:
        """The qualified names of those that must be asked for by name."""
        return frozenset(qualified(self.identifier, name) for name in self.by_name)

    @cached_property
    def for_administrators(self) -> frozenset[str]:
        """The qualified names of those that only administrators can grant."""
        return frozenset(qualified(self.identifier, name) for name in self.admin)


def qualified(identifier: str, name: str) -> str:
    """The qualified name of the scope `name` of the API `identifier`; of the catalogue's it is the name itself."""
    return f"{identifier}{scopes.OF_API}{name}" if identifier else name


def itself(identifier: str) -> str:
    """What is granted of an API of which no scope is: a token for it, which carries no scope of its own.

    Applications that know nothing of an API name it with `resource` beside scopes that belong to none.
    """
    return qualified(identifier, "")


def names_none(scope: str) -> bool:
    """Whether it stands for an API and none of its scopes."""
    return scope.endswith(scopes.OF_API)


def split(scope: str) -> tuple[str, str]:
    """Identifier and bare name of a scope; the identifier is CATALOGUE for one of the catalogue or of the protocol."""
    identifier, _, name = scope.rpartition(scopes.OF_API)
    return (identifier, name) if identifier else (CATALOGUE, scope)


def is_qualified(scope: object) -> bool:
    """Whether it is written as a scope of an API."""
    return isinstance(scope, str) and split(scope)[0] != CATALOGUE


def bare(names: Iterable[str]) -> list[str]:
    """Scopes as a token for one API carries them, in the order given."""
    found = dict.fromkeys(split(name)[1] for name in names)
    return [name for name in found if name]


@lru_cache(maxsize=4096)
def identifiers(names: tuple[str, ...]) -> tuple[str, ...]:
    """The APIs that scopes are of, each once and in order, without the catalogue."""
    return tuple(
        dict.fromkeys(split(name)[0] for name in names if scopes.OF_API in name and name != scopes.ANY_API)
    )


def of_api(names: Iterable[str], identifier: str) -> list[str]:
    """Those of `names` that a token for this API can carry: its own, and the protocol's, which belong to no API."""
    return [name for name in names if name in scopes.PROTOCOL_SCOPES or split(name)[0] == identifier]


def of_api_alone(names: Iterable[str]) -> list[str]:
    """Those of `names` that are scopes of an API, whichever."""
    return [name for name in names if scopes.OF_API in name]


def host(identifier: str) -> str:
    """The host, with its port, of an identifier that is an address; "" for any other."""
    try:
        return urlsplit(identifier).netloc
    except ValueError:
        return ""
