#!/usr/bin/env bash
# How many reports a second one leader takes over loopback, as a table: a committed and an uncommitted task, one report a
# request and a hundred, over one connection and eight that stay open. Reports are made before, and the helper is stopped,
# so that the leader does nothing but take uploads.
set -euo pipefail
cd "$(dirname "$0")/.."

# The one build of `make test`.
swift build -c release --build-tests
export CAIRN_UPLOAD_SPEED=1
swift test -c release --skip-build --disable-xctest --disable-testable-imports --filter 'UploadSpeed' || exit 1
