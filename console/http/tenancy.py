"""Which tenant a request is for, and who its people are. The host decides, and nothing else does."""

import time
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest
from django_scopes import get_scope

from ..models import Hostname, Tenant, TenantSettings, User
from ..models.remembered import Remembered
from ..policy.hosts import normalize_host

REMEMBERED_SECONDS = 30
REMEMBERED_HOSTS = 10_000


class Hosts:
    """A cache of host -> tenant in this process, for a few seconds; unknown hosts too, so that a flood costs no
    queries.

    Known and unknown hosts have separate caches: made-up hosts only displace one another.
    """

    _known: Remembered[str, tuple[float, Tenant]] = Remembered(REMEMBERED_HOSTS)
    _unknown: Remembered[str, float] = Remembered(REMEMBERED_HOSTS)

    @classmethod
    def tenant_of(cls, host: str) -> Tenant | None:
        """The tenant that `host` (name, and port if unusual) belongs to, as it is seen there: see Tenant.seen_at."""
        now = time.monotonic()
        known = cls._known.get(host)
        if known is not None and now - known[0] < REMEMBERED_SECONDS:
            return known[1]
        unknown_since = cls._unknown.get(host)
        if unknown_since is not None and now - unknown_since < REMEMBERED_SECONDS:
            return None
        hostname = Hostname.objects.filter(host=host).select_related("tenant").first()
        if hostname is None:
            cls._known.drop(host)
            cls._unknown.keep(host, now)
            return None
        tenant = hostname.tenant.seen_at(host)
        cls._unknown.drop(host)
        cls._known.keep(host, (now, tenant))
        return tenant

    @classmethod
    def look_again(cls, tenant: Tenant) -> None:
        """Forgets what this process remembers of `tenant`, which has just been changed; others do within seconds."""
        for host in tenant.hostnames.values_list("host", flat=True):
            cls._known.drop(host)

    @classmethod
    def forget(cls) -> None:
        """Empties the cache, for tests and for commands that change hostnames."""
        cls._known.clear()
        cls._unknown.clear()


def settings_of(tenant: Tenant) -> TenantSettings:
    """What its administrators have decided: asked of the database once, and remembered as long as `tenant` is."""
    known: TenantSettings | None = vars(tenant).get("settings_seen")
    if known is None:
        known = vars(tenant)["settings_seen"] = TenantSettings.of(tenant)
    return known


def is_region_host(host: str) -> bool:
    """Whether `host` is the region's own host, which belongs to no tenant."""
    return host == normalize_host(settings.REGION_HOST)


def current_tenant() -> Tenant:
    """The tenant that is active in this context; LookupError if there is none."""
    tenant = get_scope().get("tenant")
    if not isinstance(tenant, Tenant):
        raise LookupError("No tenant is active.")
    return tenant


class TenantBackend(BaseBackend):
    """Signs people in by e-mail address and password, inside the tenant of the request (S8)."""

    def authenticate(
        self,
        request: HttpRequest | None,
        email: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """The user, or None for an unknown address, a wrong password and an inactive user alike, equally slowly."""
        if email is None or password is None:
            return None
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            User().set_password(password)  # as slow as checking one
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: UUID) -> User | None:
        """The user of a session: only in the active tenant, and only while active."""
        return User.active(current_tenant(), user_id)
