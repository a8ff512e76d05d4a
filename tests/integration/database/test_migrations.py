"""Migrations: from empty to the models, back, and up again."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event, inspect, text
from sqlalchemy.engine import make_url

from actions.models import metadata
from bot import database

VERSIONS = Path(str(resources.files("actions.db") / "migrations" / "versions"))


@pytest.fixture
def empty(engine: Engine, url: str) -> Iterator[Engine]:
    """A database of its own with nothing in it."""
    name = f"empty_{uuid4().hex[:8]}"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    made = make_url(url).set(database=name).render_as_string(hide_password=False)
    empty = database.engine(made)
    yield empty
    empty.dispose()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE {name}"))


def differences(bind: Engine) -> list[object]:
    with bind.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, metadata))


def head() -> str | None:
    config = Config()
    config.set_main_option("script_location", str(VERSIONS.parent))
    return ScriptDirectory.from_config(config).get_current_head()


def test_upgrading_an_empty_database_gives_exactly_the_models(empty: Engine) -> None:
    database.upgrade(empty)

    assert differences(empty) == []


def test_the_comparison_sees_a_difference(empty: Engine) -> None:
    database.upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("ALTER TABLE citizen DROP COLUMN blocked_at"))

    assert differences(empty) != []


def test_partial_indexes_are_the_models_own(empty: Engine) -> None:
    database.upgrade(empty)

    with empty.connect() as connection:
        stored = dict(
            connection.execute(
                text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
            )
            .tuples()
            .all()
        )
    partial = {
        index.name: index.dialect_options["postgresql"]["where"]
        for table in metadata.sorted_tables
        for index in table.indexes
        if index.dialect_options["postgresql"]["where"] is not None
    }
    assert partial  # the open case, what is due, the order of a chat
    assert all("WHERE" in stored[str(name)] for name in partial)
    assert {name for name, made in stored.items() if " WHERE " in made} == set(partial)


def test_going_down_leaves_nothing_and_up_again_gives_the_models(empty: Engine) -> None:
    database.upgrade(empty)

    database.downgrade(empty, to="base")

    assert inspect(empty).get_table_names() == ["alembic_version"]
    with empty.connect() as connection:
        left = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        assert connection.scalar(text(left)) == 0
    database.upgrade(empty)
    assert differences(empty) == []


def test_every_step_can_be_taken_down_and_up_alone(empty: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(VERSIONS.parent))
    steps = list(ScriptDirectory.from_config(config).walk_revisions())

    for step in reversed(steps):
        database.upgrade(empty, to=step.revision)
        database.downgrade(empty, to="-1")
        database.upgrade(empty, to=step.revision)

    assert differences(empty) == []


def test_who_sent_what_was_set_aside_before_is_known_afterwards(empty: Engine) -> None:
    database.upgrade(empty, to="0007")
    raws = [
        '{"update_id": 1, "message": {"from": {"id": 88}, "chat": {"id": -5005}}}',
        '{"update_id": 2, "callback_query": {"from": {"id": 5000000000}}}',
        '{"update_id": 3, "channel_post": {"chat": {"id": -1}}}',
        None,
    ]
    with empty.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO inbox_update (channel, external_id, failures, error, failed_at, raw)"
                " VALUES ('telegram', :id, 5, 'ValueError', now(), CAST(:raw AS jsonb))"
            ),
            [{"id": str(n), "raw": raw} for n, raw in enumerate(raws)],
        )

    database.upgrade(empty)

    with empty.connect() as connection:
        found = connection.scalars(text("SELECT sender FROM inbox_update ORDER BY external_id"))
        assert found.all() == ["88", "5000000000", None, None]


def test_two_upgrades_at_once_wait_for_each_other(empty: Engine) -> None:
    url = empty.url.render_as_string(hide_password=False)
    code = f"from bot import database; database.upgrade(database.engine({url!r}))"
    both = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]

    assert [each.wait(60) for each in both] == [0, 0]
    assert differences(empty) == []


def test_a_migration_takes_as_long_as_it_takes_and_what_follows_does_not(empty: Engine) -> None:
    database.upgrade(empty, to="0001")
    empty.dispose()

    @event.listens_for(empty, "connect")
    def hurry(connection: psycopg.Connection, _: object) -> None:
        connection.execute("SET statement_timeout = '700ms'")
        connection.commit()

    with ThreadPoolExecutor(1) as pool, empty.connect() as reader:
        reader.execute(text("SELECT 1 FROM outbox_message"))  # the next one alters it
        upgraded = pool.submit(database.upgrade, empty)
        time.sleep(1)
        reader.rollback()
        upgraded.result(60)

    assert differences(empty) == []
    with empty.connect() as first, empty.connect() as second:
        told = {each.scalar(text("SHOW statement_timeout")) for each in (first, second)}
    assert "0" not in told


def test_a_migration_does_not_import_our_code() -> None:
    for file in VERSIONS.glob("[0-9]*.py"):
        imports = [line for line in file.read_text().splitlines() if "import" in line.split(" ")]
        assert not [line for line in imports if "actions" in line or "bot" in line], file.name


def test_a_fresh_database_is_named_with_what_to_do(empty: Engine) -> None:
    assert database.is_empty(empty)

    with pytest.raises(database.OldSchema, match="is empty; run `fanzha db upgrade` first"):
        database.check(empty, "postgresql://a:secret@b/c")


def test_an_old_schema_is_named_without_the_password(empty: Engine) -> None:
    database.upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))

    with pytest.raises(database.OldSchema) as error:
        database.check(empty, "postgresql://a:secret@b/c")

    assert f"has schema 0000, this version needs {head()}" in str(error.value)
    assert "secret" not in str(error.value)


def test_our_own_schema_is_taken(engine: Engine, url: str) -> None:
    database.check(engine, url)


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    url = "postgresql://a:secret@127.0.0.1:9/c"
    nowhere = database.engine(url)

    with pytest.raises(database.DatabaseAway) as error:
        database.check(nowhere, url)

    assert "FANZHA_DATABASE_URL" in str(error.value)
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)


def test_an_error_of_the_database_never_quotes_what_was_stored(engine: Engine) -> None:
    with pytest.raises(Exception, match="nothing") as error, engine.connect() as connection:
        connection.execute(text("SELECT :words FROM nothing"), {"words": "市民的话"})

    assert "市民的话" not in str(error.value)
