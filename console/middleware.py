"""What happens to every request before a view sees it: which tenant, whose session, which language."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost, MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django_scopes import scope

from . import sessions
from .tenancy import Hosts, is_region_host, normalize_host

GetResponse = Callable[[HttpRequest], HttpResponse]
ON_EVERY_HOST = frozenset({"/healthz", "/readyz"})


class TenantMiddleware:
    """Finds the tenant by the request's host and makes it the active scope, for this request alone.

    `request.tenant` is None on the region host. An unknown host gets a plain 404 that says nothing about who is here.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in ON_EVERY_HOST:
            request.tenant = None  # type: ignore[attr-defined]
            return self.get_response(request)
        try:
            host = normalize_host(request.get_host())
        except DisallowedHost:
            return HttpResponse("Bad Request\n", status=400, content_type="text/plain; charset=utf-8")
        if is_region_host(host):
            request.tenant = None  # type: ignore[attr-defined]
            request.urlconf = "qlikauth.region_urls"
            return self.get_response(request)
        tenant = Hosts.tenant_of(host)
        if tenant is None:
            return HttpResponse("Not Found\n", status=404, content_type="text/plain; charset=utf-8")
        if not settings.LOCAL_REGION and not request.is_secure() and tenant.issuer.startswith("https:"):
            refusal = self._insecure(request)
            if refusal:
                return refusal
        request.tenant = tenant  # type: ignore[attr-defined]
        with scope(tenant=tenant):
            return self.get_response(request)

    @staticmethod
    def _insecure(request: HttpRequest) -> HttpResponse | None:
        """Plain http to a machine endpoint: an error to be seen, not a redirect that hides it (ASVS 4.1.2)."""
        if not request.path_info.startswith(("/oauth/", "/api/", "/.well-known/")):
            return None
        description = "This server only speaks https."
        body = {
            "error": "invalid_request",
            "error_description": description,
            "errors": [{"code": "HTTP-400", "title": description, "status": "400"}],
        }
        return JsonResponse(body, status=400)


class TenantSessionMiddleware:
    """Refuses a session that began in another tenant or is past its limits, as if no cookie had been sent.

    The session itself is left alone: whoever holds it on its own host keeps it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            tenant = getattr(request, "tenant", None)
            tenant_id = str(tenant.pk) if tenant else ""
            if sessions.belongs_here(request.session, tenant_id):
                sessions.seen(request.session)
            else:
                request.session = type(request.session)()
        return self.get_response(request)


class LanguageMiddleware(LocaleMiddleware):
    """The language of a page: what the application asks for (`ui_locales`), else the person, else the browser."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        supported = dict(settings.LANGUAGES)
        for tag in request.GET.get("ui_locales", "")[:200].split():
            language = tag.lower().split("-")[0]
            if language in supported:
                translation.activate(language)
                request.LANGUAGE_CODE = language
                break


class BrowserCacheMiddleware:
    """Pages are private and never stored; a full page and its htmx fragment are never taken for each other."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, ["HX-Request"])
            if not response.has_header("Cache-Control"):
                response["Cache-Control"] = "no-store, private"
        return response


class WrongMethodMiddleware:
    """A person who opens an address that only answers to forms reads why, not the browser's own error page."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or response.content or not request.accepts("text/html"):
            return response
        context = {
            "title": _("Nothing to see at this address"),
            "advice": _("It only answers to a form. Go back, or begin at the start page."),
            "status": 405,
        }
        page = render(request, "failures/failure.html", context, status=405)
        page["Allow"] = response["Allow"]
        return page


class RegionWithoutClientsMiddleware:
    """A region can be one without OAuth clients (S15): the OAuth pages say so, and every endpoint refuses.

    What is stored stays as it is, for the day the region is switched on.
    """

    def __init__(self, get_response: GetResponse) -> None:
        if settings.OAUTH_CLIENTS_SUPPORTED:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: object, kwargs: object
    ) -> HttpResponse | None:
        path = request.path_info
        if path in {"/oauth/authorize", "/oauth/logout"} or path.startswith(
            ("/console/oauth", "/console/requests")
        ):
            status = 200 if path.startswith("/console/") else 403
            return render(request, "failures/no_clients.html", {"title": _("OAuth")}, status=status)
        if not path.startswith(("/oauth/", "/api/", "/.well-known/")):
            return None
        description = "OAuth clients are not supported in this region."
        body = {
            "error": "unauthorized_client",
            "error_description": description,
            "errors": [{"code": "OAUTH-NOT-SUPPORTED", "title": description, "status": "403"}],
        }
        return JsonResponse(body, status=403)
