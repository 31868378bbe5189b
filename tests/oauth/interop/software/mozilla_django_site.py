"""A Django project with mozilla-django-oidc, set up as its documentation's "Quick start" says, in one file."""

import os
import sys
from urllib.parse import urlencode

import django
from django.conf import settings
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.urls import include, path

ISSUER, PORT = os.environ["ISSUER"], os.environ["PORT"]

settings.configure(
    DEBUG=True,
    SECRET_KEY="of this test",
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "site.sqlite3"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "mozilla_django_oidc",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "mozilla_django_oidc.middleware.SessionRefresh",
    ],
    AUTHENTICATION_BACKENDS=["mozilla_django_oidc.auth.OIDCAuthenticationBackend"],
    OIDC_RP_CLIENT_ID=os.environ["CLIENT_ID"],
    OIDC_RP_CLIENT_SECRET=os.environ["CLIENT_SECRET"],
    OIDC_RP_SIGN_ALGO="RS256",
    OIDC_OP_JWKS_ENDPOINT=f"{ISSUER}/.well-known/jwks.json",
    OIDC_OP_AUTHORIZATION_ENDPOINT=f"{ISSUER}/oauth/authorize",
    OIDC_OP_TOKEN_ENDPOINT=f"{ISSUER}/oauth/token",
    OIDC_OP_USER_ENDPOINT=f"{ISSUER}/oauth/userinfo",
    OIDC_USE_PKCE=os.environ["PKCE"] == "on",
    OIDC_STORE_ID_TOKEN=True,
    OIDC_OP_LOGOUT_URL_METHOD=f"{__name__}.sign_out_url",
    LOGIN_REDIRECT_URL="/",
    LOGOUT_REDIRECT_URL="/",
)


def sign_out_url(request: HttpRequest) -> str:
    """What the documentation calls "log the user out of the OpenID Connect provider"."""
    back = {
        "id_token_hint": request.session["oidc_id_token"],
        "post_logout_redirect_uri": f"http://localhost:{PORT}/",
    }
    return f"{ISSUER}/oauth/logout?{urlencode(back)}"


def home(request: HttpRequest) -> HttpResponse:
    email = request.user.email if request.user.is_authenticated else None
    return JsonResponse({"email": email, "csrf": get_token(request)})


def later(request: HttpRequest) -> HttpResponse:
    """A quarter of an hour has passed: SessionRefresh asks with prompt=none whether the person is still signed in."""
    request.session["oidc_id_token_expiration"] = 1
    return HttpResponse("later")


urlpatterns = [path("", home), path("later", later), path("oidc/", include("mozilla_django_oidc.urls"))]

if __name__ == "__main__":
    sys.modules["mozilla_django_site"] = sys.modules[__name__]
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("runserver", f"localhost:{PORT}", use_reloader=False)
