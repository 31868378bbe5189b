"""`manage.py show_api TENANT IDENTIFIER`."""

from typing import Any

from console.management import descriptions
from console.management.api_operation import ApiOperation
from console.models import Api


class Command(ApiOperation):
    help = "Shows an API: its scopes, its client ID for introspection, and the hints of its secrets."

    def carry_out(self, api: Api, options: dict[str, Any]) -> None:
        result = descriptions.api_in_full(api)
        self.report(options, result, *descriptions.lines(result))
