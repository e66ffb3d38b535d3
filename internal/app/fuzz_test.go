package app_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"

	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/platform/pg/pgtest"
)

// leaks are words of the inside, which no answer may hold.
var leaks = regexp.MustCompile(`SQLSTATE|pgx|pgconn|goroutine |\.go:\d|/internal/|rapport/|runtime error|\bERROR: |strconv\.|json: |reflect\.|interface \{|map\[|nil pointer|invalid memory|\bpq:|unmarshal|relation "`)

// Whatever is asked of whichever operation, by whomever, an answer that is not a
// success is a problem, and says nothing of the inside.
func TestNoAnswerIsAnythingButAProblem(t *testing.T) {
	t.Parallel()
	w := newWorldAt(t, pgtest.URL(t), true, "RAPPORT_LIMITS_SHADOW", "all")
	n := w.newTenant(t, "ann")
	n.populate(t)
	rnd := rand.New(rand.NewPCG(7, 11))
	statuses := map[int]int{}
	for _, o := range w.app.Ops() {
		if o.Name == "profile.take" || o.Media == "text/event-stream" || strings.HasPrefix(o.Name, "auth.") || o.Effect == op.Destroy && !strings.Contains(o.Path, "{workspace}") {
			continue // they take seconds, have no end, or take the credential away
		}
		if n.call(t, "GET", "/v1/me", nil).status != http.StatusOK { // a call before has ended the session
			n = w.newTenant(t, "after-"+strings.NewReplacer(".", "-", "_", "-").Replace(o.Name))
			n.populate(t)
		}
		for range 6 {
			r := spoil(rnd, n.example(t, o, n))
			res := w.do(t, r)
			statuses[res.status]++
			if res.status < 300 || res.status == http.StatusNotModified {
				continue
			}
			if res.status < 400 && (o.Name == "oauth.callback" || !strings.HasPrefix(path.Clean(r.path), "/v1/")) {
				continue // back to the page of the mailboxes; or nothing of the API's
			}
			var d httpapi.Document
			err := json.Unmarshal(res.body, &d)
			if r.method == http.MethodHead {
				err, d.Status, d.Code = nil, res.status, "-"
			}
			if err != nil || res.header.Get("Content-Type") != "application/problem+json" || d.Status != res.status || d.Code == "" {
				t.Errorf("%s: %s %.200s: %d %s %.300s, want a problem", o.Name, r.method, r.path, res.status, res.header.Get("Content-Type"), res.body)
			}
			if found := leaks.Find(res.body); found != nil || res.status == 500 {
				t.Errorf("%s: %s %.200s: %d says %q: %.900s", o.Name, r.method, r.path, res.status, found, res.body)
			}
		}
	}
	t.Logf("answers by status: %v", statuses)
}

var oddities = []string{"", "0", "-1", "null", "true", "99999999999999999999", "1e400", "'; DROP TABLE contacts; --", "%", "../..", "<script>", "\"", "\\u0000", "é", "日本", strings.Repeat("a", 5000), "[]", "{}", `{"a":{"b":[1]}}`, "2026-13-45T99:99:99Z", "0198f3a0-1111-7000-8000-123456789abc"}

// spoil changes one to three things of a call that works.
func spoil(rnd *rand.Rand, r request) request {
	odd := func() string { return oddities[rnd.IntN(len(oddities))] }
	for range 1 + rnd.IntN(3) {
		switch rnd.IntN(8) {
		case 0:
			r.method = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PROPFIND"}[rnd.IntN(8)]
		case 1:
			bare, query, _ := strings.Cut(r.path, "?")
			parts := strings.Split(bare, "/")
			parts[1+rnd.IntN(len(parts)-1)] = url.PathEscape(odd())
			r.path = strings.Join(parts, "/") + "?" + query
		case 2:
			name := []string{"limit", "sort", "filter", "cursor", "q", "state", "unheard_of", "include", "from"}[rnd.IntN(9)]
			joint := "?"
			if strings.Contains(r.path, "?") {
				joint = "&"
			}
			r.path += joint + name + "=" + url.QueryEscape(odd())
		case 3:
			name := []string{"If-Match", "If-None-Match", "Idempotency-Key", "Accept", "Content-Type", "Traceparent", "X-Request-Id", "Last-Event-Id", "Range", "Origin"}[rnd.IntN(10)]
			r = r.with(name, strings.Map(visible, odd()))
		case 4:
			r.body = strings.NewReader(odd())
			r = r.with("Content-Type", "application/json")
		case 5, 6:
			r.body = bent(rnd, r.body, odd)
		case 7:
			switch rnd.IntN(3) {
			case 0:
				r = r.without("Cookie")
			case 1:
				r = r.without("X-CSRF-Token")
			default:
				r = r.without("Cookie").with("Authorization", "Bearer "+strings.Map(visible, odd()))
			}
		}
	}
	return r
}

// visible keeps what a header can hold.
func visible(c rune) rune {
	if c < ' ' || c > '~' {
		return -1
	}
	return c
}

// bent is a body of which one field is another value, or that has one more.
func bent(rnd *rand.Rand, body any, odd func() string) any {
	m, ok := body.(map[string]any)
	if !ok {
		return body
	}
	out := map[string]any{}
	at, i := rnd.IntN(len(m)+1), 0
	for k, v := range m { // any of them will do
		out[k] = v
		if i++; i == at {
			out[k] = []any{odd(), nil, 7, -1.5, []any{odd()}, map[string]any{odd(): odd()}}[rnd.IntN(6)]
		}
	}
	if at == 0 {
		out[odd()] = odd()
	}
	return out
}
