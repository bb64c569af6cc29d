"""A database whose machine is gone keeps nobody waiting for minutes."""

from contextlib import closing

from cdshooks.feedback import Store
from tests.support.stores import Postgres


def test_connections_give_up_on_a_machine_that_vanished(postgres: Postgres) -> None:
    with postgres.database() as url, closing(Store(url)) as store:
        for connected in (store.transaction, store.reading):
            with connected() as connection:
                info = connection.connection.driver_connection.info  # type: ignore[union-attr]
                told = info.get_parameters()
                assert (told["tcp_user_timeout"], told["keepalives_idle"]) == ("5000", "10")
