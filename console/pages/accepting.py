"""The page behind the link of an invitation: whoever was invited chooses a password, and is in (P11, ASVS 6.4.1)."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from ..http.access import open_to
from ..http.requests import VisitorRequest
from ..http.sessions import client_address
from ..models import Invitation
from ..policy import text
from .forms.sign_in import ChoosePasswordForm
from .sign_in import LINK_HOLDER, dead_link, see_other, start
from .sign_in_attempts import Attempt

LONGEST = 100  # letters of a token that is looked at


@open_to(LINK_HOLDER)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("password", "password_again")
@sensitive_variables("form", "token")
def accept(request: VisitorRequest, invitation_id: UUID) -> HttpResponse:
    """Any link that does not work, or not any more, gets the same answer. What makes the account is one statement that
    takes the invitation away, so of two people with the same link one is in."""
    token = request.GET.get("token", "")[:LONGEST]
    invitation = None if text.is_refused(token) else Invitation.with_link(invitation_id, token)
    if invitation is None:
        return dead_link(request, None)
    sent = request.POST if request.method == "POST" else None
    form = ChoosePasswordForm(invitation.person, sent)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        context = {
            "title": _("Choose a password"),
            "form": form,
            "invited": invitation,
            "invitation": invitation,
        }
        return render(request, "sign_in/welcome.html", context, status=status)
    user = invitation.accept(form.cleaned_data["password"], address=client_address(request))
    if user is None:
        return dead_link(request, None)
    start(request, user)
    response = see_other(reverse("home"))
    Attempt(request, user.email).remember(response)
    return response
