package main

import "runtime/debug"

// softLimit is where the collector stops being generous, in bytes.
const softLimit = 160 << 20

// collect has the garbage collector run less often than Go would by itself.
// What lives long is small here, some ten megabytes, while each list leaves
// tens of kilobytes behind: at Go's own setting a fifth of a busy server's
// time goes into collecting. An import grew to 350 MB by that setting alone,
// and to 165 with the soft limit. GOGC and GOMEMLIMIT, where set, win: raise
// the limit before caches outgrow it, or collecting takes half of the time.
func collect(env map[string]string) {
	if env["GOGC"] == "" {
		debug.SetGCPercent(400)
	}
	if env["GOMEMLIMIT"] == "" {
		debug.SetMemoryLimit(softLimit)
	}
}

// settle gives back what the start has left behind: describing all operations
// takes four times what lives on.
func settle() { debug.FreeOSMemory() }
