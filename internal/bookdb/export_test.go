package bookdb

// LookupQuery is for tests that look at how SQLite goes about it.
const LookupQuery = lookup
