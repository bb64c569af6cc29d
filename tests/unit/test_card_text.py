"""Text of cards: what is written stays what is shown, whatever a chart says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdshooks.cards.text import SUMMARY_LIMIT, bullets, escaped, summary, table


@pytest.mark.parametrize(
    ("plain", "markdown"),
    [
        ("FVC 46% sitting (20 Feb 2026)", "FVC 46% sitting (20 Feb 2026)"),
        ("limit < 50%", "limit < 50%"),
        ("5*ULN then 3*ULN", r"5\*ULN then 3\*ULN"),
        ("ANC 3000 10*3/uL is not plausible", "ANC 3000 10*3/uL is not plausible"),
        ("* not a list", r"\* not a list"),
        (r"a \* b", r"a \\* b"),
        ("snake_case and `code`", r"snake\_case and \`code\`"),
        ("[text](http://evil)", r"\[text\](http&#58;//evil)"),
        ("www.evil.example", "www&#46;evil.example"),
        ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
        ("<!-- hidden", "&lt;!-- hidden"),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ("salt & pepper", "salt & pepper"),
        ("# not a heading", r"\# not a heading"),
        ("> not a quote", r"\> not a quote"),
        ("- not a list", r"\- not a list"),
        ("1. not a list", r"1\. not a list"),
        ("1.5 mg", "1.5 mg"),
        ("two\nlines\tand  spaces", "two lines and spaces"),
        ("a | b ~~c~~", r"a \| b \~\~c\~\~"),
        ("back\\slash", r"back\\slash"),
    ],
)
def test_plain_text_renders_as_itself(plain: str, markdown: str) -> None:
    assert escaped(plain) == markdown


def test_a_short_summary_is_kept_as_it_is() -> None:
    text = "x" * (SUMMARY_LIMIT - 1)
    assert summary(text) == text


def test_a_long_summary_is_cut_at_a_word_and_stays_under_the_limit() -> None:
    text = "word " * 40
    cut = summary(text)
    assert len(cut) < SUMMARY_LIMIT
    assert cut.endswith("word…")


@given(st.text(max_size=400))
def test_every_summary_is_one_line_under_the_limit(text: str) -> None:
    cut = summary(text)
    assert len(cut) < SUMMARY_LIMIT
    assert "\n" not in cut


@given(st.text(max_size=200))
def test_no_text_makes_a_tag(text: str) -> None:
    shown = escaped(text)
    for index, character in enumerate(shown):
        if character == "<":
            assert not (
                shown[index + 1 : index + 2].isascii() and shown[index + 1 : index + 2].isalpha()
            )


def test_bullets_are_one_line_each() -> None:
    assert bullets(["one\ntwo", "- three"]) == "- one two\n- \\- three"


def test_a_table_has_its_header_and_escapes_its_cells() -> None:
    assert table(("A", "B"), [("x|y", "")]) == "| A | B |\n| --- | --- |\n| x\\|y |   |"
