"""A person's answer to a page counts for the page that they saw, and once (AZ-27, N8).

Nothing is kept for a page that is shown: it carries a keyed digest of what it says, and a number of its own. Only an
answer leaves a row, so that the same answer sent again, or twice at once, is asked about again.
"""

import re
import secrets
from dataclasses import dataclass
from enum import Enum, auto

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from ..http.requests import TenantRequest
from ..models import Tenant, UsedAnswer

NUMBER = re.compile(r"[A-Za-z0-9_-]{22}")


class Standing(Enum):
    """Whether a submitted answer is valid."""

    NONE = auto()  # nothing was answered
    GOOD = auto()
    CHANGED = auto()  # it answers a page that says something else, or to somebody else
    USED = auto()  # it has been given before


@dataclass(frozen=True, slots=True)
class Shown:
    """A page, as the facts that stand on it and whom they are shown to."""

    tenant: Tenant
    facts: tuple[str, ...]

    def token(self) -> str:
        """What the form of the page carries. It differs each time, so each page that is shown has its own answer."""
        number = secrets.token_urlsafe(16)
        return f"{number}.{mac(number, *self.facts)}"

    def is_answered_by(self, sent: str) -> bool:
        """Whether `sent` is the token of this page. Says nothing about whether it was used."""
        number, _, rest = sent.partition(".")
        return bool(NUMBER.fullmatch(number)) and constant_time_compare(rest, mac(number, *self.facts))

    def take(self, sent: str) -> Standing:
        """What the answer `sent` is worth; one that is good is used up by this."""
        if not self.is_answered_by(sent):  # what the first answer did may have changed the page
            return Standing.USED if UsedAnswer.was_used(sent) else Standing.CHANGED
        return Standing.GOOD if _use(self.tenant, sent) else Standing.USED


def use_sign_in(request: TenantRequest, what: str) -> bool:
    """Uses up this sign-in for the request `what`, which demanded a fresh one. False if it has been used for it."""
    return _use(request.tenant, mac("sign-in", what, str(request.session.session_key)))


def mac(*facts: str) -> str:
    """A keyed digest (HMAC) of facts: nobody else can make it, and it says nothing about them."""
    return salted_hmac("authorization request", "\0".join(facts), algorithm="sha256").hexdigest()


def _use(tenant: Tenant, answer: str) -> bool:
    # A token is of one session, by the moment or the key of its sign-in, and no session lives longer than this.
    return UsedAnswer.use(tenant, answer, until=timezone.now() + settings.SESSION_ABSOLUTE)
