"""The command line as a whole: its commands are read when they are asked for."""

import gc
import subprocess
import sys

import click

from cdshooks.cli import main

COMMANDS = [
    *("audit", "call", "check", "cohort", "db", "demo"),
    *("insights", "replay", "rules", "serve", "worklist"),
]


def test_every_command_has_its_name_and_a_line_of_help() -> None:
    context = click.Context(main)
    assert main.list_commands(context) == COMMANDS
    for name in COMMANDS:
        command = main.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert command.get_short_help_str()


def test_what_is_no_command_is_refused() -> None:
    assert main.get_command(click.Context(main), "nonsense") is None


def test_the_server_starts_without_what_only_other_commands_need() -> None:
    code = "import sys, cdshooks.cli; print(sorted({'duckdb', 'cdshooks.cohort'} & {*sys.modules}))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_garbage_is_looked_for_once_a_command_is_loaded() -> None:
    gc.disable()
    try:
        main.get_command(click.Context(main), "rules")
        assert gc.isenabled()
    finally:
        gc.enable()
