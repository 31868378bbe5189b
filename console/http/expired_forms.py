"""A form that cannot be taken any more: its page is older than the session, or the session has ended.

What was entered is not lost: the answer carries it, with a token that counts now, to be sent again. Passwords and
secrets are not among it. A form that another site has sent comes back empty: nobody is to confirm what they did not
enter.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _

from .addresses import AUTHORIZE_PATH

NEVER_KEPT = ("csrfmiddlewaretoken", "password", "secret", "assertion", "token")
# An answer to an application's question is given to the page as it is by then: only what was filled in is kept.
ANSWER, SHOWN = "decision", "shown"
SHOW = "show"  # the decision that only shows the question again, with what was filled in


def expired(request: HttpRequest) -> HttpResponse:
    """The token against forgery is missing or older than the session: 403, nothing was changed."""
    return _answer(
        request,
        _("This form has expired"),
        kept=_("Nothing was changed, and what you entered is kept. Send it again."),
        shown=_("Nothing was changed, and what you entered is kept. Show it again, then answer."),
        lost=_("Nothing was changed. Go back, reload the page and send the form again."),
    )


def session_ended(request: HttpRequest, *, sign_in: str = "") -> HttpResponse:
    """Somebody who was signed in when the page was made no longer is: 403, nothing was changed.

    `sign_in` is where to sign in, if not at the usual page.
    """
    return _answer(
        request,
        _("Your session has ended"),
        kept=_(
            "Nothing was changed, and what you entered is kept. Sign in again in another tab, then send it again."
        ),
        shown=_(
            "Nothing was changed, and what you entered is kept. "
            "Sign in again in another tab, then show it again and answer."
        ),
        lost=_("Nothing was changed. Sign in again and start over."),
        sign_in=sign_in or resolve_url("login"),
    )


def holds_entries(request: HttpRequest) -> bool:
    """Whether a page of this host sent an answer to an application's question together with what was filled in."""
    return (
        comes_from_here(request)
        and request.POST.get(ANSWER) != "deny"
        and any(value.strip() for _name, value in _entered(request))
    )


def comes_from_here(request: HttpRequest) -> bool:
    """Whether a page of this very host has sent the form, as the browser says it (Fetch, Origin and Sec-Fetch-Site)."""
    own = f"{request.scheme}://{request.get_host()}"
    return (
        request.headers.get("Origin") == own
        and request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
    )


def _answer(
    request: HttpRequest, title: str, *, kept: str, shown: str, lost: str, sign_in: str = ""
) -> HttpResponse:
    asked_by_application = request.path_info == AUTHORIZE_PATH  # the question is shown anew, as it is by now
    again = holds_entries(request) if asked_by_application else comes_from_here(request)
    context: dict[str, Any] = {
        "title": title,
        "advice": (shown if asked_by_application else kept) if again else lost,
        "again": again,
        "kept": _entered(request) if again else [],
        "sign_in": sign_in,
        "asked_by_application": asked_by_application,
        "status": 403,
    }
    return render(request, "failures/expired.html", context, status=403)


def _entered(request: HttpRequest) -> list[tuple[str, str]]:
    dropped = {ANSWER, SHOWN} if request.path_info == AUTHORIZE_PATH else set()
    return [
        (name, str(value))
        for name, values in request.POST.lists()
        if name not in dropped and not any(word in name.lower() for word in NEVER_KEPT)
        for value in values
    ]
