#!/bin/sh
# Runs inside the emulated machine: the tests of the marker v2. Arguments are pytest's.
set -eu
cd "$(dirname "$0")/../.."
mount -t tmpfs tests /var/lib # the file system that is shared with the host can hold no container's root
export WHERRY_TEST_PATIENCE=20 PYTHONDONTWRITEBYTECODE=1
marked=$(grep -rlE 'pytest\.mark\.v2' tests/e2e tests/integration) # to read all the others would take a minute
# shellcheck disable=SC2086 # words, not one word
exec .venv/bin/pytest -v -p no:cacheprovider -p no:hypothesispytest -m v2 $marked "$@"
