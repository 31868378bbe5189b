"""The form of an OAuth client: the fields of its type (S2, S4, Q1–Q5)."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from ...http.tenancy import current_tenant
from ...models import Client, client_rules
from ...policy import client_types, redirect_uris, registration_rules
from ...policy.client_types import AuthMethod, ClientType
from ...policy.consent_rules import ConsentMethod, suits
from ...policy.registration import EDITABLE, Registration
from ...policy.registration_problems import Problem
from .. import api_words
from . import addresses, client_fields, keys, problems, schemes, scope_presets, scope_tree
from .address_lists import ON_THIS_DEVICE, PLACEHOLDERS, AddressList
from .client_state import state_of, version_of
from .rows import Row, list_errors, rows_of

# What people can read about the application, and whom they can ask.
OF_APPLICATION = ("homepage_url", "terms_url", "privacy_url", "contact_email")


class ClientForm(client_fields.ClientFields):
    """The fields of one type of client. `client` is the client that is edited; without one it is a new client.

    `typed` is what a person has typed who went back to the first step: shown, and not judged before it is sent.
    The consent method of an edited client has a page of its own. The form asks for it only if the client is Required
    and its grants do not suit that, so that both are changed by one act.
    """

    data: QueryDict
    usual_scopes: tuple[str, ...] = scope_presets.SIGN_IN.scopes  # what is proposed for a new client
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    use_required_attribute = False  # the server's sentence says more than the browser's

    def __init__(
        self,
        client_type: str,
        data: QueryDict | None = None,
        *,
        client: Client | None = None,
        typed: QueryDict | None = None,
    ) -> None:
        self.client_type, self.kind, self.client = client_type, client_type, client
        self.before = client.registration if client else None
        self.schemes_before = registration_rules.short_schemes(self.before) if self.before else []
        self.schemes_ticked = sent.getlist(addresses.CONFIRMED) if (sent := data or typed) else []
        self.is_part = False
        super().__init__(data, initial=self._stored())
        self.fields |= client_fields.lists(client_type)
        if not client:
            self.initial["allowed_scopes"] = list(self.usual_scopes)
        if typed:
            self.initial.update(self._as_typed(typed))
        if client and not self._is_required:
            del self.fields["consent_method"]
        on_devices = self.fields.pop("device_grant")
        if not client_types.traits(client_type).confidential:
            for name in ("grant_types", "auth_methods", "public_keys", "accepts_no_pkce"):
                del self.fields[name]
        if client_types.traits(client_type).device_grant:
            self.fields["grant_types"] = on_devices
        if not (self._has_origins or client_types.traits(client_type).machine_grants):
            del self.fields[addresses.ORIGIN]

    def narrow_to(self, names: Collection[str], client: Client) -> None:
        """Leaves only these of the fields of the edited client. What the others are for stays as it is stored.

        A list that the stored grants do not use is no field either.
        """
        self.is_part = True
        used = set(names) | {"version"}
        if "grant_types" not in used and not self._shows_origins(client.grant_types):
            used.discard(addresses.ORIGIN)
        self.fields = {name: field for name, field in self.fields.items() if name in used}
        self.initial["version"] = state_of(client, self.fields)

    def _shows_origins(self, grants: Collection[str]) -> bool:
        return client_types.shows_allowed_origins(self.client_type, set(grants))

    def _as_typed(self, typed: QueryDict) -> dict[str, Any]:
        """What was typed. Of a stored client the whole form was sent: a box that is not in it was cleared."""
        return {
            name: field.widget.value_from_datadict(typed, {}, name)
            for name, field in self.fields.items()
            if name in typed or self.client
        }

    @property
    def _is_required(self) -> bool:
        """Whether the edited client has a consent method that machine-to-machine does not suit."""
        machines = client_types.traits(self.client_type).machine_grants
        return bool(machines and self.client and self.client.own_consent_method == ConsentMethod.REQUIRED)

    @property
    def _has_origins(self) -> bool:
        return client_types.traits(self.client_type).allowed_origins

    def _stored(self) -> dict[str, Any]:
        if self.client is None:
            return {"algorithm": client_types.traits(self.client_type).id_token_algorithm}
        return {name: getattr(self.client, name) for name in EDITABLE} | {"version": version_of(self.client)}

    # --- What was entered ------------------------------------------------------------------------------------------

    def clean_algorithm(self) -> str:
        return str(
            self.cleaned_data["algorithm"]
            or self.get_initial_for_field(self.fields["algorithm"], "algorithm")
        )

    def clean_consent_method(self) -> str:
        return str(self.cleaned_data["consent_method"] or ConsentMethod.REQUIRED.value)

    def clean_auth_methods(self) -> list[str]:
        return sorted(self.cleaned_data["auth_methods"])

    def clean(self) -> dict[str, Any]:
        if not self._shows_origins(self.becomes.grant_types):
            self._ignore(addresses.ORIGIN)
        if AuthMethod.PRIVATE_KEY_JWT not in self.becomes.auth_methods:
            self._ignore("public_keys")
        problems.add(self, self._problems())
        for name in addresses.LISTS:
            if isinstance(self.cleaned_data.get(name), addresses.SplitRows):
                self.add_error(name, addresses.SPLIT)
        if self._lacks_origins():
            self.add_error(
                addresses.ORIGIN,
                _(
                    "Add an allowed origin. Without one, the browser does not let the application read this "
                    "server’s responses (CORS), and nobody can sign in."
                ),
            )
        return self.cleaned_data

    def _lacks_origins(self) -> bool:
        """Whether a single-page app would be saved without an origin by somebody who has not been told."""
        told = addresses.OFFERED in self.data or (self.client and not self.client.allowed_origins)
        entered = self.cleaned_data
        return (
            self._has_origins
            and not told
            and entered.get(addresses.ORIGIN) == []
            and bool(entered.get(addresses.REDIRECT))
        )

    def _problems(self) -> dict[str, list[Problem]]:
        """What of it may not be registered."""
        return registration_rules.problems(
            self.becomes,
            limits=client_rules.limits(),
            consent_method=self.cleaned_data.get("consent_method"),
            confirmed_schemes={*self.schemes_ticked, *self.unconfirmed_schemes},
            api_scopes=self._api_scopes(),
            before=self.before,
        )

    def _api_scopes(self) -> registration_rules.ApiScopes:
        """Which scopes of APIs the client may have."""
        offered = bool(self.client and (self.client.published_at or self.client.stays_connected))
        chosen = self.cleaned_data.get("allowed_scopes", [])
        return client_rules.api_scopes(current_tenant(), chosen, offered=offered)

    @property
    def becomes(self) -> Registration:
        """The registration as it would become. What could not be read, or is no field, is as it is stored."""
        stored = {name: value for name, value in self._stored().items() if name in EDITABLE}
        return Registration.of({"type": self.client_type, "name": ""} | stored | self.values())

    @property
    def unconfirmed_schemes(self) -> list[str]:
        """The schemes without a dot that a program uses: it has not seen our page, so nobody was asked."""
        if not self.is_bound or addresses.ASKED in self.data:
            return []
        known = {*self.schemes_before, *self.schemes_ticked}
        return [scheme for scheme in registration_rules.short_schemes(self.becomes) if scheme not in known]

    def about_schemes(self) -> dict[str, Any]:
        """Which schemes without a dot may be used, for the client's verbs."""
        return {
            "confirmed_schemes": self.schemes_ticked,
            "unconfirmed_schemes": self.unconfirmed_schemes,
        }

    @property
    def becomes_trusted(self) -> bool:
        """Whether the edited client shall be trusted from now on. Where the field is hidden nothing was chosen."""
        grants = self.cleaned_data.get("grant_types", ())
        return bool(
            self.client
            and not suits(ConsentMethod.REQUIRED, grants)
            and self.cleaned_data.get("consent_method") == ConsentMethod.TRUSTED
        )

    def _ignore(self, name: str) -> None:
        """Leaves out a list that means nothing with the other choices, whatever stands in it: the page hides it."""
        if name in self.fields or (self.is_part and getattr(self.before, name)):
            self.errors.pop(name, None)
            self.cleaned_data[name] = []

    def go_on_from(self, client: Client) -> None:
        """Takes what was entered as a change of the present state, which is newer than what it was entered on."""
        data = self.data.copy()
        data["version"] = state_of(client, self.fields)
        self.data = data

    def values(self) -> dict[str, Any]:
        """The editable fields, for the client's verbs; those that could be read, if the form is not valid."""
        return {name: self.cleaned_data[name] for name in EDITABLE if name in self.cleaned_data}

    # --- What the page shows ---------------------------------------------------------------------------------------

    @property
    def asks_about_schemes(self) -> bool:
        """Whether the page asks to confirm schemes without a dot."""
        return client_types.traits(self.client_type).private_schemes

    @cached_property
    def scope_groups(self) -> list[scope_tree.Group]:
        chosen = self["allowed_scopes"].value() or []
        tenant = current_tenant()
        return scope_tree.groups(chosen, tenant, api_words.offered(tenant, chosen))

    @property
    def scope_presets(self) -> list[scope_presets.Button]:
        """The jobs whose scopes can be ticked together."""
        machine = not self.usual_scopes or (self.client and self.client.machine_only)
        presets = scope_presets.FOR_MACHINES if machine else scope_presets.FOR_PEOPLE
        return scope_presets.buttons(presets, self["allowed_scopes"].value() or [])

    @cached_property
    def key_rows(self) -> list[Row]:
        rows = rows_of(self["public_keys"], keys.key_text)
        return rows if len(rows) >= registration_rules.MOST_KEYS else [*rows, Row("")]

    @cached_property
    def key_errors(self) -> list[str]:
        return list_errors(self["public_keys"])

    @cached_property
    def redirect_list(self) -> AddressList:
        placeholder = ON_THIS_DEVICE if self.asks_about_schemes else PLACEHOLDERS[addresses.REDIRECT]
        return self._address_list(addresses.REDIRECT, placeholder=placeholder)

    @cached_property
    def sign_out_list(self) -> AddressList:
        return self._address_list(addresses.SIGN_OUT)

    @cached_property
    def origin_list(self) -> AddressList:
        return self._address_list(
            addresses.ORIGIN,
            offers=self._offered_origins,
            offers_ticked=self.is_bound and addresses.OFFERED not in self.data,
        )

    @property
    def has_faults_in_advanced(self) -> bool:
        """Whether something is wrong in the part that is closed at first."""
        on_devices = self.client_type == ClientType.NATIVE and bool(self.errors.get("grant_types"))
        links = any(self[name].errors for name in OF_APPLICATION)
        return bool(links or self.sign_out_list.is_faulty or on_devices)

    @property
    def _offered_origins(self) -> list[str]:
        """The redirect URLs' origins, for a single-page app that would have none, or has none."""
        known = self.is_bound or self.client
        if not (self._has_origins and known) or self[addresses.ORIGIN].value():
            return []
        rows = rows_of(self[addresses.REDIRECT])
        return redirect_uris.page_origins(row.value for row in rows if not row.error)[
            : addresses.limit(addresses.ORIGIN)
        ]

    def _address_list(self, name: str, **more: Any) -> AddressList:
        query = {"type": self.client_type, addresses.CONFIRMED: sorted(self.schemes_before)}
        usual: dict[str, Any] = {
            "check_url": f"{reverse('check_address')}?{urlencode(query, doseq=True)}",
            "placeholder": PLACEHOLDERS[name],
            "confirmations": self._confirmations(name),
        }
        return AddressList(self[name], **usual | more)

    def _confirmations(self, name: str) -> list[schemes.Confirmation]:
        """What must be confirmed beside a list. A scheme that stands in two lists is asked about in the first."""
        lists = {addresses.REDIRECT: (), addresses.SIGN_OUT: (addresses.REDIRECT,)}
        if name not in lists or not self.asks_about_schemes:
            return []
        earlier = [url for other in lists[name] for url in self[other].value() or []]
        before = {*self.schemes_before, *redirect_uris.short_schemes(earlier)}
        return schemes.confirmations(self[name].value() or [], before=before, ticked=self.schemes_ticked)
