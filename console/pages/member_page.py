"""The page of a person: who they are, where they are signed in, and what they have granted to which client."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from ..http.access import needs
from ..http.requests import PageRequest
from ..models import Group, User
from ..models.group import LIMIT
from ..policy.roles import Permission
from . import activity, browser_sessions, granted
from .event_lines import of_days

PER_PAGE = 25


@needs(Permission.READ_CONSOLE)
@require_safe
def member(request: PageRequest, user_id: UUID) -> HttpResponse:
    """One person: account, groups, sessions, sign-ins, grants."""
    person: User = get_object_or_404(User.objects.select_related("tenant"), pk=user_id)
    page = Paginator(granted.clients_of(person), PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "title": person.display_name,
        "section": "members",
        "person": person,
        "page": page,
        "grants": granted.of_person(person, page),
        "groups": Group.of(person)[: settings.LIMITS[LIMIT]],
        "sessions": browser_sessions.of(person, request.session.session_key),
        "sign_ins": of_days(activity.reading(person, activity.SIGN_INS).page(None, activity.NEWEST).events),
        "client_sign_ins": activity.sign_ins_with_clients(person),
        "may_manage": request.user.may(Permission.MANAGE_CLIENTS),
        "may_manage_people": request.user.may(Permission.MANAGE_PEOPLE),
    }
    return render(request, "members/member.html", context)
