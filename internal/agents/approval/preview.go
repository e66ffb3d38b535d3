package approval

import (
	"encoding/json"
	"maps"
	"slices"

	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
)

// Preview is what an action would do, as the person sees it who allows it.
type Preview struct {
	Kind   string  `json:"kind" enum:"mail,diff,fields"`
	Mail   *Mail   `json:"mail,omitempty" doc:"As the recipients would see it."`
	Fields []Field `json:"fields,omitempty" doc:"What it sets; of a record that exists, with what is there now."`
	// Draft is the mail that would be kept, not sent.
	Draft *Mail `json:"-"`
	// Needs are the records that the preview was made of.
	Needs []Record `json:"-"`
}

// Field is one value that would change.
type Field struct {
	Name   string `json:"name"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}

// Mail is a mail as it would leave.
type Mail struct {
	From        Party    `json:"from"`
	To          []Party  `json:"to"`
	Cc          []Party  `json:"cc"`
	Bcc         []Party  `json:"bcc"`
	Subject     string   `json:"subject"`
	Text        string   `json:"text"`
	HTML        string   `json:"html"`
	Attachments []string `json:"attachments"`
	ThreadID    string   `json:"thread_id,omitempty"`
	// ContactID is whom it is written to; "" where the recipients alone say it.
	ContactID string `json:"-"`
	// Correspondent is the contact of the message that it answers or forwards.
	Correspondent string `json:"-"`
	// Own and OwnHTML are the words without what they quote word for word.
	Own     string `json:"-"`
	OwnHTML string `json:"-"`
}

// Party is a name with an address.
type Party struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// Previewer shows what a call would do. Its problems say why it would fail.
type Previewer func(tx *pg.Tx, args json.RawMessage) (Preview, error)

// preview is that of the operation, or the arguments as they are.
func (s *Service) preview(tx *pg.Tx, operation string, args json.RawMessage) (Preview, error) {
	if show, ok := s.Previews[operation]; ok {
		return show(tx, args)
	}
	return Plain(args), nil
}

// Plain shows arguments as they are.
func Plain(args json.RawMessage) Preview {
	var all map[string]any
	_ = json.Unmarshal(args, &all) // canonical arguments are an object
	p := Preview{Kind: "fields", Fields: []Field{}}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if name != "If-Match" {
			p.Fields = append(p.Fields, Field{Name: name, After: all[name]})
		}
	}
	return p
}

// names are the fields that change.
func (p Preview) names() []string {
	var out []string
	for _, f := range p.Fields {
		out = append(out, f.Name)
	}
	return out
}

// letter is the mail that would be sent or kept, nil for what is none.
func (p Preview) letter() *Mail {
	if p.Mail != nil {
		return p.Mail
	}
	return p.Draft
}

// keys are those of all its recipients.
func (m *Mail) keys() []string {
	out := []string{}
	if m == nil {
		return out
	}
	for _, r := range slices.Concat(m.To, m.Cc, m.Bcc) {
		out = append(out, mail.AddressKey(r.Address))
	}
	return out
}

// answers reports whether the conversation of a mail is that of the action: if
// it is another's, its addresses and words count for nothing.
func (m *Mail) answers(a Action) bool {
	switch a.Entity {
	case "thread":
		return m.ThreadID == a.ID
	case "contact":
		return m.Correspondent == a.ID
	}
	return m.ContactID != "" && m.Correspondent == m.ContactID
}
