"""The tags that are faster than Django's own say the same (console/templatetags)."""

import pytest
from django.template import engines
from django.utils import translation
from django.utils.safestring import SafeString


def shown(source: str, **values: object) -> str:
    text: str = engines["django"].from_string("{% load i18n pieces %}" + source).render(values)
    return text


NAMED = "{% blocktranslate with name=person %}Select {{ name }}{% endblocktranslate %}"


def test_a_text_with_gaps_is_in_the_readers_language_and_escaped():
    template = engines["django"].from_string("{% load i18n %}" + NAMED)

    assert template.render({"person": "<Åsa>"}) == "Select &lt;Åsa&gt;"
    with translation.override("sv"):
        assert template.render({"person": "Bo"}) == "Markera Bo"
    assert template.render({"person": "100 %"}) == "Select 100 %"
    assert shown(NAMED, person=SafeString("<b>Bo</b>")) == "Select <b>Bo</b>"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% blocktranslate %}100 % of {{ nothing }}{% endblocktranslate %}.", "100 % of ."),
        ("{% blocktranslate asvar x %}Edit {{ name }}{% endblocktranslate %}<{{ x }}>", "<Edit A&amp;B>"),
        ("{% blocktranslate trimmed %}\n one\n two {{ name }}\n{% endblocktranslate %}", "one two A&amp;B"),
        (
            "{% blocktranslate count n=2 %}one{% plural %}{{ n }} of {{ name }}{% endblocktranslate %}",
            "2 of A&amp;B",
        ),
        (
            "{% blocktranslate with name=n|default:7 %}{{ name }}{% endblocktranslate %} {{ name }}",
            "7 A&amp;B",
        ),
    ],
)
def test_a_text_with_gaps_is_as_django_has_it(source: str, expected: str):
    assert shown(source, name="A&B") == expected


def test_a_piece_is_in_the_readers_language_and_escaped():
    badge = '{% piece "components/status_badge.html" status="external" text=name %}'

    assert "A&amp;B" in shown(badge, name="A&B")
    kind = '{% piece "components/client_type.html" type="web" %}'
    assert "</svg> Web\n" in shown(kind)
    with translation.override("sv"):
        assert "</svg> Webb\n" in shown(kind)
    assert "</svg> Web\n" in shown(kind)
