# One entry for people and for CI. Every target stands alone; `make help` lists them.

PREFIX  ?= /usr/local
DESTDIR ?=
units    = $(DESTDIR)$(PREFIX)/lib/systemd/system
names    = gk-admin gk-validate gk

.PHONY: help run build test check bench soak chaos fuzz mutants audit install

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: ## start everything on loopback with a demo app (GK_RUN_PORT, default 8080); Ctrl-C ends it
	@bash nginx/demo/run.sh

build: ## build the release binaries into ./target/release
	cargo build --release --workspace --bins

# Tests wait for mails and pages more than they compute, so more run at once than there are cores.
test: ## install what the tests need, then run all of them
	sh tests/install.sh test
	cargo build --workspace --bins
	RUST_TEST_THREADS=4 cargo test --workspace --lib --bins --tests

check: ## format, lints, and which crates are linked into what
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	sh tests/dependencies.sh

bench: build ## measure gk-validate against bare hyper and nginx, and the console's pages
	sh tests/install.sh bench
	cargo bench --bench load
	cargo test --release -p gk-validate --lib -- --ignored --nocapture --test-threads=1 bench

soak: build ## the long versions of the tests (revocations, kills, truncations)
	sh tests/install.sh test
	cargo test --release --test all -- --ignored --nocapture soak
	cargo build --workspace --bins && cargo test --test all -- --ignored --nocapture soak_killed
	cargo test --release -p gk-shared -p gk-service --lib -- --ignored --nocapture soak

# Not the release build: it has no points at which a test can end it.
chaos: ## every fault in its long form, with a report in target/chaos-report.md
	sh tests/install.sh test
	cargo build --workspace --bins
	sh tests/chaos.sh

fuzz: ## made-up input for every parser, FUZZ_SECONDS (600) each (needs cargo-fuzz and a nightly compiler)
	sh fuzz/run.sh

mutants: ## break the decision and the token in every small way: do the tests notice? (needs cargo-mutants)
	@command -v cargo-mutants >/dev/null || { echo "cargo-mutants is missing. Please run: cargo install --locked cargo-mutants" >&2; exit 1; }
	cargo mutants --package gk-shared --file 'gk-shared/src/access/**' --file 'gk-shared/src/token/**' --output target -- --lib

audit: ## licences, bans and sources of all crates (needs cargo-deny)
	@command -v cargo-deny >/dev/null || { echo "cargo-deny is missing. Please run: cargo install --locked cargo-deny" >&2; exit 1; }
	cargo deny check bans licenses sources

install: ## install built binaries, units, users and directories (PREFIX, DESTDIR)
	@for name in $(names); do test -x target/release/$$name || { echo "target/release/$$name is missing. Please run: make build" >&2; exit 1; }; done
	install -d $(DESTDIR)$(PREFIX)/bin $(units) $(DESTDIR)$(PREFIX)/lib/sysusers.d $(DESTDIR)$(PREFIX)/lib/tmpfiles.d
	for name in $(names); do install -m 0755 target/release/$$name $(DESTDIR)$(PREFIX)/bin/$$name || exit 1; done
	ln -sf gk $(DESTDIR)$(PREFIX)/bin/gatekeeper-admin
	install -m 0644 systemd/sysusers.d/gatekeeper.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/gatekeeper.conf
	install -m 0644 systemd/tmpfiles.d/gatekeeper.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/gatekeeper.conf
	for unit in $(notdir $(wildcard systemd/*.service systemd/*.socket)); do sed 's|/usr/local/bin/|$(PREFIX)/bin/|' systemd/$$unit >$(units)/$$unit && chmod 0644 $(units)/$$unit || exit 1; done
	@echo "Next: systemd-sysusers; systemd-tmpfiles --create; gk init-db; systemctl enable --now gk-admin gk-validate@1 gk-validate@2"
