"""What a person has connected to their account, and how they take it back (P5, ASVS 7.5.2, 10.7.3)."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ..access import needs
from ..models import Consent
from ..policy.roles import Permission
from ..requests import PageRequest
from ..sessions import actor
from . import fragments, granted, receipts


@needs(Permission.OWN_ACCOUNT)
@require_safe
def applications(request: PageRequest) -> HttpResponse:
    """Every application with the person's consent, and those that hold a session because the tenant trusts them."""
    grants = granted.of_person(request.user)
    context = {
        "title": _("Connected applications"),
        "applications": [grant for grant in grants if grant.consent],
        "others": [grant for grant in grants if not grant.consent],
    }
    return render(request, "account/applications.html", context)


@needs(Permission.OWN_ACCOUNT)
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: PageRequest, consent_id: int) -> HttpResponse:
    """Asks first, then takes the consent back: every token that the application holds for this person ends."""
    consent: Consent = get_object_or_404(
        Consent.objects.select_related("client__tenant", "user", "tenant"), pk=consent_id, user=request.user
    )
    back = reverse("account_applications")
    if request.method == "POST":
        receipt = consent.withdraw(by=actor(request))
        title = _("%(application)s no longer has access") % {"application": consent.client.name}
        return receipts.shown(request, title, receipt, back=back, section="account_applications")
    [grant] = granted.of_people([request.user], consent.client)
    context: dict[str, Any] = {
        "title": _("Withdraw access?"),
        "section": "account_applications",
        "grant": grant,
    }
    return fragments.dialog(request, "account/withdraw.html", context)
