// Package migrations holds the schema's history, one file a step, forward only.
// Package migrate says what the headers mean; schema.sql is where it all leads.
package migrations

import "embed"

// Files are the steps, 0001 first.
//
//go:embed [0-9]*.sql
var Files embed.FS
