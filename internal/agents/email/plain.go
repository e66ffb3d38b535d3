package email

import (
	"strings"

	"rapport/internal/ai/guard"
	"rapport/internal/ai/text"
)

// plain is free text of an engine on one line, fit to be shown as ours.
func plain(s string, limit int) string { return text.OneLine(guard.Plain(s), limit) }

func isPlain(s string) bool { return guard.Plain(s) == s }

func isAddress(s string) bool { return s != "" && guard.Address(s) == strings.ToLower(s) }
