package app_test

import (
	"slices"
	"strings"
	"testing"

	"rapport/docs/runbooks"
	"rapport/internal/api/op"
	"rapport/internal/app"
	"rapport/internal/platform/alert"
	"rapport/internal/platform/pg/pgtest"
)

func TestEveryRuleHasARunbook(t *testing.T) {
	t.Parallel()
	w := newWorldAt(t, pgtest.URL(t), false)
	var names []string
	for _, r := range alert.Rules() {
		names = append(names, r.Name+".md")
		res := w.do(t, request{method: "GET", path: r.Runbook()})
		body := string(res.body)
		if res.status != 200 || !strings.Contains(body, "<h1>") || !strings.Contains(body, "What to do</h2>") || !strings.Contains(body, "How to see it</h2>") {
			t.Errorf("GET %s = %d %.200s; want a page with what it means, how to see it and what to do", r.Runbook(), res.status, body)
		}
		if !strings.Contains(body, "<strong>"+string(r.Severity)+".</strong>") {
			t.Errorf("the page of %s does not say that it is %s", r.Name, r.Severity)
		}
		for _, link := range strings.Split(body, `href="/runbooks/`)[1:] {
			rule, _, _ := strings.Cut(link, `"`)
			if !slices.ContainsFunc(alert.Rules(), func(r alert.Rule) bool { return r.Name == rule }) {
				t.Errorf("the page of %s leads to %s, which is no rule", r.Name, rule)
			}
		}
	}
	pages, err := runbooks.Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		if !slices.Contains(names, p.Name()) {
			t.Errorf("%s is the page of no rule", p.Name())
		}
	}
	w.do(t, request{method: "GET", path: "/runbooks/nothing"}).want(t, 404)
}

// What takes as long as somebody else does is not held against us, and so is
// nothing else.
func TestSlownessIsMeasuredWithoutWhatWaitsForOthers(t *testing.T) {
	t.Parallel()
	var waits []string
	for _, o := range app.Contract().Ops() {
		if o.Outside || o.Stream || o.Scope == op.Operator && o.Within > 0 {
			waits = append(waits, o.Name)
		}
	}
	slices.Sort(waits)
	if got := alert.Waits(); !slices.Equal(got, waits) {
		t.Errorf("alert.Waits() = %v, but these wait for somebody else: %v", got, waits)
	}
}
