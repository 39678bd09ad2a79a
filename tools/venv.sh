#!/usr/bin/env bash
# Make .venv anew with the first Python 3.11 or later found ($PYTHON before others).
set -euo pipefail
cd "$(dirname "$0")/.."

find_python() {
    local name
    for name in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "callmonitor needs Python 3.11 or later; none was found (PYTHON=/path/to/python3 make ... names one)." >&2
    return 1
}

python=$(find_python)
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    # Debian keeps these two modules of the standard library in a package of their own.
    version=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then
        echo "Installing $version ..."
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$version" >/dev/null
    else
        echo "$python has no venv module; as root: apt-get install $version" >&2
        exit 1
    fi
fi
echo "Making .venv with $("$python" --version) ..."
rm -rf .venv
"$python" -m venv .venv
