// Package runbooks holds a page for each rule that alerts: what it means, how to
// see it, what to do.
package runbooks

import "embed"

// Files are the pages, by the name of their rule.
//
//go:embed *.md
var Files embed.FS
