"""JSON Patch (RFC 6902), as far as Qlik's API knows it: whole values are replaced, each at most once."""

from collections.abc import Collection
from typing import Any

from ..requests import TenantRequest
from .body import JSON, check_members, document
from .errors import Refused
from .values import shortened

TYPES = (JSON, "application/json-patch+json")  # Qlik's libraries send the first


def replacements(request: TenantRequest, names: Collection[str]) -> dict[str, Any]:
    """What is to be replaced: name -> new value, in the order that was sent. Raises Refused for anything else."""
    operations = document(request, types=TYPES)
    if not isinstance(operations, list) or not operations:
        raise Refused(400, "The body must be a JSON array with at least one operation.")
    replaced: dict[str, Any] = {}
    for operation in operations:
        name, value = _replacement(operation, names)
        if name in replaced:
            raise Refused(400, f"/{name} is replaced twice.")
        replaced[name] = value
    return replaced


def _replacement(operation: Any, names: Collection[str]) -> tuple[str, Any]:
    if not isinstance(operation, dict):
        raise Refused(400, "An operation must be a JSON object.")
    check_members(operation, required=("op", "path", "value"))
    if operation["op"] != "replace":
        raise Refused(400, "The only operation is replace.")
    path = operation["path"]
    if not isinstance(path, str) or path not in {f"/{name}" for name in names}:
        known = ", ".join(f"/{name}" for name in names)
        shown = f"{shortened([path])} " if isinstance(path, str) else ""
        raise Refused(400, f"The path {shown}cannot be replaced. These can: {known}.")
    return path[1:], operation["value"]
