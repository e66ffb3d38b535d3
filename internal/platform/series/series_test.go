package series_test

import (
	"log/slog"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/platform/metric"
	"rapport/internal/platform/series"
)

// clinic is a history of metrics that a test makes, without a database.
type clinic struct {
	*series.Series
	metrics *metric.Metrics
	routes  map[string]*metric.Route
	disk    float64 // below 0: nobody knows
}

func newClinic() *clinic {
	c := &clinic{metrics: metric.New("test"), routes: map[string]*metric.Route{}, disk: -1}
	c.metrics.Read(func(emit metric.Emit) {
		if c.disk >= 0 {
			emit("disk_free_ratio", c.disk)
		}
	})
	c.Series = series.New(c.metrics, nil, slog.New(slog.DiscardHandler))
	return c
}

// ask has an operation answer n times.
func (c *clinic) ask(t *testing.T, operation string, status, n int, took time.Duration) {
	t.Helper()
	if c.routes[operation] == nil {
		c.routes[operation] = c.metrics.Route(operation)
	}
	for range n {
		c.routes[operation].Done(t.Context(), status, took)
	}
}

// pass lets so many steps of ten seconds go by.
func (c *clinic) pass(steps int) {
	for range steps {
		time.Sleep(10 * time.Second) // of the bubble
		c.Sample(time.Now())
	}
}

const (
	requests = "http_requests_total"
	took     = "http_request_duration_seconds"
)

func is(got, want float64) bool { return math.Abs(got-want) < 1e-6 }

func TestWindowsCountWhatHappenedInThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClinic()
		if _, ok := c.Increase(requests, nil, time.Minute); ok {
			t.Error("before the first look something was measured")
		}
		c.ask(t, "contact.list", 200, 90, 20*time.Millisecond)
		c.ask(t, "contact.list", 503, 6, 700*time.Millisecond)
		c.ask(t, "note.create", 500, 4, 90*time.Millisecond)
		c.pass(1)
		for _, q := range []struct {
			match map[string]string
			want  float64
		}{{nil, 100}, {map[string]string{"status": "5*"}, 10}, {map[string]string{"status": "503"}, 6}, {map[string]string{"status": "5*", "operation": "note.create"}, 4},
			{map[string]string{"operation": "nobody"}, 0}, {map[string]string{"nothing": "x"}, 0}} {
			if got, ok := c.Increase(requests, q.match, time.Minute); !ok || !is(got, q.want) {
				t.Errorf("Increase(%v) = %v, %v, want %v", q.match, got, ok, q.want)
			}
		}
		share, n, ok := c.Share(took, nil, .08, time.Minute)
		if !ok || !is(share, .9) || n != 100 {
			t.Errorf("within 80 ms: %v of %v, %v; want 0.9 of 100", share, n, ok)
		}
		if p, ok := c.Quantile(took, nil, .95, time.Minute); !ok || p < .5 || p > 1 {
			t.Errorf("p95 = %v, %v; want one between 0.5 and 1 s", p, ok)
		}
		if p, ok := c.Quantile(took, map[string]string{"operation": "note.create"}, .5, time.Minute); !ok || p < .08 || p > .1 {
			t.Errorf("p50 of notes = %v, %v; want one between 80 and 100 ms", p, ok)
		}
		c.pass(30)
		if got, ok := c.Increase(requests, nil, time.Minute); !ok || got != 0 {
			t.Errorf("five minutes later %v in the last minute, %v; want 0, measured", got, ok)
		}
		if got, _ := c.Increase(requests, nil, 6*time.Hour); got != 100 {
			t.Errorf("in six hours %v, want 100, those of the five minutes under way among them", got)
		}
		if _, ok := c.Quantile(took, nil, .95, time.Minute); ok {
			t.Error("a percentile of nothing")
		}
	})
}

func TestAGaugeIsItsLargestValueAndGoneWhenNobodyKnowsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClinic()
		c.disk = .25
		c.pass(1)
		c.disk = 0
		c.pass(1)
		if v, ok := c.Gauge("disk_free_ratio", nil, 30*time.Second); !ok || v != .25 {
			t.Errorf("Gauge = %v, %v, want 0.25", v, ok)
		}
		if v, ok := c.Gauge("disk_free_ratio", nil, 5*time.Second); !ok || v != 0 {
			t.Errorf("Gauge = %v, %v, want 0, measured", v, ok)
		}
		c.disk = -1
		c.pass(4)
		if v, ok := c.Gauge("disk_free_ratio", nil, 30*time.Second); ok {
			t.Errorf("Gauge = %v of something that nobody knows", v)
		}
	})
}

func TestAMonthIsKeptAndNotMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClinic()
		for range 32 * 24 {
			c.ask(t, "contact.list", 200, 1, time.Millisecond)
			time.Sleep(time.Hour)
			c.Sample(time.Now())
		}
		if got, _ := c.Increase(requests, nil, 40*24*time.Hour); math.Abs(got-30*24) > 1 {
			t.Errorf("in forty days %v, want those of thirty: %d", got, 30*24)
		}
		if got, _ := c.Increase(requests, nil, 3*24*time.Hour); math.Abs(got-3*24) > 1 {
			t.Errorf("in three days %v, want %d", got, 3*24)
		}
	})
}

func TestAClockThatJumpsLosesNothingOfNow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClinic()
		now := time.Now()
		for _, at := range []time.Time{now.AddDate(30, 0, 0), now.AddDate(-60, 0, 0), time.Unix(-5, 0), now} {
			c.ask(t, "contact.list", 200, 1, time.Millisecond)
			c.Sample(at)
		}
		c.ask(t, "contact.list", 200, 2, time.Millisecond)
		c.Sample(now)
		if got, ok := c.Increase(requests, nil, time.Minute); !ok || got != 3 {
			t.Errorf("after jumps %v, %v in the last minute, want the 3 of now", got, ok)
		}
	})
}

func TestAChartHasALineForEachValueOfALabel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClinic()
		c.pass(1)
		start := time.Now()
		for range 12 {
			c.ask(t, "contact.list", 200, 30, 20*time.Millisecond)
			c.ask(t, "note.create", 201, 10, 300*time.Millisecond)
			c.pass(1)
		}
		chart := c.Ask(series.Question{Name: requests, By: "operation", Fn: series.Rate, From: start.Add(-10 * time.Minute), To: time.Now(), Points: 1000})
		if len(chart.Lines) != 2 || chart.Lines[0].Label != "contact.list" || chart.Lines[1].Label != "note.create" || chart.Step != 10*time.Second {
			t.Fatalf("%v lines %+v, want contact.list before note.create, in steps of 10 s", len(chart.Lines), chart)
		}
		values := chart.Lines[0].Values
		if values[0] != nil {
			t.Errorf("before the first look %v, want null", *values[0])
		}
		if last := values[len(values)-1]; last == nil || *last != 3 {
			t.Errorf("the last step has %v, want 3 a second", last)
		}
		p95 := c.Ask(series.Question{Name: took, By: "operation", Fn: series.P95, From: start, To: time.Now(), Points: 1})
		if v := p95.Lines[1].Values[0]; len(p95.Lines) != 2 || v == nil || *v < .25 || *v > .5 {
			t.Errorf("p95 of the second is %v, want one between 0.25 and 0.5 s", v)
		}
	})
}
