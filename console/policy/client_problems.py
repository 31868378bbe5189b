"""Which refusals are problems that somebody can do something about, and when one has been dealt with (N4)."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from .client_types import AuthMethod, GrantType
from .consent_rules import ConsentMethod
from .effective_client import EffectiveClient
from .reasons import Reason


class About(StrEnum):
    """What is wrong, and so where it is put right."""

    REDIRECT = "redirect"
    SECRET = "secret"
    SCOPES = "scopes"
    GRANT = "grant"
    APPROVAL = "approval"
    PKCE = "pkce"
    KEY = "key"  # private_key_jwt
    OTHERS = "others"  # more different ones than are kept


# A refusal that is not here belongs to daily use (a code that has expired, a person who must sign in), or somebody
# decided it (a disabled client, a blocked connection).
ABOUT: Mapping[str, About] = {
    **{reason: About.SECRET for reason in Reason if reason.endswith("_secret")},
    **{reason: About.KEY for reason in Reason if reason.startswith("assertion_")},
    Reason.REDIRECT_URI_MISMATCH: About.REDIRECT,
    Reason.REDIRECT_URI_NOT_ACCEPTED: About.REDIRECT,
    Reason.NO_REDIRECT_URI: About.REDIRECT,
    Reason.REDIRECT_URI_NOT_OF_CODE: About.REDIRECT,
    Reason.SECRET_OF_ANOTHER_CLIENT: About.SECRET,
    Reason.SECRET_FROM_PUBLIC_CLIENT: About.SECRET,
    Reason.SECRET_NOT_REGISTERED: About.SECRET,
    Reason.SECRET_WITH_LINE_BREAK: About.SECRET,
    Reason.SECRET_WITH_BLANK_SPACE: About.SECRET,
    Reason.SECRET_WITH_QUOTATION_MARKS: About.SECRET,
    Reason.NO_CREDENTIALS: About.SECRET,
    Reason.CLIENT_ID_WITH_EDGES: About.SECRET,
    Reason.CLIENT_ID_OF_ANOTHER: About.SECRET,
    Reason.SCOPES_LEFT_OUT: About.SCOPES,
    Reason.NO_SCOPE_LEFT: About.SCOPES,
    Reason.SCOPE_NOT_ALLOWED: About.SCOPES,
    Reason.SCOPE_NAMES_NONE: About.SCOPES,
    Reason.GRANT_TYPE_UNSUPPORTED: About.GRANT,
    Reason.GRANT_NOT_REGISTERED: About.GRANT,
    Reason.CODE_GRANT_NOT_REGISTERED: About.GRANT,
    Reason.RESPONSE_TYPE_MISSING: About.GRANT,
    Reason.RESPONSE_TYPE_UNSUPPORTED: About.GRANT,
    Reason.MACHINE_NOT_TRUSTED: About.APPROVAL,
    Reason.APPROVAL_EXPIRED: About.APPROVAL,
    Reason.CODE_CHALLENGE_MISSING: About.PKCE,
    Reason.CODE_CHALLENGE_METHOD_UNSUPPORTED: About.PKCE,
    Reason.CODE_CHALLENGE_MALFORMED: About.PKCE,
    Reason.CODE_VERIFIER_MISSING: About.PKCE,
    Reason.CODE_VERIFIER_MALFORMED: About.PKCE,
    Reason.CODE_VERIFIER_WITHOUT_CHALLENGE: About.PKCE,
    Reason.NONCE_MISSING: About.PKCE,
    Reason.OTHERS: About.OTHERS,
}

LONGEST_ASKED = 512


class Refusal(NamedTuple):
    """What is counted as one problem: the same client in the same tenant, refused the same for the same reason."""

    tenant_id: UUID
    client_id: int
    reason: str
    grant: str = ""  # of the token endpoint, or which endpoint; "" if it is not known
    asked: str = ""  # the redirect URL, the scopes, the hint of the secret
    secret_id: UUID | None = None

    @property
    def key(self) -> str:
        """What tells it from other problems of its client in its tenant: rows are unique with it."""
        parts = (self.reason, self.grant, self.asked, str(self.secret_id or ""))
        return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()[:32]

    @property
    def chosen(self) -> bool:
        """Whether strangers choose what stands in it, so that there is no end of different ones."""
        return bool(self.asked) and self.secret_id is None


def is_fixed(reason: str, grant: str, asked: str, client: EffectiveClient) -> bool:
    """Whether the client, as it is now in the tenant that refused it, would be given what it was refused.

    False where nothing is known of it: keys, and what the application itself sends.
    """
    match reason:
        case Reason.REDIRECT_URI_MISMATCH | Reason.REDIRECT_URI_NOT_ACCEPTED:
            return client.allows_redirect_uri(asked)
        case Reason.NO_REDIRECT_URI:
            return client.default_redirect_uri is not None
        case Reason.SCOPES_LEFT_OUT | Reason.NO_SCOPE_LEFT:
            return bool(asked) and client.allows_scopes(asked.split())
        case Reason.GRANT_NOT_REGISTERED:
            return grant in client.grants
        case Reason.CODE_GRANT_NOT_REGISTERED:
            return GrantType.AUTHORIZATION_CODE in client.grants
        case Reason.CODE_CHALLENGE_MISSING:
            return not client.needs_pkce
        case Reason.SECRET_FROM_PUBLIC_CLIENT:
            return client.confidential
        case Reason.SECRET_NOT_REGISTERED:
            return client.allows_auth_method(AuthMethod.CLIENT_SECRET)
        case Reason.MACHINE_NOT_TRUSTED:
            return client.consent_method == ConsentMethod.TRUSTED
        case _:
            return False
