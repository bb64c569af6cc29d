"""The form of a store: made, brought forward with its data, and never back."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from sqlalchemy import Connection, MetaData, Table, func, insert, select, text, types

from cdshooks.cli import main
from cdshooks.errors import SettingsInvalid, StoreInvalid
from cdshooks.feedback import Store, migrate
from cdshooks.feedback.migrate import check, revision, stored_secret, upgrade
from cdshooks.feedback.tables import HEAD, metadata

SCRIPTS = Config()
SCRIPTS.set_main_option("script_location", "cdshooks.feedback:migrations")
REVISIONS = [one.revision for one in ScriptDirectory.from_config(SCRIPTS).walk_revisions()][::-1]


def test_the_newest_migration_is_the_one_that_the_code_expects() -> None:
    assert REVISIONS[-1] == HEAD
    assert sorted(REVISIONS) == REVISIONS
    assert {len(one) for one in REVISIONS} == {3}


def test_migrations_make_the_tables_that_the_code_expects(store: Store) -> None:
    with store.transaction() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_an_upgrade_has_something_to_do_only_once(url: str) -> None:
    store = Store(url)
    with pytest.raises(StoreInvalid, match="db upgrade"):
        check(store)
    assert upgrade(store)
    assert not upgrade(store)
    check(store)
    store.close()


@pytest.mark.parametrize("start", REVISIONS)
def test_every_earlier_form_is_brought_forward_with_its_data(url: str, start: str) -> None:
    store = Store(url)
    with store.transaction() as connection:
        migrate._run(connection, start)
        before = filled(connection)
    upgrade(store)
    with store.transaction() as connection:
        assert revision(connection) == HEAD
        now = reflected(connection)
        assert {name: count(connection, now[name]) for name in before} == dict.fromkeys(before, 1)
    store.close()


def filled(connection: Connection) -> list[str]:
    """Puts one row into every table of whatever form the store has, parents first."""
    tables = MetaData()
    tables.reflect(connection)
    names = [table.name for table in tables.sorted_tables if table.name != "alembic_version"]
    for name in names:
        table = tables.tables[name]
        connection.execute(insert(table), {c.name: value_for(c.type) for c in table.columns})
    return names


def value_for(kind: types.TypeEngine[Any]) -> Any:
    match kind:
        case types.DateTime():
            return datetime(2026, 6, 1, tzinfo=UTC)
        case types.Date():
            return date(2026, 6, 1)
        case types.Boolean():
            return True
        case types.Integer() | types.Float():
            return 1
        case types.LargeBinary():
            return b"x"
        case types.JSON():
            return []
        case _:
            return "x"


def reflected(connection: Connection) -> dict[str, Table]:
    tables = MetaData()
    tables.reflect(connection)
    return dict(tables.tables)


def count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def test_a_store_of_a_newer_version_is_refused_and_left_alone(store: Store) -> None:
    with store.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '999'"))
    for attempt in (upgrade, check):
        with pytest.raises(StoreInvalid, match="newer version"):
            attempt(store)


def test_there_is_no_way_back(store: Store) -> None:
    from alembic import command

    for one in reversed(REVISIONS):
        with store.transaction() as connection:
            SCRIPTS.attributes["connection"] = connection
            connection.execute(text(f"UPDATE alembic_version SET version_num = '{one}'"))
            with pytest.raises(StoreInvalid, match="backup"):
                command.downgrade(SCRIPTS, "-1")
    refused = CliRunner().invoke(main, ["db", "downgrade"])
    assert refused.exit_code == 1
    assert "backup" in refused.output


def test_processes_that_upgrade_at_once_all_succeed(url: str) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "cdshooks", "db", "upgrade"],
            env=os.environ | {"CDSHOOKS_DATABASE_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(3)
    ]
    said = [process.communicate(timeout=60)[0].strip() for process in started]
    assert sorted(said) == ["The store is up to date."] + ["There was nothing to do."] * 2


def test_the_key_of_a_store_is_made_once(store: Store) -> None:
    first = stored_secret(store)
    assert len(first) == 64
    assert stored_secret(store) == first


def test_a_new_file_is_readable_to_its_owner_alone(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/folder/store.db")
    upgrade(store)
    store.close()
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "folder" / "store.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("address", ["", "mysql://db/x", "a file", "sqlite+aiosqlite://"])
def test_another_database_is_refused_without_quoting_its_address(address: str) -> None:
    with pytest.raises(SettingsInvalid, match="CDSHOOKS_DATABASE_URL: expected") as refused:
        Store(address)
    assert "db/x" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_goes_by_each_of_its_names(scheme: str) -> None:
    assert Store(f"{scheme}://u:p@db.example/cds").url.drivername == "postgresql+psycopg"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsInvalid, match="cannot write to"):
        upgrade(Store(f"sqlite:///{tmp_path}/file/store.db"))
