"""The WSGI entry point that the application server loads."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qlikauth.settings")
django.setup(set_prefix=False)

from console.http.wsgi_request import Handler  # noqa: E402  settings come first
from console.oauth.dispatch import Programs  # noqa: E402
from qlikauth.server.bodies import Body  # noqa: E402
from qlikauth.server.environ import environ_of  # noqa: E402

application = Handler()
# What the application server answers without Django's handler (qlikauth/server).
application.programs = Programs(lambda scope, content, length: environ_of(scope, Body(content, length)))
