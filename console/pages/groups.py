"""The groups of a tenant: `/console/people/groups` (P11)."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..http.tenancy import current_tenant
from ..models import Group, GroupMember, GroupNameTaken, User
from ..models.counting import up_to
from ..models.group import CALLED
from ..policy.roles import Permission
from . import fragments
from .forms.group import NAME_TAKEN, GroupForm
from .named_pages import page_of
from .people_pages import page_of as page_of_people
from .word_search import GroupSearch, MemberSearch

MOST = 10_000  # groups that are counted
FEW = 1_000  # members up to which they are known by name: see `members_of`
pages = require_http_methods(["GET", "HEAD", "POST"])


@needs(Permission.READ_CONSOLE)
@require_safe
def listing(request: PageRequest) -> HttpResponse:
    """Every group by name, with how many people are in it."""
    search = GroupSearch(request.GET)
    context = {
        "title": _("Groups"),
        "section": "members",
        "search": search,
        "page": page_of(search.find(Group.objects.all()), CALLED, request.GET),
        "total": None if search.text else up_to(MOST, Group.objects.all()),
        "may_manage_people": request.user.may(Permission.MANAGE_PEOPLE),
    }
    return render(request, "groups/listing.html", context)


@needs(Permission.READ_CONSOLE)
@require_safe
def group(request: PageRequest, group_id: UUID) -> HttpResponse:
    """One group and its people, by what they are called."""
    shown = own_group(group_id)
    search = MemberSearch(request.GET)
    context = {
        "title": shown.name,
        "section": "members",
        "group": shown,
        "search": search,
        "page": page_of_people(search.find(members_of(shown)), request.GET),
        "may_manage_people": request.user.may(Permission.MANAGE_PEOPLE),
    }
    return render(request, "groups/group.html", context)


@needs(Permission.MANAGE_PEOPLE)
@pages
def create(request: PageRequest) -> HttpResponse:
    """A new group; then its page, where people are added."""
    form = GroupForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = Group.create(current_tenant(), by=actor(request), **form.cleaned_data)
        except GroupNameTaken:
            form.add_error("name", NAME_TAKEN)
        else:
            messages.success(request, _("The group “%(name)s” is created.") % {"name": made.name})
            return fragments.done(request, reverse("group", args=[made.pk]))
    context = {"title": _("Create group"), "section": "members", "form": form, "back": reverse("groups")}
    return fragments.dialog(request, "groups/edit.html", context, status=422 if form.is_bound else 200)


@needs(Permission.MANAGE_PEOPLE)
@pages
def edit(request: PageRequest, group_id: UUID) -> HttpResponse:
    """Changes name and description. Applications read the new name with the next ID token."""
    edited = own_group(group_id)
    initial = {"name": edited.name, "description": edited.description}
    form = GroupForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            edited.edit(by=actor(request), **form.cleaned_data)
        except GroupNameTaken:
            form.add_error("name", NAME_TAKEN)
        except Group.DoesNotExist:
            return _gone(request)
        else:
            messages.success(request, _("The group “%(name)s” is saved.") % {"name": edited.name})
            return fragments.done(request, _page_of(edited))
    context = _context(edited, _("Edit group")) | {"form": form}
    return fragments.dialog(request, "groups/edit.html", context, status=422 if form.is_bound else 200)


@needs(Permission.MANAGE_PEOPLE)
@pages
def delete(request: PageRequest, group_id: UUID) -> HttpResponse:
    """Asks first, and says how many people are in it."""
    deleted = own_group(group_id)
    if request.method != "POST":
        title = _("Delete “%(name)s”?") % {"name": deleted.name}
        return fragments.dialog(request, "groups/delete.html", _context(deleted, title))
    if not deleted.remove(by=actor(request)):
        return _gone(request)
    messages.success(request, _("The group “%(name)s” is deleted.") % {"name": deleted.name})
    return fragments.done(request, reverse("groups"))


def own_group(group_id: UUID) -> Group:
    """A group of this tenant that has not been deleted; 404 for any other."""
    found: Group = get_object_or_404(Group.objects.select_related("tenant"), pk=group_id)
    return found


def members_of(group: Group) -> "QuerySet[User]":
    """The people in a group. A few are known by name first: to look for them among all people would read those who
    have nothing to do with it. Many are met often enough on the way through a list of all people."""
    rows = GroupMember.objects.filter(group=group)
    few = list(rows.values_list("user_id", flat=True)[: FEW + 1])
    people: QuerySet[User] = User.objects.all()
    if len(few) <= FEW:
        return people.filter(pk__in=few)
    inside = rows.filter(user=OuterRef("pk")).values("pk")[:1]
    return people.alias(inside=Subquery(inside)).filter(inside__isnull=False)


def _page_of(group: Group) -> str:
    return reverse("group", args=[group.pk])


def _gone(request: PageRequest) -> HttpResponse:
    messages.info(request, _("Someone has already deleted this group."))
    return fragments.done(request, reverse("groups"))


def _context(group: Group, title: str) -> dict[str, Any]:
    return {"title": title, "group": group, "back": _page_of(group), "section": "members"}
