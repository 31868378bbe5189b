"""`manage.py remove_api TENANT IDENTIFIER`."""

from typing import Any

from console.management.api_operation import ApiOperation
from console.management.operations import OPERATOR
from console.models import Api


class Command(ApiOperation):
    help = "Removes an API: it gets no more tokens, and its secrets stop working. Its identifier stays taken."

    def carry_out(self, api: Api, options: dict[str, Any]) -> None:
        self.changed(options, api, api.remove(by=OPERATOR), f"{api.name} is removed.")
