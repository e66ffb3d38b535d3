package main

import "runtime/debug"

// softLimit is where the collector stops being generous, in bytes.
const softLimit = 160 << 20

// collect has the garbage collector run less often than Go would by itself.
// What lives long is small here, some ten megabytes, while each list leaves
// tens of kilobytes behind: at Go's own setting a fifth of a busy server's
// time goes into collecting. An import would grow to 350 MB by that setting
// alone; with the soft limit it stays below 160 at the same speed. GOGC and
// GOMEMLIMIT, where set, win: raise the limit before caches outgrow it.
func collect(env map[string]string) {
	if env["GOGC"] == "" {
		debug.SetGCPercent(400)
	}
	if env["GOMEMLIMIT"] == "" {
		debug.SetMemoryLimit(softLimit)
	}
}
