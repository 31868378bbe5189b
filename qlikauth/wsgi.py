"""The WSGI entry point that the application server loads."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qlikauth.settings")
django.setup(set_prefix=False)

from console.http.wsgi_request import Handler  # noqa: E402  settings come first

application = Handler()
