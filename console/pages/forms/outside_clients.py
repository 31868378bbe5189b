"""What an administrator decides about clients that no organisation registered (Q9)."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ...http.tenancy import current_tenant
from ...models import OutsidePolicy
from ...models.outside_policy import MOST_HOSTS
from ...policy import public_addresses
from . import scope_tree
from .choices import Explained

DOCUMENTS = [
    (
        OutsidePolicy.Documents.ASK.value,
        Explained(
            gettext_lazy("Allowed after approval"),
            gettext_lazy(
                "Anyone here can come with such a client. An administrator approves it, or denies it."
            ),
        ),
    ),
    (
        OutsidePolicy.Documents.OFF.value,
        Explained(
            gettext_lazy("Not allowed"),
            gettext_lazy(
                "No new ones. Those that are approved already stay connected: block or remove each of them."
            ),
        ),
    ),
]


class OutsideClientsForm(forms.Form):
    """A tenant's decision. `values` is what OutsidePolicy.decide takes."""

    documents = forms.ChoiceField(
        label=gettext_lazy("Clients with a metadata document"), choices=DOCUMENTS, widget=forms.RadioSelect
    )
    allowed_hosts = forms.CharField(
        label=gettext_lazy("Hosts allowed without asking"),
        help_text=gettext_lazy(
            "One host name per line, such as app.example.com. Clients whose document is there are connected when "
            "someone comes with them, with consent required. A host below it is another host."
        ),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "off"}),
    )
    ceiling = scope_tree.ScopesField(
        label=gettext_lazy("What they may do at most"),
        help_text=gettext_lazy(
            "For clients of these hosts. Whatever else they ask for is left out, and an administrator can allow it "
            "on the connection’s page."
        ),
    )

    use_required_attribute = False

    def __init__(self, data: Any = None, *, policy: OutsidePolicy) -> None:
        hosts = "\n".join(policy.allowed_hosts)
        super().__init__(
            data,
            initial={"documents": policy.documents, "allowed_hosts": hosts, "ceiling": policy.ceiling},
        )

    @property
    def scope_groups(self) -> list[scope_tree.Group]:
        """The catalogue and the tenant's APIs, with what is chosen."""
        return scope_tree.ceiling(self["ceiling"].value() or [], current_tenant())

    @property
    def values(self) -> dict[str, Any]:
        return dict(self.cleaned_data)

    def clean_allowed_hosts(self) -> list[str]:
        hosts = [line.strip().lower() for line in self.cleaned_data["allowed_hosts"].splitlines()]
        hosts = list(dict.fromkeys(host for host in hosts if host))
        if len(hosts) > MOST_HOSTS:
            raise ValidationError(
                ngettext("At most %(most)d host.", "At most %(most)d hosts.", MOST_HOSTS)
                % {"most": MOST_HOSTS}
            )
        for host in hosts:
            try:
                public_addresses.check_name(host)
            except public_addresses.NotPublic:
                wrong = _(
                    "“%(host)s” is not a public host name. Write only the name, such as app.example.com."
                )
                raise ValidationError(wrong % {"host": host[:100]}) from None
        return hosts

    def clean_ceiling(self) -> list[str]:
        """Those that there are: of the catalogue, and of the tenant's APIs."""
        chosen: list[str] = self.cleaned_data["ceiling"]
        known = scope_tree.known(current_tenant(), chosen)
        return [name for name in chosen if name in known]
