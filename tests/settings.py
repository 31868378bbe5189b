"""The settings of a deployment with nothing set, made fast for tests. `tests.database` prepares the environment."""

import os

from qlikauth.settings import *  # noqa: F403
from qlikauth.settings import DATABASES, EMBEDDED_DATABASE, STORAGES, VAR_DIR

from .migrated import TEMPLATE

DEBUG = False
# The real hasher is slow by design, and is not ours to test.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Static files under their own names: no test needs `collectstatic` to have run.
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

if EMBEDDED_DATABASE:
    # A file, because a database in memory has one connection, and tests of concurrency have several.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;"
    )
elif TEMPLATE in os.environ:
    DATABASES["default"]["TEST"] = {"TEMPLATE": os.environ[TEMPLATE]}
