"""Code systems, the comparison of codes, and the product sets of the ALS drugs."""

import re
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdshooks.errors import KnowledgeInvalid
from cdshooks.knowledge.codes import Code, Coding, ValueSet, canonical
from cdshooks.knowledge.loader import ROOT, _folder, _systems
from cdshooks.knowledge.tables import products as _products

SYSTEMS = _systems(ROOT)
PRODUCTS = _products(_folder(ROOT, "products"), SYSTEMS)
RIGHT = {"riluzole": "N07XX02", "edaravone": "N07XX14", "tofersen": "N07XX22"}


def value_set(*exact: Code, prefixes: tuple[Code, ...] = (), text: str | None = None) -> ValueSet:
    """A value set of these codes."""
    return ValueSet(
        id="made",
        meaning="made for a test",
        codings=tuple(Coding(code, code.code, "display", "high") for code in exact),
        exact=frozenset(exact),
        prefixes=prefixes,
        text=re.compile(text, re.IGNORECASE) if text else None,
    )


@pytest.mark.parametrize("short", sorted(SYSTEMS.uris))
@pytest.mark.parametrize("change", ["{}", "{}|2.78", "{}/", "{}/|2.78", " {} "])
def test_a_uri_is_recognised_with_a_version_a_slash_or_blanks(short: str, change: str) -> None:
    sent = change.format(SYSTEMS.uri(short))
    assert SYSTEMS.code(sent, "1").system == short


@pytest.mark.parametrize("short", sorted(SYSTEMS.uris))
def test_http_and_https_name_one_system(short: str) -> None:
    tail = SYSTEMS.uri(short).partition("://")[2]
    assert {SYSTEMS.code(f"{scheme}://{tail}", "1").system for scheme in ("http", "https")} == {
        short
    }


@pytest.mark.parametrize(
    ("oid", "short"),
    [
        ("2.16.840.1.113883.6.1", "loinc"),
        ("2.16.840.1.113883.6.96", "snomed"),
        ("2.16.840.1.113883.6.88", "rxnorm"),
        ("2.16.840.1.113883.6.90", "icd-10-cm"),
        ("2.16.840.1.113883.6.3", "icd-10"),
        ("2.16.840.1.113883.6.73", "atc"),
        ("2.16.840.1.113883.6.69", "ndc"),
        ("2.16.840.1.113883.6.8", "ucum"),
        ("2.16.840.1.113883.6.12", "cpt"),
        ("2.16.840.1.113883.4.9", "unii"),
    ],
)
def test_an_oid_is_recognised_bare_and_as_a_urn(oid: str, short: str) -> None:
    assert SYSTEMS.code(oid, "1").system == short
    assert SYSTEMS.code(f"urn:oid:{oid}", "1").system == short
    assert SYSTEMS.code(f"URN:OID:{oid}", "1").system == short


@pytest.mark.parametrize(
    ("sent", "short"),
    [
        ("http://snomed.info/sct/731000124108", "snomed"),
        ("http://snomed.info/sct/83821000000107", "snomed"),
        ("http://snomed.info/sct/999000031000000106/version/20230705", "snomed"),
        ("https://dmd.nhs.uk", "snomed"),
        ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "icd-10"),
        ("http://fhir.de/CodeSystem/dimdi/icd-10-gm|2019", "icd-10"),
        ("http://hl7.org/fhir/sid/icd-10-de", "icd-10"),
        ("http://hl7.org/fhir/sid/icd-10-us", "icd-10-cm"),
        ("http://fhir.de/CodeSystem/dimdi/atc", "atc"),
        ("http://fhir.de/CodeSystem/bfarm/atc", "atc"),
        ("http://www.genenames.org", "hgnc"),
        ("http://hl7.org/fhir/v3/ActCode", "act-code"),
    ],
)
def test_other_names_that_clients_send_are_recognised(sent: str, short: str) -> None:
    assert SYSTEMS.code(sent, "1").system == short


def test_an_unknown_system_equals_only_itself() -> None:
    ours = SYSTEMS.code("http://loinc.org", "1742-6")
    theirs = SYSTEMS.code("http://example.org/labs", "1742-6")
    assert theirs == Code("http://example.org/labs", "1742-6")
    assert ours != theirs
    assert SYSTEMS.code("", "1742-6") == Code("", "1742-6")


@pytest.mark.parametrize("place", ["system", "code"])
def test_what_is_too_long_for_a_code_is_not_kept_beyond_the_call(place: str) -> None:
    long = "9" * 1_000_000
    before = sys.getrefcount(long)
    if place == "system":
        assert SYSTEMS.code(long, "1") == Code(long, "1")
    else:
        assert SYSTEMS.code("urn:other", long) == Code("urn:other", long)
    assert sys.getrefcount(long) == before


def test_the_systems_of_this_project_have_their_published_uris() -> None:
    for short in ("als-cds", "als-rule", "als-override"):
        assert SYSTEMS.uri(short) == f"http://als-cdshooks.org/CodeSystem/{short}"


@pytest.mark.parametrize("system", ["icd-10-cm", "icd-10"])
@pytest.mark.parametrize("written", ["G12.21", "G1221", "g12.21", " G12.21 "])
def test_an_icd_code_is_one_code_with_and_without_its_dot(system: str, written: str) -> None:
    assert canonical(system, written) == Code(system, "G1221")


def test_dots_and_case_are_kept_where_they_mean_something() -> None:
    assert canonical("loinc", "la9633-4") == Code("loinc", "la9633-4")
    assert canonical("als-cds", "a.b") == Code("als-cds", "a.b")


@given(st.text(max_size=20), st.text(max_size=20))
def test_comparing_twice_changes_nothing(system: str, code: str) -> None:
    once = SYSTEMS.code(system, code)
    assert canonical(once.system, once.code) == once


def test_a_value_set_holds_its_codes_and_no_number_of_another_system() -> None:
    held = value_set(Code("loinc", "2106-3"))
    assert Code("loinc", "2106-3") in held
    assert Code("snomed", "2106-3") not in held
    assert held.holds_any([Code("snomed", "1"), Code("loinc", "2106-3")])
    assert not held.holds_any([Code("snomed", "1")])
    assert not held.holds_any([])


def test_a_prefix_takes_what_is_below_it_in_its_own_system_only() -> None:
    held = value_set(prefixes=(Code("icd-10-cm", "J96"),))
    assert Code("icd-10-cm", "J9611") in held
    assert Code("icd-10", "J9611") not in held
    assert Code("icd-10-cm", "J9") not in held
    assert "J9611" not in held


def test_text_is_matched_only_where_a_pattern_is_given() -> None:
    assert value_set(text=r"\bALS\b").named_in("possible als, bulbar")
    assert not value_set(text=r"\bALS\b").named_in("falsetto")
    assert not value_set().named_in("ALS")


def test_a_value_set_shows_each_code_once_however_it_is_indexed() -> None:
    text = repr(value_set(Code("loinc", "2106-3"), prefixes=(Code("icd-10", "J96"),), text="x"))
    assert "exact=" not in text
    assert "prefixes=" not in text
    assert "text=" not in text


def test_one_alias_cannot_name_two_systems(tmp_path: Path) -> None:
    text = "a: {uri: http://x.org/a, aliases: [http://x.org/b]}\nb: {uri: https://X.org/b/}\n"
    (tmp_path / "systems.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(KnowledgeInvalid, match="names two systems"):
        _systems(tmp_path)


@pytest.mark.parametrize(("drug", "atc"), RIGHT.items())
def test_each_drug_has_its_ingredient_its_atc_code_and_no_code_of_another(
    drug: str, atc: str
) -> None:
    products = PRODUCTS[drug].products
    assert Code("atc", atc) in products
    assert [p.display for p in products.values() if p.kind == "IN"] == [drug]
    others = {code for other in RIGHT if other != drug for code in PRODUCTS[other].products}
    assert not others & products.keys()


@pytest.mark.parametrize(
    "code",
    [Code("rxnorm", c) for c in ("1922474", "8163", "83366")] + [Code("atc", "N07XX17")],
)
def test_codes_that_circulate_for_these_drugs_by_mistake_are_in_no_set(code: Code) -> None:
    assert all(code not in products.products for products in PRODUCTS.values())


@pytest.mark.parametrize(
    ("drug", "code", "form", "route", "strength", "per"),
    [
        ("riluzole", "199206", "tablet", "oral", Fraction(50), "tablet"),
        ("riluzole", "2267572", "film", "oral", Fraction(50), "film"),
        ("riluzole", "2675565", "suspension", "oral", Fraction(5), "mL"),
        ("riluzole", "373787", "tablet", "oral", None, None),
        ("riluzole", "35623", None, None, None, None),
        ("riluzole", "196501", None, None, None, None),
        ("edaravone", "1924316", "injection", "intravenous", Fraction("0.3"), "mL"),
        ("edaravone", "2602122", "suspension", "oral", Fraction(21), "mL"),
        ("edaravone", "1921882", None, None, None, None),
        ("tofersen", "2635005", "injection", "intrathecal", Fraction("6.7"), "mL"),
    ],
)
def test_a_product_says_its_form_route_and_strength_or_nothing(
    drug: str, code: str, form: str | None, route: str | None, strength: Fraction | None, per: str
) -> None:
    product = PRODUCTS[drug].products[Code("rxnorm", code)]
    assert (product.form, product.route) == (form, route)
    assert (product.strength, product.strength_per) == (strength, per)


def test_a_strength_agrees_with_the_display_of_its_product() -> None:
    written = re.compile(r"([\d.]+) MG(/ML)? ")
    for products in PRODUCTS.values():
        for product in products.products.values():
            if product.strength is None:
                continue
            found = written.search(f"{product.display} ")
            assert found is not None
            assert Fraction(found[1]) == product.strength
            assert bool(found[2]) == (product.strength_per == "mL")


def test_a_strength_never_comes_without_what_it_is_per() -> None:
    for products in PRODUCTS.values():
        for product in products.products.values():
            assert (product.strength is None) == (product.strength_per is None)


INJECTED_ONLY = {"revonto", "ryanodex"}
"""Brands of dantrolene against malignant hyperthermia: no rule speaks of them by text alone."""


def test_every_brand_can_be_found_by_its_name() -> None:
    for products in PRODUCTS.values():
        brands = {p.display.lower() for p in products.products.values() if p.kind == "BN"}
        ingredients = {p.display.lower() for p in products.products.values() if p.kind == "IN"}
        # A set of one drug is called after it; a set of several, after what they have in common.
        wanted = (brands - INJECTED_ONLY) | (ingredients & {products.drug})
        assert wanted <= set(products.names)


def test_a_name_that_contains_a_drug_is_told_apart() -> None:
    assert PRODUCTS["riluzole"].not_names == ("troriluzole",)


@pytest.mark.parametrize(
    ("head", "row", "problem"),
    [
        ("", "rxnorm,1,x,IN,,,,\nrxnorm,1,x,IN,,,,", "row 3: code said twice"),
        ("", "nowhere,1,x,IN,,,,", "row 2: code system not in systems.yaml"),
        ("not_names: none", "rxnorm,1,x,IN,,,,", "names: expected a list"),
    ],
)
def test_a_bad_product_file_stops_the_start(
    tmp_path: Path, head: str, row: str, problem: str
) -> None:
    lines = ["drug: x", "label: x", "meaning: x", "release: x", "checked: 2026-11-21", "names: [x]"]
    header = "\n".join(f"# {line}" for line in [*lines, *filter(None, [head])])
    columns = "system,code,display,kind,form,route,strength,strength_per"
    (tmp_path / "products").mkdir()
    (tmp_path / "products" / "x.csv").write_text(f"{header}\n{columns}\n{row}\n", encoding="utf-8")
    with pytest.raises(KnowledgeInvalid, match=problem):
        _products([tmp_path / "products" / "x.csv"], SYSTEMS)
