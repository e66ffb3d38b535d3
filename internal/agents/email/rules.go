package email

import (
	"context"
	_ "embed" // the cues are data
	"encoding/json"
	"strings"
	"sync"
	"time"

	"rapport/internal/ai/text"
	"rapport/internal/ai/text/when"
)

//go:embed cues/intent.txt
var intentCues string

//go:embed cues/item.txt
var itemCues string

var (
	intentRules = sync.OnceValue(func() *text.Cues { return text.MustCues(intentCues) })
	itemRules   = sync.OnceValue(func() *text.Cues { return text.MustCues(itemCues) })
)

// RulesTasks returns the tasks that rules can answer, by name. Each takes and
// gives the JSON of the agent's types, verified.
func RulesTasks() map[string]func(context.Context, json.RawMessage) (json.RawMessage, error) {
	return map[string]func(context.Context, json.RawMessage) (json.RawMessage, error){
		"email.triage": func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
			return answer(ctx, input, RulesTriage)
		},
		"email.intelligence": func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
			return answer(ctx, input, RulesIntelligence)
		},
	}
}

func answer[O any](ctx context.Context, input json.RawMessage, rules func(TriageInput) O) (json.RawMessage, error) {
	var in TriageInput
	if err := json.Unmarshal(input, &in); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return json.Marshal(rules(in))
}

// reading is a message with everything that both agents look at.
type reading struct {
	in            TriageInput
	body, subject *text.Doc
	calendar      when.Calendar
	dates         []when.Date
	tone          []text.Hit
	loud          float64
}

func read(in TriageInput) *reading {
	r := &reading{in: in, body: text.Parse(in.Text), subject: text.ParseAll(plainSubject(in.Subject))}
	r.calendar = when.Calendar{Sent: in.SentAt, Location: in.Location(), MonthFirst: in.MonthFirst()}
	r.dates = r.calendar.Dates(r.body)
	r.tone = text.Tone(r.body)
	r.loud = text.Shout(r.body)
	return r
}

// plainSubject drops the prefixes of replies and forwards, and overlong rest.
func plainSubject(s string) string {
	s = strings.TrimSpace(s[:text.Boundary(s, min(len(s), 500))])
	for range 6 {
		prefix, rest, ok := strings.Cut(s, ":")
		if !ok || len(prefix) > 4 {
			break
		}
		switch strings.ToLower(strings.TrimSpace(prefix)) {
		case "re", "fwd", "fw", "aw", "wg", "sv", "tr", "rv":
			s = strings.TrimSpace(rest)
			continue
		}
		break
	}
	return s
}

func replies(subject string) bool {
	s := strings.ToLower(strings.TrimSpace(subject[:text.Boundary(subject, min(len(subject), 10))]))
	return strings.HasPrefix(s, "re:") || strings.HasPrefix(s, "aw:") || strings.HasPrefix(s, "sv:")
}

// Location is the time zone of the reader, UTC where it is unknown.
func (in TriageInput) Location() *time.Location {
	name := in.TimeZone
	if name == "" || name == "Local" {
		return time.UTC
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC // an unknown zone must not stop the mail
	}
	return l
}

// MonthFirst reports whether 3/4 is a day of March.
func (in TriageInput) MonthFirst() bool {
	if in.DateOrder != "" {
		return in.DateOrder == "mdy"
	}
	return strings.HasPrefix(in.TimeZone, "America/") || strings.HasPrefix(in.TimeZone, "US/")
}

// robot reports whether the caller already knows that no person wrote this.
func (r *reading) robot() bool {
	return r.in.Category == "bulk" || r.in.Category == "automatic"
}

// cite returns the span and the words of some bytes of the body, cut to limit
// bytes at a word's end.
func (r *reading) cite(start, end, limit int) (quote string, s text.Span) {
	start, end = r.body.Trim(start, end)
	if end-start > limit {
		cut := text.Boundary(r.body.Text, start+limit)
		if i := strings.LastIndexByte(r.body.Text[start:cut], ' '); i > limit/2 {
			cut = start + i
		}
		start, end = r.body.Trim(start, cut)
	}
	return r.body.Text[start:end], r.body.Span(start, end)
}

// evidence cites words of the body for a field.
func (r *reading) evidence(field string, first, last int) Evidence {
	start, end := r.body.WordSpan(first, last)
	quote, s := r.cite(start, end, 300)
	return Evidence{field, quote, s.Start, s.End}
}

// summary picks the sentences that stand for the mail, at most limit long.
func (r *reading) summary(favour map[int]float64, sentences, limit int) string {
	var parts []string
	for _, i := range text.Summary(r.body, favour, sentences) {
		s := r.body.Sentences[i]
		parts = append(parts, r.body.Text[s.Start:s.End])
	}
	if len(parts) == 0 {
		return text.OneLine(plainSubject(r.in.Subject), limit)
	}
	return text.OneLine(strings.Join(parts, " "), limit)
}
