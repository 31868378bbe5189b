"""What happens to every request before a view sees it: which tenant, whose session, which language."""

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import DisallowedHost, MiddlewareNotUsed, PermissionDenied
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django_scopes import scope

from .. import trace
from ..policy import time_zones
from ..policy.hosts import normalize_host
from . import cors, expired_forms, missing_proxy, programs, sessions, unknown_host
from .addresses import region_issuer
from .tenancy import Hosts, is_region_host

GetResponse = Callable[[HttpRequest], HttpResponse]
SESSION_ID = re.compile(r"[a-z0-9]{32}")  # as django.contrib.sessions makes them


class TraceMiddleware:
    """Gives the request its ID, and every answer: a caller finds it again in the log and in the audit log."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        trace_id = trace.begin()
        response = self.get_response(request)
        response[trace.HEADER] = trace_id
        return response


class PlainHttpMiddleware:
    """Leads people who come to a public region in plain http to https: on the hosts that are ours, and nowhere else.

    It stands before Django's own redirect, which believes every Host header and repeats whatever port is in it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        if not settings.SECURE_SSL_REDIRECT:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.is_secure() or programs.asks(request):  # a program is told, not led (TenantMiddleware)
            return self.get_response(request)
        try:
            host = normalize_host(request.get_host())
        except DisallowedHost:
            return unknown_host.answer(request, 400)
        if not is_region_host(host) and Hosts.tenant_of(host) is None:
            return unknown_host.answer(request, 404, host)
        if unsaid := missing_proxy.found(request):
            return _plain_text(400, f"This server only speaks https. {unsaid}")
        return HttpResponsePermanentRedirect(f"https://{host}{request.get_full_path()}")


class TenantMiddleware:
    """Finds the tenant by the request's host and makes it the active scope, for this request alone.

    `request.tenant` is None on the region host. An unknown host gets a 404 that says nothing about who is here.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in programs.HEALTH:
            request.tenant = None  # type: ignore[attr-defined]
            return self.get_response(request)
        try:
            host = normalize_host(request.get_host())
        except DisallowedHost:
            return unknown_host.answer(request, 400)
        if is_region_host(host):
            request.tenant = None  # type: ignore[attr-defined]
            request.urlconf = "qlikauth.region_urls"
            return _refuse_plain_http(request, region_issuer()) or self.get_response(request)
        tenant = Hosts.tenant_of(host)
        if tenant is None:
            return unknown_host.answer(request, 404, host)
        request.tenant = tenant  # type: ignore[attr-defined]
        with scope(tenant=tenant):
            return _refuse_plain_http(request, tenant.issuer) or self.get_response(request)


def _plain_text(status: int, sentence: str) -> HttpResponse:
    """An answer to somebody for whom there is no page."""
    answer = HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _refuse_plain_http(request: HttpRequest, issuer: str) -> HttpResponse | None:
    """An error that a program's author sees, not a redirect that hides it (ASVS 4.1.2). Pages have been redirected."""
    if settings.LOCAL_REGION or request.is_secure() or not issuer.startswith("https:"):
        return None
    if not programs.asks(request):
        return None
    sentence = " ".join(filter(None, ("This server only speaks https.", missing_proxy.found(request))))
    return programs.problem(400, "HTTP-400", sentence, error="invalid_request")


class PagesMiddleware:
    """Runs settings.PAGE_MIDDLEWARE around pages. A program has no session, no language and no form: it goes past
    them and does not pay for them, which is a quarter of what a token costs (bench/README.md).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.program = get_response
        self.page: Callable[..., Any] = get_response
        self.checks: list[Callable[..., HttpResponse | None]] = []
        for name in reversed(settings.PAGE_MIDDLEWARE):
            middleware = import_string(name)(self.page)
            self.page = convert_exception_to_response(middleware)
            if hasattr(middleware, "process_view"):
                self.checks.insert(0, middleware.process_view)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not programs.goes_past_pages(request):
            page: HttpResponse = self.page(request)
            return page
        return programs.finished(self.program(request))

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if programs.goes_past_pages(request):
            if getattr(view, "login_required", True):  # closed, unless the view says who may call it instead
                raise PermissionDenied
            return None
        answers = (check(request, view, args, kwargs) for check in self.checks)
        return next((answer for answer in answers if answer is not None), None)


class OtherOriginsMiddleware:
    """Lets the pages of allowed origins call the endpoints for programs, and read every answer (cors.py)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not programs.asks(request) or request.path_info in programs.HEALTH:
            return response
        return cors.allow(request, response)  # type: ignore[arg-type]


class TenantSessionMiddleware:
    """Refuses a session that began in another tenant or is past its limits, as if no cookie had been sent.

    The session itself is left alone: whoever holds it on its own host keeps it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session_id = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if session_id is not None:
            tenant = getattr(request, "tenant", None)
            # What cannot be an ID of ours is not looked up: a cookie can spell a NUL, which PostgreSQL refuses.
            if SESSION_ID.fullmatch(session_id) and sessions.belongs_here(request.session, tenant):
                sessions.seen(request.session, tenant)
            else:
                request.session = type(request.session)()
        response = self.get_response(request)
        sessions.remember_what_waits(request, response)
        return response


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


class TimeZoneMiddleware:
    """The time zone of a page: what the person chose, else their device's; UTC, and said so, if neither is known."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wanted = (
            request.COOKIES.get(name, "") for name in (time_zones.CHOSEN_COOKIE, time_zones.DEVICE_COOKIE)
        )
        with timezone.override(time_zones.zone(*wanted)):
            return self.get_response(request)


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


class SignedInMiddleware(LoginRequiredMiddleware):
    """Sends who is not signed in to sign in. A form of somebody whose session has ended is not lost on the way."""

    def handle_no_permission(  # type: ignore[override]  # any answer will do
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponse:
        if request.method == "POST" and settings.SESSION_COOKIE_NAME in request.COOKIES:
            return expired_forms.session_ended(request)
        response: HttpResponse = super().handle_no_permission(request, view_func)
        if request.method == "POST" and response.status_code == 302:
            response.status_code = 303  # no browser sends the form on (RFC 9110 §15.4.4)
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
            "title": _("This address only accepts forms"),
            "advice": _("It can’t be opened as a page. Go back, or go to the start page."),
            "status": 405,
        }
        page = render(request, "failures/failure.html", context, status=405)
        page["Allow"] = response["Allow"]
        return page


# What the pages of a region without OAuth clients leave out: there is nothing to see and nothing to decide.
PAGES_OF_CLIENTS = (
    *("/console/oauth", "/console/apis", "/console/requests"),
    *("/console/registration", "/console/outside-clients"),
)


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
        if path in programs.HEALTH:
            return None
        if programs.asks(request):
            title = "OAuth clients are not supported in this region."
            return programs.problem(403, "OAUTH-NOT-SUPPORTED", title, error="unauthorized_client")
        if path in programs.PAGES_AMONG_THEM:
            return render(request, "failures/no_clients_for_people.html", {"title": _("OAuth")}, status=403)
        if not path.startswith(PAGES_OF_CLIENTS):
            return None
        status = 200 if request.method in {"GET", "HEAD"} else 403
        return render(request, "failures/no_clients.html", {"title": _("OAuth")}, status=status)
