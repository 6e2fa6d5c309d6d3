# Two commands for newcomers: `make demo` and `make test`. Each installs what is missing, builds and runs.
# One release build serves demo, tests and `cairn bench`: no flag may differ between the commands below.

SWIFT_BUILD := swift build -c release --build-tests
SWIFT_TEST := swift test -c release --skip-build --disable-xctest --disable-testable-imports
NODE_TESTS := 'AggregatorNodeTests|EndToEndTests'
CAIRN := .build/release/cairn
SWIFT_FILES := Package.swift Sources Tests Fuzzing Benchmarks/Package.swift Benchmarks/VDAFBenchmarks

.PHONY: demo test test-postgresql docs fuzz build setup format lint clean

demo: build
	$(CAIRN) demo

# Tests that compute, then tests that wait for nodes: in one process the former keep the latter waiting too long.
test: build
	$(SWIFT_TEST) --skip $(NODE_TESTS)
	$(SWIFT_TEST) --filter $(NODE_TESTS)

# The same tests of nodes with each node's state on PostgreSQL: a server in a temporary folder, a database for each node. A few
# tests at a time, because each waits for disks: all at once would have half a thousand databases.
test-postgresql: export CAIRN_TEST_STORAGE := postgresql
test-postgresql: build
	$(SWIFT_TEST) --experimental-maximum-parallelization-width 12 --filter AggregatorNodeTests
	$(SWIFT_TEST) --filter EndToEndTests

# All modules' documentation, out of what was built: in .build/documentation.
docs: build
	Scripts/documentation.py

# A build of its own, with sanitizers. A million inputs for every decoder take hours: see Tests/README.md.
fuzz: setup
	Scripts/fuzz.sh --seconds 10

# The test targets are part of the one build, so their packages are needed by every command.
build: setup
	$(SWIFT_BUILD)

setup:
	@Scripts/setup.sh test

format:
	swift format --in-place --recursive $(SWIFT_FILES)

lint:
	swift format lint --strict --recursive $(SWIFT_FILES)

clean:
	swift package clean
