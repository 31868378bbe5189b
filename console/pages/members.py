"""The tenant's people: everybody who can sign in, and first those who are invited (P5, P11)."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..models import Invitation, User
from ..models.counting import up_to
from ..policy.roles import Permission
from . import granted
from .people_pages import page_of
from .word_search import MemberSearch

MOST = 10_000  # people that are counted
FIRST_INVITED = 5  # invitations that stand above the people; there is a page of all


@needs(Permission.READ_CONSOLE)
@require_safe
def listing(request: PageRequest) -> HttpResponse:
    """Everybody, with role, last sign-in and the number of their grants; above them those invited last."""
    search = MemberSearch(request.GET)
    page = page_of(search.find(User.objects.all()), request.GET)
    numbers = granted.numbers(page.rows)
    invited = []
    if page.previous is None:
        invited = list(search.find(Invitation.objects.all()).order_by("-sent_at", "pk")[: FIRST_INVITED + 1])
    context = {
        "title": _("People"),
        "search": search,
        "page": page,
        "total": None if search.text else up_to(MOST, User.objects.all()),
        "people": [(person, numbers.get(person.pk, 0)) for person in page.rows],
        "invited": invited[:FIRST_INVITED],
        "more_invited": len(invited) > FIRST_INVITED,
        "may_manage_people": request.user.may(Permission.MANAGE_PEOPLE),
    }
    template = (
        "members/list.html" if request.htmx and request.htmx.target == "people" else "members/listing.html"
    )
    return render(request, template, context)
