"""What is counted as one use of a client (P8): see models/use_count.py."""

import hashlib
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

INTROSPECTION, REVOCATION = "introspection", "revocation"  # in place of a grant: a secret was used there
WITHOUT_TOKEN = frozenset({INTROSPECTION, REVOCATION})
AUTHORIZATION = "authorization"  # the grant of a person who is sent back with a code, or is not


class Total(StrEnum):
    """What is added up for a tenant. The value is stored."""

    SIGN_IN = "sign_in"  # a person who was sent back to an application with a code
    TOKEN = "token"  # an answer of the token endpoint
    REFUSAL = "refusal"  # of either, or of a sign-in to the tenant itself


class Use(NamedTuple):
    """What is counted as one: the same client in the same tenant, with the same of everything else."""

    tenant_id: UUID
    client_id: int
    grant: str  # of the token endpoint, or AUTHORIZATION
    outcome: str = ""  # "" when it was given what it asked for, else the Reason
    secret_id: UUID | None = None
    redirect_uri: str = ""

    @property
    def kind(self) -> str:
        """What tells it from other uses of its client in its tenant: rows are unique with it, and it fits an index."""
        parts = (self.grant, self.outcome, str(self.secret_id or ""), self.redirect_uri)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]

    @property
    def total(self) -> Total | None:
        """What it adds to in its tenant; None where no token was given, nor refused."""
        if self.outcome:
            return Total.REFUSAL
        if self.grant in WITHOUT_TOKEN:
            return None
        return Total.SIGN_IN if self.grant == AUTHORIZATION else Total.TOKEN
