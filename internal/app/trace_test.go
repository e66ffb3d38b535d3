package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/trace/otlp/otlptest"
)

const caller = "4bf92f3577b34da6a3ce929d0e0e4736"

// tree is what a collector got, by trace and by span.
type tree struct {
	spans  []otlptest.Span
	byID   map[string]otlptest.Span
	within map[string][]otlptest.Span // the span above
}

func grown(c *otlptest.Collector) tree {
	t := tree{spans: c.Spans(), byID: map[string]otlptest.Span{}, within: map[string][]otlptest.Span{}}
	for _, s := range t.spans {
		t.byID[s.ID] = s
		t.within[s.Parent] = append(t.within[s.Parent], s)
	}
	return t
}

// cause is how a trace came about: the names of the first spans of the traces
// that led to it, the latest first.
func (t tree) cause(trace string) (names []string, first string) {
	for range 20 {
		at := slices.IndexFunc(t.spans, func(s otlptest.Span) bool { return s.Trace == trace && t.byID[s.Parent].ID == "" })
		if at < 0 {
			return names, trace
		}
		names = append(names, t.spans[at].Name)
		if len(t.spans[at].Links) == 0 {
			return names, trace
		}
		trace = t.spans[at].Links[0]
	}
	return names, trace
}

// triaged is a call of models in which one engine failed and another answered.
func (t tree) triaged() (call otlptest.Span, ok bool) {
	for _, s := range t.spans {
		failed, answered := false, false
		for _, a := range t.within[s.ID] {
			failed = failed || a.Name == "chat" && a.Error != ""
			answered = answered || a.Name == "chat" && a.Error == ""
		}
		if s.Name == "ai" && failed && answered {
			return s, true
		}
	}
	return otlptest.Span{}, false
}

// One import, what comes of it, and a model that does not answer: a collector
// sees all of it, and nothing of anybody.
func TestACollectorSeesAnImportThroughToTheSecondModel(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(testing.TB) *otlptest.Collector{"http/protobuf": otlptest.HTTP, "grpc": otlptest.GRPC} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := begin(t)
			w := newWorldAt(t, pgtest.URL(t), true, "RAPPORT_AI", "sim", "RAPPORT_TRACE_RATIO", "1", "OTEL_EXPORTER_OTLP_ENDPOINT", c.URL, "OTEL_EXPORTER_OTLP_PROTOCOL", name)
			ctx, stop := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- w.app.Export(ctx) }()
			n := w.newTenant(t, "ann")
			// A key that no engine takes: the first of the chain fails.
			n.call(t, "POST", "{w}/ai/keys", map[string]any{"provider": "gemini", "secret": "AIzaSyNoSuchKey0123456789abcdefghijklmn"}).want(t, 201)
			res := n.call(t, "POST", "{w}/imports?filename=one.eml", strings.NewReader(oneMail), "Traceparent", "00-"+caller+"-00f067aa0ba902b7-01").want(t, 202)
			if got := res.header.Get("X-Trace-Id"); got != caller {
				t.Errorf("X-Trace-Id = %q, want the caller's", got)
			}
			var call otlptest.Span
			var all tree
			eventually(t, "a model fails and the next answers, in the same call", func() (ok bool) {
				all = grown(c)
				call, ok = all.triaged()
				return ok
			})
			names, first := all.cause(call.Trace)
			if first != caller || len(names) < 3 || names[len(names)-1] != "POST /v1/workspaces/{workspace}/imports" {
				t.Errorf("the call came about by %q from %s, want jobs that lead back to the upload", names, first)
			}
			all.whole(t)
			n.unnamed(t, c.Sent())
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// whole checks that what came is a forest: each span within one of its trace.
func (t tree) whole(test *testing.T) {
	test.Helper()
	count := map[string]int{}
	for _, s := range t.spans {
		count[s.Name]++
		above, known := t.byID[s.Parent]
		if s.Parent != "" && s.Parent != "00f067aa0ba902b7" && (!known || above.Trace != s.Trace) {
			test.Errorf("%s of trace %s is within %s, which is not there", s.Name, s.Trace, s.Parent)
		}
		if s.Name == "chat" && (s.Attrs["gen_ai.provider.name"] == nil || s.Attrs["gen_ai.request.model"] == nil || s.Attrs["rapport.ai.attempt"] == nil || s.Attrs["rapport.ai.cost_nano"] == nil) {
			test.Errorf("an attempt is known by %v, want provider, model, number and cost", s.Attrs)
		}
		if strings.HasPrefix(s.Name, "db ") && s.Error == "" && s.Attrs["db.statements"] == nil && s.Attrs["db.batch"] != int64(0) {
			test.Errorf("a round trip to the database is known by %v, want its statements", s.Attrs)
		}
	}
	for _, name := range []string{"POST /v1/workspaces/{workspace}/imports", "import.create", "db read", "db write", "ai", "chat"} {
		if count[name] == 0 {
			test.Errorf("there is no span %s among %v", name, count)
		}
	}
}

// unnamed checks that nothing of the tenant or of the mail is in a text.
func (n *tenant) unnamed(t *testing.T, text string) {
	t.Helper()
	for _, word := range []string{n.workspace, n.org, n.user, n.email, n.session, "@", "ben.ode", "fjord", "lumen", "Prices", "40 seats", "one.eml", "seats.csv", "AIzaSy"} {
		if at := strings.Index(text, word); at >= 0 {
			t.Errorf("what was sent holds %q: …%q…", word, text[max(0, at-60):min(len(text), at+60)])
		}
	}
}

func TestAProblemNamesItsTraceAndOperatorsSeeIt(t *testing.T) {
	t.Parallel()
	w := newWorldAt(t, pgtest.URL(t), false, "RAPPORT_TRACE_RATIO", "0", "RAPPORT_TRACE_SLOW", "1h")
	n := w.newTenant(t, "ann")
	for _, header := range []string{"", "garbage", strings.Repeat("0", 10<<10), "00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01"} {
		res := n.call(t, "GET", "{w}/contacts/0190a000-0000-7000-8000-000000000001", nil, "Traceparent", header).want(t, 404)
		var p struct {
			Trace string `json:"trace_id"`
		}
		res.decode(t, &p)
		if len(p.Trace) != 32 || p.Trace == strings.Repeat("0", 32) || res.header.Get("X-Trace-Id") != p.Trace {
			t.Errorf("after %.20q the problem names the trace %q and the header %q, want a new one", header, p.Trace, res.header.Get("X-Trace-Id"))
		}
		if res := n.call(t, "GET", "/v1/ops/traces/"+p.Trace, nil); res.status != 404 {
			t.Errorf("a caller's fault is kept: %d %s", res.status, res.body)
		}
	}
	n.call(t, "GET", "{w}/contacts?limit=1", nil, "Traceparent", "00-"+caller+"-00f067aa0ba902b7-01").want(t, 200)
	var got struct {
		Why, Operation, Name string
		Hash                 string `json:"workspace_hash"`
		Spans                []struct {
			ID, Name   string
			Parent     string `json:"parent_id"`
			Attributes map[string]string
		}
	}
	res := n.call(t, "GET", "/v1/ops/traces/"+strings.ToUpper(caller), nil).want(t, 200)
	res.decode(t, &got)
	var names []string
	for _, s := range got.Spans {
		names = append(names, s.Name)
	}
	want := "sampled contact.list GET /v1/workspaces/{workspace}/contacts"
	if about := fmt.Sprint(got.Why, " ", got.Operation, " ", got.Name); about != want || len(got.Hash) != 12 || !slices.Contains(names, "contact.list") || !slices.Contains(names, "cache miss") || !slices.Contains(names, "db read") {
		t.Errorf("the trace is %s with %q, want %s with its parts", about, names, want)
	}
	n.unnamed(t, string(res.body))
	var list struct{ Data []json.RawMessage }
	for query, want := range map[string]int{"": 1, "?operation=contact.list&min_ms=0.001": 1, "?operation=tag.list": 0, "?min_ms=600000": 0, "?failed=true": 0, "?failed=false": 1} {
		n.call(t, "GET", "/v1/ops/traces"+query, nil).want(t, 200).decode(t, &list)
		if len(list.Data) != want {
			t.Errorf("traces%s: %d, want %d", query, len(list.Data), want)
		}
	}
}
