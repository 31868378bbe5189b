"""A person's own account: name, password, browser sessions, and what happened in it (P11, ASVS 6.2.2, 6.2.3, 7.5.2)."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ..http import sessions
from ..http.access import needs
from ..http.requests import PageRequest
from ..models import BrowserSession, Event, Group
from ..models.event_reading import position
from ..models.group import LIMIT
from ..policy.roles import Permission
from . import activity, browser_sessions, fragments
from .event_lines import of_days
from .forms.member import NameForm
from .forms.sign_in import ChangePasswordForm
from .sign_in_attempts import Attempt, later

ACTIVITY = 25  # events on a page


@needs(Permission.OWN_ACCOUNT)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("present_password", "password", "password_again")
@sensitive_variables("form")
def overview(request: PageRequest) -> HttpResponse:
    """Shows the account and where the person is signed in. Changes their password if they know the present one."""
    form = ChangePasswordForm(request.user, request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        status = _change_password(request, form)
        if status == 303:
            messages.success(
                request,
                _("Your password has been changed. You are signed out everywhere else, and of applications."),
            )
            return fragments.done(request, reverse("account"))
    context = _context(request) | {"form": form}
    return render(request, "account/overview.html", context, status=status)


@needs(Permission.OWN_ACCOUNT)
@require_POST
def name(request: PageRequest) -> HttpResponse:
    """Changes what the person is called. Applications with the scope profile read it."""
    form = NameForm(request.POST)
    if not form.is_valid():
        context = _context(request) | {"form": ChangePasswordForm(request.user), "name_form": form}
        return render(request, "account/overview.html", context, status=422)
    if request.user.rename(form.cleaned_data["name"], by=sessions.actor(request)):
        messages.success(request, _("Your name has been saved."))
    return fragments.done(request, reverse("account"))


@needs(Permission.OWN_ACCOUNT)
@require_safe
def own_activity(request: PageRequest) -> HttpResponse:
    """Sign-ins, also those that failed, and what the person allowed: newest first, a page at a time."""
    before = Event.objects.filter(pk=_number(request.GET.get("before", ""))).first()
    below = position(before) if before is not None else None
    found = activity.reading(request.user, activity.OWN).page(below, ACTIVITY)
    context = {
        "title": _("Your activity"),
        "section": "account",
        "days": of_days(found.events),
        "older": found.rest and found.rest.pk,
        "before": before and before.pk,
        "searched_to": found.searched_to,
    }
    return render(request, "account/activity.html", context)


def _number(sent: str) -> int:
    """A key of an event; 0, which none has, for what is none."""
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) <= 18 else 0


def _context(request: PageRequest) -> dict[str, Any]:
    user = request.user
    return {
        "title": _("Your account"),
        "name_form": NameForm(initial={"name": user.name}),
        "sessions": browser_sessions.of(user, request.session.session_key),
        "groups": Group.of(user)[: settings.LIMITS[LIMIT]],
        "recent": of_days(activity.reading(user, activity.SIGN_INS).page(None, activity.NEWEST).events),
        "time_zone": timezone.get_current_timezone_name(),
    }


def _change_password(request: PageRequest, form: ChangePasswordForm) -> int:
    """The status of the answer. Guessing the present password is counted like guessing at the sign-in page."""
    user, attempt = request.user, Attempt(request, request.user.email)
    if too_many := attempt.begin():
        attempt.refused(too_many)
        form.add_error(None, later(too_many, known=bool(attempt.browser)))
        return 429
    if not user.check_password(form.cleaned_data["present_password"]):
        attempt.failed()
        form.add_error("present_password", _("This is not your current password."))
        return 422
    attempt.succeeded()
    user.choose_password(form.cleaned_data["password"], by=sessions.actor(request))
    sessions.renew(request, user)
    return 303


@needs(Permission.OWN_ACCOUNT)
@require_POST
def end_session(request: PageRequest, session_id: UUID) -> HttpResponse:
    """Ends one of the person's own sessions."""
    session: BrowserSession = get_object_or_404(
        BrowserSession.alive(request.user).select_related("tenant", "user"), pk=session_id
    )
    if session.session_id == request.session.session_key:
        return fragments.done(request, reverse("logout"))
    session.end(by=sessions.actor(request))
    messages.success(request, _("The session has ended."))
    return fragments.done(request, reverse("account"))


@needs(Permission.OWN_ACCOUNT)
@require_POST
def end_other_sessions(request: PageRequest) -> HttpResponse:
    """Ends all of the person's own sessions but this one."""
    ended = BrowserSession.end_others(
        request.user, str(request.session.session_key), by=sessions.actor(request)
    )
    said = ngettext("%(number)d session has ended.", "%(number)d sessions have ended.", ended)
    messages.success(request, said % {"number": ended})
    return fragments.done(request, reverse("account"))
