#!/bin/sh
# Runs the tests and prints their coverage of src/; deploy/coverage.js has the thresholds. Exit status: 0 all passed and
# the coverage suffices, 1 otherwise.
#   deploy/coverage.sh          npm test and npm run test:interop
#   deploy/coverage.sh --unit   npm run test:unit, and the pure files alone
set -eu
CDPATH='' cd -- "$(dirname -- "$0")/.."
COVERAGE=$PWD/.cache/coverage
export COVERAGE
rm -rf "$COVERAGE"
status=0
case ${1:-} in
  '')
    sh deploy/test.sh || status=1
    sh deploy/test.sh --interop || status=1
    ;;
  --unit) sh deploy/test.sh --unit || status=1 ;;
  *)
    echo 'usage: deploy/coverage.sh [--unit]' >&2
    exit 64
    ;;
esac
node deploy/coverage.js report "$COVERAGE" || status=1
exit $status
