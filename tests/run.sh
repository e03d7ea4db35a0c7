#!/bin/sh
# Installs what the checks need and runs them: format, lint, types, tests.
#
#   sh tests/run.sh            everything a change must pass
#   sh tests/run.sh --fast     without type check and browser tests
#   sh tests/run.sh --full     with the long Hypothesis profile, faults and scanners
#   sh tests/run.sh -- ARGS    the rest goes to pytest
#
# With CI=true a missing browser is a failure; elsewhere the browser tests are skipped, loudly.
set -eu
cd "$(dirname "$0")/.."

fast=no
HYPOTHESIS_PROFILE=default
while [ $# -gt 0 ]; do
    case "$1" in
        --fast) fast=yes ;;
        --full) HYPOTHESIS_PROFILE=full; SCHOOL_TESTS_FULL=1; export SCHOOL_TESTS_FULL ;;
        --) shift; break ;;
        *) echo "unknown option: $1 (see the top of tests/run.sh)" >&2; exit 2 ;;
    esac
    shift
done
export HYPOTHESIS_PROFILE

# Tests must not reach the records of whoever runs them.
unset SCHOOL_DATA SCHOOL_PORT DATABASE_URL SCHOOL_TLS_CERT SCHOOL_TLS_KEY

say() { printf '== %s\n' "$*"; }

install_on_debian() {
    command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ] || return 1
    say "installing $*"
    {
        apt-get update -qq || true # An old package list is often good enough.
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
    } >/dev/null 2>&1 || { say "could not install $*; what needs it will be skipped or fail"; return 1; }
}

find_python() {
    for name in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python; do
        [ -n "$name" ] || continue
        "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        echo "$name"
        return
    done
    echo "Python 3.11 or newer is needed; set PYTHON to one" >&2
    return 1
}

make_environment() {
    python=$(find_python)
    say "making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv && return
    install_on_debian python3-venv && "$python" -m venv --clear .venv
}

requirements_digest() {
    .venv/bin/python - <<'PYTHON'
import hashlib, pathlib, sys

text = "".join(pathlib.Path(name).read_text("utf-8") for name in ("requirements.txt", "tests/requirements.txt"))
print(hashlib.sha256((sys.version + text).encode()).hexdigest())
PYTHON
}

.venv/bin/python -c '' 2>/dev/null || make_environment
stamp=.venv/requirements.sha256
digest=$(requirements_digest)
if [ "$(cat "$stamp" 2>/dev/null || true)" != "$digest" ]; then
    say "installing requirements"
    .venv/bin/python -m pip install -q --disable-pip-version-check \
        -r requirements.txt -r tests/requirements.txt
    echo "$digest" >"$stamp"
fi

missing=
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 \
    || command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium"
command -v pdffonts >/dev/null 2>&1 || missing="$missing poppler-utils"
command -v qpdf >/dev/null 2>&1 || missing="$missing qpdf"
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086 -- a list of package names
    install_on_debian $missing || say "not here:$missing"
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
[ -z "$failed" ] || say "FAILED before the tests:$failed"

# pytest comes last, so that its summary is the last thing printed.
say "pytest"
.venv/bin/python -m pytest -n auto --dist loadgroup -rs "$@" || failed="$failed [pytest]"
[ -z "$failed" ]
