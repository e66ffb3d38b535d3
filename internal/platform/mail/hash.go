package mail

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strconv"
	"strings"
)

// ContentHash identifies what a message says, as hex SHA-256, so that the same
// mail fetched by two routes is equal while a reused Message-ID with other
// content is not. It covers the sender's key, the second it was sent, the
// subject, the shown text and the attachments' digests; space is folded and
// attachments are sorted, because transports rewrap and reorder. Left out on
// purpose: recipients and transport headers (each copy of a mail has its own)
// and the HTML (its text is covered).
func ContentHash(m *Message) string {
	h := sha256.New()
	put := func(s string) {
		io.WriteString(h, s)
		h.Write([]byte{0})
	}
	put(AddressKey(m.From.Address))
	if m.SentAt.IsZero() {
		put("")
	} else {
		put(strconv.FormatInt(m.SentAt.Unix(), 10))
	}
	put(fold(m.Subject))
	put(fold(m.Text))
	digests := make([]string, 0, len(m.Attachments))
	for _, a := range m.Attachments {
		digests = append(digests, a.Digest)
	}
	slices.Sort(digests)
	for _, d := range digests {
		put(d)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func fold(s string) string { return strings.Join(strings.Fields(s), " ") }
