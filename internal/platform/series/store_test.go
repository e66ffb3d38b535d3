package series_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"rapport/internal/platform/metric"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/series"
)

// process is one that keeps its history in a database.
func process(t *testing.T, db *pg.DB) *clinic {
	t.Helper()
	c := &clinic{metrics: metric.New("test"), routes: map[string]*metric.Route{}}
	c.Series = series.New(c.metrics, db, slog.New(slog.DiscardHandler))
	return c
}

func database(t *testing.T) *pg.DB {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func (c *clinic) save(t *testing.T) {
	t.Helper()
	if err := c.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (c *clinic) expect(t *testing.T, window time.Duration, want float64) {
	t.Helper()
	if got, ok := c.Increase(requests, nil, window); !ok || got != want {
		t.Errorf("in %v %v, %v; want %v", window, got, ok, want)
	}
}

func TestAHistoryOutlivesItsProcess(t *testing.T) {
	t.Parallel()
	db := database(t)
	first := process(t, db)
	now := time.Now()
	first.ask(t, "contact.list", 200, 40, 20*time.Millisecond)
	first.Sample(now.Add(-70 * time.Minute))
	first.save(t)
	first.ask(t, "note.create", 500, 2, time.Second)
	first.Sample(now.Add(-10 * time.Minute))
	first.save(t)
	first.save(t) // twice is once

	second := process(t, db)
	second.ask(t, "thread.list", 200, 5, time.Millisecond) // whose number is another there
	second.Sample(now.Add(-10 * time.Minute))
	if err := second.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	second.expect(t, 15*time.Minute, 7)
	second.expect(t, 2*time.Hour, 47)
	if got, _ := second.Increase(requests, map[string]string{"status": "5*"}, time.Hour); got != 2 {
		t.Errorf("%v failures, want 2", got)
	}
	if p, ok := second.Quantile(took, map[string]string{"operation": "contact.list"}, .5, 2*time.Hour); !ok || p < .01 || p > .025 {
		t.Errorf("p50 = %v, %v; want one between 10 and 25 ms", p, ok)
	}
	first.ask(t, "contact.list", 200, 3, time.Millisecond)
	first.Sample(now)
	first.save(t)
	second.save(t) // which reads, too
	second.expect(t, 15*time.Minute, 10)
	second.save(t)
	second.expect(t, 15*time.Minute, 10)
}

func TestWhatCannotBeSavedWaits(t *testing.T) {
	t.Parallel()
	db := database(t)
	c := process(t, db)
	c.ask(t, "contact.list", 200, 4, time.Millisecond)
	c.Sample(time.Now())
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Save(gone); err == nil {
		t.Fatal("saved to a database that is away")
	}
	c.expect(t, time.Minute, 4)
	c.save(t)
	other := process(t, db)
	if err := other.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	other.expect(t, time.Minute, 4)
}

func TestRowsThatCannotBeReadAreLeftOut(t *testing.T) {
	t.Parallel()
	db := database(t)
	c := process(t, db)
	c.ask(t, "contact.list", 200, 4, time.Millisecond)
	c.Sample(time.Now())
	c.save(t)
	for _, sql := range []string{
		`INSERT INTO telemetry.series (replica, step, at, frames) SELECT gen_random_uuid(), 10, now(), decode(x, 'hex') FROM unnest(ARRAY['', 'ff', 'ffffffffffffffffffffff', '0280808080', '02050101']) x`,
		`INSERT INTO telemetry.series_lines (key) VALUES ('a metric of tomorrow'), (E'http_requests_total\tx')`,
	} {
		if _, err := db.Session().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	other := process(t, db)
	if err := other.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	other.expect(t, time.Minute, 4)
}

func TestOldRowsGo(t *testing.T) {
	t.Parallel()
	db := database(t)
	if _, err := db.Session().Exec(t.Context(), `
		INSERT INTO telemetry.series (replica, step, at, frames)
		SELECT gen_random_uuid(), step, now() - age, '' FROM (VALUES (10, interval '25 hours'), (10, '23 hours'), (300, '31 days'), (300, '29 days')) AS v (step, age)`); err != nil {
		t.Fatal(err)
	}
	c := process(t, db)
	c.Sample(time.Now())
	c.save(t)
	var left int
	if err := db.Session().QueryRow(t.Context(), `SELECT count(*) FROM telemetry.series WHERE at < now() - interval '1 hour'`).Scan(&left); err != nil || left != 2 {
		t.Errorf("%d old rows are left, %v; want 2", left, err)
	}
}

func TestOfManyLinesTheLargestAreDrawn(t *testing.T) {
	t.Parallel()
	c := newClinic()
	now := time.Now()
	for n := range 60 {
		c.ask(t, "operation."+string(rune('a'+n%26))+string(rune('a'+n/26)), 200, 1+n, time.Duration(n)*10*time.Millisecond)
	}
	c.Sample(now)
	chart := c.Ask(series.Question{Name: took, By: "operation", Fn: series.Sum, From: now.AddDate(0, 0, -30), To: now, Points: 300})
	if len(chart.Lines) != 20 || chart.Lines[0].Label != "operation.hc" || chart.Lines[19].Label != series.Others {
		t.Fatalf("%d lines, want twenty, from the largest on, of which the last is of the others", len(chart.Lines))
	}
	others := chart.Lines[19].Values
	if last := others[len(others)-1]; last == nil || *last != 41*42/2 {
		t.Errorf("the others have %v, want %d", last, 41*42/2)
	}
}

// The work of a chart is bounded by what is kept, not by what happened.
func TestABusyTimeMakesThePastShorter(t *testing.T) {
	t.Parallel()
	bytes, frames, newest := series.Fill(5000, 4000)
	if bytes > 6<<20 || frames < 1000 || frames > 1600 || !newest {
		t.Errorf("%d bytes in %d frames, the newest among them: %v; want 6 MiB or fewer, in 1,000 or more", bytes, frames, newest)
	}
}
