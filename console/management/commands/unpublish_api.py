"""`manage.py unpublish_api TENANT IDENTIFIER`."""

from typing import Any

from console.management.api_operation import ApiOperation
from console.management.operations import OPERATOR
from console.models import Api


class Command(ApiOperation):
    help = "Takes an API away from the other tenants: their tokens for it are not active from now on."

    def carry_out(self, api: Api, options: dict[str, Any]) -> None:
        changed = api.unpublish(by=OPERATOR)
        said = "is not published any more" if changed else "was not published"
        self.changed(options, api, changed, f"{api.name} {said}.")
