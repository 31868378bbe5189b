"""What a page tells the browser to allow beyond the strict default (settings.CONTENT_SECURITY_POLICY)."""

from urllib.parse import urlsplit

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import cached_property

from ..policy.redirect_uris import is_private, is_this_device

OF_ONE_RESPONSE = ("_csp_update", "_csp_replace", "_csp_config", "_csp_exempt")
LOOPBACK = ["http://localhost:*", "http://127.0.0.1:*"]
BELOW_LOCALHOST = "http://*.localhost:*"
# A host source cannot be an IPv6 address (CSP Level 3 §2.3.1), so [::1] can only be named by its scheme.
IPV6_LOOPBACK = [*LOOPBACK, "http:"]


def form_targets(redirect_uri: str) -> list[str]:
    """The `form-action` sources under which a form may end at `redirect_uri`; [] if no form of ours leads there.

    Browsers hold the whole chain of redirects after a form against the rule, so an https callback that sends the
    person on to another host of its application needs the scheme and not only the origin. Nothing of the address
    but a checked scheme gets into the header.
    """
    try:
        parts = urlsplit(redirect_uri)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    except ValueError:
        return []
    if parts.scheme == "https":
        return ["https:"]
    if parts.scheme == "http" and is_this_device(host or ""):
        return (
            [BELOW_LOCALHOST]
            if str(host).endswith(".localhost")
            else list(IPV6_LOOPBACK if host == "[::1]" else LOOPBACK)
        )
    return [f"{parts.scheme}:"] if is_private(parts.scheme) else []


def can_post_to(redirect_uri: str) -> bool:
    """Whether a browser can send a form to `redirect_uri`, and a page of ours may lead there."""
    return redirect_uri.startswith(("https:", "http:")) and bool(form_targets(redirect_uri))


def allow_form_targets(response: HttpResponseBase, redirect_uri: str) -> None:
    """Lets the forms of this one response lead to `redirect_uri`."""
    if targets := form_targets(redirect_uri):
        response._csp_update = {"form-action": targets}  # type: ignore[attr-defined]


def allow_any_tenant(response: HttpResponseBase, redirect_uri: str) -> None:
    """Lets the form of this response lead to a tenant of the region, and from there on to the application."""
    tenants = ["http://*.localhost:*"] if settings.LOCAL_REGION else ["https:"]
    response._csp_update = {"form-action": list(dict.fromkeys(tenants + form_targets(redirect_uri)))}  # type: ignore[attr-defined]


class PolicyMiddleware(CSPMiddleware):
    """django-csp's own; the header of a page that changes nothing about it is put together once, not for each page."""

    def process_request(self, request: HttpRequest) -> None:
        """Makes no nonce: no page of ours has inline scripts or styles."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if any(hasattr(response, name) for name in OF_ONE_RESPONSE) or HEADER in response or settings.DEBUG:
            return super().process_response(request, response)
        response[HEADER] = self._usual
        return response

    @cached_property
    def _usual(self) -> str:
        return build_policy()
