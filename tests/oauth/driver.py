"""An OAuth client as its developer writes it: sends people to sign in, reads the answer, exchanges the code.

    app = Application(*web_client)
    page = app.authorize(browser(bob), scope="openid")  # the consent page, or the answer at once
    code = app.allow(browser, page)["code"]
    tokens = app.exchange(code).json()

Nothing in here knows how the server works inside; everything goes over HTTP. Every call takes changes to the usual
parameters: a value replaces or adds one, None leaves it out, and a list sends it several times.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.test import Client as Browser

from console.models import Client, Tenant
from tests.cast import PASSWORD, stranger_on

VERIFIER = "dBjftJeZ4CVP-mBjf3G9Nl7BjfYlhQ2W6RrJ3V4oO5w"
STATE = "a state & nothing else"

Changes = Any  # str, None or a list of str


def later(time_machine: Any, seconds: float) -> None:
    """Moves the clock on, and stops it there."""
    time_machine.move_to(datetime.now(UTC) + timedelta(seconds=seconds), tick=False)


def challenge_of(verifier: str) -> str:
    """BASE64URL(SHA256(verifier)), as RFC 7636 §4.2 writes it."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def changed(usual: Mapping[str, Any], changes: Mapping[str, Changes]) -> list[tuple[str, str]]:
    """The usual parameters with `changes` made to them, as pairs, because a hostile request repeats some."""
    pairs: list[tuple[str, str]] = []
    for name, value in {**usual, **changes}.items():
        if value is not None:
            pairs += [(name, each) for each in (value if isinstance(value, list) else [value])]
    return pairs


class Answer(dict[str, str]):
    """What came back to the application: `where` it came, and the parameters, each of which stands once."""

    def __init__(self, location: str) -> None:
        parts = urlsplit(location)
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)
        super().__init__(pairs)
        assert len(self) == len(pairs), f"a parameter stands twice: {location}"
        assert not parts.fragment, location
        self.location = location
        self.where = parts._replace(query="").geturl()


def answer(response: Any) -> Answer:
    """Reads the redirect that ends an authorization request (RFC 6749 §4.1.2)."""
    assert response.status_code in {302, 303}, (response.status_code, response.content[:2000])
    return Answer(response["Location"])


class _Forms(HTMLParser):
    """The forms of a page: each is the names of its fields, and the values of those that are hidden."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[set[str], dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.forms.append((set(), {}))
        elif tag in {"input", "button"} and given.get("name"):
            names, hidden = self.forms[-1]
            names.add(str(given["name"]))
            if given.get("type") == "hidden":
                hidden[str(given["name"])] = given.get("value") or ""


def hidden_fields(page: Any, of: str = "decision") -> dict[str, str]:
    """What the form with the field `of` sends besides what the person fills in or decides."""
    reader = _Forms()
    reader.feed(page.content.decode())
    [found] = [hidden for names, hidden in reader.forms if of in names]
    return found


def post_form(browser: Browser, address: str, fields: Mapping[str, str]) -> Any:
    """Sends a form as browsers do when nothing else is said."""
    return browser.post(address, urlencode(fields), content_type="application/x-www-form-urlencoded")


def sign_in(browser: Browser, asked: Any, email: str) -> Any:
    """Signs in on the page that `asked` leads to, and follows on from there once."""
    assert asks_to_sign_in(asked), (asked.status_code, asked.content[:2000])
    address = asked["Location"]
    fields = hidden_fields(browser.get(address), of="password")
    signed_in = browser.post(address, {**fields, "email": email, "password": PASSWORD})
    assert signed_in.status_code == 303, signed_in.content[:2000]
    return browser.get(signed_in["Location"])


def asks_for_consent(response: Any) -> bool:
    """Whether the response is the consent page."""
    return response.status_code == 200 and b'name="decision" value="allow"' in response.content


def asks_for_approval(response: Any) -> bool:
    """Whether the response is the page on which an administrator connects another tenant's client."""
    return response.status_code in {200, 422} and b'name="decision" value="approve"' in response.content


def can_ask(response: Any) -> bool:
    """Whether the response is the page on which somebody else asks the administrators to connect it."""
    return response.status_code == 200 and b'name="decision" value="ask"' in response.content


def asks_to_sign_in(response: Any) -> bool:
    """Whether the response leads to the sign-in page of the same host."""
    return response.status_code in {302, 303} and response["Location"].startswith("/login?")


class Application:
    """One registered client with its usual redirect URL and PKCE pair, in its owner tenant unless said otherwise."""

    def __init__(
        self,
        client: Client,
        secret: str = "",
        *,
        tenant: Tenant | None = None,
        redirect_uri: str | None = None,
        verifier: str = VERIFIER,
    ) -> None:
        self.tenant = tenant or client.tenant
        self.client_id = client.client_id
        self.secret = secret
        self.redirect_uri = redirect_uri or (client.redirect_uris[0] if client.redirect_uris else "")
        self.verifier = verifier
        self.web = stranger_on(self.tenant)  # the application's own connection: no cookies of any person

    # --- The authorization endpoint, in a person's browser ---------------------------------------------------------

    def address(self, **changes: Changes) -> str:
        """The address of an authorization request: complete and right, apart from `changes`."""
        usual = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "user_default",
            "state": STATE,
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
        }
        return f"/oauth/authorize?{urlencode(changed(usual, changes))}"

    def authorize(self, browser: Browser, **changes: Changes) -> Any:
        """Sends a person's browser to the server: a page comes back, or a redirect."""
        return browser.get(self.address(**changes))

    def decide(self, browser: Browser, page: Any, decision: str, **fields: str) -> Any:
        """Answers the consent page as its form does. `fields` are what somebody changed in the form."""
        assert asks_for_consent(page), (page.status_code, page.content[:2000])
        request = page.wsgi_request
        return post_form(
            browser, request.get_full_path(), {**hidden_fields(page), "decision": decision, **fields}
        )

    def allow(self, browser: Browser, page: Any) -> Answer:
        """The person allows; the answer that comes to the application."""
        return answer(self.decide(browser, page, "allow"))

    def deny(self, browser: Browser, page: Any) -> Answer:
        """The person denies; the answer that comes to the application."""
        return answer(self.decide(browser, page, "deny"))

    def approve(self, browser: Browser, page: Any, decision: str = "approve", **fields: Any) -> Any:
        """An administrator answers the approval page. `fields` are what they chose; None leaves a field out."""
        assert asks_for_approval(page), (page.status_code, page.content[:2000])
        usual = {
            **hidden_fields(page),
            "decision": decision,
            "consent_method": "required",
            "scopes": list(page.context["client"].terms.scopes),
        }
        return browser.post(
            page.wsgi_request.get_full_path(),
            urlencode(changed(usual, fields)),
            content_type="application/x-www-form-urlencoded",
        )

    def ask(self, browser: Browser, page: Any, reason: str = "", **fields: str) -> Any:
        """Somebody who may not approve asks for it."""
        assert can_ask(page), (page.status_code, page.content[:2000])
        sent = {**hidden_fields(page), "decision": "ask", "reason": reason, **fields}
        return post_form(browser, page.wsgi_request.get_full_path(), sent)

    def answered(self, browser: Browser, **changes: Changes) -> Answer:
        """The answer to a request of a person who is signed in and allows whatever is asked."""
        response = self.authorize(browser, **changes)
        return self.allow(browser, response) if asks_for_consent(response) else answer(response)

    def code(self, browser: Browser, **changes: Changes) -> str:
        """A fresh authorization code."""
        return self.answered(browser, **changes)["code"]

    # --- The other endpoints, from the application's own machine -----------------------------------------------------

    def credentials(self) -> dict[str, str]:
        """The headers that authenticate a confidential client (RFC 6749 §2.3.1); none for a public one."""
        if not self.secret:
            return {}
        pair = f"{self.client_id}:{self.secret}"  # neither has a character that form encoding would change
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    def post(self, path: str, usual: Mapping[str, Any], changes: Mapping[str, Changes]) -> Any:
        """Posts a form, authenticated: a confidential client by Basic, a public one by its client_id."""
        named = {} if self.secret else {"client_id": self.client_id}
        return self.web.post(
            path,
            urlencode(changed({**named, **usual}, changes)),
            content_type="application/x-www-form-urlencoded",
            headers=self.credentials(),
        )

    def token(self, **changes: Changes) -> Any:
        """A token request with exactly these parameters."""
        return self.post("/oauth/token", {}, changes)

    def exchange(self, code: str, **changes: Changes) -> Any:
        """Exchanges a code (RFC 6749 §4.1.3)."""
        usual = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }
        return self.post("/oauth/token", usual, changes)

    def refresh(self, refresh_token: str, **changes: Changes) -> Any:
        """Uses a refresh token (RFC 6749 §6)."""
        return self.post(
            "/oauth/token", {"grant_type": "refresh_token", "refresh_token": refresh_token}, changes
        )

    def revoke(self, token: str, **changes: Changes) -> Any:
        """Takes a token back (RFC 7009)."""
        return self.post("/oauth/revoke", {"token": token}, changes)

    def introspect(self, token: str, **changes: Changes) -> Any:
        """Asks what a token is (RFC 7662)."""
        return self.post("/oauth/introspect", {"token": token}, changes)

    def userinfo(self, access_token: str) -> Any:
        """Asks who the person is (OpenID Connect Core §5.3)."""
        return self.web.get("/oauth/userinfo", headers={"Authorization": f"Bearer {access_token}"})

    def tokens(self, browser: Browser, **changes: Changes) -> dict[str, Any]:
        """The whole flow, for a person who is signed in: what the token endpoint gives."""
        response = self.exchange(self.code(browser, **changes), **_at_exchange(changes))
        assert response.status_code == 200, response.content
        tokens: dict[str, Any] = response.json()
        return tokens


def _at_exchange(changes: Mapping[str, Changes]) -> dict[str, Changes]:
    """A redirect URI that was changed at authorization must be repeated at the exchange."""
    redirect_uri = changes.get("redirect_uri")
    return {"redirect_uri": redirect_uri} if redirect_uri else {}
