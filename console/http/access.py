"""Who may call a view. Every view states it, and a test walks the URL map to see that none forgets (house habit 4)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseBase

from ..policy.roles import Permission
from .requests import PageRequest

View = Callable[..., HttpResponseBase]


def needs(permission: Permission) -> Callable[[View], View]:
    """A page for signed-in people of this tenant who hold `permission`; 403 for those who do not."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.may(
                permission
            ):  # LoginRequiredMiddleware has already sent strangers to sign in
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.access = permission.value  # type: ignore[attr-defined]
        return guarded

    return decorate


def open_to(whom: str) -> Callable[[View], View]:
    """A view that does not need a signed-in person; `whom` says who may call it instead, and how that is checked."""

    def decorate(view: View) -> View:
        opened = login_not_required(view)
        opened.access = whom  # type: ignore[attr-defined]
        return opened

    return decorate
