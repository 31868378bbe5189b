"""What may not be registered, shown beside the field or the very row that it is about."""

from django import forms

from ...models.client_rules import in_words
from ...policy.registration_problems import Problem, Problems
from .rows import RowRefused, RowsField

# Where it is said if the form does not have the field itself.
INSTEAD = {"consent_method": "grant_types"}


def add(form: forms.Form, problems: Problems) -> None:
    """Adds the errors to a form that has been cleaned. A field that could not be read has said why already."""
    fields = {name: problems[name] for name in problems if name not in form.errors}
    for name, found in fields.items():
        shown = name if name in form.fields else INSTEAD.get(name, "")
        for problem in found:
            form.add_error(shown if shown in form.fields else None, _error(form, shown, problem))


def _error(form: forms.Form, name: str, problem: Problem) -> forms.ValidationError:
    if problem.place is not None and isinstance(form.fields.get(name), RowsField):
        return RowRefused(in_words(problem), problem.place)
    return forms.ValidationError(in_words(problem))
