"""A one-time link by e-mail for somebody who has forgotten their password (ASVS 6.4.3, 6.3.8)."""

from functools import partial

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_scopes import scope

from ..http.access import open_to
from ..http.requests import VisitorRequest
from ..http.sessions import client_address
from ..http.tenancy import current_tenant
from ..mail import one_time_links
from ..models import Actor, Tenant, User, background
from .forms.sign_in import ForgotPasswordForm
from .sign_in_attempts import LinkAsked, MailToAccount, later


@open_to("anyone: the link goes to the account's own address, and the answer says nothing about accounts")
@require_http_methods(["GET", "HEAD", "POST"])
def forgot_password(request: VisitorRequest) -> HttpResponse:
    """Asks for the address and gives everybody the same answer, after the same work. 404 where mail does not work."""
    if not one_time_links.mail_works():
        raise Http404
    form = ForgotPasswordForm(request.POST if request.method == "POST" else None)
    context = {"title": _("Forgot your password?"), "form": form}
    if not form.is_valid():
        return render(request, "sign_in/forgot_password.html", context, status=422 if form.is_bound else 200)
    asked = LinkAsked(request)
    if too_many := asked.begin():
        asked.refused(too_many)
        form.add_error(None, later(too_many, known=True))
        response = render(request, "sign_in/forgot_password.html", context, status=429)
        response["Retry-After"] = str(too_many.seconds)
        return response
    email = form.cleaned_data["email"]
    if MailToAccount(request, email).begin() is None:
        language = translation.get_language()
        background.beside(partial(_send, current_tenant(), email, client_address(request), language))
    context = {"title": _("Check your email"), "email": email}
    return render(request, "sign_in/link_is_sent.html", context)


def _send(tenant: Tenant, email: str, address: str, language: str) -> None:
    """Looks for the account where nobody waits for it: an answer that came later would tell that there is one."""
    with scope(tenant=tenant), translation.override(language):
        user = User.objects.filter(email=email, is_active=True).select_related("tenant").first()
        if user is not None:
            one_time_links.send(user, user.create_link(by=Actor.anonymous(address)))
