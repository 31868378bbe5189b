"""`/oauth/authorize` at the region host: asks which tenant, and goes on to that tenant's endpoint (S8).

The application's request goes along unchanged. The answer comes from the tenant, and its `iss` says so.
"""

import string
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from ...http.access import open_to
from ...http.addresses import AUTHORIZE_PATH
from ...http.browser_rules import allow_any_tenant
from ...http.requests import TenantRequest
from ...models import Tenant
from ...models.tenant import Hostname
from ...oauth import parameters
from ...oauth.delivery import as_link
from ...oauth.errors import OAuthError
from ...policy.hosts import normalize_host

ANYONE = "anyone: it only asks for the address of a tenant, and names none"
REMEMBERED = "tenants"
REMEMBERED_HOSTS = 5
REMEMBERED_SECONDS = 365 * 24 * 3600
MAX_HOSTNAME = 300


@open_to(ANYONE)
@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt  # an application may POST its request (OpenID Connect Core §3.1.2.1); a choice is protected below
@never_cache
def authorize(request: TenantRequest) -> HttpResponse:
    """Asks for the tenant's hostname; then on to that tenant, with the application's request as it came."""
    if (
        request.method == "POST"
        and request.content_type == parameters.FORM
        and "hostname" not in request.POST
    ):
        try:
            return as_link(request, AUTHORIZE_PATH)
        except OAuthError as error:  # unreadable
            raise BadRequest from error
    return choose(request)


@csrf_protect
def choose(request: HttpRequest) -> HttpResponse:
    """The page with the question, and its answer."""
    wanted = request.POST.get("hostname", "") if request.method == "POST" else ""
    tenant = _tenant_at(wanted) if wanted else None
    if tenant is None:
        context = {
            "title": _("Which organisation?"),
            "hostname": wanted[:MAX_HOSTNAME],
            "remembered": _remembered(request),
            "example": f"{_('your-organisation')}.{settings.REGION_HOST}",
            "refused": request.method == "POST",
        }
        page = render(request, "hostname/hostname.html", context, status=422 if context["refused"] else 200)
        allow_any_tenant(page, request.GET.get("redirect_uri", ""))
        return page
    answer = redirect(f"{tenant.issuer}{AUTHORIZE_PATH}?{_query(request)}")
    answer.status_code = 303
    _remember(request, answer, urlsplit(tenant.issuer).netloc)
    return answer


def _query(request: HttpRequest) -> str:
    """The application's parameters as they came; bytes that no address may contain (PEP 3333) are escaped."""
    raw = str(request.META.get("QUERY_STRING", "")).encode("latin-1", "replace")
    return quote(raw, safe=string.punctuation)


def _tenant_at(typed: str) -> Tenant | None:
    """The tenant that a person means: its alias, one of its hostnames, or any address on it, pasted as it was."""
    typed = typed.strip().lower()[:MAX_HOSTNAME]
    if "\0" in typed:
        return None
    try:
        host = normalize_host(urlsplit(typed if "//" in typed else f"//{typed}").netloc.rpartition("@")[2])
    except ValueError:
        return None
    # People leave out the port that every host of a region on an unusual one has.
    port = urlsplit(f"//{settings.REGION_HOST}").port
    hosts = [host, f"{host}:{port}"] if port and ":" not in host else [host]
    hostname = Hostname.objects.filter(host__in=hosts).select_related("tenant").first()
    return hostname.tenant if hostname else Tenant.objects.filter(alias=host).first()


def _remembered(request: HttpRequest) -> list[str]:
    """Hosts that this device has gone to before. Only shown back to it; each is looked up again when it is chosen."""
    hosts = request.COOKIES.get(REMEMBERED, "")[: MAX_HOSTNAME * REMEMBERED_HOSTS].split("|")
    return [host for host in hosts if host][:REMEMBERED_HOSTS]


def _remember(request: HttpRequest, answer: HttpResponse, host: str) -> None:
    hosts = [host, *(earlier for earlier in _remembered(request) if earlier != host)][:REMEMBERED_HOSTS]
    answer.set_cookie(
        REMEMBERED,
        "|".join(hosts),
        max_age=REMEMBERED_SECONDS,
        path=AUTHORIZE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
