package metric_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rapport/internal/platform/metric"
)

// scrape is what Prometheus is answered with.
func scrape(t *testing.T, m *metric.Metrics) string {
	t.Helper()
	r := httptest.NewRequest("GET", "/metrics", nil)
	r.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, r)
	b, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("scrape = %d, %v: %s", w.Code, err, b)
	}
	return string(b)
}

func TestValuesThatNobodyNamedAreOther(t *testing.T) {
	t.Parallel()
	m := metric.New("test")
	m.Allow("api_errors_total", "code", "not_found")
	for i := range 1000 {
		m.Problem(fmt.Sprintf("made-up-%d", i))
		m.Mailed(fmt.Sprint(i))
		m.Asked(metric.Attempt{Provider: fmt.Sprint(i), Task: fmt.Sprint(i), Outcome: fmt.Sprint(i), Took: time.Second, Input: 1, Dollars: 1})
	}
	m.Problem("not_found")
	route := m.Route("contact.list")
	for status := range 1000 {
		route.Done(t.Context(), status, time.Millisecond)
	}
	text := scrape(t, m)
	for _, want := range []string{`api_errors_total{code="not_found"} 1.0`, `api_errors_total{code="other"} 1000.0`, `emails_sent_total{outcome="other"} 1000.0`,
		`ai_tokens_used_total{direction="other",provider="other"} 1000.0`, `http_requests_total{operation="contact.list",status="other"}`, `rapport_build_info{version="test"} 1.0`} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s", want)
		}
	}
	if n := strings.Count(text, "\n"); n > 500 {
		t.Errorf("%d lines after a thousand made-up values of each label; want a few hundred", n)
	}
}

func TestARequestIsCountedWithoutAllocating(t *testing.T) {
	m := metric.New("test")
	m.Trace = func(context.Context) string { return "" }
	r, ctx := m.Route("contact.list"), t.Context()
	r.Done(ctx, 200, time.Millisecond)
	if n := testing.AllocsPerRun(1000, func() { r.Done(ctx, 200, time.Millisecond) }); n > 0 {
		t.Errorf("%v allocations a request, want none", n)
	}
	q := m.Pool("api")
	if n := testing.AllocsPerRun(1000, func() { q.Took(time.Millisecond) }); n > 0 {
		t.Errorf("%v allocations a query, want none", n)
	}
}

func BenchmarkRequest(b *testing.B) {
	m := metric.New("test")
	m.Trace = func(context.Context) string { return "0af7651916cd43dd8448eb211c80319c" }
	r, ctx := m.Route("contact.list"), b.Context()
	b.ReportAllocs()
	for b.Loop() {
		r.Done(ctx, 200, 3*time.Millisecond)
	}
}

func TestSlowAndFailedRequestsNameTheirTrace(t *testing.T) {
	t.Parallel()
	m := metric.New("test")
	trace := ""
	m.Trace = func(context.Context) string { return trace }
	r := m.Route("contact.list")
	r.Done(t.Context(), 200, time.Millisecond) // the first of 64
	for id, f := range map[string]func(){
		"11111111111111111111111111111111": func() { r.Done(t.Context(), 200, 300*time.Millisecond) },
		"22222222222222222222222222222222": func() { r.Done(t.Context(), 500, time.Millisecond) },
	} {
		trace = id
		f()
	}
	text := scrape(t, m)
	for _, id := range []string{"11111111111111111111111111111111", "22222222222222222222222222222222"} {
		if !strings.Contains(text, `# {trace_id="`+id+`"}`) {
			t.Errorf("there is no exemplar of %s", id)
		}
	}
}

func TestWithoutMetricsNothingIsCounted(t *testing.T) {
	t.Parallel()
	var m *metric.Metrics
	m.Allow("x", "y", "z")
	m.Read(nil)
	m.Problem("not_found")
	m.Asked(metric.Attempt{})
	m.Route("x").Done(t.Context(), 200, time.Second)
	m.Route("x").Streamed(200)
	m.Pool("api").Took(time.Second)
	m.Job("x").Ended(metric.Done, time.Second)
}

func TestWhatIsNotDefinedIsLeftOut(t *testing.T) {
	t.Parallel()
	m := metric.New("test")
	m.Read(func(emit metric.Emit) {
		emit("queue_jobs", 3, "available")
		emit("queue_jobs", 3)
		emit("unheard_of", 1)
	})
	text := scrape(t, m)
	if !strings.Contains(text, `queue_jobs{state="available"} 3.0`) || strings.Contains(text, "unheard_of") {
		t.Errorf("want queue_jobs and nothing unheard of in %s", text)
	}
}
