package channel

import (
	"bytes"
	"context"
	"strings"

	g "maragu.dev/gomponents"
	"maragu.dev/gomponents/html"

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
	text, page, err := m.write(n)
	if err != nil {
		return err
	}
	domain := m.From.Address[strings.LastIndexByte(m.From.Address, '@'):]
	msg := smtp.Message{From: m.From, To: m.To, Subject: "[Rapport] " + subject(n), Date: n.At, MessageID: "alert-" + n.ID + domain,
		References: []string{"incident-" + n.Items[0].Incident.ID + domain}, Text: text, HTML: page, Automatic: true}
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

// write is the notice as text and as HTML, in which everything is escaped.
func (m Mail) write(n incident.Notice) (text, page string, err error) {
	var t, h strings.Builder
	var sections g.Group
	for _, i := range n.Items {
		list := facts(i, m.Base)
		t.WriteString(heading(i) + "\n\n")
		for _, f := range list {
			t.WriteString(f.name + ": " + f.value + "\n")
			if f.link != "" {
				t.WriteString("  " + f.link + "\n")
			}
		}
		t.WriteString("\n")
		sections = append(sections, html.H2(html.Style("font-size:18px"), g.Text(heading(i))), html.Table(g.Map(list, row)))
	}
	doc := html.Doctype(html.HTML(html.Lang("en"), html.Head(html.Meta(html.Charset("utf-8")), html.TitleEl(g.Text(subject(n)))),
		html.Body(html.Style("font:15px/1.5 sans-serif;color:#1c1c1e;max-width:40em"), sections)))
	if err := doc.Render(&h); err != nil {
		return "", "", err
	}
	return t.String(), h.String(), nil
}

func row(f fact) g.Node {
	value := g.Text(f.value)
	if f.link != "" {
		value = html.A(html.Href(f.link), value)
	}
	return html.Tr(html.Td(html.Style("padding:2px 12px 2px 0;vertical-align:top;color:#666"), g.Text(f.name)), html.Td(value))
}
