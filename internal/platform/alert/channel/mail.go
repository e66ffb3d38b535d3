package channel

import (
	"bytes"
	"context"
	"html/template"
	"strings"

	"rapport/internal/platform/alert/incident"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/smtp"
)

// Mail tells people by mail, through a server of its own: neither the queue nor
// the database has to be there.
type Mail struct {
	Server smtp.Server
	From   mail.Address
	To     []mail.Address
	Base   string // where people reach Rapport, for links
}

// Name names the channel.
func (Mail) Name() string { return "mail" }

// Send hands one mail over, to all. It is the same mail each time, so that a
// server that gets it twice can know it.
func (m Mail) Send(ctx context.Context, n incident.Notice) error {
	text, html, err := m.write(n)
	if err != nil {
		return err
	}
	domain := m.From.Address[strings.LastIndexByte(m.From.Address, '@'):]
	msg := smtp.Message{From: m.From, To: m.To, Subject: "[Rapport] " + subject(n), Date: n.At, MessageID: "alert-" + n.ID + domain,
		References: []string{"incident-" + n.Items[0].Incident.ID + domain}, Text: text, HTML: html, Automatic: true}
	var b bytes.Buffer
	if err := msg.Write(&b); err != nil {
		return err
	}
	e := smtp.Envelope{From: m.From.Address, Size: int64(b.Len())}
	for _, to := range m.To {
		e.To = append(e.To, to.Address)
	}
	_, err = m.Server.Deliver(ctx, e, &b, func() error { return nil })
	return err
}

type page struct {
	Subject string
	Items   []section
}

type section struct {
	Heading string
	Facts   []shown
}

type shown struct{ Name, Value, Link string }

var layout = template.Must(template.New("mail").Parse(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{.Subject}}</title></head>` +
	`<body style="font:15px/1.5 sans-serif;color:#1c1c1e;max-width:40em">{{range .Items}}<h2 style="font-size:18px">{{.Heading}}</h2><table>{{range .Facts}}` +
	`<tr><td style="padding:2px 12px 2px 0;vertical-align:top;color:#666">{{.Name}}</td><td>{{if .Link}}<a href="{{.Link}}">{{.Value}}</a>{{else}}{{.Value}}{{end}}</td></tr>{{end}}</table>{{end}}</body></html>`))

// write is the notice as text and as HTML, in which everything is escaped.
func (m Mail) write(n incident.Notice) (text, html string, err error) {
	p := page{Subject: subject(n)}
	var t strings.Builder
	for _, i := range n.Items {
		s := section{Heading: heading(i)}
		t.WriteString(s.Heading + "\n\n")
		for _, f := range facts(i, m.Base) {
			s.Facts = append(s.Facts, shown{f.name, f.value, f.link})
			t.WriteString(f.name + ": " + f.value + "\n")
			if f.link != "" {
				t.WriteString("  " + f.link + "\n")
			}
		}
		t.WriteString("\n")
		p.Items = append(p.Items, s)
	}
	var h bytes.Buffer
	if err := layout.Execute(&h, p); err != nil {
		return "", "", err
	}
	return t.String(), h.String(), nil
}
