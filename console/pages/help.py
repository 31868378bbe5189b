"""The documentation that ships with the console: a page for each of its parts, in the reader's language."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..policy.roles import Permission

# Topic -> what it is called. The text is templates/help/LANGUAGE/TOPIC.html.
CONSOLE: dict[str, str | Promise] = {
    "overview": gettext_lazy("Overview"),
    "clients": gettext_lazy("OAuth clients"),
    "secrets": gettext_lazy("Client secrets"),
    "problems": gettext_lazy("When a client is refused"),
    "publishing": gettext_lazy("Publishing and outside clients"),
    "apis": gettext_lazy("APIs"),
    "people": gettext_lazy("People"),
    "posture": gettext_lazy("Posture"),
    "audit-log": gettext_lazy("Audit log"),
    "settings": gettext_lazy("Tenant settings"),
}
OWN: dict[str, str | Promise] = {"account": gettext_lazy("Your account")}
# The part of the console that a page belongs to (`section` in its context), or the tab of a client -> its topic.
TOPICS = {
    "secrets": "secrets",
    "client_problems": "problems",
    "connection_problems": "problems",
    "connection": "publishing",
    "connected_tenants": "publishing",
    "console": "overview",
    "clients": "clients",
    "apis": "apis",
    "connection_requests": "publishing",
    "registration": "publishing",
    "outside_clients": "publishing",
    "members": "people",
    "posture": "posture",
    "events": "audit-log",
    "tenant_settings": "settings",
}


@needs(Permission.OWN_ACCOUNT)
@require_safe
def contents(request: PageRequest) -> HttpResponse:
    """The topic of the first part of the console that `about` names and that has one; otherwise the account's."""
    known = [TOPICS[part] for part in request.GET.getlist("about") if part in TOPICS]
    return _page(request, next((topic for topic in known if topic in _topics(request)), "account"))


@needs(Permission.OWN_ACCOUNT)
@require_safe
def topic(request: PageRequest, topic: str) -> HttpResponse:
    """One topic. Those about the console are for whoever may read it."""
    if topic not in _topics(request):
        raise Http404
    return _page(request, topic)


def _topics(request: PageRequest) -> dict[str, str | Promise]:
    return CONSOLE | OWN if request.user.may(Permission.READ_CONSOLE) else OWN


def _page(request: PageRequest, topic: str) -> HttpResponse:
    topics = _topics(request)
    context = {
        "title": topics[topic],
        "subtitle": _("Help"),
        "section": "help",
        "topics": topics.items(),
        "topic": topic,
        "text": f"help/{get_language()}/{topic}.html",
    }
    return render(request, "help/help.html", context)
