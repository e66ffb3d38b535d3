package channel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rapport/internal/platform/alert"
	"rapport/internal/platform/alert/incident"
)

// Webhook tells a chat, in the form of Slack's incoming webhooks, which others
// take as well. Its address is a secret and is in no error.
type Webhook struct {
	url, base string
	client    *http.Client
}

// NewWebhook returns one that posts to url; base is where people reach Rapport.
func NewWebhook(url, base string) *Webhook { return &Webhook{url, base, client()} }

// client follows no redirects: what is said is meant for one address.
func client() *http.Client {
	return &http.Client{Timeout: 15 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Name names the channel.
func (*Webhook) Name() string { return "webhook" }

// message is what Slack takes, and, beside it, the notice for programs.
type message struct {
	Text        string          `json:"text"`
	Attachments []attachment    `json:"attachments"`
	Notice      incident.Notice `json:"rapport"`
}

type attachment struct {
	Color    string   `json:"color"`
	Title    string   `json:"title"`
	Fallback string   `json:"fallback"`
	Fields   []field  `json:"fields"`
	Markdown []string `json:"mrkdwn_in"`
	TS       int64    `json:"ts"`
}

type field struct {
	Title string `json:"title"`
	Value string `json:"value"`
	Short bool   `json:"short"`
}

// Send posts the notice.
func (w *Webhook) Send(ctx context.Context, n incident.Notice) error {
	m := message{Text: escape(subject(n)), Notice: n}
	for _, i := range n.Items {
		a := attachment{Color: color(i), Title: escape(heading(i)), Fallback: escape(heading(i)), Markdown: []string{"fields"}, TS: n.At.Unix()}
		for _, f := range facts(i, w.base) {
			value := escape(f.value)
			if f.link != "" {
				value = "<" + f.link + "|" + strings.ReplaceAll(value, "|", "¦") + ">"
			}
			a.Fields = append(a.Fields, field{Title: escape(f.name), Value: value, Short: len(f.value) < 40})
		}
		m.Attachments = append(m.Attachments, a)
	}
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(b))
	if err != nil {
		return errAddress
	}
	req.Header.Set("Content-Type", "application/json")
	return answered(w.client.Do(req))
}

var errAddress = errors.New("the address cannot be called")

// answered is what is wrong with an answer, without the address.
func answered(res *http.Response, err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("no answer: %w", u.Err)
	}
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection can serve again
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("it answered %d", res.StatusCode)
	}
	return nil
}

func color(i incident.Item) string {
	switch {
	case i.Kind == incident.Resolved:
		return "#2e7d32"
	case i.Kind == incident.Test:
		return "#607d8b"
	case i.Incident.Severity <= alert.P1:
		return "#c62828"
	}
	return "#ef6c00"
}

// escape is what Slack asks for, so that no text becomes a link or calls all.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// Heartbeat returns a function that calls url, behind which somebody worries
// when we do not.
func Heartbeat(url string) func(context.Context) error {
	c := client()
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return errAddress
		}
		return answered(c.Do(req))
	}
}
