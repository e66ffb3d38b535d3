package email

import (
	"time"

	"rapport/internal/ai/text"
)

// Meeting is what a meeting request asks for. DurationMin is 0 where the mail
// does not say; Purpose is in its own words.
type Meeting struct {
	ProposedTimes []Proposed `json:"proposed_times"`
	DurationMin   int        `json:"duration_min"`
	Purpose       string     `json:"purpose"`
}

// Proposed is a time that is proposed for a meeting, and the words that say so.
// Whole means a day or a part of one: then End is when it ends.
type Proposed struct {
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	Whole    bool      `json:"whole"`
	Evidence Evidence  `json:"evidence"`
}

// maxProposed is how many times are taken from one mail.
const maxProposed = 5

// Meet says what meeting a mail asks for, whoever said that it asks for one;
// nil if it does not. Times and places are found by rules: a model would only
// guess the zone.
func (t *Triage) Meet(in TriageInput) {
	t.Meeting = nil
	if !t.IsMeetingRequest {
		return
	}
	r := read(in)
	t.Meeting = &Meeting{ProposedTimes: r.proposals(), DurationMin: r.minutes(), Purpose: r.purpose()}
}

// Proposals are the times that a mail proposes.
func Proposals(in TriageInput) []Proposed { return read(in).proposals() }

// proposals are the dates ahead that are no deadlines, each once.
func (r *reading) proposals() []Proposed {
	out := []Proposed{}
	for _, x := range r.dates {
		if x.Past || x.Deadline || !x.End.After(r.in.SentAt) || x.Start.After(r.in.SentAt.AddDate(1, 0, 0)) || x.End.Sub(x.Start) > 7*24*time.Hour || len(out) == maxProposed {
			continue
		}
		p := Proposed{Start: x.Start.UTC(), End: x.End.UTC(), Whole: x.End.Sub(x.Start) > 2*time.Hour, Evidence: r.evidence("meeting", x.First, x.Last)}
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

// purpose is the sentence that asks for the meeting, else the subject.
func (r *reading) purpose() string {
	if s := plainSubject(r.in.Subject); s != "" {
		return text.OneLine(s, 200)
	}
	return r.summary(nil, 1, 200)
}
