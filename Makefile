# Thin verbs; the work is in CMakePresets.json, scripts/ and ctest. `make help` explains each.
.DEFAULT_GOAL := help
.PHONY: deps build run test acceptance lint format asan tsan soak soak-engine fuzz bench bench-check clean help

# Twice as many as there are processors: most tests wait for a database or a deadline now and then.
CTEST := ctest --no-tests=error --output-on-failure --parallel $(shell expr $$(nproc) \* 2)

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install the Debian packages that packages.txt names and this machine lacks
	@scripts/packages.sh run test bench fuzz

build: ## build everything, optimised, into build/release
	@scripts/packages.sh run test
	@scripts/build.sh release

run: ## start stockd with a database of its own under var/, or on STOCKD_DATABASE_URL (STOCKD_MIGRATE=1 migrates it)
	@scripts/packages.sh run
	@scripts/build.sh release stockd stockctl
	@exec scripts/run.sh build/release/bin

test: ## run every test, against throw-away databases; STOCKD_TEST_DATA names the folder of the large data sets
	@scripts/packages.sh run test
	@scripts/build.sh release
	@[ -n "$$STOCKD_TEST_DATA" ] || echo "*** STOCKD_TEST_DATA is not set: tests on the large data are SKIPPED ***"
	@$(CTEST) --test-dir build/release

acceptance: ## bring the whole large data sets (STOCKD_TEST_DATA) in, by import and by the engine, and compare everything
	@scripts/packages.sh run test
	@scripts/build.sh release stockd stockctl with_cluster
	@scripts/acceptance.sh build/release/bin

soak: ## run random SQL and faults against stockd, PostgreSQL being the judge; SEED, SEEDS, STEPS (of each), FAULT_EVERY, REQUIRE (each kind), JOBS
	@scripts/packages.sh run test
	@scripts/build.sh release stockd stockctl witness
	@scripts/soak.sh build/release/bin soak --seed $(or $(SEED),1) --seeds $(or $(SEEDS),1) --steps $(or $(STEPS),500) --fault-every $(or $(FAULT_EVERY),9) --require $(or $(REQUIRE),1) --jobs $(or $(JOBS),1)

soak-engine: ## call every function of the engine from many clients, kill PostgreSQL, prove the stock; SEED, OPERATIONS, CLIENTS, KILLS
	@scripts/packages.sh run test
	@scripts/build.sh release stockctl
	@scripts/soak.sh build/release/bin engine_soak --seed $(or $(SEED),1) --operations $(or $(OPERATIONS),100000) --clients $(or $(CLIENTS),32) --kills $(or $(KILLS),1)

lint: ## check format, clang-tidy, shell scripts and the repository's rules
	@scripts/packages.sh run test
	@scripts/build.sh dev
	@scripts/lint.sh

format: ## format the C++ sources in place
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format -i

asan: ## run unit, integration and simulation tests with the address and undefined-behaviour sanitizers
	@scripts/packages.sh run test
	@scripts/build.sh asan
	@$(CTEST) --test-dir build/asan -L 'unit|integration|simulation'

tsan: ## run unit, integration and simulation tests with the thread sanitizer
	@scripts/packages.sh run test
	@scripts/build.sh tsan
	@$(CTEST) --test-dir build/tsan -L 'unit|integration|simulation'

fuzz: ## let libFuzzer try the parsers of outside input, FUZZ_SECONDS (60) each
	@scripts/packages.sh run test fuzz
	@scripts/build.sh fuzz fuzz
	@scripts/fuzz.sh build/fuzz/bin $(or $(FUZZ_SECONDS),60)

bench: ## measure every claim against its peers: a table and bench/results.json (bench-NAME: one claim)
	@scripts/packages.sh run test bench
	@scripts/build.sh release
	@exec bench/run.py --bin build/release/bin

bench-check: ## compare the last measurement with the kept baseline and name what got worse
	@exec bench/run.py --check

bench-%:
	@scripts/packages.sh run test bench
	@scripts/build.sh release
	@exec bench/run.py --bin build/release/bin $*

clean: ## remove build/ (the database under var/ stays)
	@rm -rf build
