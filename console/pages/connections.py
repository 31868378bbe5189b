"""How the tenant's users consent to a client (S10)."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..access import needs
from ..models import Connection
from ..policy.roles import Permission
from ..requests import PageRequest
from ..sessions import actor
from . import fragments
from .client_lookup import back_to_list
from .forms.consent_method import ConsentMethodForm


@needs(Permission.MANAGE_CLIENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def consent_method(request: PageRequest, client_id: str) -> HttpResponse:
    """Asks each user for consent, or trusts the client so that nobody is asked."""
    if not client_id.isprintable():
        raise Http404
    connections = Connection.objects.filter(client__deleted_at=None).select_related("client")
    connection: Connection = get_object_or_404(connections, client__client_id=client_id)
    form = ConsentMethodForm(
        request.POST if request.method == "POST" else None,
        initial={"consent_method": connection.consent_method},
    )
    if not form.is_valid():
        context = {
            "title": _("Change consent method"),
            "form": form,
            "client": connection.client,
            "section": "clients",
        }
        return fragments.dialog(
            request, "connections/consent_method.html", context, status=422 if form.is_bound else 200
        )
    connection.change_consent_method(form.cleaned_data["consent_method"], by=actor(request))
    messages.success(
        request,
        _("The consent method of “%(name)s” is now “%(method)s”.")
        % {"name": connection.client.name, "method": connection.get_consent_method_display()},
    )
    return fragments.done(request, back_to_list(request))
