"""What an administrator does with a person of the tenant: role, disabling, sessions, one-time links (P11)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from ..http.access import needs
from ..http.compression import is_secret
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..mail import one_time_links
from ..models import LastAdministrator, OwnAccount, Receipt, User, reach
from ..policy.roles import Permission
from . import browser_sessions, fragments, receipts
from .forms.member import RoleForm

pages = require_http_methods(["GET", "HEAD", "POST"])


@needs(Permission.MANAGE_PEOPLE)
@pages
def role(request: PageRequest, user_id: UUID) -> HttpResponse:
    """Changes what a person may do in the tenant."""
    person = _person(user_id)
    form = RoleForm(request.POST if request.method == "POST" else None, initial={"role": person.role})
    if form.is_valid():
        try:
            changed = person.change_role(form.cleaned_data["role"], by=actor(request))
        except (OwnAccount, LastAdministrator) as refused:
            form.add_error("role", _why(refused))
        else:
            given = {"name": person.display_name, "role": person.get_role_display()}
            said = _("%(name)s is now: %(role)s.") if changed else _("%(name)s was already: %(role)s.")
            messages.success(request, said % given)
            return fragments.done(request, _page_of(person))
    context = _context(person, _("Change role")) | {"form": form}
    return fragments.dialog(request, "members/role.html", context, status=422 if form.is_bound else 200)


@needs(Permission.MANAGE_PEOPLE)
@pages
def disable(request: PageRequest, user_id: UUID) -> HttpResponse:
    """Asks first, then ends every session of a person and lets them sign in no more."""
    person, problem = _person(user_id), ""
    name = {"name": person.display_name}
    if request.method == "POST":
        try:
            receipt = person.disable(by=actor(request))
        except (OwnAccount, LastAdministrator) as refused:
            problem = _why(refused)
        else:
            return _receipt(request, person, _("%(name)s is disabled") % name, receipt)
    context = _context(person, _("Disable %(name)s?") % name) | _reach(person) | {"problem": problem}
    return fragments.dialog(request, "members/disable.html", context, status=422 if problem else 200)


@needs(Permission.MANAGE_PEOPLE)
@pages
def enable(request: PageRequest, user_id: UUID) -> HttpResponse:
    """Lets a disabled person sign in again."""
    person = _person(user_id)
    name = {"name": person.display_name}
    if request.method != "POST":
        return fragments.dialog(
            request, "members/enable.html", _context(person, _("Enable %(name)s?") % name)
        )
    if person.enable(by=actor(request)):
        messages.success(request, _("%(name)s can sign in again.") % name)
    else:
        messages.info(request, _("%(name)s was not disabled, or someone has already enabled them.") % name)
    return fragments.done(request, _page_of(person))


@needs(Permission.MANAGE_PEOPLE)
@pages
def end_sessions(request: PageRequest, user_id: UUID) -> HttpResponse:
    """Asks first, then ends every session of a person, with browsers and with applications."""
    person = _person(user_id)
    name = {"name": person.display_name}
    if request.method == "POST":
        receipt = person.end_sessions(by=actor(request))
        return _receipt(request, person, _("The sessions of %(name)s have ended") % name, receipt)
    context = _context(person, _("End all sessions of %(name)s?") % name) | _reach(person)
    return fragments.dialog(request, "members/end_sessions.html", context)


@needs(Permission.MANAGE_PEOPLE)
@pages
def withdraw_grants(request: PageRequest, user_id: UUID) -> HttpResponse:
    """Asks first, then takes back everything that a person has allowed, and ends every session of theirs."""
    person = _person(user_id)
    name = {"name": person.display_name}
    if request.method == "POST":
        number, receipt = person.withdraw_grants(by=actor(request))
        said = ngettext("%(number)d consent is revoked.", "%(number)d consents are revoked.", number)
        title = _("The grants of %(name)s are revoked") % name
        return _receipt(request, person, title, receipt, said % {"number": number})
    context = _context(person, _("Revoke all grants of %(name)s?") % name) | _reach(person)
    return fragments.dialog(request, "members/withdraw_grants.html", context)


@needs(Permission.MANAGE_PEOPLE)
@pages
def link(request: PageRequest, user_id: UUID) -> HttpResponse:
    """Makes a new one-time link: sent where mail works, and otherwise shown in this one answer."""
    person = _person(user_id)
    if not person.is_active:
        messages.info(request, _("%(name)s is disabled. Enable them first.") % {"name": person.display_name})
        return fragments.done(request, _page_of(person))
    mail = one_time_links.mail_works()
    context = _context(person, _("New one-time link")) | {"mail": mail}
    if request.method == "POST":
        token = person.create_link(by=actor(request))
        if mail:
            one_time_links.send(person, token)
            messages.success(request, _("A link is on its way to %(email)s.") % {"email": person.email})
            return fragments.done(request, _page_of(person))
        context |= {"link": one_time_links.one_time_link(person, token)}
    response = fragments.dialog(request, "members/link.html", context)
    response["Cache-Control"] = "no-store"
    is_secret(response)
    return response


def _person(user_id: UUID) -> User:
    person: User = get_object_or_404(User.objects.select_related("tenant"), pk=user_id)
    return person


def _page_of(person: User) -> str:
    return reverse("member", args=[person.pk])


def _context(person: User, title: str) -> dict[str, Any]:
    return {"title": title, "person": person, "back": _page_of(person), "section": "members"}


def _reach(person: User) -> dict[str, Any]:
    """What an end of everything would touch: with browsers and with applications."""
    return {"reach": reach.of_person(person), "browsers": len(browser_sessions.of(person, None))}


def _receipt(
    request: PageRequest, person: User, title: str, receipt: Receipt | None, text: str = ""
) -> HttpResponse:
    """Where one's own browser session has ended as well, the next page asks for a sign-in."""
    return receipts.shown(request, title, receipt, back=_page_of(person), text=text, section="members")


def _why(refused: Exception) -> str:
    if isinstance(refused, OwnAccount):
        return _("You cannot change this about yourself. Ask another administrator.")
    return _("This is the last administrator who can sign in. Make somebody else an administrator first.")
