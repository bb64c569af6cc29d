"""What is shipped is whole: the wheel and the sdist hold all that a service needs to run."""

import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = "bulbar-onset-fvc-falling.json"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment of its own, with the wheel in it beside the libraries of this one."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False)
    site = next((folder / "lib").iterdir()) / "site-packages"
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        wheel.extractall(site)
    libraries = next(path for path in sys.path if path.endswith("site-packages"))
    (site / "libraries.pth").write_text(libraries)
    return folder


def data_files() -> set[str]:
    """Every file of the package that is not Python, and every example patient."""
    package = ROOT / "cdshooks"
    found = {
        str(path.relative_to(ROOT))
        for path in package.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    return found | {f"cdshooks/fixtures/fhir/{p.name}" for p in (ROOT / "fixtures/fhir").iterdir()}


def test_the_wheel_holds_knowledge_templates_and_example_patients(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        assert data_files() <= set(wheel.namelist())


def test_the_sdist_holds_what_its_own_build_needs(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"pyproject.toml", "LICENSE", "README.md", f"fixtures/fhir/{EXAMPLE}"} <= names


def test_an_installed_wheel_answers_a_call_far_from_the_checkout(
    installed: Path, tmp_path: Path
) -> None:
    program = installed / "bin" / "python"
    chart = next(installed.rglob(EXAMPLE))
    assert chart.is_relative_to(installed)
    done = subprocess.run(
        [program, "-P", "-m", "cdshooks", "call", "patient-view", chart],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "NIV" in done.stdout
    where = subprocess.run(
        [program, "-c", "import cdshooks; print(cdshooks.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(installed)
