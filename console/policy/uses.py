"""What is counted as one use of a client (P8): see models/use_count.py."""

import hashlib
from typing import NamedTuple
from uuid import UUID


class Use(NamedTuple):
    """What is counted as one: the same client in the same tenant, with the same of everything else."""

    tenant_id: UUID
    client_id: int
    grant: str  # of the token endpoint; "authorization" when a person was sent back with a code
    outcome: str = ""  # "" when it was given what it asked for, else the Reason
    secret_id: UUID | None = None
    redirect_uri: str = ""

    @property
    def kind(self) -> str:
        """What tells it from other uses of its client in its tenant: rows are unique with it, and it fits an index."""
        parts = (self.grant, self.outcome, str(self.secret_id or ""), self.redirect_uri)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


class SecretUse(NamedTuple):
    """How often a secret was used, and who used it last."""

    number: int
    last_address: str
    last_agent: str
