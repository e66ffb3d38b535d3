package weekly

import (
	"context"
	"strings"
	"testing"
	"time"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
)

func TestAWeekIsTheLastWholeOneWhereTheTeamIs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		now, zone  string
		back       int
		from, want string
	}{
		{"2026-11-18T12:00:00Z", "UTC", 0, "2026-11-09T00:00:00Z", "2026-11-16T00:00:00Z"},
		{"2026-11-16T00:00:00Z", "UTC", 0, "2026-11-09T00:00:00Z", "2026-11-16T00:00:00Z"},
		{"2026-11-15T23:30:00Z", "Europe/Vienna", 0, "2026-11-08T23:00:00Z", "2026-11-15T23:00:00Z"},
		{"2026-11-18T12:00:00Z", "Nowhere/Land", 1, "2026-11-02T00:00:00Z", "2026-11-09T00:00:00Z"},
		{"2026-03-30T12:00:00Z", "Europe/Vienna", 0, "2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z"}, // the clocks changed
	} {
		now, _ := time.Parse(time.RFC3339, tc.now)
		from, to, _ := Week(now, tc.zone, tc.back)
		if got, want := from.UTC().Format(time.RFC3339)+" "+to.UTC().Format(time.RFC3339), tc.from+" "+tc.want; got != want {
			t.Errorf("Week(%s, %s, %d) = %s, want %s", tc.now, tc.zone, tc.back, got, want)
		}
	}
}

func open(t *testing.T) (*pg.DB, context.Context) {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db, actor.InWorkspace(t.Context(), pgtest.Workspace(t, db.Session()))
}

func TestAReportCountsWhatHappened(t *testing.T) {
	t.Parallel()
	db, ctx := open(t)
	from := time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(0, 0, 7)
	err := db.Write(ctx, func(tx *pg.Tx) error {
		at := func(day, hour int) time.Time { return from.Add(time.Duration(24*day+hour) * time.Hour) }
		thread := func(id string, last time.Time, waits bool) {
			tx.Queue(`INSERT INTO threads (workspace_id, id, subject, subject_key, last_message_at, last_direction, category, requires_response, due_at)
				VALUES ($1, $2, 's', 's', $3, 'inbound', 'personal', $4, $3)`, tx.Workspace(), id, last, waits)
		}
		message := func(n, thread, direction, category string, sent time.Time) {
			tx.Queue(`INSERT INTO messages (workspace_id, id, thread_id, direction, category, identity_key, subject, sent_at, raw, size)
				VALUES ($1, $2::uuid, $3, $4, $5, $2::uuid::text, 's', $6, '', 1)`, tx.Workspace(), "0190d6a0-0000-7000-8000-0000000000"+n, thread, direction, category, sent)
		}
		const a, b = "0190d6a0-0000-7000-8000-00000000000a", "0190d6a0-0000-7000-8000-00000000000b"
		thread(a, at(5, 0), false)
		thread(b, at(6, 0), true)
		message("01", a, "inbound", "personal", at(0, 8))
		message("02", a, "inbound", "personal", at(0, 9)) // the same waits on
		message("03", a, "outbound", "own", at(0, 12))    // after 4 h
		message("04", a, "inbound", "personal", at(1, 0))
		message("05", a, "outbound", "own", at(1, 2)) // after 2 h
		message("06", b, "inbound", "personal", at(-3, 0))
		message("07", b, "outbound", "own", at(-2, 0)) // of the week before
		message("08", b, "inbound", "bulk", at(6, 0))
		message("09", b, "inbound", "personal", at(8, 0)) // of the week after
		tx.Queue(`INSERT INTO contacts (workspace_id, id, name, score) VALUES ($1, $2, 'Ada [x](y)', 82), ($1, $3, 'Ben', 69)`, tx.Workspace(), a, b)
		tx.Queue(`INSERT INTO ai_usage (workspace_id, day, provider, model, task, agent, person, cost_nano) VALUES ($1, $2, 'p', 'm', 't', 'a', '', 3000000000)`, tx.Workspace(), at(2, 0))
		return tx.Flush()
	})
	if err != nil {
		t.Fatal(err)
	}
	var r Report
	if err := db.Read(ctx, func(tx *pg.Tx) (err error) {
		r, err = Read(tx, from, to, "UTC", to.AddDate(0, 0, 3))
		if tx.Trips() != 1 {
			t.Errorf("it took %d round trips, want 1", tx.Trips())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if want := (Mail{Personal: 3, Bulk: 1, Sent: 2}); r.Mail != want {
		t.Errorf("the mail is %+v, want %+v", r.Mail, want)
	}
	if want := (Mail{Personal: 1, Sent: 1}); r.Before != want {
		t.Errorf("the mail before is %+v, want %+v", r.Before, want)
	}
	if a := r.Answers; a.Answered != 2 || a.Median == nil || *a.Median != 3*3600 || a.Waiting != 1 || a.Overdue != 1 {
		t.Errorf("the answers are %+v, want 2 with a median of 3 h, 1 waiting and overdue", a)
	}
	if r.Hot != 1 || len(r.Leads) != 1 || r.Models != 3_000_000_000 {
		t.Errorf("hot %d, leads %v, cost %d; want one hot lead and $3", r.Hot, r.Leads, r.Models)
	}
	for _, want := range []string{"| From people | 3 | 1 |", `- Ada \[x\]\(y\), 82`, "half within 3 h", "Models cost $3.00"} {
		if !strings.Contains(r.Markdown(), want) {
			t.Errorf("the page lacks %q:\n%s", want, r.Markdown())
		}
	}
}

func TestAnEmptyWeekIsAReportToo(t *testing.T) {
	t.Parallel()
	db, ctx := open(t)
	now := time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)
	from, to, zone := Week(now, "UTC", 0)
	var r Report
	if err := db.Read(ctx, func(tx *pg.Tx) (err error) {
		r, err = Read(tx, from, to, zone, now)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got, want := r.Summary(), "Week of 9 November: 0 messages from people, 0 sent, 0 waiting, 0 hot leads."; got != want {
		t.Errorf("Summary() = %q, want %q", got, want)
	}
	if !strings.Contains(r.Markdown(), "Nothing was answered.") {
		t.Errorf("the page is\n%s", r.Markdown())
	}
}
