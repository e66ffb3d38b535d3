package account

import (
	"strings"
	"unicode"

	g "maragu.dev/gomponents"
	"maragu.dev/gomponents/html"

	"rapport/internal/crm/letter"
	"rapport/internal/platform/pg"
)

// Mail is how the installation writes to people. Its links lead to the address
// that the configuration names, never to one that a request brought along.
type Mail struct {
	post *letter.Post
	base string
}

// NewMail writes through post, with links that begin with base.
func NewMail(post *letter.Post, base string) *Mail {
	return &Mail{post: post, base: strings.TrimRight(base, "/")}
}

// Configured reports whether letters arrive anywhere.
func (m *Mail) Configured() bool { return m.post.Configured() }

// Link is the page at path for whoever holds token.
func (m *Mail) Link(path, token string) string { return m.base + path + token }

// Message is what a letter says: some lines, and one thing to do.
type Message struct {
	Key, To, Subject string
	Lines            []string
	Button           string // empty: nothing to do
	Path, Token      string
	Close            []string
}

// Send queues a message; without a post it is nothing.
func (m *Mail) Send(tx *pg.Tx, msg Message) error {
	if !m.post.Configured() {
		return nil
	}
	link := ""
	if msg.Button != "" {
		link = m.Link(msg.Path, msg.Token)
	}
	var text strings.Builder
	for _, line := range msg.Lines {
		text.WriteString(line + "\n\n")
	}
	if link != "" {
		text.WriteString(link + "\n\n")
	}
	for _, line := range msg.Close {
		text.WriteString(line + "\n\n")
	}
	var body strings.Builder
	if err := page(msg, link).Render(&body); err != nil {
		return err
	}
	return m.post.Queue(tx, letter.Letter{Key: msg.Key, To: msg.To, Subject: oneLine(msg.Subject), Text: text.String(), HTML: body.String()})
}

// Plain makes a name that somebody chose fit to stand in a letter of ours: one
// line, not long, and nothing that a mail program would make a link of.
func Plain(name string) string {
	name = strings.Join(strings.Fields(oneLine(name)), " ")
	name = strings.NewReplacer("://", " ", "www.", "www ", ".", "\u2024").Replace(name)
	if runes := []rune(name); len(runes) > 80 {
		name = string(runes[:79]) + "…"
	}
	return name
}

func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

const small = "margin:0 0 12px;font-size:13px;color:#5a6273"

// page is a message as HTML; mail programs heed no style but that of elements.
func page(msg Message, link string) g.Node {
	paragraph := func(style string) func(string) g.Node {
		return func(line string) g.Node { return html.P(html.Style(style), g.Text(line)) }
	}
	button := g.Group{
		html.P(html.Style("margin:20px 0"), html.A(html.Href(link), html.Style("display:inline-block;padding:9px 16px;border-radius:6px;background:#3d54d6;color:#fff;text-decoration:none"), g.Text(msg.Button))),
		html.P(html.Style(small+";word-break:break-all"), g.Text(link)),
	}
	return html.Doctype(html.HTML(html.Lang("en"), html.Body(html.Style("margin:0;padding:24px;background:#f5f6f8;font:15px/1.5 system-ui,sans-serif;color:#1c2130"),
		html.Div(html.Style("max-width:480px;margin:0 auto;padding:24px;background:#fff;border:1px solid #e1e4ea;border-radius:10px"),
			html.P(html.Style("margin:0 0 16px;font-size:18px;font-weight:600"), g.Text(msg.Subject)),
			g.Map(msg.Lines, paragraph("margin:0 0 12px")),
			g.If(link != "", button),
			g.Map(msg.Close, paragraph(small))))))
}
