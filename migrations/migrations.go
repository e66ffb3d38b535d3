// Package migrations holds the schema as numbered steps, forward only.
package migrations

import "embed"

// Files are the steps, NNNN_what.sql.
//
//go:embed *.sql
var Files embed.FS
