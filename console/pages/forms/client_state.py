"""The state of a client that a person sees, so that saving can tell whether somebody else has saved since."""

import json
from collections.abc import Collection
from hashlib import sha256

from ...models import Client
from ...policy.registration import EDITABLE

BETWEEN = "~"  # the version and the digest


def version_of(client: Client) -> str:
    """The state of the client as a whole."""
    return client.updated_at.isoformat()


def state_of(client: Client, names: Collection[str]) -> str:
    """The state of some of its fields: the version, and a digest that is equal for equal values of them."""
    return f"{version_of(client)}{BETWEEN}{_digest(client, names)}"


def is_same(opened_on: str, client: Client, names: Collection[str]) -> bool:
    """Whether the client, or at least what stands in these fields, is still as it was."""
    version, _, digest = opened_on.partition(BETWEEN)
    return version == version_of(client) or digest == _digest(client, names)


def _digest(client: Client, names: Collection[str]) -> str:
    values = [[name, getattr(client, name)] for name in EDITABLE if name in names]
    return sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
