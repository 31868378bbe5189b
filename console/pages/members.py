"""The tenant's people, and what each of them has granted to which client (P5)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..models import User
from ..models.counting import up_to
from ..policy.roles import Permission
from . import granted
from .people_pages import page_of

PER_PAGE = 25
LONGEST = 200
MOST_WORDS = 8
MOST = 10_000  # people that are counted


class MemberSearch:
    """People by parts of their name or e-mail address. A search never fails: what makes no sense finds nothing."""

    def __init__(self, sent: Mapping[str, Any]) -> None:
        self.text = str(sent.get("q", "")).replace("\0", "").strip()[:LONGEST]

    def find(self, people: "QuerySet[User]") -> "QuerySet[User]":
        """Those of `people` who fit every word."""
        for word in self.text.split()[:MOST_WORDS]:
            people = people.filter(_about(word))
        return people


def _about(word: str) -> Q:
    """The embedded database folds the case of ASCII letters only: other words are tried as they are usually written."""
    spellings = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
    found = Q()
    for spelling in spellings:
        found |= Q(name__icontains=spelling) | Q(email__icontains=spelling)
    return found


@needs(Permission.READ_CONSOLE)
@require_safe
def listing(request: PageRequest) -> HttpResponse:
    """Everybody, with role, last sign-in and the number of their grants."""
    search = MemberSearch(request.GET)
    page = page_of(search.find(User.objects.all()), request.GET)
    numbers = granted.numbers(page.people)
    context = {
        "title": _("People"),
        "search": search,
        "page": page,
        "total": None if search.text else up_to(MOST, User.objects.all()),
        "people": [(person, numbers.get(person.pk, 0)) for person in page.people],
    }
    template = (
        "members/list.html" if request.htmx and request.htmx.target == "people" else "members/listing.html"
    )
    return render(request, template, context)


@needs(Permission.READ_CONSOLE)
@require_safe
def member(request: PageRequest, user_id: UUID) -> HttpResponse:
    """One person's grants."""
    person: User = get_object_or_404(User.objects.all(), pk=user_id)
    page = Paginator(granted.clients_of(person), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": person.display_name,
        "section": "members",
        "person": person,
        "page": page,
        "grants": granted.of_person(person, page),
        "may_manage": request.user.may(Permission.MANAGE_CLIENTS),
        "may_manage_people": request.user.may(Permission.MANAGE_PEOPLE),
    }
    return render(request, "members/member.html", context)
