"""A person's own password and browser sessions (ASVS 6.2.2, 6.2.3, 7.5.2)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from ..http import sessions
from ..http.access import needs
from ..http.requests import PageRequest
from ..http.tenancy import current_tenant
from ..models import BrowserSession, User
from ..policy import browsers
from ..policy.roles import Permission
from . import fragments
from .forms.sign_in import ChangePasswordForm
from .sign_in_attempts import Attempt, later

MOST = 50  # sessions that are shown: the newest


@dataclass(frozen=True, slots=True)
class Shown:
    """One session as the page shows it."""

    session: BrowserSession
    browser: str
    last_seen: datetime
    is_this_one: bool


@needs(Permission.OWN_ACCOUNT)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("present_password", "password", "password_again")
@sensitive_variables("form")
def overview(request: PageRequest) -> HttpResponse:
    """Shows where the person is signed in, and changes their password if they know the present one."""
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
    context = {"title": _("Password and sessions"), "form": form, "sessions": _sessions(request)}
    return render(request, "account/overview.html", context, status=status)


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


def _sessions(request: PageRequest) -> list[Shown]:
    """Those that can still be used, the present one first."""
    user: User = request.user
    shown = []
    for session in BrowserSession.alive(user)[:MOST]:
        known = session.session.get_decoded()
        if sessions.belongs_here(known, str(current_tenant().pk)):
            last_seen = datetime.fromtimestamp(known.get(sessions.SEEN, 0), tz=UTC)
            is_this_one = session.session_id == request.session.session_key
            shown.append(Shown(session, browsers.called(session.agent), last_seen, is_this_one))
    return sorted(shown, key=lambda one: not one.is_this_one)
