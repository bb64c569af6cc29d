"""Builds what is published from the commit at hand, and proves that it runs.

``make release`` leaves in ``dist/`` the wheel, the source archive, what they depend on
(CycloneDX) and their checksums. Only what is committed goes in, with the time of the
commit, so that whoever builds the same commit gets the same bytes.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
TOOLS = Path(sys.executable).parent
CALL = Path("fixtures/requests/order-sign-riluzole-once-daily.json")
EXPECTED = "riluzole-dose"
"""The rule that speaks of that call."""


def main() -> int:
    """Builds and proves; raises CalledProcessError or AssertionError for what is wrong."""
    if _said("git", "status", "--porcelain"):
        print("What is not committed is left out.", file=sys.stderr)
    os.environ["SOURCE_DATE_EPOCH"] = _said("git", "log", "-1", "--format=%ct")
    with TemporaryDirectory() as folder:
        source, environment = Path(folder, "source"), Path(folder, "venv")
        _check_out(source)
        DIST.mkdir(exist_ok=True)
        for old in DIST.iterdir():
            old.unlink()
        _run(TOOLS / "python", "-m", "build", "--no-isolation", "--outdir", DIST, source)
        _write_bill(source)
        _write_checksums()
        [wheel] = DIST.glob("*.whl")
        prove(wheel, source, environment)
    for file in sorted(DIST.iterdir()):
        print(f"{file.stat().st_size:>9,} {file.name}")
    return 0


def _check_out(source: Path) -> None:
    """The files of the commit, and nothing else that lies about."""
    archive = subprocess.run(
        ["git", "archive", "HEAD"], cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    subprocess.run(["tar", "-x", f"--one-top-level={source}"], input=archive.stdout, check=True)


def _write_bill(source: Path) -> None:
    """What the wheel runs with, each with version and hashes."""
    [wheel] = DIST.glob("*.whl")
    version = wheel.name.split("-")[1]
    # The tool does not know that the version stands in the package.
    told = (source / "pyproject.toml").read_text(encoding="utf-8")
    project = source / "with-version.toml"
    project.write_text(told.replace('dynamic = ["version"]', f'version = "{version}"'))
    bill = (TOOLS / "cyclonedx-py", "requirements", "--output-reproducible")
    written = ("--pyproject", project, "-o", DIST / "cdshooks.cdx.json")
    _run(*bill, *written, source / "requirements" / "run.txt")


def _write_checksums() -> None:
    lines = [
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n"
        for file in sorted(DIST.iterdir())
    ]
    (DIST / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def prove(wheel: Path, source: Path, environment: Path) -> None:
    """Installs the wheel with what is pinned and nothing else, and has its demo answer a call."""
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run(*pip, "--require-hashes", "-r", source / "requirements" / "run.txt")
    _run(*pip, "--no-deps", wheel)
    with _demo(environment) as url:
        headers = {"Content-Type": "application/json"}
        body = (source / CALL).read_bytes()
        call = Request(f"{url}/cds-services/als-order-sign", body, headers)
        with urlopen(call, timeout=30) as reply:
            cards = json.load(reply)["cards"]
    rules = {rule for card in cards for rule in card["extension"]["org.als-cdshooks"]["rules"]}
    assert EXPECTED in rules, rules
    print(f"The wheel answers: {len(cards)} cards, {', '.join(sorted(rules))}")


@contextmanager
def _demo(environment: Path) -> Iterator[str]:
    """The address of the demo, run far from the checkout and from settings of whoever builds."""
    kept = {name: value for name, value in os.environ.items() if not _ours(name)}
    process = subprocess.Popen(
        [environment / "bin" / "cdshooks", "demo", "--port", "0"],
        cwd=environment,
        env=kept | {"XDG_DATA_HOME": str(environment)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        told = (re.search(r"curl -s (http://[^/\s]+)", line) for line in process.stdout or ())
        yield next(found[1] for found in told if found)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _ours(name: str) -> bool:
    return name.startswith("CDSHOOKS_") or name == "PYTHONPATH"


def _said(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def _run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True)


if __name__ == "__main__":
    sys.exit(main())
