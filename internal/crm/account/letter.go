package account

import (
	"bytes"
	"html/template"
	"strings"
	"unicode"

	"rapport/internal/crm/letter"
	"rapport/internal/platform/pg"
)

// Mail is how the installation writes to people. Its links lead to the address
// that the configuration names, never to one that a request brought along.
type Mail struct {
	post *letter.Post
	base string
	page *template.Template
}

// NewMail writes through post, with links that begin with base.
func NewMail(post *letter.Post, base string) *Mail {
	return &Mail{post: post, base: strings.TrimRight(base, "/"), page: template.Must(template.New("letter").Parse(page))}
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
	var html bytes.Buffer
	if err := m.page.Execute(&html, map[string]any{"Subject": msg.Subject, "Lines": msg.Lines, "Button": msg.Button, "Link": link, "Close": msg.Close}); err != nil {
		return err
	}
	return m.post.Queue(tx, letter.Letter{Key: msg.Key, To: msg.To, Subject: oneLine(msg.Subject), Text: text.String(), HTML: html.String()})
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

const page = `<!doctype html><html lang="en"><body style="margin:0;padding:24px;background:#f5f6f8;font:15px/1.5 system-ui,sans-serif;color:#1c2130">
<div style="max-width:480px;margin:0 auto;padding:24px;background:#fff;border:1px solid #e1e4ea;border-radius:10px">
<p style="margin:0 0 16px;font-size:18px;font-weight:600">{{.Subject}}</p>
{{range .Lines}}<p style="margin:0 0 12px">{{.}}</p>
{{end}}{{if .Link}}<p style="margin:20px 0"><a href="{{.Link}}" style="display:inline-block;padding:9px 16px;border-radius:6px;background:#3d54d6;color:#fff;text-decoration:none">{{.Button}}</a></p>
<p style="margin:0 0 12px;font-size:13px;color:#5a6273;word-break:break-all">{{.Link}}</p>
{{end}}{{range .Close}}<p style="margin:0 0 12px;font-size:13px;color:#5a6273">{{.}}</p>
{{end}}</div></body></html>`
