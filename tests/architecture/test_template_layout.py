"""The layout of templates (`make format`) breaks lines, and changes nothing that is seen on a page."""

import pytest

from tests.template_layout.__main__ import bare, laid_out
from tests.template_layout.documents import WIDTH

LONG = "lorem ipsum dolor sit amet consectetur " * 3


def one(source: str, **others: str) -> str:
    """A template that is on no other, laid out."""
    return laid_out({"one.html": source, **others})["one.html"]


@pytest.mark.parametrize(
    "glued",
    [
        f"<p><b>{LONG}</b>.</p>",
        f"<p>({{% if a %}}<i>{LONG}</i>{{% endif %}})</p>",
        f"<p><span>{LONG}</span><span>{LONG}</span></p>",
        f'<p>a<a href="/">{LONG}</a>{{% if b %}}, {{% endif %}}c</p>',
    ],
)
def test_what_stands_close_together_stays_so(glued: str):
    text = one(glued + "\n")

    for close in (
        "</b>.",
        "({% if a %}<i>",
        "</i>{% endif %})",
        "</span><span>",
        "</a>{% if b %},",
        "{% endif %}c",
    ):
        assert (close in glued) == (close in text)


def test_whitespace_that_is_seen_stays():
    text = one(f"<p><b>{LONG}</b> <i>{LONG}</i> {{{{ value }}}}</p>\n")

    assert "</b><i>" not in text
    assert "</i>{{" not in text


def test_blocks_are_indented_and_stand_on_lines_of_their_own():
    assert one("<div><ul><li>a</li>{% for b in c %}<li>{{ b }}</li>{% endfor %}</ul></div>\n") == (
        "<div>\n  <ul>\n    <li>a</li>\n    {% for b in c %}<li>{{ b }}</li>{% endfor %}\n  </ul>\n</div>\n"
    )


def test_a_long_tag_is_broken_between_its_attributes():
    attributes = (
        f'href="{{% url "a" b %}}" title="{LONG}" aria-label="{{{{ b }}}}"{{% if c %}} hidden{{% endif %}}'
    )
    text = one(f"<p><a {attributes}>d</a></p>\n")

    assert max(map(len, text.splitlines())) <= WIDTH + len(LONG)
    assert f'title="{LONG}"' in text


def test_a_long_sentence_is_the_same_text_for_a_translator():
    text = one(f'<p>{{% translate "{LONG.strip()}" %}}</p>\n')

    assert "{% blocktranslate trimmed %}" in text
    assert " ".join(text.split()).count(LONG.strip()) == 1


def test_what_is_copied_to_the_letter_is_not_touched():
    verbatim = f"<pre>\n  {LONG}\n</pre>"

    assert verbatim in one(f"<div>{verbatim}</div>\n")


def test_a_file_that_ends_within_a_tag_still_does():
    assert not one('class="a"{% if b %} hidden{% endif %}').endswith("\n")


def test_laid_out_is_laid_out():
    text = one(
        f"<div><p>{LONG}</p>{{% if a %}}<section><p>{LONG}<b>b</b>.</p></section>{{% endif %}}</div>\n"
    )

    assert one(text) == text


def test_it_is_noticed_when_more_than_whitespace_would_change():
    assert bare("<p>a</p>") == bare("<p>\n  a\n</p>")
    assert bare("<p>a</p>") != bare("<p>b</p>")
