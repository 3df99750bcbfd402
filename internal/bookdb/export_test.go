package bookdb

// LookupQuery is for tests that look at how SQLite goes about it.
const LookupQuery = lookup

// SqueezedTyped is the index of an older version.
const SqueezedTyped = squeezedTyped
