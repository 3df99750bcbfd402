# contactsync: `make demo` shows the main job, `make test` runs everything.
#
# Debian's SQLite is linked (-tags libsqlite3), so that its security updates
# reach us by apt; tests use the same.

GO          = go
VERSION     = $(shell sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
FLAGS       = -trimpath -tags libsqlite3 $(PACKAGEFLAGS)
LDFLAGS     = -ldflags '-X main.version=$(VERSION) $(GOLDFLAGS)'
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
SCRIPTS     = $(shell grep -rlIE '^\#(!/bin/(ba)?sh| shellcheck shell=)' .ci debian)
MANPAGES    = $(wildcard man/*.[1-8] man/*/*.[1-8])

# Debian packages: to build, to lint, and the outside programs of the tests.
NEED_BUILD = gcc libc6-dev libsqlite3-dev
NEED_LINT  = shellcheck man-db mandoc systemd
NEED_DEB   = $(NEED_BUILD) debhelper dpkg-dev fakeroot po-debconf
NEED_CROSS = $(CROSS.$(ARCH)) libc6-dev:$(ARCH) libsqlite3-dev:$(ARCH)
NEED_REPO  = apt-utils gnupg
NEED_TEST  = slapd ldap-utils sqlite3 libxml2-utils curl mount util-linux python3-vobject bash-completion dbus-daemon
NEED_PICTURES = python3-rich graphviz gnuplot-nox
NEED_PEERS = python3-exchangelib python3-phonenumbers nodejs npm libxml2-utils

# What make bench measures is kept where it measured all.
FIGURES    = $(if $(ROWS),build,man/pictures)/bench.tsv

CROSS.amd64 = gcc-x86-64-linux-gnu
CROSS.arm64 = gcc-aarch64-linux-gnu

SHELL       = /bin/bash
.SHELLFLAGS = -o pipefail -c

export GOTOOLCHAIN = local
export CGO_ENABLED = 1

.PHONY: build install check deb repo lintian e2e soak fuzz versions demo test unit conformance lint bench pictures clean help need-build

build: need-build ## bin/contactsync and bin/kvstore
	$(GO) build $(FLAGS) $(LDFLAGS) -o bin/ ./cmd/contactsync ./cmd/kvstore

demo: build ## the main job against a simulated tenant; leaves nothing but bin/
	@$(GO) build $(FLAGS) -o bin/ ./cmd/demo
	@bin/demo -bin bin

test: lint unit conformance ## everything that can be tested on this machine

# With the race detector these would take half an hour; in soak they do.
SLOW = TestAsIfReadAnew|TestEachMistake|TestEchoes|TestServiceFaults|TestMachineFaults|TestKilled|TestFullDisk|TestSignalAtAnyRequest|TestRightsTakenAway|TestFewFileDescriptors|TestManyMembers|TestStrange

unit: export LC_ALL = C.UTF-8
unit: need-build ## our own tests, with the race detector but for the slowest
	@.ci/install $(NEED_TEST)
	{ $(GO) test -race -v -timeout 30m -tags libsqlite3 -skip '^($(SLOW))' $$($(GO) list -tags libsqlite3 ./... | grep -v /conformance) && \
	$(GO) test -v -parallel 4 -timeout 30m -tags libsqlite3 -run '^($(SLOW))' ./cmd/contactsync; } 2>&1 | .ci/digest

conformance: need-build ## clients that nobody here wrote read the simulator
	@.ci/install $(NEED_PEERS)
	$(GO) test -v -tags libsqlite3 ./internal/simulator/conformance/... 2>&1 | .ci/digest

lint: need-build ## gofmt, vet, staticcheck, shellcheck, man pages
	@.ci/install $(NEED_LINT)
	@unformatted=$$(gofmt -l cmd internal kvstore); [ -z "$$unformatted" ] || { echo "not gofmt-ed: $$unformatted"; exit 1; }
	$(GO) vet -tags libsqlite3 ./...
	$(GO) run $(STATICCHECK) -tags libsqlite3 ./...
	shellcheck -x -P SCRIPTDIR $(SCRIPTS)
	.ci/copyright
	.ci/units
	mandoc -T lint -W warning $(MANPAGES)
	@for page in $(MANPAGES); do LC_ALL=C.UTF-8 MANROFFSEQ= MANWIDTH=80 man --warnings -E UTF-8 -Tutf8 -Z -l $$page 2>&1 >/dev/null | sed "s|^|$$page: |" || echo "$$page: man failed"; done | { ! grep .; }

bench: build ## what a run costs, beside other programs (ROWS=graph,quiet PROFILE=folder)
	@.ci/install sqlite3 curl python3-exchangelib python3-phonenumbers
	@$(GO) build $(FLAGS) -o bin/simulator ./internal/simulator/serve
	@$(GO) build $(FLAGS) -o bin/bench ./internal/simulator/bench
	@bin/bench -bin bin -rows '$(ROWS)' -profile '$(PROFILE)' -figures '$(FIGURES)'

pictures: build ## README's pictures: a run, the way of a contact, what the last make bench measured
	@.ci/install $(NEED_PICTURES)
	@$(GO) build $(FLAGS) -o bin/ ./cmd/demo
	.ci/terminal man/pictures/run.svg 104 bin/demo -bin bin -terminal
	dot -Tsvg -o man/pictures/way.svg man/pictures/way.dot
	[ ! -e $(FIGURES) ] || gnuplot -e "in='$(FIGURES)'; out='$(FIGURES:.tsv=.svg)'" man/pictures/bench.gnuplot

fuzz: need-build ## each fuzz target for 10 minutes of processor time (FUZZTIME=600), FUZZJOBS=2 at a time
	@GO=$(GO) FUZZTIME='$(FUZZTIME)' FUZZJOBS='$(FUZZJOBS)' .ci/fuzz $(TARGETS)

versions: ## modules, tests' own too, of which there are newer versions; none
	@GO=$(GO) .ci/versions

# TestFolderOfEverySource asks servers on loopback; a package is built without.
check: ## quick tests of the pure packages, which the package's build runs too
	$(GO) test $(FLAGS) -skip EverySource ./internal/phonebook/... ./internal/export/... ./internal/fault/...

install: ## programs, man pages and completion into $(DESTDIR)/usr; build first
	install -d $(DESTDIR)/usr/bin
	install -m 755 bin/contactsync bin/kvstore $(DESTDIR)/usr/bin
	for page in $(MANPAGES); do install -D -m 644 $$page $(DESTDIR)/usr/share/$$(dirname $$page)/man$${page##*.}/$${page##*/}; done
	install -d $(DESTDIR)/usr/share/man/man7 # German only, and so found whatever the language is
	ln -sf ../de/man7/contactsync-einrichtung.7 $(DESTDIR)/usr/share/man/man7/contactsync-einrichtung.7
	for name in contactsync kvstore; do install -D -m 644 debian/ucware-$$name.bash-completion $(DESTDIR)/usr/share/bash-completion/completions/$$name; done

deb: ## dist/*.deb, for this machine or ARCH=arm64; takes some minutes
	@.ci/install $(NEED_DEB) $(if $(filter-out $(shell dpkg --print-architecture),$(ARCH)),$(NEED_CROSS))
	@.ci/deb $(ARCH)

repo: ## dist/repo, an apt repository of dist/*.deb, signed with KEY=fingerprint
	@.ci/install $(NEED_REPO)
	@.ci/repo $(KEY)

lintian: ## what lintian says of all packages of this version in dist/: nothing
	@.ci/install lintian
	@for changes in dist/*_$(VERSION)_*.changes; do echo "lintian $$changes"; lintian --allow-root --pedantic -I -E --fail-on error,warning,info,pedantic,experimental $$changes || exit 1; done

e2e: ## the packages on a whole system, booted in a container; needs root
	@.ci/e2e $(STEPS)

soak: ## what takes long: both architectures, the double build, lintian, apt, piuparts, the races, 1,000 kills; needs root
	@[ "$$(id -u)" = 0 ] || { echo "soak needs root, since piuparts works in a chroot: sudo make soak" >&2; exit 1; }
	@GO=$(GO) .ci/need-go soak
	@.ci/install $(NEED_REPO) faketime piuparts mmdebstrap
	$(MAKE) --no-print-directory deb
	$(MAKE) --no-print-directory deb ARCH=arm64
	$(MAKE) --no-print-directory lintian
	.ci/apt
	.ci/reproducible
	.ci/piuparts
	$(GO) test -race -timeout 2h -tags libsqlite3 ./cmd/contactsync
	$(GO) test -v -timeout 2h -tags libsqlite3 ./cmd/contactsync -run TestAsIfReadAnew -args -steps 1000
	$(GO) test -v -timeout 2h -tags libsqlite3 ./cmd/contactsync -run TestKilled -args -kills 1000
	$(GO) test -v -timeout 2h -tags libsqlite3 ./cmd/contactsync -run TestManyMembers -args -members 100000 -synced 100000

need-build:
	@GO=$(GO) .ci/need-go $(MAKECMDGOALS)
	@.ci/install $(NEED_BUILD)

clean: ## remove what was built
	rm -rf bin build dist internal/simulator/conformance/graphclient/node_modules

help: ## this list
	@sed -n 's/^\([a-z0-9]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14
