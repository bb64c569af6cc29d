"""A bad knowledge file stops the start, and says which file and what is wrong in it."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cdshooks.errors import KnowledgeInvalid
from cdshooks.knowledge import base
from cdshooks.knowledge.loader import ROOT


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Path(shutil.copytree(str(ROOT), tmp_path / "knowledge"))


def change(old: str, new: str, count: int = 1) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, count)


def add(line: str) -> Callable[[str], str]:
    return lambda text: f"{text}\n{line}\n"


@pytest.mark.parametrize(
    ("file", "edit", "problem"),
    [
        ("units.csv", add("volume,dL"), "too few or too many columns"),
        ("units.csv", add("volume,dL,dL,0.1,,more"), "too few or too many columns"),
        ("units.csv", add("volume,dL,dL,0,"), "not above 0"),
        ("units.csv", add("volume,dL,dL,0.1,NaN"), "not above 0, or at_most not finite"),
        ("units.csv", add("volume,dL,dL,a tenth,"), "factor is not a number"),
        ("units.csv", add("volume,L,L,1,"), "unit said twice"),
        ("units.csv", add("length,m,m,1,"), "quantity without canonical unit"),
        ("units.csv", change("volume,L,L,1,", "volume,L,L,2,"), "canonical.volume"),
        ("units.csv", change("quantity,raw", "quantity,spelling"), "(columns)"),
        ("products/riluzole.csv", add("rxnorm,1,x"), "too few or too many columns"),
        ("products/riluzole.csv", add("rxnorm,1,x,IN,,,lots,"), "strength is not a number"),
        ("products/riluzole.csv", add("rxnorm,1,x,IN,,,-5,tablet"), "strength is not above 0"),
        ("measures.yaml", change("plausible: [5, 150]", "plausible: [150, 5]"), "plausible"),
        ("measures.yaml", change('unit: "%", below', 'unit: "stone", below'), "lookalikes"),
        ("measures.yaml", change("quantity: percent", "quantity: share"), "no such quantity"),
        ("measures.yaml", change("[5, 150]", "[.nan, 150.0]"), "not YAML"),
        ("measures.yaml", change("decimals: 1", "decimal: 1"), "decimal"),
        ("measures.yaml", change("[fvc-percent, svc-percent]", "[fvc]"), "no value set 'fvc'"),
        ("dosage.yaml", change("meaning:", "meanings:"), "meaning"),
        ("sources.yaml", add("- x"), "not YAML"),
        ("sources.yaml", add("? [a]\n: b"), "sources.yaml"),
        ("value_sets/goals.yaml", change("system: snomed", "system: snowmed"), "snowmed"),
    ],
)
def test_a_bad_file_stops_the_start(
    root: Path, file: str, edit: Callable[[str], str], problem: str
) -> None:
    path = root / file
    before = path.read_text(encoding="utf-8")
    path.write_text(edit(before), encoding="utf-8")
    with pytest.raises(KnowledgeInvalid, match=re.escape(problem)) as raised:
        base(root)
    assert path.name in str(raised.value)


@pytest.mark.parametrize("file", ["units.csv", "dosage.yaml", "measures.yaml", "systems.yaml"])
def test_a_file_that_is_not_there_or_not_text_stops_the_start(root: Path, file: str) -> None:
    (root / file).write_bytes(b"\xff\xfe\xff")
    with pytest.raises(KnowledgeInvalid, match="UTF-8"):
        base(root)
    (root / file).unlink()
    with pytest.raises(KnowledgeInvalid, match="cannot be read"):
        base(root)


def test_a_folder_that_is_not_there_stops_the_start(root: Path) -> None:
    shutil.rmtree(root / "value_sets")
    with pytest.raises(KnowledgeInvalid, match="value_sets"):
        base(root)


@pytest.mark.parametrize(
    "file", ["dosage.yaml", "units.csv", "sources.yaml", "products/riluzole.csv",
             "value_sets/goals.yaml", "overrides.yaml"],
)  # fmt: skip
def test_the_version_changes_with_every_file(root: Path, file: str) -> None:
    unchanged = base().profile("default").version
    copied = base(root).profile("default").version
    assert copied == unchanged
    path = root / file
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    base.cache_clear()
    assert base(root).profile("default").version != unchanged


def test_the_version_changes_with_the_profile() -> None:
    versions = {base().profile(*p).version for p in (["default"], ["default", "captures-all"])}
    assert len(versions) == 2
    assert all(re.fullmatch("[0-9a-f]{12}", version) for version in versions)
