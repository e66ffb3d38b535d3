package meeting

import (
	"testing"
	"time"

	"rapport/internal/agents/email"
)

var sent = time.Date(2026, 2, 4, 9, 30, 0, 0, time.UTC) // a Wednesday

func TestTheTimesThatAreProposedAreFoundWithTheirWords(t *testing.T) {
	t.Parallel()
	in := email.TriageInput{Subject: "Plans", SentAt: sent, Now: sent, TimeZone: "Europe/Vienna",
		Text: "Thanks for yesterday. Could we meet on Tuesday at 14:00 or on Friday for half an hour? Please answer by tomorrow."}
	m := Of(in)
	if len(m.ProposedTimes) != 2 || m.DurationMin != 30 || m.Purpose != "Plans" {
		t.Fatalf("got %+v, want two times and half an hour", m)
	}
	first, second := m.ProposedTimes[0], m.ProposedTimes[1]
	if want := time.Date(2026, 2, 10, 13, 0, 0, 0, time.UTC); !first.Start.Equal(want) || first.Whole {
		t.Errorf("the first is %v, whole %v; want %v", first.Start, first.Whole, want)
	}
	if !second.Whole || second.Start.Format(time.DateOnly) != "2026-02-05" { // midnight in Vienna
		t.Errorf("the second is %+v, want the day of Friday", second)
	}
	for _, p := range m.ProposedTimes {
		if e := p.Evidence; string([]rune(in.Text)[e.Start:e.End]) != e.Quote {
			t.Errorf("%+v does not stand in the text", e)
		}
	}
}

func TestLengthsAreReadInWordsAndNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"for 20 minutes": 20, "half an hour": 30, "an hour": 60, "2 hours": 120, "eine halbe Stunde": 30, "45 min": 45, "for a while": 0, "5000 minutes": 0, "zwei Stunden": 120} {
		if got := Of(email.TriageInput{Text: "Can we meet " + text + "?", SentAt: sent}).DurationMin; got != want {
			t.Errorf("%q is %d minutes, want %d", text, got, want)
		}
	}
}
