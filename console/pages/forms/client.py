"""The forms of an OAuth client: its type first, then the fields of that type (S2, S4, Q1–Q5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from ...models import Client
from ...policy import client_types, redirect_uris
from ...policy.client_types import AuthMethod, ClientType
from ...policy.consent_rules import ConsentMethod, suits
from . import addresses, choices, keys, schemes, scope_tree, text
from .consent_method import MACHINE_IS_TRUSTED
from .rows import Row, list_errors, rows_of

TOO_LONG = _("This is too long: at most %(limit_value)d characters.")
UNSUPPORTED = frozenset({"anonymous-embed"})


class TypeForm(forms.Form):
    """The first step: which type of client, or machine-to-machine. It can never be changed afterwards."""

    type = forms.ChoiceField(
        label=_("Client type"),
        choices=choices.KINDS,
        widget=forms.RadioSelect,
        initial=ClientType.WEB.value,
        help_text=_("Where does the application run? The type cannot be changed later."),
        error_messages={"invalid_choice": _("Choose one of the types below.")},
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial)
        if data and data.get("type") in UNSUPPORTED:
            self.fields["type"].error_messages["invalid_choice"] = _(
                "Clients of the type anonymous embed are not supported."
            )


@dataclass(frozen=True, slots=True)
class AddressList:
    """One allow list, as templates/components/list_field.html shows it."""

    name: str
    label: str
    hint: str
    rows: list[Row]
    errors: list[str]
    max: int
    check_url: str
    placeholder: str
    optional: bool
    confirmations: Sequence[schemes.Confirmation] = ()
    offers: Sequence[str] = ()  # origins that can be added with a tick
    offers_ticked: bool = False

    @property
    def is_faulty(self) -> bool:
        """Whether something in it must be mended or confirmed, so that it has to be seen."""
        return bool(self.errors) or any(row.error for row in self.rows)


class ClientForm(forms.Form):
    """The fields of one type of client. `client` is the client that is edited; without one it is a new client.

    `typed` is what a person has typed who went back to the first step: shown, and not judged before it is sent.
    The consent method of an edited client has a page of its own. The form asks for it only if the client is Required
    and its grants do not suit that, so that both are changed by one act.
    """

    name = text.NameField(
        label=_("Name"),
        max_length=text.NAME_LENGTH,
        validators=[text.check_name],
        help_text=_("Users see it when they sign in."),
        error_messages={"required": _("Give the client a name."), "max_length": TOO_LONG},
    )
    description = text.TextField(
        label=_("Description"),
        max_length=text.DESCRIPTION_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        validators=[text.check_description],
        error_messages={"max_length": TOO_LONG},
    )
    homepage_url = forms.CharField(
        label=_("Homepage"),
        max_length=text.HOMEPAGE_LENGTH,
        required=False,
        widget=forms.TextInput(
            attrs={"inputmode": "url", "spellcheck": "false", "placeholder": "https://example.com"}
        ),
        validators=[text.check_homepage],
        error_messages={"max_length": TOO_LONG},
    )
    grant_types = forms.MultipleChoiceField(
        label=_("Machine-to-machine"),
        choices=choices.GRANTS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    auth_methods = forms.MultipleChoiceField(
        label=_("Authentication method"),
        choices=choices.AUTH_METHODS,
        initial=[AuthMethod.CLIENT_SECRET.value],
        help_text=_("How the application authenticates. You can choose both."),
        required=False,
        widget=choices.Boxes,
    )
    consent_method = forms.ChoiceField(
        label=_("Consent method"),
        choices=choices.CONSENT_METHODS,
        initial=ConsentMethod.REQUIRED.value,
        required=False,
        widget=forms.RadioSelect,
    )
    algorithm = forms.ChoiceField(
        label=_("ID token signature"),
        choices=choices.ALGORITHMS,
        help_text=_(
            "The application’s library must be set to the same algorithm. Access tokens are always ES256."
        ),
        required=False,
        widget=forms.RadioSelect,
    )
    accepts_no_pkce = forms.BooleanField(
        label=_("Accept authorization requests without PKCE"),
        required=False,
        help_text=_(
            "Only for software that cannot send PKCE. It must then ask for openid, send a nonce and compare it in the "
            "ID token, or a stolen code can be used. Counts in this tenant only, also if the client is published."
        ),
    )
    data: QueryDict
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
        self.schemes_before = schemes.confirmed_before(client)
        self.schemes_ticked = data.getlist(addresses.CONFIRMED) if data else []
        super().__init__(data, initial=self._stored())
        for field in self.fields.values():
            field.widget.attrs.pop("maxlength", None)  # a browser would cut what is pasted without a word
        self.fields |= self._lists()
        if typed:
            self.initial.update(self._as_typed(typed))
        if client and not self._is_required:
            del self.fields["consent_method"]
        if not client_types.traits(client_type).confidential:
            for name in ("grant_types", "auth_methods", "public_keys", "accepts_no_pkce"):
                del self.fields[name]
        if not (self._has_origins or client_types.traits(client_type).machine_grants):
            del self.fields[addresses.ORIGIN]

    def _as_typed(self, typed: QueryDict) -> dict[str, Any]:
        return {
            name: field.widget.value_from_datadict(typed, {}, name)
            for name, field in self.fields.items()
            if name in typed
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
        return {name: getattr(self.client, name) for name in Client.EDITABLE} | {
            "version": version_of(self.client)
        }

    def _lists(self) -> dict[str, forms.Field]:
        held = self.client.allowed_scopes if self.client else ()
        confirmed = {*self.schemes_before, *self.schemes_ticked}
        return {
            "allowed_scopes": scope_tree.ScopesField(
                label=_("Scopes"),
                held=held,
                help_text=_(
                    "What the client may ask for. A scope can only narrow what the user may do. "
                    "A client with no scopes can’t access anything."
                ),
            ),
            addresses.REDIRECT: addresses.address_field(
                addresses.REDIRECT,
                self.client_type,
                confirmed,
                label=_("Redirect URLs"),
                help_text=self._redirect_hint,
            ),
            addresses.SIGN_OUT: addresses.address_field(
                addresses.SIGN_OUT,
                self.client_type,
                confirmed,
                label=_("Sign-out URLs"),
                help_text=_("Where users may be sent back to after signing out."),
            ),
            addresses.ORIGIN: addresses.address_field(
                addresses.ORIGIN,
                self.client_type,
                label=_("Allowed origins"),
                help_text=_(
                    "The origins whose pages may call this server from a browser (CORS): scheme, host and port."
                ),
            ),
            "public_keys": keys.keys_field(
                label=_("Public key"),
                help_text=_("As a JWK, RSA or elliptic curve, with its key ID (kid) and algorithm (alg)."),
            ),
        }

    @property
    def _redirect_hint(self) -> Promise:
        if client_types.traits(self.client_type).private_schemes:
            return _(
                "Where users are sent back to after signing in: http://127.0.0.1/… on any port, "
                "a scheme of your own such as com.example.app:/callback, or https://."
            )
        return _(
            "Where users are sent back to after signing in. Each begins with https://; localhost may use http://."
        )

    # --- What was entered ------------------------------------------------------------------------------------------

    def clean_algorithm(self) -> str:
        return str(
            self.cleaned_data["algorithm"]
            or self.get_initial_for_field(self.fields["algorithm"], "algorithm")
        )

    def clean_consent_method(self) -> str:
        return str(self.cleaned_data["consent_method"] or ConsentMethod.REQUIRED.value)

    def clean_auth_methods(self) -> list[str]:
        if not self.cleaned_data["auth_methods"]:
            raise ValidationError(_("Choose at least one authentication method."))
        return sorted(self.cleaned_data["auth_methods"])

    def clean(self) -> dict[str, Any]:
        grants = set(self.cleaned_data.get("grant_types", ()))
        if not client_types.shows_allowed_origins(self.client_type, grants):
            self._ignore(addresses.ORIGIN)
        self._check_consent_method(grants)
        if AuthMethod.PRIVATE_KEY_JWT not in self.cleaned_data.get("auth_methods", ()):
            self._ignore("public_keys")
        elif self.cleaned_data.get("public_keys") == []:
            self.add_error(
                "public_keys", _("Paste the public key that the application's signatures are checked with.")
            )
        if self.cleaned_data.get(addresses.REDIRECT) == [] and client_types.needs_redirect_url(
            self.client_type, grants
        ):
            self.add_error(
                addresses.REDIRECT, _("Add at least one redirect URL: without it nobody can sign in.")
            )
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

    def _check_consent_method(self, grants: set[str]) -> None:
        if "consent_method" not in self.fields or suits(ConsentMethod.REQUIRED, grants):
            return
        if self.cleaned_data.get("consent_method") == ConsentMethod.REQUIRED:
            self.add_error("consent_method", MACHINE_IS_TRUSTED)

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
        if name in self.fields:
            self.errors.pop(name, None)
            self.cleaned_data[name] = []

    def go_on_from(self, version: str) -> None:
        """Takes what was entered as a change of a newer state than it was entered on."""
        data = self.data.copy()
        data["version"] = version
        self.data = data

    def values(self) -> dict[str, Any]:
        """The editable fields, for the client's verbs."""
        return {name: self.cleaned_data[name] for name in Client.EDITABLE if name in self.fields}

    # --- What the page shows ---------------------------------------------------------------------------------------

    @cached_property
    def scope_groups(self) -> list[scope_tree.Group]:
        return scope_tree.groups(self["allowed_scopes"].value() or [])

    @cached_property
    def key_rows(self) -> list[Row]:
        rows = rows_of(self["public_keys"], keys.key_text)
        return rows if len(rows) >= keys.MOST else [*rows, Row("")]

    @cached_property
    def key_errors(self) -> list[str]:
        return list_errors(self["public_keys"])

    @cached_property
    def redirect_list(self) -> AddressList:
        private = client_types.traits(self.client_type).private_schemes
        return self._address_list(
            addresses.REDIRECT, "http://127.0.0.1/callback" if private else "https://app.example.com/callback"
        )

    @cached_property
    def sign_out_list(self) -> AddressList:
        return self._address_list(addresses.SIGN_OUT, "https://app.example.com/")

    @cached_property
    def origin_list(self) -> AddressList:
        return self._address_list(
            addresses.ORIGIN,
            "https://app.example.com",
            offers=self._offered_origins,
            offers_ticked=self.is_bound and addresses.OFFERED not in self.data,
        )

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

    def _address_list(self, name: str, placeholder: str, **more: Any) -> AddressList:
        bound = self[name]
        rows, most = rows_of(bound), addresses.limit(name)
        blanks = [Row("")] * (most - len(rows))
        return AddressList(
            name=name,
            label=str(bound.label),
            hint=str(bound.help_text),
            rows=[*rows, *blanks],
            errors=list_errors(bound),
            max=most,
            check_url=self._check_url,
            placeholder=placeholder,
            optional=name != addresses.REDIRECT,
            confirmations=self._confirmations(name),
            **more,
        )

    @property
    def _check_url(self) -> str:
        query = {"type": self.client_type, addresses.CONFIRMED: sorted(self.schemes_before)}
        return f"{reverse('check_address')}?{urlencode(query, doseq=True)}"

    def _confirmations(self, name: str) -> list[schemes.Confirmation]:
        """What must be confirmed beside a list. A scheme that stands in two lists is asked about in the first."""
        lists = {addresses.REDIRECT: (), addresses.SIGN_OUT: (addresses.REDIRECT,)}
        if name not in lists or not client_types.traits(self.client_type).private_schemes:
            return []
        earlier = [url for other in lists[name] for url in self[other].value() or []]
        before = {*self.schemes_before, *redirect_uris.short_schemes(earlier)}
        return schemes.confirmations(self[name].value() or [], before=before, ticked=self.schemes_ticked)


def version_of(client: Client) -> str:
    """The state of a client that a person sees, so that saving can tell whether somebody else has saved since."""
    return client.updated_at.isoformat()
