# contactsync: `make demo` shows the main job, `make test` runs everything.
#
# Debian's SQLite is linked (-tags libsqlite3), so that its security updates
# reach us by apt; tests use the same.

GO          = go
VERSION     = $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
FLAGS       = -trimpath -tags libsqlite3
LDFLAGS     = -ldflags '-X main.version=$(VERSION)'
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
MANPAGES    = $(wildcard man/*.[1-8] man/*/*.[1-8])

# Debian packages: to build, to lint, and the outside programs of the tests.
NEED_BUILD = gcc libc6-dev libsqlite3-dev
NEED_LINT  = shellcheck man-db mandoc
NEED_TEST  = slapd ldap-utils sqlite3 libxml2-utils curl mount util-linux python3-vobject
NEED_PEERS = python3-exchangelib python3-phonenumbers nodejs npm libxml2-utils

SHELL       = /bin/bash
.SHELLFLAGS = -o pipefail -c

export GOTOOLCHAIN = local
export CGO_ENABLED = 1

.PHONY: build demo test unit conformance lint bench clean help need-build

build: need-build ## bin/contactsync and bin/kvstore
	$(GO) build $(FLAGS) $(LDFLAGS) -o bin/ ./cmd/contactsync ./cmd/kvstore

demo: build ## the main job against a simulated tenant; leaves nothing behind
	@$(GO) build $(FLAGS) -o bin/ ./cmd/demo
	@bin/demo -bin bin

test: lint unit conformance ## everything that can be tested on this machine

unit: need-build ## our own tests, with the race detector
	@.ci/install $(NEED_TEST)
	$(GO) test -race -v -tags libsqlite3 $$($(GO) list -tags libsqlite3 ./... | grep -v /conformance) 2>&1 | .ci/digest

conformance: need-build ## clients that nobody here wrote read the simulator
	@.ci/install $(NEED_PEERS)
	$(GO) test -v -tags libsqlite3 ./internal/simulator/conformance/... 2>&1 | .ci/digest

lint: need-build ## gofmt, vet, staticcheck, shellcheck, man pages
	@.ci/install $(NEED_LINT)
	@unformatted=$$(gofmt -l cmd internal kvstore); [ -z "$$unformatted" ] || { echo "not gofmt-ed: $$unformatted"; exit 1; }
	$(GO) vet -tags libsqlite3 ./...
	$(GO) run $(STATICCHECK) -tags libsqlite3 ./...
	shellcheck .ci/run .ci/install
	mandoc -T lint -W warning $(MANPAGES)
	@for page in $(MANPAGES); do LC_ALL=C.UTF-8 MANROFFSEQ= MANWIDTH=80 man --warnings -E UTF-8 -Tutf8 -Z -l $$page 2>&1 >/dev/null | sed "s|^|$$page: |" || echo "$$page: man failed"; done | { ! grep .; }

bench: build ## what a run costs, beside other programs (ROWS=graph,quiet PROFILE=folder)
	@.ci/install sqlite3 curl python3-exchangelib python3-phonenumbers
	@$(GO) build $(FLAGS) -o bin/simulator ./internal/simulator/serve
	@$(GO) build $(FLAGS) -o bin/bench ./internal/simulator/bench
	@bin/bench -bin bin -rows '$(ROWS)' -profile '$(PROFILE)'

need-build:
	@.ci/install $(NEED_BUILD)

clean: ## remove what was built
	rm -rf bin internal/simulator/conformance/graphclient/node_modules

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14
