package email

import (
	"time"

	"rapport/internal/ai/text"
	"rapport/internal/ai/text/when"
)

const dueHorizon = 30 * 24 * time.Hour

// urgency weighs pressing words, deadlines and what is asked.
func (v *verdict) urgency(t *Triage) {
	sum, peak, calm := 0.0, 0.0, 0.0
	var top text.Hit
	soothed, past := v.soothed()
	for _, h := range v.reading.tone {
		if h.Cue.Label != "urgency" || h.Negated {
			continue
		}
		w := h.Cue.Weight
		if soothed[h.Sentence] && w > 0 && (w < 3 || past[h.Sentence]) {
			continue
		}
		sum += max(w, 0)
		calm = min(calm, w)
		if w > peak {
			peak, top = w, h
		}
	}
	deadline, by := v.deadline()
	level := 0
	if t.RequiresResponse {
		level = 1
	}
	switch {
	case v.mass(): // whose hurry is advertising
	case peak >= 3 && sum >= 4 || peak >= 3 && v.loud > 0.3:
		level = 3
	case calm < 0 && peak < 2:
		level = 0
	case peak >= 2:
		level = 2
	case t.RequiresResponse && deadline != nil && by.Sub(v.in.SentAt) <= 48*time.Hour:
		level = 2
	}
	t.Urgency = urgencies[level]
	switch {
	case level >= 2 && peak >= 2:
		v.cite("urgency", top)
	case level >= 2 && deadline != nil:
		v.cited = append(v.cited, v.evidence("urgency", deadline.First, deadline.Last))
	}
	if t.RequiresResponse {
		t.RespondWithin = map[string]string{"critical": "1h", "high": "24h", "medium": "24h", "low": "7d"}[t.Urgency]
	}
}

// soothed are the sentences whose pressing words press nobody: those that say
// there is no hurry, and promises of the author. Of past ones not even an
// emergency counts, since they say that it is over.
func (v *verdict) soothed() (m, past map[int]bool) {
	m, past = map[int]bool{}, map[int]bool{}
	for _, h := range v.reading.tone {
		if h.Cue.Label == "urgency" && h.Cue.Weight < 0 {
			m[h.Sentence] = true
			past[h.Sentence] = past[h.Sentence] || over[v.body.Words[h.Last-1].Lower]
		}
	}
	for i, s := range v.body.Sentences {
		for w := s.First; w < s.Last && !m[i] && !s.Question; w++ {
			switch v.body.Words[w].Lower {
			case "i'll", "we'll":
				m[i] = true
			case "will":
				prev := v.body.Words[max(w-1, s.First)].Lower
				m[i] = prev == "i" || prev == "we"
			}
		}
	}
	return m, past
}

// over are the words for what need not be done any more.
var over = map[string]bool{"fixed": true, "resolved": true, "solved": true, "over": true, "behoben": true, "closed": true}

// deadline returns the earliest limit that the text sets, and when it ends.
func (v *verdict) deadline() (*when.Date, time.Time) {
	var found *when.Date
	var at time.Time
	for i, x := range v.dates {
		end := limit(x)
		if !x.Deadline || x.Past || end.Before(v.in.SentAt) {
			continue
		}
		if found == nil || end.Before(at) {
			found, at = &v.dates[i], end
		}
	}
	return found, at
}

// limit is the last moment of a date.
func limit(x when.Date) time.Time {
	if x.End.After(x.Start) {
		return x.End.Add(-time.Second)
	}
	return x.Start
}

// due is when the answer is owed: after the time that the urgency allows, or
// at a stated deadline if that is sooner. Old mail owes nothing.
func (v *verdict) due(t *Triage) {
	age := v.in.Now.Sub(v.in.SentAt)
	if !t.RequiresResponse || v.in.SentAt.IsZero() || age > dueHorizon {
		return
	}
	at := v.in.SentAt.Add(map[string]time.Duration{"1h": time.Hour, "24h": 24 * time.Hour, "7d": 7 * 24 * time.Hour}[t.RespondWithin])
	if x, by := v.deadline(); x != nil && by.Before(at) {
		at = by
		v.cited = append(v.cited, v.evidence("due_at", x.First, x.Last))
	}
	at = at.UTC().Truncate(time.Second)
	t.DueAt = &at
}
