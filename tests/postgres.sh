#!/bin/sh
# Runs a chosen part of the tests on a PostgreSQL of its own, in a temporary folder.
#
# The server is Debian's (tests/run.sh installs it as root). Without one the tests are skipped,
# loudly; with CI=true that is a failure. The rest of the line goes to pytest.
set -eu
cd "$(dirname "$0")/.."

FILES="tests/test_postgres.py tests/test_write_path.py tests/test_names_searched.py
    tests/test_listing.py tests/test_undo.py tests/test_nearness.py
    tests/test_several_processes.py tests/test_search_blocks.py"

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
if [ -z "$bin" ]; then
    echo "== PostgreSQL is not installed: the tests on it did NOT run" >&2
    [ "${CI:-}" != true ]
    exit
fi

folder=$(mktemp -d)
# The server refuses to run as root; Debian's package makes a user for it.
as_owner() {
    if [ "$(id -u)" = 0 ]; then su postgres -s /bin/sh -c "$*"; else sh -c "$*"; fi
}
[ "$(id -u)" != 0 ] || chown postgres "$folder"
stop() {
    as_owner "'$bin/pg_ctl' -D '$folder/cluster' -m immediate stop" >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap stop EXIT
trap 'exit 1' INT TERM

port=$(.venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
as_owner "'$bin/initdb' -D '$folder/cluster' -E UTF8 --locale=C.UTF-8 -A trust -U school" >/dev/null
as_owner "'$bin/pg_ctl' -D '$folder/cluster' -w -l '$folder/log' -o '-p $port -k $folder \
    -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off \
    -c synchronous_commit=off -c max_connections=200' start" >/dev/null

echo "== pytest on PostgreSQL ($("$bin/postgres" --version))"
TEST_DATABASE_URL="postgresql://school@127.0.0.1:$port/postgres"
export TEST_DATABASE_URL
# shellcheck disable=SC2086 -- a list of file names
.venv/bin/python -m pytest -n auto --dist loadgroup -rs $FILES \
    --deselect tests/test_listing.py::test_a_teachers_list_is_found_by_indexes_not_by_reading_the_table \
    "$@"
