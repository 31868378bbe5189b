"""An ordinary OAuth client that a person can click through. See the README beside this directory."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.flask_client import OAuthError
from authorization_server import SCOPES, AuthorizationServer, json_of
from failures import Refused
from flask import Flask, redirect, render_template, request, session
from memory_sessions import MemorySessions
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response
from words import language, text


@dataclass(frozen=True)
class Configuration:
    """What the environment says; see the table in the README."""

    issuer: str
    client_id: str
    client_secret: str
    port: int
    base_url: str
    connect_to: str

    @classmethod
    def from_environment(cls) -> Configuration:
        missing = [name for name in ("ISSUER", "CLIENT_ID") if not os.environ.get(name)]
        if missing:
            sys.exit(f"Set {' and '.join(missing)} in the environment. examples/README.md says how.")
        port = int(os.environ.get("PORT") or 8100)
        return cls(
            issuer=os.environ["ISSUER"].rstrip("/"),
            client_id=os.environ["CLIENT_ID"],
            client_secret=os.environ.get("CLIENT_SECRET", ""),
            port=port,
            base_url=(os.environ.get("BASE_URL") or f"http://localhost:{port}").rstrip("/"),
            connect_to=os.environ.get("CONNECT_TO", ""),
        )


def create_app(configuration: Configuration) -> Flask:
    app = Flask(__name__)
    app.session_interface = MemorySessions(secure=configuration.base_url.startswith("https://"))
    app.jinja_env.globals.update(text=text, language=language)
    app.add_template_filter(shortened)
    app.add_template_filter(moment)
    server = AuthorizationServer(
        app,
        issuer=configuration.issuer,
        client_id=configuration.client_id,
        client_secret=configuration.client_secret,
        connect_to=configuration.connect_to,
    )
    app.jinja_env.globals["server"] = server.name
    add_sign_in(app, server, configuration.base_url)
    add_actions(app, server, configuration.base_url)
    add_failures(app, server)
    add_headers(app, configuration)
    return app


def add_sign_in(app: Flask, server: AuthorizationServer, base_url: str) -> None:
    """Until somebody is signed in, and the page that shows who it is."""

    @app.get("/")
    def start() -> str | Response:
        if "token" in session:
            return redirect("/account")
        return render_template("start.html", signed_out=came_from_sign_out(server))

    @app.get("/sign-in")
    def sign_in() -> Response:
        return server.start_sign_in(f"{base_url}/callback")

    @app.get("/callback")
    def callback() -> Response:
        token = server.finish_sign_in()
        session.clear()
        session.renew()  # type: ignore[attr-defined]
        session["token"] = token
        session["userinfo"] = server.userinfo(token)
        return redirect("/account", 303)

    @app.get("/account")
    def account() -> str | Response:
        if "token" not in session:
            return redirect("/")
        token = session["token"]
        granted = token.get("scope", SCOPES).split()
        return render_template(
            "account.html",
            token=token,
            claims=token.get("userinfo", {}),
            userinfo=session.get("userinfo", {}),
            granted=granted,
            refused=[scope for scope in SCOPES.split() if scope not in granted],
            notice=session.get("notice", ""),
            answer=session.get("answer"),
            api_url=server.api_url,
            now=time.time(),
        )


def add_actions(app: Flask, server: AuthorizationServer, base_url: str) -> None:
    """What can be done with the tokens."""

    @app.post("/call")
    def call() -> Response:
        answer = server.get(server.api_url, signed_in())
        body = json_of(answer)
        shown = json.dumps(body, indent=2, ensure_ascii=False) if body is not None else answer.text[:2000]
        session["answer"] = {
            "status": answer.status_code,
            "reason": answer.reason,
            "ok": answer.ok,
            "body": shown,
        }
        session.pop("notice", None)
        return redirect("/account#answer", 303)

    @app.post("/refresh")
    def refresh() -> Response:
        session["token"] = server.refresh(signed_in())
        return say("The access token was refreshed.")

    @app.post("/withdraw")
    def withdraw() -> Response:
        token = signed_in()
        if not token.get("refresh_token"):
            raise Refused("no_refresh_token")
        server.withdraw(token)
        session["token"] = {name: value for name, value in token.items() if name != "refresh_token"}
        return say(
            "The refresh token was withdrawn. Call the API to see whether the access token still works."
        )

    @app.post("/sign-out")
    def sign_out() -> Response:
        token = signed_in()
        server.metadata()  # before the session is gone: without the server there is no signing out there
        session.clear()
        return server.sign_out(token, f"{base_url}/")


def signed_in() -> dict[str, Any]:
    """The tokens of this browser's session. Raises Refused when nobody is signed in (any more)."""
    token: dict[str, Any] | None = session.get("token")
    if token is None:
        raise Refused("not_signed_in")
    return token


def say(notice: str) -> Response:
    session["notice"] = notice
    session.pop("answer", None)
    return redirect("/account", 303)


def came_from_sign_out(server: AuthorizationServer) -> bool:
    """Whether the browser comes back from a sign-out that this session started."""
    try:
        server.client.validate_logout_response()
    except OAuthError:
        return False
    return True


def add_failures(app: Flask, server: AuthorizationServer) -> None:
    @app.errorhandler(Refused)
    def refused(failure: Refused) -> tuple[str, int]:
        if failure.error == "invalid_grant" and "token" in session:
            session["token"] = {k: v for k, v in session["token"].items() if k != "refresh_token"}
        page = render_template(
            "failure.html",
            title=failure.title,
            reason=text(failure.reason, server=server.name),
            error=failure.error,
            description=failure.description,
        )
        return page, failure.status

    @app.errorhandler(HTTPException)
    def not_a_page(problem: HTTPException) -> tuple[str, int]:
        return render_template("failure.html", title="This page does not exist"), problem.code or 500


def add_headers(app: Flask, configuration: Configuration) -> None:
    issuer = urlsplit(configuration.issuer)
    policy = (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        # Signing out is a form whose answer leads to the authorization server and from there back to here.
        f"form-action 'self' {issuer.scheme}://{issuer.netloc}"
    )

    @app.before_request
    def one_address() -> Response | None:
        """The session belongs to the host of the redirect URL; 127.0.0.1 is another host to a browser."""
        if request.host.startswith("127.0.0.1") and "//localhost" in configuration.base_url:
            return redirect(configuration.base_url + request.path)
        return None

    @app.after_request
    def protect(response: Any) -> Any:
        response.headers["Content-Security-Policy"] = policy
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response


def shortened(token: str) -> str:
    """Enough of a token to tell it from another one, and too little to use it."""
    return f"{token[:8]}…{token[-4:]}" if len(token) > 24 else "…"


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


class WithoutQuery(WSGIRequestHandler):
    """Logs the path of a request and not its query, where authorization codes travel."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        self.log("info", "%s %s %s", self.command, urlsplit(self.path).path, code)


def main() -> None:
    configuration = Configuration.from_environment()
    server = make_server(
        "127.0.0.1",
        configuration.port,
        create_app(configuration),
        threaded=True,
        request_handler=WithoutQuery,
    )
    print(f"Demonstration application: {configuration.base_url}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


if __name__ == "__main__":
    main()
