"""The watch over the suite bites: a leak fails the test in which it happens."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest
import structlog
from flask import Flask, Response

from cdshooks.http import logs
from cdshooks.http.reply import json_reply
from tests.support.watch import Watch, canaries, leaks

ROOT = Path(__file__).parents[2]
LEAKY = """
import structlog
from cdshooks.http import logs
from tests.conftest import _watched, watch

def test_that_leaks():
    logs.configure("INFO")
    structlog.get_logger().info("call", rule="canary-zq")
"""


def test_the_patients_of_the_fixtures_are_known() -> None:
    assert len(canaries()) > 10
    assert "sandbox-amy" in canaries()


@pytest.mark.parametrize("said", ["Jane Doe", "Bearer abc", "eyJhbGciOiJFUzM4NCJ9.x", "84.0613"])
def test_patients_and_tokens_are_noticed_in_both_kinds_of_log(watch: Watch, said: str) -> None:
    logs.configure("INFO")
    structlog.get_logger().info("call", rule=said)
    logging.getLogger("some.library").warning("sent %s", said)
    lines, _ = watch.taken()
    assert len(leaks(lines)) == 2


def test_ordinary_lines_are_no_leak(watch: Watch) -> None:
    logs.configure("INFO")
    structlog.get_logger().info("call", rule="niv-consider", status=200)
    lines, _ = watch.taken()
    assert (len(lines), leaks(lines)) == (1, [])


def test_an_empty_member_of_an_answer_is_noticed(watch: Watch) -> None:
    app = Flask("empty")

    @app.get("/")
    def answer() -> Response:
        return json_reply({"cards": [], "extension": {"a": None}})

    app.test_client().get("/")
    _, empty = watch.taken()
    assert empty == ["GET /: $.extension.a: None is empty"]


def test_a_test_that_leaks_fails(tmp_path: Path) -> None:
    (tmp_path / "test_leaky.py").write_text(LEAKY, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", str(tmp_path)],
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert "patient data or a token in a log" in run.stdout
