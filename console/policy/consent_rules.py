"""When a person is asked for consent (S10, P4, N8, RFC 8252 §8.6, OpenID Connect Core §3.1.2.4)."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from . import redirect_uris, scopes
from .client_types import works_alone


class ConsentMethod(StrEnum):
    """How a tenant's people consent to a client: asked each time a new scope is requested, or never."""

    REQUIRED = "required"
    TRUSTED = "trusted"


def suits(method: str, grants: Collection[str]) -> bool:
    """Whether a client with these grants can have this consent method in the tenant that owns it (Q2).

    A client that gets tokens in its own name must be trusted: no user is involved, so there is nobody to ask, and it
    would be refused every such token. Whether people sign in with it too makes no difference: there is one consent
    method for both. One that only impersonates users may be Required: that is how it is kept from doing so.
    """
    return method == ConsentMethod.TRUSTED or not works_alone(grants)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a person has granted a client before, and where the answer went when they looked at the page."""

    scopes: frozenset[str]
    redirect_hosts: frozenset[str]
    publisher: str = ""  # whose it was, as the page said


@dataclass(frozen=True, slots=True)
class Question:
    """What must be asked. Falsy when nothing needs to be."""

    new_scopes: tuple[str, ...] = ()
    new_host: bool = False
    new_publisher: bool = False
    unproven: bool = False  # any program on the device could be the one that asks
    demanded: bool = False  # the application sent prompt=consent

    def __bool__(self) -> bool:
        return bool(self.new_scopes) or self.new_host or self.new_publisher or self.unproven or self.demanded


def question(
    *,
    method: ConsentMethod,
    requested: Collection[str],
    redirect_uri: str,
    confidential: bool,
    earlier: Earlier | None,
    prompt_consent: bool,
    publisher: str = "",
) -> Question:
    """Decides what to ask before a code may be given. Nothing in a request can make this ask less.

    A trusted client is never asked about, not even with prompt=consent: the tenant's administrator has answered.
    `publisher` is the other tenant that the client comes from, "" if it is the person's own (N8).
    A confidential client proves who it is when it exchanges the code, so where the code goes need not prove it.
    """
    if method is ConsentMethod.TRUSTED:
        return Question()
    unproven = not confidential and not redirect_uris.proves_identity(redirect_uri)
    if earlier is None:
        return Question(new_scopes=tuple(requested), unproven=unproven, demanded=True)
    return Question(
        new_scopes=tuple(scopes.added(requested, earlier.scopes)),
        new_host=redirect_uris.origin_of(redirect_uri) not in earlier.redirect_hosts,
        new_publisher=bool(publisher) and publisher != earlier.publisher,
        unproven=unproven,
        demanded=prompt_consent,
    )
