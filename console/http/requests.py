"""The types of requests that views take. Types only: the middleware sets the attributes."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from ..models import Tenant, User


class HostRequest(HttpRequest):
    """A request to any known host: `tenant` is None on the region's own."""

    tenant: Tenant | None


class TenantRequest(HostRequest):
    """A request to a tenant's host (console.http.middleware.TenantMiddleware)."""

    tenant: Tenant


class VisitorRequest(TenantRequest):
    """A request to a page that is open to anyone: `user` may be anonymous."""

    htmx: HtmxDetails


class PageRequest(VisitorRequest):
    """A request to any other page: LoginRequiredMiddleware has sent strangers away."""

    user: User
