package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"rapport/internal/ai/guard"
	"rapport/internal/ai/policy"
)

func TestAPersonIsAnsweredByRulesWhereNoModelIs(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	var got struct{ Text, Engine string }
	body := map[string]any{"task": "summarize", "instruction": "Sum it up.", "material": "Hello Ana, could you send me your prices for 40 seats by Friday? Ben"}
	n.call(t, "POST", "{w}/ai/complete", body).want(t, 200).decode(t, &got)
	if got.Engine != "rules" || !strings.Contains(got.Text, "prices for 40 seats") {
		t.Errorf("the answer is %+v, want the telling sentence from rules", got)
	}
	for name, c := range map[string]struct {
		body map[string]any
		code string
	}{
		"a question without a model": {map[string]any{"instruction": "Hi"}, "ai_not_configured"},
		"nothing":                    {map[string]any{"instruction": " "}, "validation_failed"},
		"a schema of no object":      {map[string]any{"instruction": "Hi", "schema": map[string]any{"type": "string"}}, "validation_failed"},
		"a schema elsewhere":         {map[string]any{"instruction": "Hi", "schema": map[string]any{"type": "object", "$ref": "http://127.0.0.1/x"}}, "validation_failed"},
		"a schema that is none":      {map[string]any{"instruction": "Hi", "schema": map[string]any{"type": "object", "pattern": "("}}, "validation_failed"},
	} {
		if res := n.call(t, "POST", "{w}/ai/complete", c.body); res.code() != c.code {
			t.Errorf("%s: %d %s, want %s", name, res.status, res.body, c.code)
		}
	}
}

func TestAnAnswerIsReadAlong(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	read := func(body string) string {
		req, err := http.NewRequestWithContext(t.Context(), "POST", n.w.server.URL+"/v1/workspaces/"+n.slug+"/ai/stream", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Content-Type": {"application/json"}, "Cookie": {"rapport_session=" + n.session}, "X-Csrf-Token": {n.csrf}}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		all, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(all)
	}
	got := read(`{"task":"summarize","instruction":"Sum it up.","material":"Could you send me your prices by Friday?"}`)
	if !strings.HasPrefix(got, "event: piece\ndata: {\"text\":\"Could you") || !strings.Contains(got, "event: done\n") {
		t.Errorf("the stream is %q, want a piece and the end", got)
	}
	if got := read(`{"instruction":"Hi"}`); !strings.HasPrefix(got, "event: error\n") || !strings.Contains(got, `"ai_not_configured"`) {
		t.Errorf("the stream is %q, want an error", got)
	}
}

func TestAKeyForAProviderIsNeverShown(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	const key = "sk-or-v1-0123456789abcdef"
	res := n.call(t, "POST", "{w}/ai/keys", map[string]any{"provider": "openrouter", "secret": key}).want(t, 201)
	all := string(res.body) + string(n.call(t, "GET", "{w}/ai/keys", nil).want(t, 200).body) + string(n.call(t, "GET", "{w}/changes?entity=ai_key", nil).body)
	if strings.Contains(all, key) {
		t.Errorf("the key is shown: %s", all)
	}
	var engines struct {
		Data []struct {
			Name       string
			Configured bool
		}
	}
	n.call(t, "GET", "{w}/ai/providers", nil).want(t, 200).decode(t, &engines)
	for _, e := range engines.Data {
		if want := e.Name == "openrouter" || e.Name == "rules"; e.Configured != want {
			t.Errorf("%s is configured: %v, want %v", e.Name, e.Configured, want)
		}
	}
	for name, bad := range map[string]map[string]any{
		"a line break":      {"provider": "openrouter", "secret": key + "\n"},
		"a space inside":    {"provider": "openrouter", "secret": "sk-or-v1-0123 456789abcdef"},
		"another's":         {"provider": "anthropic", "secret": key},
		"nothing":           {"provider": "gemini", "secret": ""},
		"a short one":       {"provider": "gemini", "secret": "abc"},
		"no address":        {"provider": "compatible"},
		"an odd address":    {"provider": "compatible", "base_url": "file:///etc/passwd"},
		"a password in it":  {"provider": "compatible", "base_url": "https://a:b@models.example/v1"},
		"an unknown vendor": {"provider": "acme", "secret": key},
	} {
		if res := n.call(t, "POST", "{w}/ai/keys", bad); res.status != 422 || strings.Contains(string(res.body), "0123") {
			t.Errorf("%s: %d %s, want 422 without the key", name, res.status, res.body)
		}
	}
	mia := n.member(t, "member")
	if res := mia.call(t, "GET", "{w}/ai/keys", nil); res.status != 403 {
		t.Errorf("a member lists keys: %d, want 403", res.status)
	}
}

func TestAPolicyIsSetAndTakenBack(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	var got struct {
		Source  string
		Version int64
		Policy  policy.Policy
	}
	n.call(t, "GET", "{w}/ai/policy", nil).want(t, 200).decode(t, &got)
	if got.Source != "default" || got.Version != 0 {
		t.Fatalf("the policy is from %s, version %d; want the default", got.Source, got.Version)
	}
	got.Policy.Chains["fast"][0].Model = "no-such-model"
	res := n.call(t, "PUT", "{w}/ai/policy", got.Policy, "If-Match", `"0"`)
	if res.status != 422 || !strings.Contains(string(res.body), `"/chains/fast/0/model"`) {
		t.Errorf("an unknown model: %d %s, want 422 at its place", res.status, res.body)
	}
	got.Policy.Chains["fast"] = got.Policy.Chains["fast"][1:]
	got.Policy.Redact = guard.Redaction{Phones: true, Names: []string{"Lumen", "x"}}
	if res := n.call(t, "PUT", "{w}/ai/policy", got.Policy, "If-Match", `"0"`); res.status != 422 || !strings.Contains(string(res.body), `"/redact/names/1"`) {
		t.Errorf("a name of one letter: %d %s, want 422 at its place", res.status, res.body)
	}
	got.Policy.Redact.Names = []string{"Lumen"}
	for i, want := range []int{200, 412} { // the second is based on what is no more
		if res := n.call(t, "PUT", "{w}/ai/policy", got.Policy, "If-Match", `"0"`); res.status != want {
			t.Errorf("change %d: %d %s, want %d", i, res.status, res.body, want)
		}
	}
	n.call(t, "GET", "{w}/ai/policy", nil).want(t, 200).decode(t, &got)
	if got.Source != "workspace" || got.Version != 1 || len(got.Policy.Chains["fast"]) != 3 || !got.Policy.Redact.Phones || len(got.Policy.Redact.Names) != 1 {
		t.Errorf("the policy is %+v, want the workspace's own", got)
	}
	n.call(t, "POST", "{w}/ai/policy/reset", nil).want(t, 200).decode(t, &got)
	if got.Source != "default" || got.Version != 0 {
		t.Errorf("after the reset it is from %s, version %d", got.Source, got.Version)
	}
}

func TestABudgetIsSetByOwners(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.asksModels(t)
	var got struct {
		Version  int64
		Enforced bool
		Day      struct {
			Limit *int64 `json:"limit_nano"`
			State string
		}
		Limits       []json.RawMessage
		Organization *struct {
			Daily *int64 `json:"daily_nano"`
		}
	}
	n.call(t, "GET", "{w}/ai/budget", nil).want(t, 200).decode(t, &got)
	if got.Version != 0 || got.Day.Limit == nil || *got.Day.Limit != 50_000_000_000 {
		t.Fatalf("the budget is %+v, want the installation's", got)
	}
	limits := []map[string]any{{"scope": "agent", "subject": "email.triage", "daily_nano": 1_000_000_000, "monthly_nano": nil, "enforced": true},
		{"scope": "user", "subject": n.user, "daily_nano": nil, "monthly_nano": 0, "enforced": false}}
	body := map[string]any{"daily_nano": 0, "monthly_nano": nil, "warn_percent": 70, "limits": limits}
	n.call(t, "PUT", "{w}/ai/budget", body, "If-Match", `"0"`).want(t, 200)
	if res := n.call(t, "PUT", "{w}/ai/budget", body, "If-Match", `"0"`); res.status != 412 {
		t.Errorf("a stale change: %d %s, want 412", res.status, res.body)
	}
	n.call(t, "PUT", "{w}/ai/budget/organization", map[string]any{"daily_nano": 7, "monthly_nano": 9}).want(t, 200).decode(t, &got)
	if got.Day.State != "hard" || len(got.Limits) != 2 || got.Organization == nil || *got.Organization.Daily != 7 {
		t.Errorf("the budget is %+v, want a day of nothing, two limits and the organization's", got)
	}
	for i, bad := range []map[string]any{
		{"daily_nano": 2, "monthly_nano": 1},
		{"daily_nano": -1, "monthly_nano": 1},
		{"daily_nano": 1, "monthly_nano": 1, "limits": append(limits, limits[0])},
		{"daily_nano": 1, "monthly_nano": 1, "limits": []map[string]any{{"scope": "user", "subject": "01890000-0000-7000-8000-000000000000", "daily_nano": 1, "monthly_nano": 1, "enforced": true}}},
	} {
		if res := n.call(t, "PUT", "{w}/ai/budget", bad, "If-Match", `"1"`); res.status != 422 {
			t.Errorf("bad budget %d: %d %s, want 422", i, res.status, res.body)
		}
	}
	if res := n.by(t, n.key(t, "*"), "PUT", "{w}/ai/budget/organization", map[string]any{"daily_nano": nil, "monthly_nano": nil}); res.status != 403 {
		t.Errorf("an API key sets the organization's: %d, want 403", res.status)
	}
	boss := n.member(t, "admin")
	if res := boss.call(t, "PUT", "{w}/ai/budget", body, "If-Match", `"1"`); res.status != 403 {
		t.Errorf("an admin sets the budget: %d, want 403", res.status)
	}
}

func TestCostsAndCallsAreCounted(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.asksModels(t)
	var costs struct {
		Answered int64
		Forecast struct{ Coverage string }
		Shares   []struct {
			Provider string
			ByCalls  float64 `json:"by_calls"`
			Target   *float64
			Drifts   bool
		}
	}
	n.call(t, "GET", "{w}/ai/costs", nil).want(t, 200).decode(t, &costs)
	if len(costs.Shares) != 3 || costs.Shares[1].Provider != "openrouter" || costs.Shares[1].ByCalls != 100 || *costs.Shares[1].Target != 70 || costs.Shares[1].Drifts || costs.Forecast.Coverage != "none" {
		t.Errorf("the costs are %+v, want openrouter's one answer, of which nothing follows yet", costs)
	}
	for path, want := range map[string]int{"provider=openrouter": 1, "provider=gemini": 0, "outcome=failed": 0, "task=person.ask": 1, "agent=x": 0} {
		var page struct{ Data []struct{ Model string } }
		n.call(t, "GET", "{w}/ai/calls?"+path, nil).want(t, 200).decode(t, &page)
		if len(page.Data) != want {
			t.Errorf("calls with %s: %d, want %d", path, len(page.Data), want)
		}
	}
	var trail struct{ Trail []struct{ Engine string } }
	n.call(t, "GET", "{w}/ai/calls/"+n.ids["ai_call"], nil).want(t, 200).decode(t, &trail)
	if len(trail.Trail) != 1 || trail.Trail[0].Engine != "openrouter" {
		t.Errorf("the trail is %+v, want the one attempt", trail)
	}
	for _, by := range []string{"day", "provider", "model", "agent", "user", "task", "day,provider,model,agent,user,task"} {
		var used struct {
			Data []struct {
				Cost int64 `json:"cost_nano"`
			}
		}
		n.call(t, "GET", "{w}/ai/usage?by="+by, nil).want(t, 200).decode(t, &used)
		if len(used.Data) != 1 || used.Data[0].Cost != 3_000_000 {
			t.Errorf("usage by %s is %+v, want one group", by, used.Data)
		}
	}
	for _, bad := range []string{"by=shoe", "by=day,provider,day", "from=2026-02-30", "from=2026-02-02&to=2026-02-01", "from=2020-01-01"} {
		if res := n.call(t, "GET", "{w}/ai/usage?"+bad, nil); res.status < 400 || res.status > 422 {
			t.Errorf("usage with %s: %d %s, want it refused", bad, res.status, res.body)
		}
	}
	var models struct {
		Data []struct{ Prices []struct{ Holds bool } }
	}
	n.call(t, "GET", "/v1/ai/models", nil).want(t, 200).decode(t, &models)
	if len(models.Data) < 10 {
		t.Errorf("%d models are listed, want the catalog", len(models.Data))
	}
}
