"""A database whose machine is gone keeps nobody waiting for minutes."""

from contextlib import closing

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError

from cdshooks.errors import StoreUnavailable
from cdshooks.feedback import Store
from tests.support.stores import Postgres


def test_connections_give_up_on_a_machine_that_vanished(postgres: Postgres) -> None:
    with postgres.database() as url, closing(Store(url)) as store:
        for connected in (store.transaction, store.reading):
            with connected() as connection:
                info = connection.connection.driver_connection.info  # type: ignore[union-attr]
                told = info.get_parameters()
                assert (told["tcp_user_timeout"], told["keepalives_idle"]) == ("5000", "10")


def test_a_database_that_ends_each_connection_at_once_is_away(postgres: Postgres) -> None:
    def ended(*_connection: object) -> None:
        raise DisconnectionError

    with postgres.database() as url, closing(Store(url)) as store:
        event.listen(store._engines().writes, "checkout", ended)
        with pytest.raises(StoreUnavailable), store.transaction():
            pass
