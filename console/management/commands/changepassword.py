"""Takes the place of Django's `changepassword`."""

from console.management.instead import Instead


class Command(Instead):
    help = "Use manage.py reset_password: people choose their passwords themselves, through a one-time link."
