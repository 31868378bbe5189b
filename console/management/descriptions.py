"""How the operator's commands describe tenants, people, clients and APIs: plain members, no secret among them."""

from datetime import datetime
from typing import Any

from ..models import Api, Client, ClientSecret, Group, Tenant, User


def tenant(shown: Tenant) -> dict[str, Any]:
    """A tenant as one row."""
    return {"alias": shown.alias, "name": shown.name, "issuer": shown.issuer, "id": str(shown.pk)}


def hosts(shown: Tenant) -> list[str]:
    """The hosts of a tenant, the canonical one first."""
    return sorted(
        shown.hostnames.values_list("host", flat=True),
        key=lambda host: (not shown.issuer.endswith(f"://{host}"), host),
    )


def user(shown: User) -> dict[str, Any]:
    """A person as one row."""
    return {
        "email": shown.email,
        "name": shown.name,
        "role": shown.role,
        "active": shown.is_active,
        "last_login": _moment(shown.last_login),
        "id": str(shown.pk),
    }


def group(shown: Group) -> dict[str, Any]:
    """A group as one row."""
    return {
        "name": shown.name,
        "description": shown.description,
        "people": shown.size,
        "id": str(shown.pk),
    }


def client(shown: Client) -> dict[str, Any]:
    """A client as one row."""
    return {
        "client_id": shown.client_id,
        "name": shown.name,
        "type": shown.type,
        "disabled": shown.disabled_at is not None,
        "published": shown.published_at is not None,
        "last_used": _moment(shown.last_used_at),
    }


def client_in_full(shown: Client) -> dict[str, Any]:
    """A client with its settings and what is known of its secrets."""
    secrets = ClientSecret._base_manager.filter(client=shown, removed_at=None).order_by("created_at")
    return client(shown) | {
        "tenant": shown.tenant.alias,
        "redirect_urls": shown.redirect_uris,
        "sign_out_urls": shown.post_logout_redirect_uris,
        "origins": shown.allowed_origins,
        "scopes": shown.allowed_scopes,
        "grants": shown.grant_types,
        "auth_methods": shown.auth_methods,
        "secrets": [secret.hint for secret in secrets],
    }


def api(shown: Api) -> dict[str, Any]:
    """An API as one row."""
    return {"identifier": shown.identifier, "name": shown.name, "published": shown.is_published}


def api_in_full(shown: Api) -> dict[str, Any]:
    """An API with its settings and what is known of its secrets. Of each scope: name, text, and what it is."""
    return api(shown) | {
        "tenant": shown.tenant.alias,
        "description": shown.description,
        "scopes": [scope.in_one_line for scope in shown.facts.scopes],
        "lifetime": shown.lifetime,
        "algorithm": shown.algorithm,
        "introspection_client_id": shown.introspection_client_id,
        "secrets": [secret.hint for secret in shown.live_secrets],
    }


def lines(shown: dict[str, Any]) -> list[str]:
    """A description for people to read: a line for each member that says something."""
    return [
        f"{name}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in shown.items()
        if value not in (None, "", [])
    ]


def _moment(when: datetime | None) -> str | None:
    return when.isoformat(timespec="seconds") if when else None
