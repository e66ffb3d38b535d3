package memory

import (
	"strings"
	"time"
	"unicode/utf8"

	"rapport/internal/ai/guard"
	"rapport/internal/platform/problem"
)

const maxBody = 1000

// check collects what is wrong, and takes secrets out.
func (m *Memory) check(now time.Time) problem.Fields {
	var f problem.Fields
	m.Body = strings.TrimSpace(guard.Secretless(guard.Clean(m.Body)))
	f.Check(m.Body != "", "/body", "required", "Say what shall be remembered.")
	f.Check(utf8.RuneCountInString(m.Body) <= maxBody, "/body", "length", "A memory has up to 1,000 characters.")
	f.Check(m.ExpiresAt == nil || m.ExpiresAt.After(now), "/expires_at", "range", "What is to be forgotten must not be forgotten yet.")
	return f
}
