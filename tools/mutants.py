"""Whether the tests notice a change of a module: mutation testing, one change at a time.

    python -m tools.mutants cdshooks/rules/riluzole.py --at-least 95

Written here because the libraries fit badly: one also mutates strings, so that
every sentence of a card yields mutants nobody would ever test; the other has no
mutant for a returned value, the very change that silences a rule. Both start a
new interpreter for each mutant; here a worker imports the heavy libraries once
and forks.

Mutants that cannot change behaviour are named, each with its reason, in
``docs/mutants-equivalent.txt``: a line as printed here but without its line
number, then the reason on indented lines.
"""

import argparse
import ast
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import cache_from_source
from multiprocessing import get_context
from pathlib import Path

from tools.mutation import Mutant, mutants

ROOT = Path(__file__).resolve().parents[1]
EQUIVALENT = Path("docs/mutants-equivalent.txt")
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "scratch", "*.egg-info")
HEAVY = {
    *("fhir", "flask", "hypothesis", "jinja2", "jwt", "lark", "orjson", "pint", "pydantic"),
    *("pydantic_core", "pydantic_settings", "requests", "rich", "sqlalchemy"),
    *("structlog", "ucumvert", "werkzeug", "yaml"),
}
CANARY = "raise SystemError('the mutated copy is the one that runs')\n"
WORKERS = 2


@dataclass
class Bench:
    """A worker's own copy of the project, in which mutants are tried one by one."""

    folder: Path
    tests: tuple[str, ...]

    def survives(self, module: str, source: str, limit: float) -> bool:
        """Whether the tests pass with ``source`` as the module; never longer than ``limit`` s."""
        original = (self.folder / module).read_text(encoding="utf-8")
        self._write(module, source)
        try:
            return self.run(limit) == 0
        finally:
            self._write(module, original)

    def _write(self, module: str, source: str) -> None:
        path = self.folder / module
        path.write_text(source, encoding="utf-8")
        Path(cache_from_source(str(path))).unlink(missing_ok=True)

    def run(self, limit: float, loaded: Path | None = None) -> int | None:
        """The exit code of one test run in a fork; None if it took too long."""
        child = os.fork()
        if child == 0:
            self._test(loaded)
        end = time.monotonic() + limit
        while time.monotonic() < end:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return None

    def _test(self, loaded: Path | None) -> None:
        """Runs the tests in this process and ends it."""
        code = 70
        try:
            os.setsid()
            log = os.open(self.folder / "mutants.log", os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
            os.dup2(log, 1)
            os.dup2(log, 2)
            code = int(_pytest(self.tests))
            if loaded:
                loaded.write_text(json.dumps(sorted(sys.modules)), encoding="utf-8")
        finally:
            os._exit(code)


def _pytest(tests: Sequence[str]) -> int:
    import pytest

    quiet = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
    # Libraries imported before the fork escape pytest's rewriting of asserts, which is no loss.
    return pytest.main([*quiet, "-W", "ignore::pytest.PytestAssertRewriteWarning", *tests])


@cache
def bench(root: Path, scratch: Path, tests: tuple[str, ...]) -> Bench:
    """This worker's bench: the copied project, first on the path, heavy libraries imported."""
    made = Bench(scratch / str(os.getpid()), tests)
    shutil.copytree(root, made.folder, ignore=NOT_COPIED)
    os.chdir(made.folder)
    os.environ.update(PYTHONPATH=str(made.folder), MUTANTS="1")
    sys.path.insert(0, str(made.folder))
    import_module("pytest")
    loaded = made.folder / "loaded.json"
    _require_pass(made, made.run(3600, loaded))
    for name in json.loads(loaded.read_text(encoding="utf-8")):
        if name.partition(".")[0] in HEAVY:
            import_module(name)
    sys.dont_write_bytecode = True
    return made


@cache
def limit_of(made: Path, module: str, tests: tuple[str, ...]) -> float:
    """Seconds that a run may take: ten clean ones. Checks that the copy is what is tested."""
    here = Bench(made, tests)
    clean = ast.unparse(ast.parse((made / module).read_text(encoding="utf-8")))
    begun = time.monotonic()
    if not here.survives(module, clean, 3600):
        raise RuntimeError(f"{module}: the tests fail when nothing is changed")
    took = time.monotonic() - begun
    if here.survives(module, CANARY, 3600):
        raise RuntimeError(f"{module}: no test imports it, or another copy is imported")
    return max(10 * took, 5.0)


def _require_pass(made: Bench, code: int | None) -> None:
    if code != 0:
        log = (made.folder / "mutants.log").read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"the tests do not pass (exit {code}):\n{log[-3000:]}")


def tried(root: Path, scratch: Path, tests: tuple[str, ...], mutant: Mutant) -> bool:
    """Whether the mutant survives; called in a worker."""
    made = bench(root, scratch, tests)
    limit = limit_of(made.folder, mutant.module, tests)
    return made.survives(mutant.module, mutant.source, limit)


def survivors(root: Path, tests: tuple[str, ...], found: Sequence[Mutant]) -> list[Mutant]:
    """Those of the mutants that no test notices."""
    with (
        tempfile.TemporaryDirectory(prefix="mutants-") as scratch,
        ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool,
    ):
        jobs: list[Future[bool]] = [
            pool.submit(tried, root, Path(scratch), tests, mutant) for mutant in found
        ]
        try:
            return [mutant for mutant, job in zip(found, jobs, strict=True) if job.result()]
        finally:
            pool.shutdown(cancel_futures=True)


def equivalents(file: Path) -> dict[str, str]:
    """Mutants that cannot change behaviour, each with its reason."""
    reasons: dict[str, str] = {}
    key = ""
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        if line[:1].isspace() and key:
            reasons[key] = f"{reasons[key]} {line.strip()}".strip()
        elif line.strip() and not line.startswith("#"):
            key = line.strip()
            reasons[key] = ""
    return reasons


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the survivors and the score. 1: below ``--at-least``; 2: nothing could be said."""
    options = _options().parse_args(arguments)
    root: Path = options.root.resolve()
    excused = equivalents(root / EQUIVALENT)
    made = [
        mutant
        for module in options.modules
        for mutant in mutants(module, (root / module).read_text(encoding="utf-8"))
    ]
    stale = {
        key
        for key, reason in excused.items()
        if key.split(":")[0] in options.modules
        and (not reason or key not in {mutant.key for mutant in made})
    }
    if stale:
        print(*sorted(stale), f"named in {EQUIVALENT} without a reason or a mutant", sep="\n")
        return 2
    found = [mutant for mutant in made if mutant.key not in excused]
    try:
        alive = survivors(root, tuple(options.tests), found)
    except RuntimeError as error:
        print(error)
        return 2
    return _report(found, alive, len(made) - len(found), options.at_least)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="+", metavar="MODULE", help="path from the root")
    parser.add_argument("--tests", nargs="+", default=["tests/vignettes", "tests/unit"])
    parser.add_argument("--at-least", type=float, default=0.0, metavar="PERCENT")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project")
    return parser


def _report(found: Sequence[Mutant], alive: Sequence[Mutant], excused: int, at_least: float) -> int:
    for mutant in alive:
        print(mutant)
    score = 100 * (len(found) - len(alive)) / len(found) if found else 100.0
    print(
        f"{len(found) - len(alive)} of {len(found)} mutants killed ({score:.1f}%),"
        f" {len(alive)} survived, {excused} equivalent"
    )
    return 1 if score < at_least else 0


if __name__ == "__main__":
    sys.exit(main())
