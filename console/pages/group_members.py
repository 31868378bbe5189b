"""Who is in a group: people are looked for and added, a few at a time, and taken out one by one (P11)."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import Group, GroupMember, LimitReached, User
from ..policy.roles import Permission
from . import fragments
from .forms.limits import reached
from .groups import own_group
from .people_pages import PER_PAGE, page_of
from .word_search import MemberSearch

MOST_CHOSEN = 50  # people who are added at a time
CANDIDATES = "candidates"  # the part of the page that a search replaces


@needs(Permission.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: PageRequest, group_id: UUID) -> HttpResponse:
    """Finds people by name or address. Who is chosen stays so while another name is looked for."""
    group, problem = own_group(group_id), ""
    sent = request.POST if request.method == "POST" else request.GET
    chosen = _chosen(sent.getlist("person"))
    if request.method == "POST":
        if chosen:
            try:
                added = group.add(chosen, by=actor(request))
            except LimitReached as limit:
                problem = reached(limit)
            except Group.DoesNotExist:
                messages.info(request, _("Someone has already deleted this group."))
                return fragments.done(request, reverse("groups"))
            else:
                said = ngettext("%(number)d person is added.", "%(number)d people are added.", len(added))
                messages.success(request, said % {"number": len(added)})
                return fragments.done(request, reverse("group", args=[group.pk]))
        else:
            problem = _("Choose at least one person.")
    search = MemberSearch(sent)
    found = page_of(search.find(User.objects.filter(is_active=True)), {}).rows
    inside = _inside(group, found)
    context = {
        "title": _("Add people to “%(name)s”") % {"name": group.name},
        "section": "members",
        "group": group,
        "search": search,
        "chosen": chosen,
        "found": [(one, one.pk in inside) for one in found if one not in chosen],
        "more": len(found) == PER_PAGE,
        "problem": problem,
    }
    template = "groups/candidates.html" if request.htmx.target == CANDIDATES else "groups/add.html"
    return render(request, template, context, status=422 if problem else 200)


@needs(Permission.MANAGE_PEOPLE)
@require_POST
def remove(request: PageRequest, group_id: UUID, user_id: UUID) -> HttpResponse:
    """Takes somebody out of a group; back to where that was asked for: the group or the person."""
    group = own_group(group_id)
    person: User = get_object_or_404(User.objects.all(), pk=user_id)
    names = {"name": person.display_name, "group": group.name}
    try:
        dropped = group.drop(person, by=actor(request))
    except Group.DoesNotExist:
        dropped = False
    if dropped:
        messages.success(request, _("%(name)s is no longer in “%(group)s”.") % names)
    else:
        messages.info(request, _("%(name)s was not in “%(group)s” any more.") % names)
    if request.POST.get("from") == "person":
        return fragments.done(request, reverse("member", args=[person.pk]))
    return fragments.done(request, reverse("group", args=[group.pk]))


def _chosen(keys: list[str]) -> list[User]:
    """Those who were ticked: people of this tenant alone, by what they are called."""
    try:
        people: list[User] = list(User.objects.filter(pk__in=keys[:MOST_CHOSEN]))
    except ValidationError:  # no ID
        return []
    return sorted(people, key=lambda person: person.display_name.casefold())


def _inside(group: Group, people: list[User]) -> set[UUID]:
    return set(GroupMember.objects.filter(group=group, user__in=people).values_list("user_id", flat=True))
