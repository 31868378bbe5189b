"""A problem of a client in plain words: what happened, what differs, and where it is put right (N4)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import ClientProblem
from ..policy import redirect_uris
from ..policy.address_difference import Piece, Said, compare, nearest
from ..policy.client_problems import About
from ..policy.effective_client import EffectiveClient
from ..policy.reasons import Reason
from .refusal_reasons import in_words

# {asked} is a hint or a list of scopes; a redirect URL is shown below the sentence.
SENTENCES: dict[Reason, Promise] = {
    Reason.REDIRECT_URI_MISMATCH: gettext_lazy(
        "The application asks for a redirect URL that is not registered"
    ),
    Reason.REDIRECT_URI_NOT_ACCEPTED: gettext_lazy(
        "The application asks for a redirect URL that this tenant has not accepted yet"
    ),
    Reason.NO_REDIRECT_URI: gettext_lazy(
        "The application sends no redirect URL, and the client does not have exactly one"
    ),
    Reason.UNKNOWN_SECRET: gettext_lazy("The application sends a secret that this client never had"),
    Reason.SCOPES_LEFT_OUT: gettext_lazy("The application asks for scopes that it may not have"),
    Reason.NO_SCOPE_LEFT: gettext_lazy("The application asks only for scopes that it may not have"),
    Reason.GRANT_NOT_REGISTERED: gettext_lazy("The application uses a grant that it is not registered for"),
    Reason.MACHINE_NOT_TRUSTED: gettext_lazy("The client gets no token: it is not trusted"),
    Reason.APPROVAL_EXPIRED: gettext_lazy("This tenant’s approval of the client has expired"),
    Reason.CODE_CHALLENGE_MISSING: gettext_lazy("The application does not send PKCE (code_challenge)"),
    Reason.OTHERS: gettext_lazy("Further refusals, too many different ones to list"),
}
ABOUT: dict[About, Promise] = {
    About.REDIRECT: gettext_lazy("The redirect URL is refused"),
    About.SECRET: gettext_lazy("The application does not prove who it is"),
    About.SCOPES: gettext_lazy("The scopes are refused"),
    About.GRANT: gettext_lazy("The application asks in a way that is not possible"),
    About.APPROVAL: gettext_lazy("The client is not approved here"),
    About.PKCE: gettext_lazy("What the application sends for PKCE is wrong"),
    About.KEY: gettext_lazy("The signed assertion (private_key_jwt) is refused"),
}
DIFFERENCES: dict[Said, Promise] = {
    Said.HTTP: gettext_lazy("It begins with http, not https."),
    Said.SCHEME: gettext_lazy("The scheme is another one."),
    Said.HOST: gettext_lazy("The host is another one."),
    Said.HOST_CASE: gettext_lazy("The host is written with capital letters."),
    Said.PORT: gettext_lazy("The port is another one."),
    Said.SLASH_MORE: gettext_lazy("The path ends with a slash."),
    Said.SLASH_LESS: gettext_lazy("The slash at the end of the path is missing."),
    Said.PATH_CASE: gettext_lazy("Capital and small letters differ in the path."),
    Said.PATH: gettext_lazy("The path is another one."),
    Said.QUERY_MORE: gettext_lazy("It has a query (from “?” onwards), the registered one has none."),
    Said.QUERY_LESS: gettext_lazy("The query (from “?” onwards) is missing."),
    Said.QUERY: gettext_lazy("The query (from “?” onwards) is another one."),
    Said.FRAGMENT: gettext_lazy("It has a fragment (from “#” onwards)."),
}
# Where the owner puts it right: the name of the address, and what the link says.
PLACES: dict[About, tuple[str, Promise]] = {
    About.SECRET: ("secrets", gettext_lazy("Open the secrets")),
    About.SCOPES: ("client_scopes", gettext_lazy("Open the scopes")),
    About.GRANT: ("client_settings", gettext_lazy("Open the settings")),
    About.APPROVAL: ("consent_method", gettext_lazy("Change consent method")),
    About.PKCE: ("client_quick_start", gettext_lazy("See how it is sent")),
    About.KEY: ("client_settings", gettext_lazy("Open the settings")),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A problem as a reader sees it."""

    problem: ClientProblem
    sentence: str
    detail: str  # the exact reason, where the sentence does not say it
    asked: SafeString  # a redirect URL, with marks around what the registered one does not have
    registered: SafeString  # the one that is most like it, likewise; "" if there is none
    said: list[str]  # what differs, a sentence for each part
    new_host: str = ""  # where a redirect URL leads, if none that is registered leads there

    @property
    def place(self) -> tuple[str, Promise] | None:
        """The name of the address where the owner puts it right, and what the link says; None if nowhere."""
        if self.problem.reason in {Reason.SECRET_FROM_PUBLIC_CLIENT, Reason.OTHERS}:
            return None
        return PLACES.get(self.problem.about)

    @property
    def unproven(self) -> bool:
        """Whether any program on a device can receive an answer at the redirect URL."""
        try:
            return not redirect_uris.proves_identity(self.problem.asked)
        except ValueError:  # it is no address at all
            return True

    @property
    def is_risky(self) -> bool:
        """Whether something speaks against registering a redirect URL only because it was asked for."""
        return bool(self.new_host) or self.unproven or not self.problem.signed_in

    @property
    def can_be_added(self) -> bool:
        """Whether it is a redirect URL that the owner could register."""
        return self.problem.reason == Reason.REDIRECT_URI_MISMATCH and bool(self.problem.asked)


def line(problem: ClientProblem, client: EffectiveClient) -> Line:
    """The problem in words. `client` is as it is in the tenant that refused it."""
    title, detail = sentences(problem.reason, problem.about, problem.asked)
    like = nearest(problem.asked, client.redirect_uris) if problem.about == About.REDIRECT else None
    if like is None or not problem.asked:
        new_host = _new_host(problem.asked, client)
        return Line(problem, title, detail, escape(problem.asked), SafeString(), [], new_host)
    found = compare(problem.asked, like)
    said = [str(DIFFERENCES[each]) for each in found.said]
    marked = _marked(found.asked, "ins"), _marked(found.registered, "del")
    return Line(problem, title, detail, *marked, said, _new_host(problem.asked, client))


def _marked(pieces: Iterable[Piece], tag: str) -> SafeString:
    return SafeString(
        "".join(
            format_html("<{}>{}</{}>", tag, piece.text, tag) if piece.differs else escape(piece.text)
            for piece in pieces
        )
    )


def sentences(reason: str, about: About, asked: str = "") -> tuple[str, str]:
    """What happened, and the exact reason where that does not say it."""
    if reason == Reason.REMOVED_SECRET:
        if asked:
            return _("The application sends the removed secret …%(hint)s") % {"hint": asked}, ""
        return _("The application sends a secret that has been removed"), ""
    if reason in SENTENCES:
        return str(SENTENCES[Reason(reason)]), ""
    if about not in ABOUT:  # a server of another release has written it
        return capfirst(in_words(reason)), ""
    return str(ABOUT[about]), capfirst(in_words(reason))


def _new_host(url: str, client: EffectiveClient) -> str:
    """Where the address leads, if none of the client's redirect URLs does; else "", and for what is no address."""
    known = map(redirect_uris.origin_of, client.redirect_uris)
    try:
        host = redirect_uris.origin_of(url)
    except ValueError:
        return ""
    return "" if host in known else host
