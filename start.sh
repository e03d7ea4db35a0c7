#!/bin/sh
# Starts the product: `sh start.sh`, or `sh start.sh demo`; what follows goes to app.py.
# The first start makes .venv and installs what is needed: see start.py.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
for name in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python; do
    [ -n "$name" ] || continue
    "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    exec "$name" "$here/start.py" "$@"
done
echo "需要 Python 3.11 以上，这台电脑上没有找到。" >&2
echo "Debian、Ubuntu：sudo apt install python3 python3-venv；macOS：从 python.org 下载安装。" >&2
exit 1
