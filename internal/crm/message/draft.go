package message

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
	"unicode/utf8"

	"rapport/internal/platform/id"
	"rapport/internal/platform/mail"
)

// draft is a mail on its way into the tables.
type draft struct {
	Incoming
	id, identity string
	thread       string
	category     mail.Category
	reason       string
	sentAt       time.Time
	at           time.Time // orders messages: no later than now
	dateNote     string
	subjectKey   string
	reply        bool
	refs         []string // keys of the Message-IDs that name its thread, its own first
	parties      []party
	contact      string
	said         string // what its sender wrote, without quotes
}

// party is an address of a mail with what it is there for.
type party struct {
	mail.Address
	kind, key string
	contact   string
}

const (
	maxRefs       = 100
	maxSubjectKey = 300 // code points, for the index
	snippetLength = 200
)

func newDraft(in Incoming, now time.Time) *draft {
	m := in.Mail
	d := &draft{Incoming: in, id: id.New(), identity: identityOf(m), sentAt: m.SentAt, dateNote: m.DateNote}
	if d.sentAt.IsZero() {
		d.sentAt = now
		d.dateNote = strings.TrimPrefix(d.dateNote+"; the time of import is shown", "; ")
	}
	if d.sentAt.Year() > 9999 || d.sentAt.Year() < 1 {
		d.sentAt = now
	}
	d.at = d.sentAt
	if d.at.After(now) {
		d.at = now
	}
	d.subjectKey = clip(mail.NormalSubject(m.Subject), maxSubjectKey)
	d.reply = len(m.InReplyTo)+len(m.References) > 0 || answers(m.Subject)
	d.refs = refsOf(m)
	d.parties = partiesOf(m)
	d.said = said(m.Text)
	return d
}

// identityOf tells messages apart: a Message-ID that comes again with other
// content is another message.
func identityOf(m *mail.Message) string {
	sum := sha256.Sum256([]byte(m.MessageID + "\x00" + mail.ContentHash(m)))
	return hex.EncodeToString(sum[:])
}

// answers reports whether a subject has the mark of a reply.
func answers(subject string) bool {
	s := strings.ToLower(strings.Join(strings.Fields(subject), " "))
	for strings.HasPrefix(s, "[") {
		_, rest, ok := strings.Cut(s, "]")
		if !ok {
			break
		}
		s = strings.TrimSpace(rest)
	}
	return s != mail.NormalSubject(subject)
}

// refsOf lists the Message-IDs of m, its own first; of very many references
// the first and the latest are kept.
func refsOf(m *mail.Message) []string {
	all := append([]string{m.MessageID}, m.InReplyTo...)
	all = append(all, m.References...)
	if n := len(all); n > maxRefs {
		all = append(all[:maxRefs/2:maxRefs/2], all[n-maxRefs/2:]...)
	}
	seen := map[string]bool{"": true}
	var keys []string
	for _, ref := range all {
		if key := refKey(ref); !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	return keys
}

// refKey shortens what would not fit into an index.
func refKey(ref string) string {
	if len(ref) <= 250 {
		return ref
	}
	sum := sha256.Sum256([]byte(ref))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func partiesOf(m *mail.Message) []party {
	var out []party
	add := func(kind string, addresses ...mail.Address) {
		for _, a := range addresses {
			if a != (mail.Address{}) && len(out) < mail.MaxAddresses {
				out = append(out, party{Address: a, kind: kind, key: mail.AddressKey(a.Address)})
			}
		}
	}
	add("from", m.From)
	add("to", m.To...)
	add("cc", m.Cc...)
	add("bcc", m.Bcc...)
	add("reply_to", m.ReplyTo...)
	return out
}

// sort decides the category, once our own addresses are known.
func (d *draft) sort(own []string) {
	d.category, d.reason = mail.Origin(d.Mail, own)
	d.reason = clip(d.reason, 300)
}

func (d *draft) outbound() bool { return d.category == mail.Self }

func (d *draft) direction() string {
	if d.outbound() {
		return "outbound"
	}
	return "inbound"
}

// match gives the parties their contacts, and the message that of its sender,
// or of its first known recipient if we wrote it.
func (d *draft) match(contacts map[string]string) {
	for i := range d.parties {
		p := &d.parties[i]
		p.contact = contacts[p.key]
		theirs := p.kind == "from"
		if d.outbound() {
			theirs = p.kind == "to" || p.kind == "cc"
		}
		if theirs && d.contact == "" {
			d.contact = p.contact
		}
	}
}

// said is what the sender wrote, or everything if nothing is left.
func said(text string) string {
	var b strings.Builder
	for _, block := range mail.Segment(text) {
		if block.Kind == mail.Own {
			b.WriteString(text[block.ByteStart:block.ByteEnd])
		}
	}
	if strings.TrimSpace(b.String()) == "" {
		return text
	}
	return b.String()
}

// snippet is the beginning of what was said, on one line.
func (d *draft) snippet() string {
	return clip(strings.Join(strings.Fields(clip(d.said, 8*snippetLength)), " "), snippetLength)
}

// hasAttachments reports whether there is more than pictures of the text.
func (d *draft) hasAttachments() bool {
	for _, a := range d.Mail.Attachments {
		if !a.Inline {
			return true
		}
	}
	return false
}

// clip cuts s to n code points.
func clip(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
