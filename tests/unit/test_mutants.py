"""The mutation tool: which changes it makes, and that it runs the copy it changed."""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tools import mutation

ROOT = Path(__file__).resolve().parents[2]

inside = pytest.mark.skipif(
    "MUTANTS" in os.environ, reason="a mutant of the service cannot change what the tool does"
)


def after(source: str) -> set[str]:
    """The changed lines of every mutant of ``source``."""
    return {mutant.after for mutant in mutation.mutants("m.py", dedent(source))}


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("a < b", {"a <= b"}),
        ("a <= b", {"a < b"}),
        ("a > b", {"a >= b"}),
        ("a >= b", {"a > b"}),
        ("a == b", {"a != b"}),
        ("a != b", {"a == b"}),
        ("a is b", {"a is not b"}),
        ("a not in b", {"a in b"}),
        ("a < b <= c", {"a <= b <= c", "a < b < c"}),
        ("x = 5", {"x = 6", "x = 4"}),
        ("x = 0.5", {"x = 1.5", "x = -0.5"}),
        ("x = True", {"x = False"}),
        ("a and b", {"a or b"}),
        ("a or b", {"a and b"}),
        ("not a", {"a"}),
        ("a + b", {"a - b"}),
        ("a * b", {"a / b"}),
        ("a -= b", {"a += b"}),
        ("x = -a", {"x = a"}),
        ("if a:\n    pass", {"if not a:"}),
        ("b if a else c", {"b if not a else c"}),
        ("[x for x in y if x]", {"[x for x in y if not x]"}),
        ("def f():\n    return a", {"return None"}),
    ],
)
def test_each_kind_of_change_is_made(source: str, wanted: set[str]) -> None:
    assert after(source) == wanted


@pytest.mark.parametrize(
    "source",
    [
        '"text"',
        'f"{text}"',
        "def f(a: Literal[1] = b) -> Literal[2]:\n    return None",
        "def f():\n    return",
        "x: Annotated[int, 5]",
        "if TYPE_CHECKING:\n    x = 5",
        "__all__ = [5]",
        "@dataclass(frozen=True)\nclass A:\n    pass",
        "x = a | b",
        "x = None",
    ],
)
def test_what_nobody_would_test_is_left_alone(source: str) -> None:
    assert after(source) == set()


def test_the_same_change_is_made_once() -> None:
    source = "if not a == b:\n    pass"
    assert len(list(mutation.mutants("m.py", source))) == len(after(source))


def test_a_mutant_says_where_it_is() -> None:
    source = "class A:\n    def f(self):\n        return 1\n"
    first = next(iter(mutation.mutants("m.py", source)))
    assert str(first) == "m.py:3: A.f: return 1 → return None"
    assert first.key == "m.py: A.f: return 1 → return None"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one module with a limit, and a test that does not try the limit itself."""
    files = {
        "low.py": "def low(value):\n    return value < 50\n",
        "tests/test_low.py": "from low import low\n\n\ndef test_low():\n"
        "    assert low(48) is True\n    assert low(52) is False\n",
    }
    (tmp_path / "tests").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def _tool(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.mutants", "low.py", "--root", str(project)]
    command += ["--tests", "tests", *options]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
    )


@inside
def test_a_limit_that_no_test_stands_on_is_found(project: Path) -> None:
    ran = _tool(project, "--at-least", "95")
    assert ran.returncode == 1, ran.stderr
    assert ran.stdout.splitlines() == [
        "low.py:2: low: return value < 50 → return value <= 50",
        "low.py:2: low: return value < 50 → return value < 51",
        "low.py:2: low: return value < 50 → return value < 49",
        "1 of 4 mutants killed (25.0%), 3 survived, 0 equivalent",
    ]
    assert (project / "low.py").read_text(encoding="utf-8").endswith("value < 50\n")


@inside
def test_an_equivalent_mutant_needs_a_reason_and_must_exist(project: Path) -> None:
    (project / "docs").mkdir()
    named = project / "docs" / "mutants-equivalent.txt"
    limit = "low.py: low: return value < 50 → return value <= 50\n"
    for text in (limit, "low.py: low: return value < 9 → return value <= 9\n    Because.\n"):
        named.write_text(text, encoding="utf-8")
        assert _tool(project).returncode == 2
    named.write_text(f"{limit}    Values are even.\n", encoding="utf-8")
    assert _tool(project).stdout.endswith("2 survived, 1 equivalent\n")


@inside
def test_a_module_that_no_test_imports_is_refused(project: Path) -> None:
    (project / "tests" / "test_low.py").write_text("def test_it():\n    pass\n", encoding="utf-8")
    ran = _tool(project)
    assert ran.returncode == 2
    assert "no test imports it" in ran.stdout
