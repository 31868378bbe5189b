"""An authorization request: what an application asks, and how it is refused (RFC 6749 §4.1.1).

`rules_before_answering.read` makes one, and `rules_before_asking.judge` completes it.
"""

from dataclasses import dataclass, field

from ..models import Client, Tenant, User
from ..policy.effective_client import EffectiveClient
from ..policy.metadata_documents import InvalidDocument
from ..policy.reasons import Reason
from .metadata import ResponseMode
from .parameters import Parameters


class Unanswerable(Exception):
    """The request cannot be answered to the application: a person gets a page. `reason` says which page.

    `because` is for the developer of the application, where the page alone does not say what is wrong. `document` is
    what is wrong with the document that describes it.
    """

    def __init__(
        self,
        reason: Reason,
        *,
        client: Client | EffectiveClient | None = None,
        redirect_uri: str = "",
        because: Reason | None = None,
        document: InvalidDocument | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.because = because
        self.client = client
        self.redirect_uri = redirect_uri
        self.document = document


class SignInFirst(Exception):
    """Nobody is signed in, and who the client is can only be found out for a person."""

    def __init__(self, asked: "AuthorizationRequest") -> None:
        super().__init__()
        self.asked = asked


@dataclass(slots=True)
class AuthorizationRequest:
    """What the application asks. The rules fill it in; it is complete once `judge` has returned."""

    tenant: Tenant
    user: User | None
    parameters: Parameters
    client: EffectiveClient = field(init=False)
    first_connection: bool = (
        False  # another tenant publishes the client, and this one has no connection to it yet
    )
    redirect_uri: str = field(init=False)
    state: str = ""
    response_mode: ResponseMode = ResponseMode.QUERY
    scopes: list[str] = field(default_factory=list)  # would be granted: the person is asked about these
    left_out: list[str] = field(default_factory=list)  # requested, but unknown or not allowed for the client
    prompt: frozenset[str] = frozenset()
    max_age: int | None = None  # seconds since the person signed in
    subject: str | None = None  # ID of the person that id_token_hint means
    subject_unknown: bool = (
        False  # id_token_hint was signed with a key that is gone: it cannot be verified any more
    )

    @property
    def nonce(self) -> str:
        return self.parameters.get("nonce", "")

    @property
    def code_challenge(self) -> str:
        return self.parameters.get("code_challenge", "")

    @property
    def wants_a_fresh_sign_in(self) -> bool:
        """Whether an earlier sign-in does not count, however recent (OpenID Connect Core §3.1.2.1)."""
        return bool({"login", "select_account"} & self.prompt) or (
            (self.max_age == 0 or self.subject_unknown) and "none" not in self.prompt
        )
