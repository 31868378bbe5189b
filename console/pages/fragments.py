"""Renders one template as a page, inside the dialog, or as a fragment (house habit 9)."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from ..http.requests import PageRequest, VisitorRequest

DIALOG = "dialog-content"


def current_address(request: VisitorRequest) -> str | None:
    """The page on which htmx asks, as an address on this host; None for any other, and for what is no address."""
    try:
        return request.htmx.current_url_abs_path
    except ValueError:
        return None


def in_dialog(request: PageRequest) -> bool:
    """Whether the answer goes into the dialog of the page that is already open."""
    return bool(request.htmx) and request.htmx.target == DIALOG


def dialog(
    request: PageRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A template that is a page of its own, or fills the dialog when htmx asks for it there.

    It is rendered when the view has returned: not while the view holds a lock on what the page is about.
    """
    inside = in_dialog(request)
    layout = "components/dialog_layout.html" if inside else "components/page_layout.html"
    # A boosted link would put the dialog's address in place of that of the page behind it.
    headers = {"HX-Push-Url": "false"} if inside else None
    return TemplateResponse(request, template, context | {"layout": layout}, status=status, headers=headers)


def above(request: PageRequest, response: HttpResponse) -> HttpResponse:
    """What `dialog` gave, opened above the page when a part of that page asked, which the answer must not replace."""
    if request.htmx and not in_dialog(request) and isinstance(response, TemplateResponse):
        response.context_data = (response.context_data or {}) | {"layout": "components/dialog_layout.html"}
        response["HX-Retarget"], response["HX-Reswap"] = f"#{DIALOG}", "innerHTML"
    return response


def done(request: PageRequest, to: str) -> HttpResponse:
    """After a change: a redirect for a plain form (303), a full visit for the dialog."""
    if request.htmx:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = to
        return response
    response = redirect(to)
    response.status_code = 303
    return response
