"""A person at a browser without JavaScript, as far as the documented form fields go (see person.mjs)."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import requests

from tests import cast

PAGES = 30
SECONDS = 30


class Forms(HTMLParser):
    """Every form of a page: its action, the values it sends if nothing is changed, and the names of its fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[str, list[tuple[str, str]], set[str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given.get("action", ""), [], set()))
        elif tag in {"input", "button"} and self.forms and given.get("name"):
            self.forms[-1][2].add(given["name"])
            kind = given.get("type", "submit" if tag == "button" else "text")
            if kind == "hidden" or (kind in {"checkbox", "radio"} and "checked" in given):
                self.forms[-1][1].append((given["name"], given.get("value", "on")))


class Person:
    """A person at a browser: fills in each form that comes, until none of these comes any more."""

    def __init__(
        self,
        email: str,
        hostname: str = "",
        *,
        consent_method: str = "required",
        password: str = cast.PASSWORD,
    ) -> None:
        self.browser = requests.Session()
        self.answers: dict[str, dict[str, str]] = {
            "hostname": {"hostname": hostname},
            "password": {"email": email, "password": password},
            "consent_method": {"decision": "approve", "consent_method": consent_method},
            "decision": {"decision": "allow"},
        }
        self.seen: list[str] = []

    def follow(self, response: requests.Response, *, until: str = "", back: str = "") -> requests.Response:
        """The page where it ends: with a form field `until`, or the redirect to an address that begins with `back`."""
        for _ in range(PAGES):
            if response.is_redirect:
                address = urljoin(response.url, response.headers["Location"])
                if back and address.startswith(back):
                    return response
                response = self.get(address)
                continue
            assert response.status_code == 200, (response.status_code, response.url, response.text[:1000])
            forms = Forms(response.text).forms
            found = next(((form, name) for name in self.answers for form in forms if name in form[2]), None)
            if found is None:
                return response
            (action, sent, _names), name = found
            self.seen.append(name)
            if name == until:
                return response
            fields = [pair for pair in sent if pair[0] not in self.answers[name]]
            response = self.post(urljoin(response.url, action), [*fields, *self.answers[name].items()])
        raise AssertionError(f"no end in sight at {response.url}")

    def visit(self, url: str) -> requests.Response:
        """Opens an address and goes on to where that leads."""
        return self.follow(self.get(url))

    def get(self, url: str) -> requests.Response:
        return self.browser.get(url, allow_redirects=False, timeout=SECONDS)

    def post(self, url: str, fields: Any) -> requests.Response:
        return self.browser.post(url, fields, allow_redirects=False, timeout=SECONDS)


def allow(authorization_url: str, email: str, password: str, redirect_uri: str) -> str:
    """Follows an authorization request to the application's redirect URL; returns that with the answer in it."""
    person = Person(email, password=password)
    answer = person.follow(person.get(authorization_url), back=redirect_uri)
    return urljoin(answer.url, answer.headers["Location"])
