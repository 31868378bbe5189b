"""`manage.py publish_api TENANT IDENTIFIER`."""

from typing import Any

from django.core.management.base import CommandError

from console.management.api_operation import ApiOperation
from console.management.operations import OPERATOR
from console.models import Api
from console.policy.registration_problems import InvalidRegistration


class Command(ApiOperation):
    help = "Lets every tenant of the region have tokens for an API. unpublish_api takes it back."

    def carry_out(self, api: Api, options: dict[str, Any]) -> None:
        try:
            changed = api.publish(by=OPERATOR)
        except InvalidRegistration as invalid:
            raise CommandError(str(invalid.problems["identifier"][0])) from None
        said = "is published" if changed else "was published already"
        self.changed(options, api, changed, f"{api.name} {said}.")
