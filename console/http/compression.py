"""Pages are sent compressed, but for those that show a secret (docs/decisions/0016-compression.md)."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

LEAST = 1000  # bytes: what is shorter fits into one packet as it is


class CompressionMiddleware(GZipMiddleware):
    """Compresses HTML that answers a GET of the console or the account.

    The size of a compressed page tells something about a secret in it to whoever can choose other text of the page
    and see how long it becomes (BREACH). So an answer to a form is never compressed, nor a page of an authorization,
    nor one that `is_secret` was said of. The one secret of every page, the CSRF token, is masked anew for each.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return super().process_response(request, response) if _may_be(request, response) else response


def is_secret(response: HttpResponseBase) -> None:
    """Says that a page shows a secret: it is sent as it is."""
    response.shows_a_secret = True  # type: ignore[attr-defined]


def _may_be(request: HttpRequest, response: HttpResponseBase) -> bool:
    return (
        isinstance(response, HttpResponse)
        and request.method == "GET"
        and request.path_info.startswith(("/console", "/account"))
        and response.get("Content-Type", "").startswith("text/html")
        and not getattr(response, "shows_a_secret", False)
        and len(response.content) >= LEAST
    )
