package console

import (
	"context"
	"slices"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/traffic"
	"rapport/internal/api/op"
)

// Provider is one engine and how it does.
type Provider struct {
	Name       string `json:"name"`
	Configured bool   `json:"configured"`
	Local      bool   `json:"local" doc:"Part of Rapport: free, and always there."`
	Simulated  bool   `json:"simulated" doc:"The simulator answers in its place."`
	Keys       int    `json:"keys" doc:"That this workspace may ask with."`
	// Status is the best of its lanes: one that takes calls is enough.
	Status   string     `json:"status" enum:"open,half_open,closed,unused,not_configured" doc:"unused: this process has not asked it yet."`
	Reason   string     `json:"reason"`
	Until    *time.Time `json:"until" doc:"When a closed one is tried again."`
	Calls    int64      `json:"calls"`
	Answered int64      `json:"answered"`
	Success  *float64   `json:"success" doc:"Percent of calls that were answered; null without one."`
	P50MS    *int64     `json:"p50_ms" doc:"Of the slowest lane."`
	P95MS    *int64     `json:"p95_ms"`
	InFlight int        `json:"in_flight"`
	Waiting  int        `json:"waiting"`
	Lanes    []Lane     `json:"lanes"`
}

// Lane is a model with a key: what shares limits and fails together.
type Lane struct {
	Key      string     `json:"key" doc:"The id of a key; empty for the installation's."`
	Family   string     `json:"family"`
	Model    string     `json:"model"`
	Status   string     `json:"status" enum:"open,half_open,closed"`
	Reason   string     `json:"reason"`
	Until    *time.Time `json:"until"`
	Calls    int64      `json:"calls"`
	Answered int64      `json:"answered"`
	Slow     bool       `json:"slow" doc:"Answers take several times as long as usual."`
	Unfit    bool       `json:"unfit" doc:"Many answers could not be used; others are asked first."`
	P50MS    *int64     `json:"p50_ms"`
	P95MS    *int64     `json:"p95_ms"`
	InFlight int        `json:"in_flight"`
}

// Engines are all providers.
type Engines struct {
	Simulated bool       `json:"simulated"`
	Data      []Provider `json:"data"`
}

func (s *Service) providers(ctx context.Context, _ *op.InWorkspace) (*op.Body[Engines], error) {
	var lanes []traffic.LaneState
	if s.Traffic != nil {
		lanes = s.Traffic()
	}
	out := Engines{Simulated: s.Simulated}
	for _, p := range s.Catalog.Providers {
		keys, err := s.Keys(ctx, p.Name)
		if err != nil {
			return nil, err
		}
		out.Data = append(out.Data, s.provider(p.Name, keys, lanes))
	}
	slices.SortFunc(out.Data, func(a, b Provider) int { return slices.Index(providers, a.Name) - slices.Index(providers, b.Name) })
	out.Data = append(out.Data, Provider{Name: "rules", Configured: true, Local: true, Status: "open", Lanes: []Lane{}})
	return &op.Body[Engines]{Body: out}, nil
}

// provider tells of the lanes that the workspace's own keys lead to, and of no
// other tenant's.
func (s *Service) provider(name string, keys []ai.Key, states []traffic.LaneState) Provider {
	out := Provider{Name: name, Configured: len(keys) > 0, Simulated: s.Simulated && len(keys) > 0, Keys: len(keys), Status: "not_configured", Lanes: []Lane{}}
	if out.Configured {
		out.Status = "unused"
	}
	for _, l := range states {
		if l.Provider != name || !slices.ContainsFunc(keys, func(k ai.Key) bool { return k.ID == l.Key }) {
			continue
		}
		out.add(l)
	}
	if out.Calls > 0 {
		share := percent(out.Answered, out.Calls)
		out.Success = &share
	}
	return out
}

// add counts a lane in.
func (p *Provider) add(l traffic.LaneState) {
	lane := Lane{Key: l.Key, Family: l.Family, Model: l.Model, Status: string(l.Status), Reason: l.Reason, Until: moment(l.Until), Calls: l.Calls, Answered: l.Answered,
		Slow: l.Slow, Unfit: l.Unfit, P50MS: millis(l.P50), P95MS: millis(l.P95), InFlight: l.InFlight}
	p.Lanes = append(p.Lanes, lane)
	p.Calls, p.Answered, p.InFlight, p.Waiting = p.Calls+l.Calls, p.Answered+l.Answered, p.InFlight+l.InFlight, max(p.Waiting, l.Waiting)
	p.P50MS, p.P95MS = slower(p.P50MS, lane.P50MS), slower(p.P95MS, lane.P95MS)
	better := []string{"open", "half_open", "closed", "unused"}
	if slices.Index(better, lane.Status) < slices.Index(better, p.Status) {
		p.Status, p.Reason, p.Until = lane.Status, lane.Reason, lane.Until
	}
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func millis(d time.Duration) *int64 {
	if d == 0 {
		return nil
	}
	ms := d.Milliseconds()
	return &ms
}

func slower(a, b *int64) *int64 {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

// Models are the models that are known.
type Models struct {
	AsOf string  `json:"as_of" doc:"The day of the catalog."`
	Data []Model `json:"data"`
}

// Model is one model of one provider.
type Model struct {
	Provider  string  `json:"provider"`
	ID        string  `json:"id"`
	Family    string  `json:"family"`
	Context   int64   `json:"context" doc:"Tokens."`
	MaxOutput int     `json:"max_output"`
	Thinking  string  `json:"thinking" enum:"none,adaptive,always,budget,level,effort"`
	Schema    bool    `json:"schema"`
	Tools     bool    `json:"tools"`
	Images    bool    `json:"images"`
	Cache     bool    `json:"cache"`
	Cheap     bool    `json:"cheap" doc:"May still be asked when the budget is nearly spent."`
	Source    string  `json:"source" doc:"Where the facts are from."`
	Prices    []Price `json:"prices"`
}

// Price is what a million tokens cost, for a while, and for prompts above a
// size.
type Price struct {
	From           string  `json:"from"`
	Until          *string `json:"until" doc:"The first day on which it does not hold."`
	Holds          bool    `json:"holds" doc:"Today."`
	AboveTokens    int64   `json:"above_tokens"`
	Input          float64 `json:"input" doc:"Dollars for a million tokens."`
	Output         float64 `json:"output"`
	Cached         float64 `json:"cached"`
	CacheWrite     float64 `json:"cache_write"`
	CacheWriteLong float64 `json:"cache_write_long"`
}

func (s *Service) models(context.Context, *struct{}) (*op.Body[Models], error) {
	out := Models{AsOf: s.Catalog.AsOf.Format(time.DateOnly), Data: []Model{}}
	now := time.Now()
	for _, m := range s.Catalog.Models {
		shown := Model{Provider: m.Provider, ID: m.ID, Family: m.Family, Context: m.Context, MaxOutput: m.MaxOutput, Thinking: string(m.Thinking),
			Schema: m.Schema, Tools: m.Tools, Images: m.Images, Cache: m.Cache, Cheap: m.Cheap(now), Source: m.Source}
		for _, p := range m.Prices {
			shown.Prices = append(shown.Prices, price(p, now))
		}
		out.Data = append(out.Data, shown)
	}
	return &op.Body[Models]{Body: out}, nil
}

func price(p catalog.Price, now time.Time) Price {
	million := func(n ai.Nano) float64 { return float64(n) * 1e6 / float64(ai.Dollar) }
	out := Price{From: p.From.Format(time.DateOnly), AboveTokens: p.AboveTokens, Holds: !now.Before(p.From.Time) && (p.Until.IsZero() || now.Before(p.Until.Time)),
		Input: million(p.Input), Output: million(p.Output), Cached: million(p.Cached), CacheWrite: million(p.CacheWrite), CacheWriteLong: million(p.CacheWriteLong)}
	if !p.Until.IsZero() {
		until := p.Until.Format(time.DateOnly)
		out.Until = &until
	}
	return out
}
