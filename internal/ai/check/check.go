// Package check tells which providers of models are configured and usable, by
// a call of each that costs nothing.
package check

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/policy"
)

// Finding is what is known about one key of one provider.
type Finding struct {
	Provider string `json:"provider"`
	Key      string `json:"key" doc:"The id of the key, which says nothing about it; empty where there is none."`
	State    State  `json:"state" enum:"ok,models_missing,limited,failed,not_configured"`
	// Reachable says that the provider answered at all.
	Reachable bool     `json:"reachable"`
	Present   []string `json:"present" doc:"Models of the routing policy that the key may use."`
	Missing   []string `json:"missing" doc:"Models of the routing policy that the provider does not list for the key."`
	LatencyMS int64    `json:"latency_ms"`
	Kind      ai.Kind  `json:"kind" doc:"What went wrong; empty if nothing did."`
	Advice    string   `json:"advice" doc:"What to do about it."`
}

// State is how a provider stands with one key.
type State string

// The states. Only Failed keeps a provider from being asked at all.
const (
	OK            State = "ok"
	ModelsMissing State = "models_missing"
	Limited       State = "limited"
	Failed        State = "failed"
	NotConfigured State = "not_configured"
)

// Parts are what is checked.
type Parts struct {
	Providers []ai.Provider
	Keys      func(ctx context.Context, provider string) ([]ai.Key, error)
	Policy    func(ctx context.Context) *policy.Policy
	// Variables name the variable of the environment that configures a provider.
	Variables map[string]string
	// Simulated says that a simulator answers in the providers' place.
	Simulated bool
}

// patience is how long a provider may take.
const patience = 15 * time.Second

// Run checks every provider with every key that the workspace of ctx may use,
// all at once. Engines of our own need no check.
func (p Parts) Run(ctx context.Context) ([]Finding, error) {
	wanted := p.models(ctx)
	var all []*Finding
	var checks sync.WaitGroup
	for _, provider := range p.Providers {
		if provider.Local() {
			continue
		}
		keys, err := p.Keys(ctx, provider.Name())
		if err != nil {
			return nil, err
		}
		if len(keys) == 0 {
			all = append(all, p.without(provider.Name()))
		}
		for _, k := range keys {
			f := &Finding{Provider: provider.Name(), Key: k.ID, Present: []string{}, Missing: []string{}}
			all = append(all, f)
			checks.Go(func() { f.check(ctx, provider, k, wanted[f.Provider]) })
		}
	}
	checks.Wait()
	out := make([]Finding, len(all))
	for i, f := range all {
		out[i] = *f
	}
	slices.SortStableFunc(out, func(a, b Finding) int { return cmp.Compare(a.Provider, b.Provider) })
	return out, nil
}

// models are those that the policy names, by provider.
func (p Parts) models(ctx context.Context) map[string][]string {
	out := map[string][]string{}
	for _, chain := range p.Policy(ctx).Chains {
		for _, c := range chain {
			if c.Model != "" && !slices.Contains(out[c.Provider], c.Model) {
				out[c.Provider] = append(out[c.Provider], c.Model)
			}
		}
	}
	for _, list := range out {
		slices.Sort(list)
	}
	return out
}

func (p Parts) without(provider string) *Finding {
	f := &Finding{Provider: provider, State: NotConfigured, Present: []string{}, Missing: []string{}, Advice: "It is not set up. An admin enters a key under AI."}
	if name := p.Variables[provider]; name != "" {
		f.Advice = "It is not set up. An admin enters a key under AI, or " + name + " is set when the server starts."
	}
	return f
}

// check asks one provider which models it has for a key.
func (f *Finding) check(ctx context.Context, provider ai.Provider, k ai.Key, wanted []string) {
	lister, ok := provider.(ai.Lister)
	if !ok {
		f.State, f.Kind, f.Advice = Failed, ai.Unknown, "This provider cannot be checked without cost."
		return
	}
	if why := Malformed(k.Secret); why != "" {
		f.State, f.Kind, f.Advice = Failed, ai.Credential, why
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began := time.Now()
	models, err := lister.Models(ctx, k)
	f.LatencyMS = time.Since(began).Milliseconds()
	if err != nil {
		f.fail(err)
		return
	}
	f.Reachable, f.State = true, OK
	for _, m := range wanted {
		if slices.Contains(models, m) {
			f.Present = append(f.Present, m)
		} else {
			f.Missing = append(f.Missing, m)
		}
	}
	if len(f.Missing) > 0 {
		f.State = ModelsMissing
		f.Advice = "Not every model of the routing policy is listed for this key; the next candidate is asked in its place. Change the policy, or ask the provider for access."
	}
}

// fail says what an error means and what to do about it. It repeats nothing of
// what the provider wrote.
func (f *Finding) fail(err error) {
	f.State, f.Kind = Failed, ai.Unknown
	if fault := ai.FaultOf(err); fault != nil {
		f.Kind, f.Reachable = fault.Kind, fault.Status != 0
	}
	switch f.Kind {
	case ai.Credential, ai.ModelAccess:
		f.Advice = "The provider does not accept this key. Make a new one there, and enter it without blanks."
	case ai.AccountMoney:
		f.Advice = "The account with the provider is empty. Top it up."
	case ai.RateLimited, ai.Overloaded, ai.QuotaExhausted:
		f.State, f.Advice = Limited, "The key works, but the provider takes no more calls for now. Calls go elsewhere meanwhile."
	case ai.Network, ai.TimedOut, ai.DeadlinePast:
		f.Advice = "The provider does not answer. See to the network, a proxy, and the address if it was changed."
	case ai.Transient, ai.StreamBroken:
		f.Advice = "The provider has trouble. Try again in a minute."
	default:
		f.Advice = "The answer is not that of this provider. See to the address if it was changed."
	}
}

// Malformed says what is wrong with a key before anybody is asked; "" if
// nothing is. A key may be "": some servers need none.
func Malformed(secret string) string {
	switch {
	case secret == "":
		return ""
	case strings.TrimRight(secret, "\r\n") != secret:
		return "The key ends with a line break, as it does when a file with a last line is read. Leave that out."
	case strings.TrimSpace(secret) != secret:
		return "The key begins or ends with a blank. Leave that out."
	case strings.Trim(secret, `"'`) != secret:
		return "The key stands between quotation marks. Leave them out."
	case strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return "The key has a blank, a control character or a letter in it that no key has. Copy it again."
	case len(secret) < 4:
		return "The key is too short to be one."
	}
	return ""
}
