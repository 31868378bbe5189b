"""`manage.py send_mail`: sends the mails that are due. The server does the same; this is for regions without it."""

from typing import Any

from console.management.operations import Operation
from console.models import Mail


class Command(Operation):
    help = "Sends the mails that are due, and says how many still wait or were given up."

    def handle(self, *args: Any, **options: Any) -> None:
        became = Mail.send_due()
        numbers = {
            "sent": became.sent,
            "failed": became.failed,
            "waiting": Mail.waiting(),
            "given_up": Mail.given_up().count(),
        }
        self.report(options, numbers, *(f"{what}: {number}" for what, number in numbers.items()))
