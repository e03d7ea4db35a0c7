#!/bin/sh
# Installs what the checks need and runs them: format, lint, types, tests.
#
#   sh tests/run.sh            everything a change must pass
#   sh tests/run.sh --fast     without type check and browser tests
#   sh tests/run.sh --full     with the long Hypothesis profile, faults and scanners
#   sh tests/run.sh -- ARGS    the rest goes to pytest
#
# A chosen part runs on a PostgreSQL of its own as well (tests/postgres.sh), required with CI=true.
#
# With CI=true a missing browser is a failure; elsewhere the browser tests are skipped, loudly. CI
# also puts a dozen faults into the program (tests/faults), for four minutes at most; --full all.
set -eu
cd "$(dirname "$0")/.."

fast=no
full=no
HYPOTHESIS_PROFILE=default
while [ $# -gt 0 ]; do
    case "$1" in
        --fast) fast=yes ;;
        --full) full=yes; HYPOTHESIS_PROFILE=full; SCHOOL_TESTS_FULL=1; export SCHOOL_TESTS_FULL ;;
        --) shift; break ;;
        *) echo "unknown option: $1 (see the top of tests/run.sh)" >&2; exit 2 ;;
    esac
    shift
done
export HYPOTHESIS_PROFILE

# Tests must not reach the records of whoever runs them.
unset TEST_DATABASE_URL
unset SCHOOL_DATA SCHOOL_PORT DATABASE_URL SCHOOL_TLS_CERT SCHOOL_TLS_KEY SCHOOL_REDIS SCHOOL_PROXY SCHOOL_SEALED_PORT

say() { printf '== %s\n' "$*"; }

sh start.sh --prepare tests/requirements.txt

missing=
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 \
    || command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium"
command -v pdffonts >/dev/null 2>&1 || missing="$missing poppler-utils"
command -v qpdf >/dev/null 2>&1 || missing="$missing qpdf"
[ "$fast" = yes ] || command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
[ "$fast" = yes ] || ls -d /usr/lib/postgresql/*/bin >/dev/null 2>&1 \
    || missing="$missing postgresql"
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086 -- a list of package names
    .venv/bin/python -c 'import start, sys; sys.exit(not start.install_on_debian(sys.argv[1:]))' \
        $missing || say "not installed, what needs it will be skipped or fail:$missing"
fi

failed=
check() {
    say "$*"
    .venv/bin/python -m "$@" || failed="$failed [$*]"
}
check ruff format --check --quiet .
check ruff check --quiet .
[ "$fast" = yes ] || check mypy --no-error-summary
[ "$fast" = yes ] && set -- -m "not browser" "$@"
if [ "$full" = yes ]; then
    check tests.faults --full
elif [ "${CI:-}" = true ] && [ "$fast" = no ]; then
    check tests.faults --few 12 --minutes 4
fi
[ -z "$failed" ] || say "FAILED before the tests:$failed"

# Arguments choose tests for one run on SQLite; the part on PostgreSQL belongs to the whole.
[ "$fast" = yes ] || [ $# -gt 0 ] || sh tests/postgres.sh || failed="$failed [postgresql]"

# pytest comes last, so that its summary is the last thing printed.
say "pytest"
.venv/bin/python -m pytest -n auto --dist loadgroup -rs "$@" || failed="$failed [pytest]"
[ -z "$failed" ]
