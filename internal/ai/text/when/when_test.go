package when_test

import (
	"testing"
	"time"

	"rapport/internal/ai/text"
	"rapport/internal/ai/text/when"
)

const layout = "2006-01-02 15:04"

// The mail was sent on a Wednesday, shortly before midnight in UTC, when it
// was Thursday in Berlin: 13 March 2025.
func calendar(t *testing.T, zone string) when.Calendar {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Skip("no time zones here: ", err)
	}
	return when.Calendar{Sent: time.Date(2025, 3, 12, 23, 30, 0, 0, time.UTC), Location: loc}
}

func TestDatesResolveWhereAndWhenTheMailWasSent(t *testing.T) {
	t.Parallel()
	c := calendar(t, "Europe/Berlin")
	cases := []struct{ in, words, start, end string }{
		{"see you today", "today", "2025-03-13 00:00", "2025-03-14 00:00"},
		{"by tomorrow", "tomorrow", "2025-03-14 00:00", "2025-03-15 00:00"},
		{"the day after tomorrow", "day after tomorrow", "2025-03-15 00:00", "2025-03-16 00:00"},
		{"on Friday", "Friday", "2025-03-14 00:00", "2025-03-15 00:00"},
		{"on Thursday", "Thursday", "2025-03-20 00:00", "2025-03-21 00:00"},
		{"next Friday", "next Friday", "2025-03-21 00:00", "2025-03-22 00:00"},
		{"last Friday", "last Friday", "2025-03-07 00:00", "2025-03-08 00:00"},
		{"since Monday", "Monday", "2025-03-10 00:00", "2025-03-11 00:00"},
		{"by end of next week", "end of next week", "2025-03-21 00:00", "2025-03-22 00:00"},
		{"the end of the month", "end of the month", "2025-03-31 00:00", "2025-04-01 00:00"},
		{"at the end of May", "end of May", "2025-05-31 00:00", "2025-06-01 00:00"},
		{"in the first week of April", "first week of April", "2025-04-01 00:00", "2025-04-08 00:00"},
		{"in two days", "in two days", "2025-03-15 00:00", "2025-03-16 00:00"},
		{"within 6 weeks", "within 6 weeks", "2025-04-24 00:00", "2025-04-25 00:00"},
		{"on March 3rd", "March 3rd", "2025-03-03 00:00", "2025-03-04 00:00"},
		{"on 30 March 2025", "30 March 2025", "2025-03-30 00:00", "2025-03-31 00:00"},
		{"on January 5", "January 5", "2025-01-05 00:00", "2025-01-06 00:00"},
		{"on October 5", "October 5", "2025-10-05 00:00", "2025-10-06 00:00"},
		{"on 2024-05-01", "2024-05-01", "2024-05-01 00:00", "2024-05-02 00:00"},
		{"on 12/05", "12/05", "2025-05-12 00:00", "2025-05-13 00:00"},
		{"on 31/01/2025", "31/01/2025", "2025-01-31 00:00", "2025-02-01 00:00"},
		{"am 30.4.2025", "30.4.2025", "2025-04-30 00:00", "2025-05-01 00:00"},
		{"on 19-Aug-2024", "19-Aug-2024", "2024-08-19 00:00", "2024-08-20 00:00"},
		{"we launch in June", "June", "2025-06-01 00:00", "2025-07-01 00:00"},
		{"we launch in Q3", "Q3", "2025-07-01 00:00", "2025-10-01 00:00"},
		{"Friday at 3pm", "Friday at 3pm", "2025-03-14 15:00", "2025-03-14 15:00"},
		{"Monday 17 March at 14:00", "Monday 17 March at 14:00", "2025-03-17 14:00", "2025-03-17 14:00"},
		{"tomorrow noon", "tomorrow noon", "2025-03-14 12:00", "2025-03-14 12:00"},
		{"tomorrow morning", "tomorrow morning", "2025-03-14 06:00", "2025-03-14 12:00"},
		{"this afternoon", "this afternoon", "2025-03-13 12:00", "2025-03-13 18:00"},
		{"by close of business tomorrow", "close of business tomorrow", "2025-03-14 17:00", "2025-03-14 17:00"},
		{"by EOD", "EOD", "2025-03-13 17:00", "2025-03-13 17:00"},
		{"wir kommen am Freitag und ihr nicht", "Freitag", "2025-03-14 00:00", "2025-03-15 00:00"},
		{"wir sind bis morgen nicht da", "morgen", "2025-03-14 00:00", "2025-03-15 00:00"},
		{"bitte bis Ende der Woche", "Ende der Woche", "2025-03-14 00:00", "2025-03-15 00:00"},
		{"wir treffen uns am 3. April um 14 Uhr und ihr nicht", "3. April um 14 Uhr", "2025-04-03 14:00", "2025-04-03 14:00"},
		{"para el jueves por favor", "jueves", "2025-03-20 00:00", "2025-03-21 00:00"},
		{"nous sommes là demain et vous", "demain", "2025-03-14 00:00", "2025-03-15 00:00"},
	}
	for _, k := range cases {
		d := text.ParseAll(k.in)
		got := c.Dates(d)
		if len(got) != 1 {
			t.Errorf("%q: got %d dates, want 1: %v", k.in, len(got), got)
			continue
		}
		start, end := d.WordSpan(got[0].First, got[0].Last)
		if w := k.in[start:end]; w != k.words || got[0].Start.Format(layout) != k.start || got[0].End.Format(layout) != k.end {
			t.Errorf("%q: got %q %s to %s, want %q %s to %s", k.in, w, got[0].Start.Format(layout), got[0].End.Format(layout), k.words, k.start, k.end)
		}
	}
}

func TestWorkspaceOrderSettlesAmbiguousDigits(t *testing.T) {
	t.Parallel()
	c := calendar(t, "America/New_York")
	c.MonthFirst = true
	for in, want := range map[string]string{"on 12/05": "2025-12-05", "on 13/05": "2025-05-13", "on 03/04/2025": "2025-03-04"} {
		got := c.Dates(text.ParseAll(in))
		if len(got) != 1 || got[0].Start.Format(time.DateOnly) != want {
			t.Errorf("%q: got %v, want %s", in, got, want)
		}
	}
}

func TestWordsThatAreNoDatesStayWords(t *testing.T) {
	t.Parallel()
	c := calendar(t, "UTC")
	for _, in := range []string{"you may go", "we march on", "version 4.2 is out", "1/2 of it", "guten Morgen und willkommen", "it takes 4-5 minutes", "ratio 16:9 screens", "call 555 1234", "24/7 support", "on 45/45", "February 31 is wrong", "the second sat there"} {
		if got := c.Dates(text.ParseAll(in)); len(got) != 0 {
			t.Errorf("%q: got %v, want none", in, got)
		}
	}
}

func TestDeadlinesAreToldFromDates(t *testing.T) {
	t.Parallel()
	c := calendar(t, "UTC")
	for in, want := range map[string]bool{"by Friday": true, "no later than March 17": true, "before the end of May": true, "due on March 19": true, "on Friday": false, "since Friday": false, "bis Freitag": true, "within two days": true, "in two days": false} {
		got := c.Dates(text.ParseAll(in))
		if len(got) != 1 || got[0].Deadline != want {
			t.Errorf("%q: got %+v, want one with deadline %v", in, got, want)
		}
	}
}
