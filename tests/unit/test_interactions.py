"""Ingredients and drug sets: read whole or refused, and recognised by code, name and route."""

from pathlib import Path
from typing import Any

import pytest

from cdshooks.errors import KnowledgeInvalid
from cdshooks.knowledge import Code, base
from cdshooks.knowledge.interactions import DrugSetFile, RouteFile, ingredients, whole_words

SYSTEMS = base().systems
HEADER = """# meaning: x
# release: y
# checked: 2026-11-22
# ingredients:
#   "alpha": {inn: [alpha, alfa], brands: [first brand], not_names: [alpha drops]}
#   "beta": {inn: [beta]}
system,code,display,kind,ingredient,route
"""
ROUTES = {
    "oral": RouteFile(routes=("oral",), systemic=True),
    "ophthalmic": RouteFile(words=("eye",), directions=("in the eye",), systemic=False),
}
SETS = {"one": DrugSetFile.model_validate(
    {"label": "l", "meaning": "m", "checked": "2026-11-22", "ingredients": ["alpha", "beta"],
     "only": {"beta": ["ophthalmic"]}}
)}  # fmt: skip


def made(folder: Path, rows: str, sets: Any = SETS, second: str = "") -> Any:
    files = [folder / "a.csv"]
    files[0].write_text(HEADER + rows, encoding="utf-8")
    if second:
        files.append(folder / "b.csv")
        files[1].write_text(second, encoding="utf-8")
    return ingredients(files, sets, ROUTES, SYSTEMS)


def test_a_code_may_stand_for_a_product_with_two_ingredients(tmp_path: Path) -> None:
    found = made(tmp_path, "rxnorm,1,x,SCD,alpha,oral\nrxnorm,1,x,SCD,beta,\n")
    assert [(c.ingredient, c.route) for c in found.codes[Code("rxnorm", "1")]] == [
        ("alpha", "oral"),
        ("beta", None),
    ]


def test_names_are_whole_words_and_the_longest_counts(tmp_path: Path) -> None:
    found = made(tmp_path, "")
    assert [(n.ingredient, n.exact) for n in found.in_text("ALFA 5 mg, First Brand")] == [
        ("alpha", True),
        ("alpha", False),
    ]
    assert found.in_text("alphabet, pre-alpha") == ()
    assert found.in_text("alpha drops") == ()


def test_names_with_one_beginning_and_names_that_begin_with_a_sign_are_told_apart() -> None:
    words = whole_words(["ab", "Abc", "ab c", "0.9%", "[x]", "^y", "]z", "\\d"])
    text = "ab, AB C-one; abc 0.9% [x] ^y ]z \\d 7 abd xab a-ab 10.9%"
    assert words.findall(text) == ["ab", "AB C", "abc", "0.9%", "[x]", "^y", "]z", "\\d"]
    assert whole_words([]).search("ab") is None


def test_a_member_counts_by_its_own_routes_and_when_the_route_is_unknown(tmp_path: Path) -> None:
    drug_set = made(tmp_path, "").sets["one"]
    assert drug_set.holds("alpha", "oral") and drug_set.holds("alpha", None)
    assert not drug_set.holds("alpha", "ophthalmic")
    assert drug_set.holds("beta", "ophthalmic") and not drug_set.holds("beta", "oral")
    assert not drug_set.holds("gamma", None)


def test_wording_tells_a_route(tmp_path: Path) -> None:
    found = made(tmp_path, "")
    assert found.route_of("alpha for the eye") == "ophthalmic"
    assert found.route_of("alpha eyed") is None
    assert found.route_directed("2 drops in the eye") == "ophthalmic"
    assert found.route_directed("for an eye infection") is None


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("nowhere,1,x,SCD,alpha,oral\n", "code system not in systems.yaml"),
        ("rxnorm,1,x,SCD,gamma,oral\n", "ingredient not in the header"),
        ("rxnorm,1,x,SCD,alpha,nasal\n", "route not in routes.yaml"),
        ("rxnorm,1,x,SCD,alpha,oral\nrxnorm,1,x,SCD,alpha,\n", "code said twice"),
    ],
)
def test_a_bad_row_is_refused(tmp_path: Path, rows: str, says: str) -> None:
    with pytest.raises(KnowledgeInvalid, match=says):
        made(tmp_path, rows)


def test_an_ingredient_of_two_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeInvalid, match="stands in another file too"):
        made(tmp_path, "", second=HEADER)


def test_a_set_of_something_unknown_is_refused(tmp_path: Path) -> None:
    bad = {**SETS, "two": SETS["one"].model_copy(update={"ingredients": ("gamma",)})}
    with pytest.raises(KnowledgeInvalid, match="no ingredient gamma"):
        made(tmp_path, "", bad)
    bad = {**SETS, "two": SETS["one"].model_copy(update={"routes": ("nasal",)})}
    with pytest.raises(KnowledgeInvalid, match="no route nasal"):
        made(tmp_path, "", bad)


def test_no_drug_set_has_the_name_of_a_drug_and_no_product_of_it_is_unreachable() -> None:
    known = base().ingredients
    assert not known.sets.keys() & base().products.keys()
    used = {one for drug_set in known.sets.values() for one in drug_set.ingredients}
    assert used == known.names


@pytest.mark.parametrize(
    ("text", "ingredient"),
    [
        ("Sialanar oral solution", "glycopyrronium"),
        ("Kwells 300 micrograms", "scopolamine"),
        ("Zofran ODT 4 mg", "ondansetron"),
        ("Thorazine 25 mg", "chlorpromazine"),
        ("Esmeron 50 mg/5 mL", "rocuronium"),
        ("Zemuron", "rocuronium"),
        ("Mivacron", "mivacurium"),
        ("Epilim Chrono", "valproate"),
        ("Depakene", "valproate"),
        ("Aldomet", "methyldopa"),
        ("Biaxin XL", "clarithromycin"),
        ("Tussionex", "hydrocodone"),
        ("Robitussin AC", "codeine"),
        ("Roxanol", "morphine"),
    ],
)
def test_brands_of_older_and_of_european_products_are_known(text: str, ingredient: str) -> None:
    assert [name.ingredient for name in base().ingredients.in_text(text)] == [ingredient]
