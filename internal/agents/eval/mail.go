package eval

import (
	"bufio"
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"rapport/internal/agents"
	"rapport/internal/agents/email"
	"rapport/internal/agents/email/prompt"
)

//go:embed cases
var cases embed.FS

// read takes the cases of a file apart, one a line.
func read[T any](name string) ([]T, error) {
	b, err := cases.ReadFile("cases/" + name + ".jsonl")
	if err != nil {
		return nil, err
	}
	var out []T
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c T
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return nil, fmt.Errorf("case %d of %s: %w", len(out)+1, name, err)
		}
		out = append(out, c)
	}
	return out, lines.Err()
}

// letter is a mail with its labels. What is not labelled is not judged.
type letter struct {
	ID       string    `json:"id"`
	Subject  string    `json:"subject"`
	Text     string    `json:"text"`
	From     string    `json:"from"`
	Own      bool      `json:"own"`
	SentAt   time.Time `json:"sent_at"`
	TimeZone string    `json:"time_zone"`
	Labels   struct {
		// Of several values each is right, and the first is the best.
		Intent           []string `json:"intent"`
		Sentiment        string   `json:"sentiment"`
		Mood             []string `json:"mood"`
		Urgency          []string `json:"urgency"`
		RequiresResponse *bool    `json:"requires_response"`
		IsMeetingRequest *bool    `json:"is_meeting_request"`
		Readiness        []int    `json:"readiness"` // from, to
		// Items are what is to be found, by kind; Kinds are those that are
		// labelled, all if there is none; May is what may be found as well.
		Items map[string][]finding `json:"items"`
		Kinds []string             `json:"kinds"`
		May   map[string][]string  `json:"may"`
	} `json:"labels"`
}

// finding is what is to be found: words of the text and, where the label says
// so, what they mean.
type finding struct {
	Quote    string `json:"quote"`
	Start    string `json:"start"` // of a date, local: a month, a day or a minute
	Minor    *int64 `json:"minor"`
	Currency string `json:"currency"`
}

// UnmarshalJSON takes a quote alone as well.
func (f *finding) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, &f.Quote)
	}
	type plain finding
	return json.Unmarshal(b, (*plain)(f))
}

func (l letter) work() (agents.Work, error) {
	in := email.TriageInput{Subject: l.Subject, Text: l.Text, From: l.From, Own: l.Own, SentAt: l.SentAt, TimeZone: l.TimeZone, Now: l.SentAt.Add(time.Hour), Category: "personal"}
	b, err := json.Marshal(in)
	return agents.Work{Entity: "message", SubjectID: l.ID, Input: b, At: l.SentAt}, err
}

// mail returns the cases about mail: each letter is one for both agents.
func mail() (triage, intelligence Suite, err error) {
	sorts, reads := prompt.TriageDefinition(), prompt.IntelligenceDefinition()
	sorts.Verify = verified(func(t *email.Triage, in email.TriageInput) []string { return t.Verify(in.Text) })
	reads.Verify = verified(func(x *email.Intelligence, in email.TriageInput) []string {
		return x.Verify(in.Text, append(in.To, in.From)...)
	})
	triage.Agent, intelligence.Agent = sorts.Name, reads.Name
	for _, half := range []Half{Tuned, Reported} {
		letters, err := read[letter]("email." + string(half))
		if err != nil {
			return triage, intelligence, err
		}
		for _, l := range letters {
			w, err := l.work()
			if err != nil {
				return triage, intelligence, err
			}
			triage.Cases = append(triage.Cases, Case{ID: l.ID, Half: half, Agent: sorts, Work: w, judge: l.judgeTriage})
			intelligence.Cases = append(intelligence.Cases, Case{ID: l.ID, Half: half, Agent: reads, Work: w, judge: l.judgeIntelligence})
		}
	}
	return triage, intelligence, nil
}

// verified reads an answer, has it verified and writes what is left of it.
func verified[T any](verify func(answer *T, in email.TriageInput) []string) func(agents.Work, json.RawMessage) (json.RawMessage, error) {
	return func(w agents.Work, out json.RawMessage) (json.RawMessage, error) {
		var in email.TriageInput
		answer := new(T)
		if err := errors.Join(json.Unmarshal(w.Input, &in), json.Unmarshal(out, answer)); err != nil {
			return nil, err
		}
		if faults := verify(answer, in); len(faults) > 0 {
			return nil, errors.New(strings.Join(faults, "; "))
		}
		return json.Marshal(answer)
	}
}

func (l letter) judgeTriage(m *marks, answer json.RawMessage) error {
	var got email.Triage
	if err := unanswered(answer, &got); err != nil {
		return err
	}
	want := l.Labels
	m.oneOf("intent", got.Intent, want.Intent)
	if want.Sentiment != "" {
		m.oneOf("sentiment", got.Sentiment, []string{want.Sentiment})
	}
	m.oneOf("mood", got.Mood, want.Mood)
	m.oneOf("urgency", got.Urgency, want.Urgency)
	m.whether("requires_response", got.RequiresResponse, want.RequiresResponse)
	m.whether("is_meeting_request", got.IsMeetingRequest, want.IsMeetingRequest)
	return nil
}

// unanswered reads an answer; there may be none.
func unanswered(answer json.RawMessage, into any) error {
	if answer == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

// itemKinds are the kinds of items, and the fields that report them.
var itemKinds = []string{"idea", "goal", "pain_point", "requirement", "question", "decision", "action_item", "commitment", "date", "money", "person", "company", "product"}

func (l letter) judgeIntelligence(m *marks, answer json.RawMessage) error {
	var got email.Intelligence
	if err := unanswered(answer, &got); err != nil {
		return err
	}
	if r := l.Labels.Readiness; len(r) == 2 {
		m.holds("readiness", got.Readiness >= r[0] && got.Readiness <= r[1], fmt.Sprint(got.Readiness, got.Reasons, " of ", r))
	}
	kinds := l.Labels.Kinds
	if len(kinds) == 0 {
		kinds = itemKinds
	}
	for _, kind := range kinds {
		if !slices.Contains(itemKinds, kind) {
			continue // of "none" nothing is labelled
		}
		l.items(m, kind, got.Items)
	}
	return nil
}

// items compares what was found of a kind. Two findings in one expected quote
// are one; a finding that may be there counts for nothing.
func (l letter) items(m *marks, kind string, found []email.Item) {
	want, c := l.Labels.Items[kind], m.of(kind, "")
	used := make([]bool, len(want))
	for _, it := range found {
		if it.Kind != kind {
			continue
		}
		right, again := -1, false
		for i, w := range want {
			if !covers(l.Text, it, w.Quote) {
				continue
			}
			if again = again || used[i]; !used[i] && l.means(it, w) {
				right = i
				break
			}
		}
		switch {
		case right >= 0:
			used[right] = true
			c.hit++
		case again || l.may(it):
		default:
			c.extra++
			m.note(kind, fmt.Sprintf("%q %s", it.Quote, meaning(it)), "nothing")
		}
	}
	for i, ok := range used {
		if !ok {
			c.miss++
			m.note(kind, "nothing", fmt.Sprintf("%q %s", want[i].Quote, want[i].Start))
		}
	}
}

func meaning(it email.Item) string {
	if it.Attributes.Start != nil {
		return it.Attributes.Start.Format(time.RFC3339)
	}
	return ""
}

func (l letter) may(it email.Item) bool {
	for _, quote := range l.Labels.May[it.Kind] {
		if covers(l.Text, it, quote) {
			return true
		}
	}
	return false
}

// means reports whether a finding says what the label says of its words.
func (l letter) means(it email.Item, w finding) bool {
	a := it.Attributes
	switch {
	case w.Minor != nil:
		return a.AmountMinor != nil && *a.AmountMinor == *w.Minor && a.Currency == w.Currency
	case w.Start == "":
		return true
	case a.Start == nil:
		return false
	}
	zone, err := time.LoadLocation(l.TimeZone)
	if err != nil {
		return false
	}
	return strings.HasPrefix(a.Start.In(zone).Format("2006-01-02T15:04"), w.Start)
}

// covers reports whether an item and a quoted part of the text share at least
// half of the shorter one.
func covers(source string, it email.Item, want string) bool {
	for from := 0; ; {
		i := strings.Index(source[from:], want)
		if i < 0 {
			return false
		}
		start := utf8.RuneCountInString(source[:from+i])
		end := start + utf8.RuneCountInString(want)
		shared := min(end, it.End) - max(start, it.Start)
		if shared > 0 && 2*shared >= min(end-start, it.End-it.Start) {
			return true
		}
		from += i + 1
	}
}
