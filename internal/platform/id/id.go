// Package id makes identifiers: UUIDs of version 7, which sort by time.
package id

import "github.com/google/uuid"

// New returns a new identifier.
func New() string { return uuid.Must(uuid.NewV7()).String() }

// Valid reports whether s has the form of an identifier.
func Valid(s string) bool { return len(s) == 36 && uuid.Validate(s) == nil }
