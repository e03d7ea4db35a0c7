"""The served app under the load of a whole staff."""

import socket
from contextlib import ExitStack

from admin.commands.serve import school_server
from admin.frame.settings import Settings
from models.core.database import database, note_table_sizes


def test_a_hundred_phones_get_a_place_in_the_queue_while_nobody_is_served_yet(app, tmp_path):
    server = school_server(app, Settings(tmp_path, port=0))
    server.prepare()
    with ExitStack() as calls:
        calls.callback(server.stop)
        address = ("127.0.0.1", server.bind_addr[1])
        for _ in range(100):
            calls.enter_context(socket.create_connection(address, timeout=2))


def test_sqlite_knows_how_large_the_tables_are_after_sampling(world):
    note_table_sizes()
    sampled = database.execute_sql("SELECT DISTINCT tbl FROM sqlite_stat1").fetchall()
    assert ("talk",) in sampled
