package main

import (
	"runtime/debug"

	"rapport/internal/platform/embedded"
)

// collect has the garbage collector run less often than Go would by itself.
// What lives long is small here, some ten megabytes, while each list leaves
// tens of kilobytes behind: at Go's own setting a fifth of a busy server's
// time goes into collecting. The limit keeps that from ever taking more than
// half of the machine, or of its container; the database needs the rest.
// GOGC and GOMEMLIMIT, where set, win.
func collect(env map[string]string) {
	if env["GOGC"] == "" {
		debug.SetGCPercent(400)
	}
	if env["GOMEMLIMIT"] == "" {
		debug.SetMemoryLimit(int64(embedded.MemoryMB()) << 20 / 2)
	}
}
