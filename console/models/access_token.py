"""Access tokens: whether a correctly signed one is still valid, and revocation (RFC 7009, RFC 7662)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import models, transaction

from ..policy import apis, audiences, client_types
from ..policy.apis import TokenRules
from ..policy.client_types import GrantType
from ..policy.effective_client import EffectiveClient
from ..policy.roles import Role
from .action import Action
from .actor import Actor
from .api import Api
from .connection import Connection
from .event import Event
from .prepared import PreparedQuery
from .secret import ClientSecret
from .tenant import Tenant
from .tenant_owned import TenantOwned
from .token_family import TokenFamily
from .unfinished_act import UnfinishedAct

if TYPE_CHECKING:
    from .user import User


class RevokedAccessToken(TenantOwned):
    """An access token that was revoked before it expired (RFC 7009). Kept until its expiry."""

    jti = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="revoked_token_expiry")]


@dataclass(frozen=True, slots=True)
class LiveToken:
    """An access token that may still be used, with what its claims stand for."""

    claims: Mapping[str, Any]
    client: EffectiveClient
    user: "User | None"

    @property
    def scopes(self) -> list[str]:
        """The scopes that it carries, as they are written inside (policy/apis.py)."""
        return _carried(self.claims)

    @classmethod
    def find(
        cls, tenant: Tenant, claims: Mapping[str, Any], client: EffectiveClient | None = None
    ) -> "LiveToken | None":
        """Whether what verified claims stand for is still there: client, connection, API, person, family, credential.

        `client` is the one that it must be of, if only that one's token would do.
        """
        client_id = str(claims.get("client_id", ""))
        client = client or Connection.to_client(tenant, client_id)
        if client is None or client.client_id != client_id or not client.enabled:
            return None
        carried, api = _carried(claims), _api(claims)
        if not client.allows_scopes(carried):
            return None  # its owner, or this tenant, has taken one away since
        rules = Api.rules_of(tenant.pk, api) if api else None
        if api and not (client.allows_scopes([apis.itself(api)]) and _knows(rules, carried)):
            return None  # the owner of the API has removed it or the scope, or it is not published any more
        if claims.get("generation", str(client.generation)) != str(client.generation):
            return None  # a machine's: the client was switched off, and perhaps on again, since
        if "family" not in claims:
            lives = cls._may_use(client, GrantType.CLIENT_CREDENTIALS) and cls._stands(client, claims)
            return cls(claims, client, None) if lives else None
        if "credential" in claims and not cls._stands(client, claims):
            return None
        family = _LIVE_FAMILY.first(
            uuid.UUID(claims["family"]), tenant.pk, client.pk, str(client.generation), claims["jti"]
        )
        if family is None or not cls._may_use(client, family.grant_type):
            return None
        if (
            rules
            and family.user.role != Role.ADMINISTRATOR
            and not rules.for_administrators.isdisjoint(carried)
        ):
            return None  # only administrators can grant it, and the person is none any more
        return cls(claims, client, family.user)

    @staticmethod
    def _may_use(client: EffectiveClient, grant_type: str) -> bool:
        """Whether the client could get such a token today: its registration and the tenant's trust may have changed."""
        machine = grant_type in client_types.MACHINE_GRANTS
        return client.allows_grant(grant_type) and (client.trusted or not machine)

    @staticmethod
    def _stands(client: EffectiveClient, claims: Mapping[str, Any]) -> bool:
        """Whether a machine's token was not revoked, and the secret that it was got with is still there."""
        credential = claims.get("credential")
        if credential is None:  # authenticated with a key of its own
            return not _REVOKED.exists(claims["jti"])
        return _LIVE_SECRET.exists(uuid.UUID(credential), client.pk, claims["jti"])

    def revoke(self, tenant: Tenant, *, by: Actor) -> None:
        """Revokes this one access token of `tenant` (RFC 7009 §2.1)."""
        with transaction.atomic():
            RevokedAccessToken.objects.bulk_create(
                [
                    RevokedAccessToken(
                        tenant=tenant,
                        jti=self.claims["jti"],
                        expires_at=datetime.fromtimestamp(self.claims["exp"], tz=UTC),
                    )
                ],
                ignore_conflicts=True,
            )
            Event.record(
                tenant, Action.TOKENS_REVOKED, by=by, target=self.client, details={"token": "access_token"}
            )


def _api(claims: Mapping[str, Any]) -> str:
    """The API that a token is for (RFC 9068 §2.2); CATALOGUE for this server's own, whose identifier is the issuer."""
    return apis.CATALOGUE if claims["aud"] == claims["iss"] else str(claims["aud"])


def _knows(rules: TokenRules | None, carried: list[str]) -> bool:
    return rules is not None and rules.known.issuperset(apis.of_api_alone(carried))


def _carried(claims: Mapping[str, Any]) -> list[str]:
    return audiences.inside(str(claims.get("scope", "")).split(), _api(claims))


def _was_revoked(jti: str) -> models.Exists:
    return models.Exists(RevokedAccessToken._base_manager.filter(jti=jti))


_REVOKED = PreparedQuery(lambda jti: RevokedAccessToken._base_manager.filter(jti=jti), str)
_LIVE_SECRET = PreparedQuery(
    lambda pk, client_pk, jti: ClientSecret._base_manager.filter(
        ~_was_revoked(jti), pk=pk, client=client_pk, removed_at=None
    ),
    uuid.UUID,
    int,
    str,
)
_LIVE_FAMILY = PreparedQuery(
    lambda pk, tenant_id, client_pk, generation, jti: TokenFamily._base_manager.filter(
        ~_was_revoked(jti),
        ~models.Exists(UnfinishedAct.ending_of_user("user", "client", "began_at")),
        pk=pk,
        tenant=tenant_id,
        client=client_pk,
        generation=generation,
        ended_at=None,
        user__is_active=True,
        user__generation=models.F("user_generation"),
    ).select_related("user"),
    uuid.UUID,
    uuid.UUID,
    int,
    str,
    str,
)
