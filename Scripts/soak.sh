#!/usr/bin/env bash
# Uploads and collects for as long as wanted, while proxies between the nodes, and in front of them, do to one request in
# ten what a seed says, and the nodes are killed and stopped.
#
#   Scripts/soak.sh [--minutes N] [--seed S]
#
# 60 minutes unless told otherwise, and a seed of its own, which it prints. Every report that the leader acknowledged has
# to be counted once, or to be refused for its own fault and logged; the audit of the log has to find nothing. Ends with 0
# if so, else with 1, after figures of both. The same seed brings the same faults and kills in the same order; what they
# meet depends on the machine.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
minutes=60
seed=
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage
    case "$1" in
        --minutes) minutes=$2 ;;
        --seed) seed=$2 ;;
        *) usage ;;
    esac
    shift 2
done
[[ $minutes =~ ^[0-9]+(\.[0-9]+)?$ && $seed =~ ^[0-9]*$ ]] || usage

# The one build of `make test`.
swift build -c release --build-tests
export CAIRN_SOAK_MINUTES=$minutes
if [ -n "$seed" ]; then export CAIRN_TEST_SEED=$seed; fi
swift test -c release --skip-build --disable-xctest --disable-testable-imports \
    --filter 'nothingThatWasAcknowledgedIsLost' || exit 1
