package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"rapport/internal/platform/metric"
	"rapport/internal/platform/pg/pgtest"
)

// counted is the sum of what matches of a metric, each label as name=value.
func (w *world) counted(t *testing.T, name string, labels ...string) (sum float64, known bool) {
	t.Helper()
	err := w.app.Metrics().Each(func(p metric.Point) {
		for _, want := range labels {
			found := false
			for _, l := range p.Labels {
				found = found || l.Name+"="+l.Value == want
			}
			if !found {
				return
			}
		}
		if p.Name == name {
			known = true
			if sum += p.Value; p.Kind == metric.Histogram {
				sum += float64(p.Counts[len(p.Counts)-1]) - p.Value
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum, known
}

func TestNothingIsDoneThatIsNotCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.newTenant(t, "counted") // 1 request
	n.call(t, "POST", "{w}/contacts", map[string]any{"name": "Ines Prado"}).want(t, 201)
	n.call(t, "POST", "{w}/contacts", map[string]any{"name": ""}).want(t, 422)
	n.call(t, "GET", "{w}/contacts", nil).want(t, 200)
	n.call(t, "GET", "{w}/contacts", nil).want(t, 200)
	n.call(t, "GET", "/api/contacts?workspaceId="+n.slug, nil).want(t, 200) // an alias of the same
	n.call(t, "GET", "/v1/"+strings.Repeat("made-up", 20), nil).want(t, 404)
	n.call(t, "GET", "/v1/nothing/here", nil).want(t, 404)
	n.call(t, "DELETE", "/v1/me", nil).want(t, 405)
	n.call(t, "GET", "/openapi.json", nil).want(t, 200)
	w.do(t, request{method: "GET", path: "/v1/me"}).want(t, 401)
	for _, c := range []struct {
		want   float64
		name   string
		labels []string
	}{
		{11, "http_requests_total", nil},
		{11, "http_request_duration_seconds", nil},
		{3, "http_requests_total", []string{"operation=contact.list", "status=200"}},
		{1, "http_requests_total", []string{"operation=contact.create", "status=422"}},
		{3, "http_requests_total", []string{"operation=other"}},
		{1, "http_request_duration_seconds", []string{"operation=/openapi.json", "class=2xx"}},
		{5, "api_errors_total", nil},
		{2, "api_errors_total", []string{"code=no_such_route"}},
		{1, "api_errors_total", []string{"code=validation_failed"}},
		{1, "contacts_created_total", nil},
	} {
		if got, _ := w.counted(t, c.name, c.labels...); got != c.want {
			t.Errorf("%s%v = %v, want %v", c.name, c.labels, got, c.want)
		}
	}
	for _, c := range [][]string{{"db_query_duration_seconds", "pool=api"}, {"db_connections_open", "pool=api"}, {"db_connections_open", "pool=worker"},
		{"cache_misses_total", "kind=contact.list"}, {"disk_free_ratio"}, {"go_goroutines"}, {"rapport_build_info"}} {
		if got, _ := w.counted(t, c[0], c[1:]...); got <= 0 {
			t.Errorf("%v = %v, want more", c, got)
		}
	}
	if _, known := w.counted(t, "overload_refused_total", "class=vital"); !known {
		t.Error("nobody knows who was refused for want of room")
	}
	eventually(t, "jobs are counted", func() bool {
		done, _ := w.counted(t, "jobs_total", "outcome=done")
		took, _ := w.counted(t, "job_duration_seconds")
		return done > 0 && took >= done
	})
	if other, _ := w.counted(t, "jobs_total", "kind=other"); other > 0 {
		t.Errorf("%v jobs are of no kind", other)
	}
}

func TestWhatTheDatabaseKnowsIsCounted(t *testing.T) {
	t.Parallel()
	w := newWorldAt(t, pgtest.URL(t), false)
	n := w.newTenant(t, "census")
	n.call(t, "GET", "/v1/me", nil).want(t, 200)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.app.Count(ctx) }()
	eventually(t, "people and jobs are counted", func() bool {
		people, _ := w.counted(t, "active_users")
		_, jobs := w.counted(t, "queue_jobs", "state=available")
		_, spent := w.counted(t, "ai_spend_ratio")
		return people == 1 && jobs && spent
	})
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestTheOverviewIsOfWhatWasAsked(t *testing.T) {
	t.Parallel()
	w := newWorldAt(t, pgtest.URL(t), false)
	n := w.newTenant(t, "overview") // the first user operates the installation
	for range 20 {
		n.call(t, "GET", "{w}/contacts", nil).want(t, 200)
	}
	w.app.History().Sample(time.Now())
	var o struct {
		Requests float64  `json:"requests_per_s"`
		Errors   *float64 `json:"error_share"`
		P95      *float64 `json:"p95_ms"`
		Busiest  []struct{ Operation string }
		Trend    struct {
			Requests []*float64 `json:"requests_per_s"`
		}
	}
	n.call(t, "GET", "/v1/ops/overview", nil).want(t, 200).decode(t, &o)
	if o.Requests <= 0 || o.Errors == nil || *o.Errors != 0 || o.P95 == nil || len(o.Busiest) == 0 || o.Busiest[0].Operation != "contact.list" || len(o.Trend.Requests) < 50 {
		t.Errorf("the overview is %+v, want contact.list busiest, and no errors", o)
	}
	var c struct {
		Lines []struct {
			Label  string
			Points [][2]*float64
		}
	}
	n.call(t, "GET", "/v1/ops/series?name=http_requests_total&by=status&fn=sum&match=operation:contact.*", nil).want(t, 200).decode(t, &c)
	if len(c.Lines) != 1 || c.Lines[0].Label != "200" {
		t.Fatalf("lines %+v, want one of status 200", c.Lines)
	}
	sum := 0.0
	for _, p := range c.Lines[0].Points {
		if p[1] != nil {
			sum += *p[1]
		}
	}
	if sum != 20 {
		t.Errorf("the chart has %v requests, want 20", sum)
	}
	for path, parameter := range map[string]string{"name=unheard_of": "name", "name=active_users&fn=p95": "fn", "name=http_requests_total&by=workspace": "by",
		"name=http_requests_total&match=workspace:x": "match", "name=http_requests_total&from=20&to=10": "from"} {
		res := n.call(t, "GET", "/v1/ops/series?"+path, nil).want(t, 400)
		if !strings.Contains(string(res.body), `"pointer":"`+parameter+`"`) {
			t.Errorf("%s: %s, want a word about %s", path, res.body, parameter)
		}
	}
}
