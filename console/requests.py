"""What a request has become by the time a view sees it. Only types: the middleware does the work."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from .models import Tenant, User


class TenantRequest(HttpRequest):
    """A request to a tenant's host (console.middleware.TenantMiddleware)."""

    tenant: Tenant


class PageRequest(TenantRequest):
    """A page request; LoginRequiredMiddleware has sent strangers away, except where a view is open to them."""

    user: User
    htmx: HtmxDetails
