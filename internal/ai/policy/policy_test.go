package policy_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/policy"
	"rapport/internal/platform/problem"
)

func TestTheDefaultSendsEachClassWhereTheBriefWantsIt(t *testing.T) {
	t.Parallel()
	for class, want := range map[ai.Class]string{ai.Fast: "gemini", ai.Extract: "gemini", ai.Standard: "openrouter", ai.Deep: "anthropic"} {
		got := policy.Default().Candidates("any.task", class)
		if got[0].Provider != want || got[len(got)-1].Provider != "rules" {
			t.Errorf("Candidates(%s) = %+v; want %s first and rules last", class, got, want)
		}
	}
}

// with is the default policy with a change, as JSON.
func with(t *testing.T, change func(map[string]any)) []byte {
	t.Helper()
	b, err := json.Marshal(policy.Default())
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	change(m)
	b, err = json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func chain(of map[string]any, name string, candidates string) {
	var list []any
	if err := json.Unmarshal([]byte(candidates), &list); err != nil {
		panic(err)
	}
	of["chains"].(map[string]any)[name] = list
}

func TestTheFirstRuleThatFitsChoosesTheChain(t *testing.T) {
	t.Parallel()
	text := with(t, func(m map[string]any) {
		chain(m, "house", `[{"provider":"compatible","model":"llama"},{"provider":"rules"}]`)
		m["rules"] = []any{
			map[string]any{"task": "email.*", "class": "deep", "chain": "deep"},
			map[string]any{"task": "email.*", "chain": "house"},
			map[string]any{"task": "email.triage", "chain": "deep"},
		}
	})
	p, err := policy.Parse(text, catalog.Default())
	if err != nil {
		t.Fatal(err)
	}
	for task, want := range map[string]string{"email.triage": "compatible", "contact.score": "gemini"} {
		if got := p.Candidates(task, ai.Fast)[0].Provider; got != want {
			t.Errorf("Candidates(%s)[0] = %s, want %s", task, got, want)
		}
	}
	if got := p.Candidates("email.reply", ai.Deep)[0].Provider; got != "anthropic" {
		t.Errorf("Candidates(email.reply, deep)[0] = %s, want anthropic", got)
	}
}

func TestAPolicyIsRefusedWithEveryFault(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		candidates    string
		pointer, code string
	}{
		"unknown provider":                 {`[{"provider":"acme","model":"m"}]`, "/chains/fast/0/provider", "unknown"},
		"unknown model":                    {`[{"provider":"gemini","model":"gemini-9"}]`, "/chains/fast/0/model", "unknown"},
		"thinking on a model that cannot":  {`[{"provider":"openrouter","model":"qwen/qwen3.8-flash","params":{"effort":"high"}}]`, "/chains/fast/0/params/effort", "unsupported"},
		"no thinking on a model that must": {`[{"provider":"anthropic","model":"claude-opus-5-5","params":{"effort":"none"}}]`, "/chains/fast/0/params/effort", "unsupported"},
		"temperature where it is fixed":    {`[{"provider":"anthropic","model":"claude-sonnet-5-5","params":{"temperature":0.2}}]`, "/chains/fast/0/params/temperature", "unsupported"},
		"more tokens than the model has":   {`[{"provider":"gemini","model":"gemini-3.8-flash","params":{"max_tokens":900000}}]`, "/chains/fast/0/params/max_tokens", "out_of_range"},
		"a chain in itself":                {`[{"chain":"fast"}]`, "/chains/fast/0/chain", "circular"},
		"a chain in itself by another":     {`[{"chain":"loop"}]`, "/chains/fast/0/chain", "circular"},
		"a chain that is not there":        {`[{"chain":"nowhere"}]`, "/chains/fast/0/chain", "unknown"},
		"candidates behind rules":          {`[{"provider":"rules"},{"provider":"compatible"}]`, "/chains/fast/0", "unreachable"},
		"an empty chain for a class":       {`[]`, "/chains/fast", "missing"},
		"a negative price cap":             {`[{"provider":"gemini","model":"gemini-3.8-flash","max_cost_nano":-1}]`, "/chains/fast/0/max_cost_nano", "too_small"},
		"a cache where there is none":      {`[{"provider":"openrouter","model":"qwen/qwen3.8-max","params":{"cache":"1h"}}]`, "/chains/fast/0/params/cache", "unsupported"},
	} {
		text := with(t, func(m map[string]any) {
			chain(m, "loop", `[{"chain":"fast"}]`)
			chain(m, "fast", c.candidates)
		})
		_, err := policy.Parse(text, catalog.Default())
		p, ok := errors.AsType[*problem.Error](err)
		if !ok {
			t.Errorf("%s: Parse() = %v, want a problem", name, err)
			continue
		}
		found := false
		for _, f := range p.Fields {
			found = found || f.Pointer == c.pointer && f.Code == c.code
		}
		if !found {
			t.Errorf("%s: Parse() found %+v, want %s at %s", name, p.Fields, c.code, c.pointer)
		}
	}
}

func TestUnknownKeysAndSharesAboveAllAreRefused(t *testing.T) {
	t.Parallel()
	if _, err := policy.Parse([]byte(`{"chain":{}}`), catalog.Default()); err == nil || !strings.Contains(err.Error(), "bad_policy") {
		t.Errorf("Parse() = %v, want bad_policy", err)
	}
	text := with(t, func(m map[string]any) { m["targets"] = map[string]any{"gemini": 60, "openrouter": 60} })
	if _, err := policy.Parse(text, catalog.Default()); problem.KindOf(err) != problem.Invalid {
		t.Errorf("Parse() = %v, want Invalid", err)
	}
}

func TestAFileIsRefusedWithEachFaultByItsPlace(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "policy.json")
	text := with(t, func(m map[string]any) { chain(m, "fast", `[{"provider":"acme"},{"chain":"fast"}]`) })
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := policy.Load(path, catalog.Default())
	for _, want := range []string{path, "/chains/fast/0/provider: There is no such provider.", "anthropic", "/chains/fast/1/chain: This chain stands in itself."} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Load() = %v, want %q in it", err, want)
		}
	}
}
