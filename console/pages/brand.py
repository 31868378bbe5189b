"""The files of a tenant's look: logos and colours, under names that change with their content."""

import re

from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from ..http import brand
from ..http.access import open_to
from ..http.addresses import BRAND_PATH
from ..http.requests import TenantRequest
from ..models import Picture
from ..policy.pictures import CONTENT_TYPE

LOGO = re.compile(r"([0-9a-f]{32})\.webp")
STYLESHEET = re.compile(r"([0-9a-f]{6})-[0-9a-f]{8}\.css")
FOR_EVER = "public, max-age=31536000, immutable"


@open_to("anyone: what the sign-in page of this tenant shows, and logos of clients that are offered to it")
@csrf_exempt
@require_safe
def file(request: TenantRequest, name: str) -> HttpResponse:
    """A logo as far as this tenant may show it, or the style sheet of a colour. 404 for anything else."""
    if found := LOGO.fullmatch(name):
        content = Picture.seen_in(request.tenant, found[1])
        if content is not None:
            return _kept(content, CONTENT_TYPE)
    elif found := STYLESHEET.fullmatch(name):
        colour = f"#{found[1]}"
        # Under the name that this version gives it: during an update, another one's must not be kept for ever.
        if brand.stylesheet_path(colour) == f"{BRAND_PATH}{name}":
            return _kept(brand.stylesheet(colour).encode(), "text/css; charset=utf-8")
    missing = HttpResponse("Not Found\n", status=404, content_type="text/plain; charset=utf-8")
    missing["Cache-Control"] = "no-store"
    return missing


def _kept(content: bytes, content_type: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=content_type)
    answer["Cache-Control"] = FOR_EVER
    return answer
