// Package meeting finds what meeting a mail asks for: the times that it
// proposes, how long it is to take, and what for. Rules alone do that: a model
// would only guess the zone.
package meeting

import (
	"time"

	"rapport/internal/agents/email"
	"rapport/internal/ai/text"
	"rapport/internal/ai/text/when"
)

// maxProposed is how many times are taken from one mail.
const maxProposed = 5

// Of says what meeting a mail asks for, if somebody found that it asks for one.
func Of(in email.TriageInput) *email.Meeting {
	r := read(in)
	return &email.Meeting{ProposedTimes: r.proposals(), DurationMin: r.minutes(), Purpose: text.OneLine(in.Subject, 200)}
}

// Proposals are the times that a mail proposes.
func Proposals(in email.TriageInput) []email.Proposed { return read(in).proposals() }

// reading is a mail with its dates.
type reading struct {
	in    email.TriageInput
	body  *text.Doc
	dates []when.Date
}

func read(in email.TriageInput) *reading {
	d := text.Parse(in.Text)
	return &reading{in, d, when.Calendar{Sent: in.SentAt, Location: in.Location(), MonthFirst: in.MonthFirst()}.Dates(d)}
}

// evidence cites some words of the mail.
func (r *reading) evidence(first, last int) email.Evidence {
	start, end := r.body.Trim(r.body.WordSpan(first, last))
	s := r.body.Span(start, end)
	return email.Evidence{Field: "meeting", Quote: r.body.Text[start:end], Start: s.Start, End: s.End}
}

// proposals are the dates ahead that are no deadlines, each once.
func (r *reading) proposals() []email.Proposed {
	out := []email.Proposed{}
	for _, x := range r.dates {
		if x.Past || x.Deadline || !x.End.After(r.in.SentAt) || x.Start.After(r.in.SentAt.AddDate(1, 0, 0)) || x.End.Sub(x.Start) > 7*24*time.Hour || len(out) == maxProposed {
			continue
		}
		p := email.Proposed{Start: x.Start.UTC(), End: x.End.UTC(), Whole: x.End.Sub(x.Start) > 2*time.Hour, Evidence: r.evidence(x.First, x.Last)}
		if n := len(out); n > 0 && out[n-1].Start.Equal(p.Start) {
			continue
		}
		out = append(out, p)
	}
	return out
}

var minuteWords = map[string]int{"half": 30, "halbe": 30, "halbes": 30, "viertel": 15, "ten": 10, "zehn": 10, "fifteen": 15, "twenty": 20, "zwanzig": 20, "thirty": 30, "dreißig": 30,
	"forty": 40, "forty-five": 45, "an": 60, "one": 60, "eine": 60, "two": 120, "zwei": 120}

// minutes is how long a meeting is to take.
func (r *reading) minutes() int {
	w := r.body.Words
	for i := 1; i < len(w); i++ {
		before := w[i-1]
		n := 0
		if before.Kind == text.Number {
			for _, c := range before.Lower {
				if c < '0' || c > '9' || n > 600 {
					n = 0
					break
				}
				n = 10*n + int(c-'0')
			}
		}
		switch w[i].Lower {
		case "minutes", "minute", "min", "mins", "minuten":
			if n == 0 && minuteWords[before.Lower] < 60 {
				n = minuteWords[before.Lower]
			}
			if n >= 5 && n <= 480 {
				return n
			}
		case "hour", "hours", "stunde", "stunden", "h":
			if n >= 1 && n <= 8 {
				return 60 * n
			}
			if m := minuteWords[before.Lower]; n == 0 && m > 0 {
				if m >= 60 && i > 1 && minuteWords[w[i-2].Lower] == 30 {
					m = 30 // half an hour
				}
				return m
			}
		}
	}
	return 0
}
