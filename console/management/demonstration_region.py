"""The demonstration region: two organisations, their people and clients, made once and kept.

Passwords and the demonstration application's secret stand in a file beside the database that only its owner can read,
so that a second start prints the same ones. Nothing else in the product keeps them in plain text.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django_scopes import scope

from ..models import Actor, Api, Client, RegistrationPolicy, Tenant, User
from ..policy.apis import ApiScope
from ..policy.client_types import AuthMethod, ClientType, GrantType
from ..policy.consent_rules import ConsentMethod
from . import demonstration_use

OPERATOR = Actor.operator()
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is easily mistaken when typed from a terminal
PEOPLE = {
    "acme": [
        ("alice@acme.example", "Alice Andersson", User.Role.ADMINISTRATOR),
        ("carol@acme.example", "Carol Carlsson", User.Role.AUDITOR),
        ("bob@acme.example", "Bob Berg", User.Role.USER),
    ],
    "globex": [
        ("mallory@globex.example", "Mallory Mills", User.Role.ADMINISTRATOR),
        ("gustav@globex.example", "Gustav Gran", User.Role.USER),
    ],
}
NAMES = {"acme": "Acme AB", "globex": "Globex"}
SIGN_IN_SCOPES = ["openid", "profile", "email", "offline_access"]
SECRET = [AuthMethod.CLIENT_SECRET.value]


@dataclass
class Region:
    """What a person needs to know to click through the demonstration."""

    port: int
    application_port: int
    portal_port: int
    passwords: dict[str, str] = field(default_factory=dict)
    client_id: str = ""
    client_secret: str = ""
    portal_id: str = ""
    portal_secret: str = ""
    issuers: dict[str, str] = field(default_factory=dict)
    mcp_port: int = 0  # 0 in a file from before there was an MCP server

    @property
    def mcp_url(self) -> str:
        """The address of the MCP server, which is also what it is called as an API."""
        return f"http://localhost:{self.mcp_port}/mcp"

    @property
    def portal_url(self) -> str:
        return f"http://localhost:{self.portal_port}"

    @property
    def application_url(self) -> str:
        return f"http://localhost:{self.application_port}"


def prepare(port: int, application_port: int, portal_port: int, mcp_port: int) -> Region:
    """The region at these ports: made now, or as it was left, moved to them if it was made for others."""
    region = _load() or Region(port, application_port, portal_port)
    region.port, region.application_port, region.portal_port = port, application_port, portal_port
    region.mcp_port = mcp_port
    for alias, name in NAMES.items():
        tenant = Tenant.objects.filter(alias=alias).first() or Tenant.create(alias, name, [], by=OPERATOR)
        host = f"{alias}.{settings.REGION_HOST}"
        if not tenant.issuer.endswith(f"//{host}"):
            tenant.move_to(host, by=OPERATOR)
        region.issuers[alias] = tenant.issuer
        with scope(tenant=tenant):
            _people(tenant, region)
            if alias == "acme":
                _acme_clients(tenant, region)
                _notes(tenant, region)
            else:
                _globex_clients(tenant, region)
            demonstration_use.show(tenant, timezone.now())
    _save(region)
    return region


def _people(tenant: Tenant, region: Region) -> None:
    for email, name, role in PEOPLE[tenant.alias]:
        user = User.objects.filter(email=email).first()
        if user is None or email not in region.passwords:
            region.passwords[email] = "-".join(
                "".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4)
            )
            if user is None:
                User.invite(
                    tenant, email, by=OPERATOR, name=name, role=role, password=region.passwords[email]
                )
            else:
                user.choose_password(region.passwords[email], by=OPERATOR)


def _acme_clients(tenant: Tenant, region: Region) -> None:
    client = Client.objects.filter(client_id=region.client_id).first()
    addresses: dict[str, Any] = {
        "redirect_uris": [f"{region.application_url}/callback"],
        "post_logout_redirect_uris": [f"{region.application_url}/"],
    }
    if client is not None:
        client.edit(by=OPERATOR, **addresses)
        return
    client, region.client_secret = Client.register(
        tenant,
        by=OPERATOR,
        type=ClientType.WEB,
        name="Demonstration application",
        description="An ordinary OAuth client: signs a person in, calls the API, refreshes, signs out.",
        allowed_scopes=[*SIGN_IN_SCOPES, "user_default"],
        auth_methods=SECRET,
        **addresses,
    )
    region.client_id = client.client_id
    for fields in _OTHERS_OF_ACME:
        Client.register(tenant, by=OPERATOR, contact_email="integrations@acme.example", **fields)


def _notes(tenant: Tenant, region: Region) -> None:
    """The MCP server of examples/mcp_server as an API. At another port it is another one: an identifier is for good.

    Agents that have no metadata document can register themselves: the first time, so that what people decide stays.
    """
    if not Api.with_deleted.filter(name=NOTES).exists():
        policy = RegistrationPolicy.of(tenant)
        RegistrationPolicy.decide(
            tenant,
            mode=RegistrationPolicy.Mode.OPEN.value,
            ceiling=policy.scopes,
            unused_days=policy.unused_days,
            by=OPERATOR,
        )
    if not Api.with_deleted.filter(identifier=region.mcp_url).exists():
        Api.register(
            tenant,
            by=OPERATOR,
            identifier=region.mcp_url,
            name=NOTES,
            description="Keeps notes for people. An MCP server, for agents.",
            scopes=_SCOPES_OF_NOTES,
        )


def _globex_clients(tenant: Tenant, region: Region) -> None:
    addresses: dict[str, Any] = {
        "homepage_url": f"{region.portal_url}/",
        "redirect_uris": [f"{region.portal_url}/callback"],
    }
    portal = Client.objects.filter(client_id=region.portal_id).first()
    if portal is not None:
        portal.edit(by=OPERATOR, **addresses)
        return
    portal, region.portal_secret = Client.register(
        tenant,
        by=OPERATOR,
        type=ClientType.WEB,
        name="Report portal",
        description="Published by Globex for every organisation of the region.",
        allowed_scopes=[*SIGN_IN_SCOPES, "apps:read"],
        auth_methods=SECRET,
        **addresses,
    )
    region.portal_id = portal.client_id
    portal.publish(by=OPERATOR)


NOTES = "Notes"
_SCOPES_OF_NOTES = [
    ApiScope(name="notes:read", text="Read your notes", text_sv="Läsa dina anteckningar"),
    ApiScope(name="notes:write", text="Add notes for you", text_sv="Lägga till anteckningar åt dig"),
]
_OTHERS_OF_ACME: list[dict[str, Any]] = [
    {
        "type": ClientType.SPA,
        "name": "Sales dashboard",
        "description": "Embedded analytics on the intranet.",
        "redirect_uris": ["https://sales.acme.example/callback"],
        "allowed_origins": ["https://sales.acme.example"],
        "allowed_scopes": ["openid", "profile", "apps:read"],
    },
    {
        "type": ClientType.NATIVE,
        "name": "Field app",
        "description": "For service technicians, on phones and tablets.",
        "redirect_uris": ["com.acme.fieldapp:/callback", "http://127.0.0.1/callback"],
        "allowed_scopes": [*SIGN_IN_SCOPES, "apps:read", "spaces.shared:read"],
    },
    {
        "type": ClientType.WEB,
        "name": "Nightly export",
        "description": "Runs without a person.",
        "grant_types": [GrantType.CLIENT_CREDENTIALS.value],
        "allowed_scopes": ["apps:read", "apps:export"],
        "auth_methods": SECRET,
        "consent_method": ConsentMethod.TRUSTED,
    },
]


def _path() -> Path:
    return Path(settings.VAR_DIR) / "demonstration.json"


def _load() -> Region | None:
    try:
        return Region(**json.loads(_path().read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _save(region: Region) -> None:
    descriptor = os.open(_path(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(region), file)
