#!/usr/bin/env bash
# Run every check, go on after a failure, and say at the end what failed. `make test` does the set-up first.
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH"

failed=""
table=""
step() {
    local name=$1 began=$SECONDS word=passed
    shift
    echo "== $name: $*"
    "$@" || { word=FAILED && failed="$failed $name"; }
    table="$table$(printf '%-8s %-7s %4d s' "$name" "$word" $((SECONDS - began)))"$'\n'
}

step ruff ruff check monitor tests
step format ruff format --check --quiet monitor tests
step types mypy
step law lint-imports --no-logo
step web npm --prefix web run --silent lint
step vitest npm --prefix web run --silent test
step browser tools/browser.sh
step pytest python -m pytest --durations=10

printf '\n%s' "$table"
if [ -n "$failed" ]; then
    echo "failed:$failed"
    exit 1
fi
