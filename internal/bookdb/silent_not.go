//go:build !libsqlite3

package bookdb

// withoutTriggers runs open. With the SQLite that the driver brings along the
// triggers fire for our own writing too, which is slower and does no harm.
func withoutTriggers(open func() error) error { return open() }
