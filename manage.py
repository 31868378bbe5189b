#!/usr/bin/env python3
"""Runs the operator's commands: `manage.py help` lists them."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError


def main(argv: list[str]) -> None:
    """Runs one command. What an operator can mend is said in a sentence; `--traceback` shows where it came from."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qlikauth.settings")
    try:
        execute_from_command_line(argv)
    except (ImproperlyConfigured, OperationalError) as error:
        if "--traceback" in argv:
            raise
        kind = "Configuration" if isinstance(error, ImproperlyConfigured) else "Database"
        sys.exit(f"{kind} error: {str(error).strip()}")


if __name__ == "__main__":
    main(sys.argv)
