package app_test

import (
	"strings"
	"testing"

	"rapport/internal/platform/smtp/smtptest"
)

// writes makes a sender, with a server that takes its mail, an upload, a draft,
// and a mail that waits for a minute.
func (n *tenant) writes(t *testing.T) {
	t.Helper()
	sink := smtptest.New(t, smtptest.Options{User: "ana", Password: "s3cret"})
	n.make(t, "sender", "/senders", map[string]any{"name": "Ana Duarte", "address": "ana@lumen.example", "signature": "Ana\nLumen",
		"smtp": map[string]any{"host": sink.Host, "port": sink.Port, "security": "none", "username": "ana", "password": "s3cret"}})
	var up struct{ ID string }
	n.call(t, "POST", "{w}/uploads?filename=offer.pdf", strings.NewReader("%PDF-1.7")).want(t, 201).decode(t, &up)
	n.make(t, "draft", "/drafts", map[string]any{"mode": "new", "subject": "Prices", "attachments": []string{up.ID}})
	var out struct{ ID string }
	n.call(t, "POST", "{w}/messages/send", map[string]any{"mode": "new", "to": []map[string]any{{"address": "ben@fjord.example"}}, "subject": "Prices", "text": "Here.",
		"attachments": []string{up.ID}, "undo_seconds": 60}).want(t, 202).decode(t, &out)
	n.ids["upload"], n.ids["outgoing"] = up.ID, out.ID
}
