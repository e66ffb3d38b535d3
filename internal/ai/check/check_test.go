package check_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"rapport/internal/ai"
	"rapport/internal/ai/check"
	"rapport/internal/ai/policy"
)

// vendor lists models, or fails; calling it is a fault of the test.
type vendor struct {
	name   string
	local  bool
	models []string
	err    error
}

func (v vendor) Name() string { return v.name }
func (v vendor) Local() bool  { return v.local }
func (v vendor) Call(context.Context, ai.Call) (ai.Answer, error) {
	panic("a check asks no model")
}
func (v vendor) Models(context.Context, ai.Key) ([]string, error) { return v.models, v.err }

func run(t *testing.T, v vendor, keys ...ai.Key) []check.Finding {
	t.Helper()
	p := policy.Policy{Chains: map[string][]policy.Candidate{"fast": {{Provider: v.name, Model: "big"}, {Chain: "own"}}, "deep": {{Provider: v.name, Model: "small"}, {Provider: v.name, Model: "big"}}, "own": {{Provider: "rules"}}}}
	found, err := check.Parts{Providers: []ai.Provider{vendor{name: "rules", local: true}, v}, Variables: map[string]string{"acme": "ACME_API_KEY"},
		Keys:   func(context.Context, string) ([]ai.Key, error) { return keys, nil },
		Policy: func(context.Context) *policy.Policy { return &p }}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestEveryKeyOfEveryProviderIsToldOf(t *testing.T) {
	t.Parallel()
	good := ai.Key{ID: "environment", Secret: "acme-0123456789"}
	for name, c := range map[string]struct {
		vendor vendor
		keys   []ai.Key
		want   []check.State
		advice string
	}{
		"usable":           {vendor{models: []string{"big", "small", "other"}}, []ai.Key{good}, []check.State{check.OK}, ""},
		"a model missing":  {vendor{models: []string{"small"}}, []ai.Key{good}, []check.State{check.ModelsMissing}, "Change the policy"},
		"no key":           {vendor{}, nil, []check.State{check.NotConfigured}, "ACME_API_KEY"},
		"a refused key":    {vendor{err: &ai.Fault{Kind: ai.Credential, Status: 401}}, []ai.Key{good}, []check.State{check.Failed}, "does not accept"},
		"an empty account": {vendor{err: &ai.Fault{Kind: ai.AccountMoney, Status: 402}}, []ai.Key{good}, []check.State{check.Failed}, "Top it up"},
		"a full window":    {vendor{err: &ai.Fault{Kind: ai.RateLimited, Status: 429}}, []ai.Key{good}, []check.State{check.Limited}, "for now"},
		"nobody there":     {vendor{err: &ai.Fault{Kind: ai.Network}}, []ai.Key{good}, []check.State{check.Failed}, "network"},
		"something else":   {vendor{err: errors.New("<html>")}, []ai.Key{good}, []check.State{check.Failed}, "address"},
		"two keys":         {vendor{models: []string{"big", "small"}}, []ai.Key{good, {ID: "own", Secret: "acme-0123456789\n"}}, []check.State{check.OK, check.Failed}, ""},
	} {
		c.vendor.name = "acme"
		var got []check.State
		advice := ""
		for _, f := range run(t, c.vendor, c.keys...) {
			got, advice = append(got, f.State), advice+f.Advice
			if strings.Contains(f.Advice, "0123456789") || f.Provider != "acme" {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if !slices.Equal(got, c.want) || !strings.Contains(advice, c.advice) {
			t.Errorf("%s: %v %q; want %v and %q", name, got, advice, c.want, c.advice)
		}
	}
}

func TestModelsOfThePolicyAreListed(t *testing.T) {
	t.Parallel()
	f := run(t, vendor{name: "acme", models: []string{"small"}}, ai.Key{ID: "k"})[0]
	if !f.Reachable || !slices.Equal(f.Present, []string{"small"}) || !slices.Equal(f.Missing, []string{"big"}) {
		t.Errorf("found %+v, want small and not big", f)
	}
}

func TestAMalformedKeyIsExplainedWithoutAskingAnybody(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"acme-0123456789": "", "": "", "acme-0123456789\n": "line break", "acme-0123456789\r\n": "line break", " acme-0123456789": "blank",
		`"acme-0123456789"`: "quotation", "acme 0123456789": "blank", "acme\u00e9-0123456789": "letter", "abc": "short",
	} {
		if got := check.Malformed(key); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("Malformed(%q) = %q, want %q", key, got, want)
		}
	}
}
