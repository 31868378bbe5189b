"""*Create client*: first the type, then the fields of that type, then the client ID and secret (S2, S3, Q1–Q5)."""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from ..http.access import needs
from ..http.requests import PageRequest
from ..http.sessions import actor
from ..http.tenancy import current_tenant
from ..models import AlreadySent, Client, LimitReached, Tenant
from ..policy.client_types import ClientType
from ..policy.registration_problems import InvalidRegistration
from ..policy.roles import Permission
from . import fragments, starting_point
from .client_lookup import back_to_list
from .forms import choices, once, problems, schemes, scope_presets, typed
from .forms.client import ClientForm
from .forms.client_type import TypeForm
from .forms.limits import reached
from .forms.machine import MachineForm
from .secrets import shown_once

TITLES = {
    ClientType.WEB.value: gettext_lazy("Create web client"),
    ClientType.SPA.value: gettext_lazy("Create single-page app client"),
    ClientType.NATIVE.value: gettext_lazy("Create native client"),
    choices.MACHINE: gettext_lazy("Create machine-to-machine client"),
}
# The steps that buttons lead to. They carry what was typed; without one the client is created.
TYPE, FIELDS = "type", "fields"


@needs(Permission.MANAGE_CLIENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: PageRequest) -> HttpResponse:
    """A tenant that has as many clients as it may is told so first. Going back and on loses nothing that was typed."""
    if request.method != "POST":
        return _begin(request)
    step, kind = request.POST.get("step"), request.POST.get("type", request.GET.get("type", ""))
    if step == TYPE:
        return _type_page(request, TypeForm(initial={"type": kind}), kind)
    choice = TypeForm({"type": kind})
    if not choice.is_valid():
        return _type_page(request, choice)
    if sent := request.POST if step == FIELDS else scope_presets.picked(request.POST):
        return _fields_page(request, _form_of(kind, typed=sent))
    return _create(request, _form_of(kind, request.POST))


def _begin(request: PageRequest) -> HttpResponse:
    try:
        Client.check_room(current_tenant())
    except LimitReached as limit:
        context = {"title": _("Create OAuth client"), "reached": reached(limit), "section": "clients"}
        return fragments.dialog(request, "clients/full.html", context)
    kind = request.GET.get("type")
    if kind is None:
        return _type_page(request, TypeForm())
    choice = TypeForm({"type": kind})
    return _fields_page(request, _form_of(kind)) if choice.is_valid() else _type_page(request, choice)


def _create(request: PageRequest, form: ClientForm) -> HttpResponse:
    if form.is_valid():
        try:
            with once.work(request) as sent:
                client, secret = Client.register(
                    current_tenant(),
                    by=actor(request),
                    type=form.client_type,
                    consent_method=form.cleaned_data["consent_method"],
                    **form.about_schemes(),
                    **form.values(),
                )
                if sent:
                    sent.note(client.client_id)
        except AlreadySent as earlier:
            return _created_already(request, earlier.made)
        except LimitReached as limit:
            form.add_error(None, reached(limit))
        except InvalidRegistration as invalid:
            problems.add(form, invalid.problems)
        else:
            warning = schemes.warning(unasked) if (unasked := form.unconfirmed_schemes) else ""
            environment = starting_point.environment(_as_published(), client, secret)
            return shown_once(
                request, client, secret, created="client", warning=warning, environment=environment
            )
    return _fields_page(request, form)


def _as_published() -> Tenant:
    """The tenant with its canonical issuer, whichever of its hosts the request came to."""
    return Tenant.objects.get(pk=current_tenant().pk)


def _created_already(request: PageRequest, client_id: str) -> HttpResponse:
    """The result again, without the secret; the list if the client has been deleted meanwhile."""
    client = Client.objects.filter(client_id=client_id).first()
    if client is not None:
        return shown_once(request, client, "", created="client", again=True)
    messages.info(
        request,
        _("This client has already been created. A secret is shown only once and can’t be shown again."),
    )
    return fragments.done(request, back_to_list(request))


def _form_of(kind: str, data: QueryDict | None = None, *, typed: QueryDict | None = None) -> ClientForm:
    """The form of a new client of a type, or of machine-to-machine."""
    if kind == choices.MACHINE:
        return MachineForm(data, typed=typed)
    return ClientForm(kind, data, typed=typed)


def _type_page(request: PageRequest, form: TypeForm, coming_from: str = "") -> HttpResponse:
    """The first step. Who comes back to it from the fields of a type has typed something, perhaps."""
    empty = _form_of(coming_from) if coming_from in TITLES else None
    context = {
        "title": _("Create OAuth client"),
        "form": form,
        "typed": typed.carried(request.POST, empty),
        "section": "clients",
    }
    return fragments.dialog(request, "clients/type.html", context, status=422 if form.is_bound else 200)


def _fields_page(request: PageRequest, form: ClientForm) -> HttpResponse:
    """The second step, with what was typed before."""
    context = {
        "title": TITLES[form.kind],
        "form": form,
        "beside": typed.beside(form, request.POST),
        "is_typed": bool(typed.carried(request.POST, None)),
        "once": once.mark(),
        "section": "clients",
    }
    return fragments.dialog(request, "clients/new.html", context, status=422 if form.is_bound else 200)
