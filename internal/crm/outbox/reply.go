package outbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/draft"
	"rapport/internal/crm/sender"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

type replyQuery struct {
	op.ByID
	Mode string `query:"mode" enum:"reply,reply_all,forward" default:"reply"`
}

// Reply is what an answer begins with.
type Reply struct {
	Mode        string            `json:"mode" enum:"reply,reply_all,forward"`
	MessageID   string            `json:"message_id"`
	To          []draft.Recipient `json:"to"`
	Cc          []draft.Recipient `json:"cc"`
	Subject     string            `json:"subject"`
	QuotedText  string            `json:"quoted_text" doc:"What is answered, quoted, with a line that says whose it is."`
	Signature   string            `json:"signature"`
	Text        string            `json:"text" doc:"Room to write, the signature, then the quoted text: what the composer may begin with."`
	SenderID    *string           `json:"sender_id" doc:"The account that was written to, else the default one; null if there is none."`
	Attachments []draft.Upload    `json:"attachments" doc:"Files of the message that go along when it is forwarded."`
}

// source is a message as an answer sees it.
type source struct {
	ID, Direction, Subject, FromName, FromAddress, Body string
	SentAt                                              time.Time
}

type party struct{ Kind, Name, Address string }

// prepared is all that an answer is made of, read in one round trip.
type prepared struct {
	messages []source
	parties  []party
	own      []string
	senders  []sender.Sender
	files    []draft.Upload
}

const maxQuoted = 100_000 // code points

func (s *Service) prepare(ctx context.Context, q *replyQuery) (*op.Body[Reply], error) {
	r, err := s.Prepare(ctx, q.ID, q.Mode)
	return &op.Body[Reply]{Body: r}, err
}

// Prepare returns what an answer to a message begins with; mode is as in Reply.
func (s *Service) Prepare(ctx context.Context, messageID, mode string) (Reply, error) {
	var p prepared
	err := s.db.Read(ctx, func(tx *pg.Tx) error {
		ws := tx.Workspace()
		pg.Later(tx, &p.messages, `
			SELECT id::text, direction, subject, from_name, from_address, left(body, $3) AS body, sent_at FROM messages
			WHERE workspace_id = $1 AND id = $2::uuid`, ws, messageID, maxQuoted)
		pg.Later(tx, &p.parties, `
			SELECT kind, name, address FROM message_addresses
			WHERE workspace_id = $1 AND message_id = $2::uuid AND kind IN ('to', 'cc', 'reply_to') ORDER BY position LIMIT 500`, ws, messageID)
		pg.Later(tx, &p.senders, `SELECT id::text, address, signature FROM senders WHERE workspace_id = $1 AND deleted_at IS NULL ORDER BY is_default DESC, name, id`, ws)
		pg.Later(tx, &p.files, `
			SELECT id::text, filename, content_type, size FROM attachments
			WHERE workspace_id = $1 AND message_id = $2::uuid AND blob <> '' AND NOT inline ORDER BY position`, ws, messageID)
		sender.OwnLater(tx, &p.own)
		return tx.Flush()
	})
	if err != nil || len(p.messages) == 0 {
		return Reply{}, cmp.Or[error](err, problem.Missing("message"))
	}
	who, _ := actor.From(ctx)
	return p.reply(mode, who.Zone()), nil
}

func (p *prepared) reply(mode string, in *time.Location) Reply {
	m := p.messages[0]
	r := Reply{Mode: mode, MessageID: m.ID, Subject: subjectOf(mode, m.Subject), To: []draft.Recipient{}, Cc: []draft.Recipient{}, Attachments: []draft.Upload{}}
	if s := p.sender(); s != nil {
		r.SenderID, r.Signature = &s.ID, s.Signature
	}
	if mode == "forward" {
		r.QuotedText, r.Attachments = p.forwarded(in), append(r.Attachments, p.files...)
	} else {
		r.To, r.Cc = p.recipients(mode == "reply_all")
		r.QuotedText = quoted(m, in)
	}
	r.Text = "\n\n"
	if r.Signature != "" {
		r.Text += "-- \n" + strings.TrimRight(r.Signature, "\n") + "\n\n"
	}
	r.Text += r.QuotedText
	return r
}

// sender is the account that the message was written to, or else the default.
func (p *prepared) sender() *sender.Sender {
	for i := range p.senders {
		key := mail.AddressKey(p.senders[i].Address)
		mine := mail.AddressKey(p.messages[0].FromAddress) == key
		for _, a := range p.parties {
			mine = mine || a.Kind != "reply_to" && mail.AddressKey(a.Address) == key
		}
		if mine {
			return &p.senders[i]
		}
	}
	if len(p.senders) > 0 {
		return &p.senders[0]
	}
	return nil
}

// recipients are those of an answer: whoever wrote, by the address that they
// ask for, or those we wrote to if it was us; with all, everybody else of the
// message gets a copy. We ourselves never do, unless nobody else is left.
func (p *prepared) recipients(all bool) (to, cc []draft.Recipient) {
	m := p.messages[0]
	l := list{own: map[string]bool{}, seen: map[string]bool{}}
	for _, a := range p.own {
		l.own[mail.AddressKey(a)] = true
	}
	ours := m.Direction == "outbound" || l.own[mail.AddressKey(m.FromAddress)]
	l.own[mail.AddressKey(m.FromAddress)] = ours
	if ours {
		to = l.add(p.of("to")...)
	} else if to = l.add(p.of("reply_to")...); len(to) == 0 {
		to = l.add(party{Name: m.FromName, Address: m.FromAddress})
	}
	cc = []draft.Recipient{}
	if all {
		cc = l.add(slices.Concat(p.of("to"), p.of("cc"))...)
	}
	if len(to) == 0 && len(cc) > 0 {
		to, cc = cc, []draft.Recipient{}
	}
	if len(to) == 0 {
		to = []draft.Recipient{{Name: m.FromName, Address: m.FromAddress}}
	}
	return to, cc
}

func (p *prepared) of(kind string) []party {
	return slices.DeleteFunc(slices.Clone(p.parties), func(a party) bool { return a.Kind != kind })
}

// list collects recipients, each once, none of them ourselves.
type list struct{ own, seen map[string]bool }

func (l list) add(from ...party) []draft.Recipient {
	out := []draft.Recipient{}
	for _, a := range from {
		key := mail.AddressKey(a.Address)
		if key == "" || l.own[key] || l.seen[key] {
			continue
		}
		l.seen[key] = true
		out = append(out, draft.Recipient{Name: a.Name, Address: a.Address})
	}
	return out
}

const maxSubject = 480 // code points, so that a mark fits before it

// subjectOf is the subject of an answer. A mark that is there already, in
// whatever language, stays the only one.
func subjectOf(mode, subject string) string {
	subject = strings.Join(strings.Fields(subject), " ")
	if r := []rune(subject); len(r) > maxSubject {
		subject = string(r[:maxSubject])
	}
	if mode == "forward" {
		if l := strings.ToLower(subject); strings.HasPrefix(l, "fwd:") || strings.HasPrefix(l, "fw:") {
			return subject
		}
		return strings.TrimSpace("Fwd: " + subject)
	}
	if mark, _, ok := strings.Cut(subject, ":"); ok && len(mark) < 12 && !forwards(mark) && mail.NormalSubject(mark+": x") == "x" {
		return subject
	}
	return strings.TrimSpace("Re: " + subject)
}

// forwards reports whether a mark says that a message was forwarded: such a
// message is answered with a mark of its own.
func forwards(mark string) bool {
	return slices.Contains([]string{"fw", "fwd", "wg", "tr", "rv", "vb", "vs", "i", "enc"}, strings.ToLower(strings.TrimSpace(mark)))
}

func quoted(m source, in *time.Location) string {
	var b strings.Builder
	fmt.Fprintf(&b, "On %s, %s wrote:\n", m.SentAt.In(in).Format("2 January 2006 at 15:04"), nameOf(m.FromName, m.FromAddress))
	for line := range strings.SplitSeq(strings.TrimRight(m.Body, "\n "), "\n") {
		if strings.HasPrefix(line, ">") {
			b.WriteString(">" + line + "\n")
		} else {
			b.WriteString(strings.TrimRight("> "+line, " ") + "\n")
		}
	}
	return b.String()
}

func nameOf(name, address string) string {
	switch {
	case name != "":
		return name
	case address != "":
		return address
	}
	return "somebody"
}

func (p *prepared) forwarded(in *time.Location) string {
	m := p.messages[0]
	var b strings.Builder
	b.WriteString("---------- Forwarded message ----------\n")
	fmt.Fprintf(&b, "From: %s\nDate: %s\nSubject: %s\n", written(m.FromName, m.FromAddress), m.SentAt.In(in).Format("2 January 2006 15:04 MST"), m.Subject)
	for _, kind := range []string{"to", "cc"} {
		var all []string
		for _, a := range p.of(kind) {
			all = append(all, written(a.Name, a.Address))
		}
		if len(all) > 0 {
			fmt.Fprintf(&b, "%s: %s\n", strings.ToUpper(kind[:1])+kind[1:], strings.Join(all, ", "))
		}
	}
	b.WriteString("\n" + strings.TrimRight(m.Body, "\n ") + "\n")
	return b.String()
}

func written(name, address string) string {
	if name == "" {
		return address
	}
	return name + " <" + address + ">"
}
