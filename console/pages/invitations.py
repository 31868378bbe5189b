"""Inviting people: by mail, or with a link to hand over where no mail server is set up (P11)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from ..http.access import needs
from ..http.compression import is_secret
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..http.tenancy import current_tenant
from ..mail import invitations as letters
from ..mail.one_time_links import mail_works
from ..models import AlreadyThere, Invitation, TooManyInvitations, User
from ..models.counting import up_to
from ..policy.roles import Permission
from . import fragments
from .forms.invitation import InvitationForm
from .moments import exactly
from .named_pages import page_of
from .word_search import MemberSearch

MOST = 10_000  # invitations that are counted
pages = require_http_methods(["GET", "HEAD", "POST"])
Made = list[tuple[Invitation, str]]


@needs(Permission.READ_CONSOLE)
@require_safe
def listing(request: PageRequest) -> HttpResponse:
    """Everybody who is invited and has not accepted, by address."""
    search = MemberSearch(request.GET)
    page = page_of(search.find(Invitation.objects.all()), F("email"), request.GET)
    context = {
        "title": _("Invitations"),
        "section": "members",
        "search": search,
        "page": page,
        "total": None if search.text else up_to(MOST, Invitation.objects.all()),
        "may_manage_people": request.user.may(Permission.MANAGE_PEOPLE),
    }
    return render(request, "invitations/listing.html", context)


@needs(Permission.MANAGE_PEOPLE)
@pages
def invite(request: PageRequest) -> HttpResponse:
    """Invites one or several people. Whatever is wrong is said beside its field, and what was entered stays."""
    sent = request.POST if request.method == "POST" else None
    form = InvitationForm(sent, initial={"role": User.Role.USER})
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            return _sent(request, _send(request, form))
        except AlreadyThere as there:
            form.refuse(there)
        except TooManyInvitations as too_many:
            form.add_error(None, _later(too_many))
            status = 429
    context = {"title": _("Invite people"), "section": "members", "form": form, "mail": mail_works()}
    return fragments.dialog(request, "invitations/invite.html", context, status=status)


@needs(Permission.MANAGE_PEOPLE)
@pages
def resend(request: PageRequest, invitation_id: UUID) -> HttpResponse:
    """Asks first, then makes a new link and sends it; the one before stops working."""
    invitation, problem = _invitation(invitation_id), ""
    if request.method == "POST":
        try:
            return _sent(request, _send_again(request, invitation), again=True)
        except Invitation.DoesNotExist:
            return _gone(request, invitation)
        except TooManyInvitations as too_many:
            problem = _later(too_many)
    context = _context(invitation, _("Send the invitation again?")) | {"problem": problem}
    return fragments.dialog(request, "invitations/resend.html", context, status=429 if problem else 200)


@needs(Permission.MANAGE_PEOPLE)
@pages
def withdraw(request: PageRequest, invitation_id: UUID) -> HttpResponse:
    """Asks first, then makes the link useless."""
    invitation = _invitation(invitation_id)
    if request.method != "POST":
        context = _context(invitation, _("Withdraw the invitation?"))
        return fragments.dialog(request, "invitations/withdraw.html", context)
    if not invitation.withdraw(by=actor(request)):
        return _gone(request, invitation)
    messages.success(request, _("The invitation of %(email)s is withdrawn.") % {"email": invitation.email})
    return fragments.done(request, reverse("invitations"))


def _send(request: PageRequest, form: InvitationForm) -> Made:
    with transaction.atomic():
        made = Invitation.send(
            current_tenant(),
            form.cleaned_data["addresses"],
            role=form.cleaned_data["role"],
            language=translation.get_language(),
            mailed=mail_works(),
            by=actor(request),
        )
        if mail_works():
            letters.put(made)
    return made


def _send_again(request: PageRequest, invitation: Invitation) -> Made:
    with transaction.atomic():
        made = [(invitation, invitation.send_again(mailed=mail_works(), by=actor(request)))]
        if mail_works():
            letters.put(made)
    return made


def _sent(request: PageRequest, made: Made, *, again: bool = False) -> HttpResponse:
    """Leads to the list; without mail this one answer has the links, which are kept nowhere."""
    if mail_works():
        said = ngettext(
            "An invitation is on its way to %(email)s.", "%(number)d invitations are on their way.", len(made)
        )
        messages.success(request, said % {"number": len(made), "email": made[0][0].email})
        return fragments.done(request, reverse("invitations"))
    context = {
        "title": _("New link") if again else ngettext("Invitation link", "Invitation links", len(made)),
        "section": "members",
        "links": [(invitation, letters.link(invitation, token)) for invitation, token in made],
        "until": made[0][0].expires_at,
    }
    response = fragments.dialog(request, "invitations/links.html", context)
    response["Cache-Control"] = "no-store"
    is_secret(response)
    return response


def _gone(request: PageRequest, invitation: Invitation) -> HttpResponse:
    messages.info(
        request,
        _("The invitation of %(email)s has been accepted or withdrawn meanwhile.")
        % {"email": invitation.email},
    )
    return fragments.done(request, reverse("invitations"))


def _later(too_many: TooManyInvitations) -> str:
    said = ngettext(
        "You can send %(number)d invitation an hour. You can send these from %(moment)s.",
        "You can send %(number)d invitations an hour. You can send these from %(moment)s.",
        too_many.number,
    )
    return said % {"number": too_many.number, "moment": exactly(too_many.until)}


def _invitation(invitation_id: UUID) -> Invitation:
    invitations = Invitation.objects.select_related("tenant")
    found: Invitation = get_object_or_404(invitations, pk=invitation_id)
    return found


def _context(invitation: Invitation, title: str) -> dict[str, Any]:
    back = reverse("invitations")
    mail = mail_works()
    return {"title": title, "invitation": invitation, "back": back, "section": "members", "mail": mail}
