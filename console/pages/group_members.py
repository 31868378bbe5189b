"""Who is in a group: people are looked for and added, a few at a time, and taken out one by one (P11)."""

from typing import Any, TypeVar
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..models import Actor, Group, GroupMember, LimitReached, User
from ..models.group import CALLED
from ..policy.roles import Permission
from . import fragments
from .forms.limits import reached
from .groups import own_group
from .named_pages import PER_PAGE, page_of
from .people_pages import page_of as page_of_people
from .word_search import GroupSearch, MemberSearch, WordSearch

MOST_CHOSEN = 50  # people or groups that are ticked at a time
CANDIDATES = "candidates"  # the part of the page that a search replaces
Row = TypeVar("Row", User, Group)


@needs(Permission.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: PageRequest, group_id: UUID) -> HttpResponse:
    """Finds people by name or address. Who is chosen stays so while another name is looked for."""
    group, problem = own_group(group_id), ""
    sent = request.POST if request.method == "POST" else request.GET
    chosen = _found(User.objects.all(), sent.getlist("person"), "name", "email")
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
    found = page_of_people(search.find(User.objects.filter(is_active=True)), {}).rows
    inside = GroupMember.objects.filter(group=group, user__in=found).values_list("user_id", flat=True)
    context = _candidates(search, chosen, found, set(inside)) | {
        "title": _("Add people to “%(name)s”") % {"name": group.name},
        "back": reverse("group", args=[group.pk]),
        "of": group.name,
        "label": _("Search people"),
        "placeholder": _("Search name or email"),
        "candidates": "groups/candidates.html",
        "submit": _("Add to group"),
        "problem": problem,
    }
    return _picker(request, context)


@needs(Permission.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: PageRequest, user_id: UUID) -> HttpResponse:
    """The same from the side of a person: finds groups by name, and puts the person into those that are ticked."""
    person: User = get_object_or_404(User.objects.select_related("tenant"), pk=user_id)
    sent = request.POST if request.method == "POST" else request.GET
    chosen, problem = _found(Group.objects.select_related("tenant"), sent.getlist("group"), "name"), ""
    if request.method == "POST":
        problem = _put_into(chosen, person, actor(request)) if chosen else _("Choose at least one group.")
        if not problem:
            said = _("The groups of %(name)s have been saved.") % {"name": person.display_name}
            messages.success(request, said)
            return fragments.done(request, reverse("member", args=[person.pk]))
    search = GroupSearch(sent)
    found = page_of(search.find(Group.objects.all()), CALLED, {}).rows
    inside = GroupMember.objects.filter(user=person, group__in=found).values_list("group_id", flat=True)
    context = _candidates(search, chosen, found, set(inside)) | {
        "title": _("Add %(name)s to groups") % {"name": person.display_name},
        "back": reverse("member", args=[person.pk]),
        "of": person.display_name,
        "label": _("Search groups"),
        "placeholder": _("Search name or description"),
        "candidates": "groups/group_candidates.html",
        "submit": _("Add to groups"),
        "problem": problem,
    }
    return _picker(request, context)


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


def _put_into(groups: list[Group], person: User, by: Actor) -> str:
    """Into all of them or none; why not, or ""."""
    try:
        with transaction.atomic():
            for group in sorted(groups, key=lambda one: one.pk):  # always in the same order: no deadlock
                group.add([person], by=by)
    except LimitReached as limit:
        return reached(limit)
    except Group.DoesNotExist:
        return _("Someone has already deleted one of these groups.")
    return ""


def _found(rows: "QuerySet[Row]", keys: list[str], *columns: str) -> list[Row]:
    """Those that were ticked: of this tenant alone, by what they are called."""
    try:
        found = list(rows.filter(pk__in=keys[:MOST_CHOSEN]))
    except ValidationError:  # no ID
        return []
    return sorted(
        found, key=lambda row: next(filter(None, (getattr(row, name) for name in columns))).casefold()
    )


def _candidates(search: WordSearch, chosen: list[Row], found: list[Row], inside: set[Any]) -> dict[str, Any]:
    """Who or what is offered: first those that are ticked."""
    offered = [(one, one.pk in inside) for one in found if one not in chosen]
    return {"search": search, "chosen": chosen, "found": offered, "more": len(found) == PER_PAGE}


def _picker(request: PageRequest, context: dict[str, Any]) -> HttpResponse:
    """The whole page, or the part of it that a search replaces."""
    template = context["candidates"] if request.htmx.target == CANDIDATES else "groups/add.html"
    return render(
        request, template, context | {"section": "members"}, status=422 if context["problem"] else 200
    )
