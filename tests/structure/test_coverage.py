"""Every statement of the founding texts has rules, every rule a place and patients."""

from collections import Counter

import pytest

from cdshooks import rules
from tests.support import vignettes
from tools.coverage import background, beside, page, statements

RULES = {rule.id for rule in rules.load()}
PROVEN = {case.rule for path in vignettes.files() for case in vignettes.load(path)}
NAMED = [rule for one in (*statements(), *beside()) for rule in one.rules]


@pytest.mark.parametrize("rule", sorted(set(NAMED)))
def test_a_rule_that_a_statement_names_exists_and_has_vignettes(rule: str) -> None:
    assert rule in RULES
    assert rule in PROVEN


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_rule_has_its_place(rule: str) -> None:
    assert rule in NAMED


def test_a_statement_comes_from_a_text_and_has_rules_each_once() -> None:
    assert len({one.says for one in statements()}) == len(statements())
    for one in statements():
        assert set(one.texts) <= {1, 2}
        assert one.texts
        assert one.rules
        assert max(Counter(one.rules).values()) == 1


def test_a_rule_stands_beside_the_texts_only_where_no_statement_asks_for_it() -> None:
    asked = {rule for one in statements() for rule in one.rules}
    assert asked.isdisjoint(rule for one in beside() for rule in one.rules)
    assert background()


def test_the_page_holds_every_statement_once() -> None:
    lines = list(page())
    assert all(sum(one.says in line for line in lines) == 1 for one in statements())
