"""Signing in and out, and the first password (ASVS V6, V7)."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from ..http import sessions
from ..http.access import needs, open_to
from ..http.browser_rules import allow_form_targets
from ..http.requests import VisitorRequest
from ..mail import one_time_links
from ..models import User
from ..policy import text
from ..policy.roles import Permission
from . import fragments
from .forms.sign_in import ChoosePasswordForm, SignInForm
from .next_address import login_hint_of, next_address, redirect_uri_of, waiting_client, waiting_host
from .sign_in_attempts import Attempt, LinkAttempt, later

ANYONE = "anyone: this is where people prove who they are"
LINK_HOLDER = "whoever holds the one-time link: the signed token in it is checked"


@needs(Permission.OWN_ACCOUNT)
@require_safe
def home(request: VisitorRequest) -> HttpResponse:
    """Redirects everybody to their start page."""
    user = sessions.actor(request).user
    reads_console = user is not None and user.may(Permission.READ_CONSOLE)
    return redirect("console" if reads_console else "account_applications")


@open_to(ANYONE)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password")
@sensitive_variables("form")
def sign_in(request: VisitorRequest) -> HttpResponse:
    """Asks for email and password. `next` leads on within this host; `switch` asks although somebody is signed in."""
    onward = next_address(request) or reverse("home")
    if request.htmx:
        return _whole_page(request)
    if request.method != "POST":
        if request.user.is_authenticated and "switch" not in request.GET:
            return redirect(onward)
        form = SignInForm(initial={"email": login_hint_of(request, onward)})
        return _ask(request, form, onward, ended=_has_ended(request, onward))
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _ask(request, form, onward, status=422)
    attempt = Attempt(request, form.cleaned_data["email"])
    if too_many := attempt.begin():
        attempt.refused(too_many)
        form.add_error(None, later(too_many, known=bool(attempt.browser)))
        response = _ask(request, form, onward, status=429)
        response["Retry-After"] = str(too_many.seconds)
        return response
    user = authenticate(request, email=attempt.email, password=form.cleaned_data["password"])
    if not isinstance(user, User):
        attempt.failed()
        form.add_error(None, _("Incorrect email or password."))
        return _ask(request, form, onward, status=422)
    attempt.succeeded()
    start(request, user)
    response = see_other(onward)
    attempt.remember(response)
    return response


def expired(request: VisitorRequest) -> HttpResponse:
    """The form came without a token that counts: it stood open while somebody signed in or out in another tab.

    Whoever is signed in as the person it names goes on to where they wanted; others are asked again. Nothing in the
    form is believed: a link from elsewhere could ask for as much.
    """
    onward = next_address(request) or reverse("home")
    email = request.POST.get("email", "")[:254].strip()
    user = request.user
    if isinstance(user, User) and user.email.lower() == email.lower():
        return see_other(onward)
    form = SignInForm({"email": "" if text.is_refused(email) else email}, expired=True)
    return _ask(request, form, onward, status=403)


@open_to("anyone: ends the session of whoever holds it, and only with a token against forgery")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: VisitorRequest) -> HttpResponse:
    """Ends the session, and says so. A link from elsewhere can only ask for it (ASVS 7.4.1, 7.4.4)."""
    if request.method == "POST":
        sessions.end(request)
        return see_other(reverse("logout"))
    if request.user.is_authenticated:
        return render(request, "sign_in/sign_out.html", {"title": _("Sign out?")})
    return render(request, "sign_in/signed_out.html", {"title": _("You are signed out")})


@open_to(LINK_HOLDER)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password", "password_again")
@sensitive_variables("form")
def welcome(request: VisitorRequest, user_id: UUID) -> HttpResponse:
    """The first password, by a link that works once (ASVS 6.4.1). Any link that does not work gets the same answer.

    Its token is in the query string, which no log of ours keeps (ASVS 16.2.5).
    """
    invited = User.objects.filter(pk=user_id, is_active=True)
    user = invited.first()
    if not _link_works(request, user):
        return dead_link(request, user)
    with transaction.atomic():  # two people with the same link: the second waits, and then holds a used one
        user = invited.select_for_update(no_key=True).first()
        if user is None or not _link_works(request, user):
            return dead_link(request, user)
        form = ChoosePasswordForm(user, request.POST if request.method == "POST" else None)
        if not form.is_valid():
            status = 422 if form.is_bound else 200
            context = {"title": _("Choose a password"), "form": form, "invited": user}
            return render(request, "sign_in/welcome.html", context, status=status)
        user.choose_password(form.cleaned_data["password"], by=sessions.actor(request))
        start(request, user)
    response = see_other(reverse("home"))
    Attempt(request, user.email).remember(response)
    return response


def _link_works(request: VisitorRequest, user: User | None) -> bool:
    return bool(default_token_generator.check_token(user, request.GET.get("token", "")))


def dead_link(request: VisitorRequest, user: User | None) -> HttpResponse:
    """Opening many invalid links is throttled. A link that works is asked for first, so its holder never does."""
    context: dict[str, Any] = {"title": _("This link does not work")}
    attempt = LinkAttempt(request, user)
    too_many = attempt.begin()
    if too_many is None:
        attempt.failed()
        return render(request, "sign_in/link_is_dead.html", context, status=404)
    attempt.refused(too_many)
    context["later"] = later(too_many, known=True)
    response = render(request, "sign_in/link_is_dead.html", context, status=429)
    response["Retry-After"] = str(too_many.seconds)
    return response


def start(request: VisitorRequest, user: User) -> None:
    """Begins a session for `user`; whoever was signed in with this browser before is signed out."""
    before = request.user
    if isinstance(before, User) and before.pk != user.pk:
        before.signed_out(by=sessions.actor(request))
    sessions.begin(request, user)


def _has_ended(request: VisitorRequest, onward: str) -> bool:
    """Whether somebody who was at work here is sent to sign in because the session is over."""
    was_signed_in = settings.SESSION_COOKIE_NAME in request.COOKIES and not request.user.is_authenticated
    return was_signed_in and onward.startswith((reverse("console"), reverse("account_applications")))


def _ask(
    request: VisitorRequest, form: SignInForm, onward: str, *, ended: bool = False, status: int = 200
) -> HttpResponse:
    client = waiting_client(onward)
    context = {"title": _("Sign in"), "form": form, "next": onward, "application": client, "ended": ended}
    context["host"] = waiting_host(onward)
    context["may_forget"] = one_time_links.mail_works()
    response = render(request, "sign_in/sign_in.html", context, status=status)
    allow_form_targets(response, redirect_uri_of(onward, client))
    return response


def _whole_page(request: VisitorRequest) -> HttpResponse:
    """A part of a page was asked for after the session had ended: the whole window goes to sign in, and comes back."""
    query = urlencode({"next": fragments.current_address(request) or reverse("home")})
    response = HttpResponse(status=204)
    response["HX-Redirect"] = f"{reverse('login')}?{query}"
    return response


def see_other(address: str) -> HttpResponse:
    """303: the next request is a GET, so a password is never sent on (RFC 9700 §4.12)."""
    response = redirect(address)
    response.status_code = 303
    return response
