// Package catalog knows the models: what each can do and what it costs, from
// data with dates and sources, so that a price is never part of the code.
package catalog

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"rapport/internal/ai"
)

// Model is one model of one provider.
type Model struct {
	Provider string `json:"provider"`
	ID       string `json:"id"`
	// Family is what overload and limits of a provider concern together.
	Family string `json:"family"`
	// Context and MaxOutput are tokens.
	Context   int64 `json:"context"`
	MaxOutput int   `json:"max_output"`
	// Thinking is how the model is told to think.
	Thinking Thinking `json:"thinking"`
	// Schema says that the provider can hold the model to a JSON schema.
	Schema bool `json:"schema"`
	Tools  bool `json:"tools"`
	Images bool `json:"images,omitempty"`
	// Cache says that a prompt can be kept at the provider on request.
	Cache bool `json:"cache,omitempty"`
	// AbortStopsBilling says that a call which is broken off is not paid on.
	AbortStopsBilling bool `json:"abort_stops_billing,omitempty"`
	// FixedSampling refuses any temperature but the default; NoForcedTool
	// refuses to be told which tool to use; NoMinimalThinking has no "none".
	FixedSampling     bool    `json:"fixed_sampling,omitempty"`
	NoForcedTool      bool    `json:"no_forced_tool,omitempty"`
	NoMinimalThinking bool    `json:"no_minimal_thinking,omitempty"`
	Prices            []Price `json:"prices"`
	// Source says where the facts are from.
	Source string `json:"source"`
}

// Thinking is how a model is told to think before it answers.
type Thinking string

// The ways. An Adaptive model decides itself within an effort, an Always one
// cannot be told not to, a Budget one is given tokens, a Level or Effort one a
// word; None cannot think.
const (
	None     Thinking = "none"
	Adaptive Thinking = "adaptive"
	Always   Thinking = "always"
	Budget   Thinking = "budget"
	Level    Thinking = "level"
	Effort   Thinking = "effort"
)

// Price is what a token costs in nano-dollars, for a while, and for prompts
// above a size.
type Price struct {
	From  Date `json:"from"`
	Until Date `json:"until,omitzero"` // the first day on which it does not hold
	// AboveTokens is the size of the prompt from which the price holds for all
	// of the request.
	AboveTokens    int64   `json:"above_tokens,omitempty"`
	Input          ai.Nano `json:"input"`
	Output         ai.Nano `json:"output"`
	Cached         ai.Nano `json:"cached"`
	CacheWrite     ai.Nano `json:"cache_write"`
	CacheWriteLong ai.Nano `json:"cache_write_long"`
}

// Date is a day, which begins at midnight UTC.
type Date struct{ time.Time }

// UnmarshalJSON reads "2026-11-22".
func (d *Date) UnmarshalJSON(b []byte) (err error) {
	d.Time, err = time.Parse(`"`+time.DateOnly+`"`, string(b))
	return err
}

// MarshalJSON writes "2026-11-22".
func (d Date) MarshalJSON() ([]byte, error) { return []byte(d.Format(`"` + time.DateOnly + `"`)), nil }

// Provider is who offers models.
type Provider struct {
	Name string `json:"name"`
	// FeePermille is what buying credit costs on top.
	FeePermille int64 `json:"fee_permille,omitempty"`
	// Free says that its models cost nothing by the token and may have any name:
	// they run on somebody's own machine.
	Free bool `json:"free,omitempty"`
}

// Catalog is the models and their prices. It does not change.
type Catalog struct {
	AsOf      Date       `json:"as_of"`
	Providers []Provider `json:"providers"`
	Models    []Model    `json:"models"`
}

//go:embed catalog.json
var builtIn []byte

// Default is the catalog that this release was built with.
func Default() *Catalog {
	c, err := Parse(builtIn)
	if err != nil {
		panic(err)
	}
	return c
}

// Load reads the catalog at path; "" is the default one.
func Load(path string) (*Catalog, error) {
	if path == "" {
		return Default(), nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the catalog of models: %w", err)
	}
	c, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the catalog of models %s: %w", path, err)
	}
	return c, nil
}

// Parse reads a catalog and reports everything that is wrong with it.
func Parse(text []byte) (*Catalog, error) {
	var c Catalog
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return nil, err
	}
	return &c, c.check()
}

func (c *Catalog) check() error {
	var faults []error
	for i, m := range c.Models {
		if _, ok := c.Provider(m.Provider); !ok {
			faults = append(faults, fmt.Errorf("model %d: there is no provider %q", i, m.Provider))
		}
		if first, _ := c.Model(m.Provider, m.ID); m.ID == "" || m.Family == "" || m.Context <= 0 || m.MaxOutput <= 0 {
			faults = append(faults, fmt.Errorf("model %d: id, family, context and max_output are needed", i))
		} else if first != nil && first != &c.Models[i] {
			faults = append(faults, fmt.Errorf("model %d: %s is there twice", i, m.ID))
		}
		if !slices.Contains([]Thinking{None, Adaptive, Always, Budget, Level, Effort}, m.Thinking) {
			faults = append(faults, fmt.Errorf("model %d: thinking is none, adaptive, always, budget, level or effort", i))
		}
		if len(m.Prices) == 0 {
			faults = append(faults, fmt.Errorf("model %d: %s has no price", i, m.ID))
		}
		for _, p := range m.Prices {
			faults = append(faults, p.check(m.ID))
		}
	}
	return errors.Join(faults...)
}

func (p Price) check(model string) error {
	if p.From.IsZero() || !p.Until.IsZero() && !p.Until.After(p.From.Time) {
		return fmt.Errorf("%s: a price holds from a day until a later one", model)
	}
	if min(p.Input, p.Output, p.Cached, p.CacheWrite, p.CacheWriteLong) < 0 || p.AboveTokens < 0 {
		return fmt.Errorf("%s: a price is not negative", model)
	}
	return nil
}

// Provider returns the provider of that name.
func (c *Catalog) Provider(name string) (Provider, bool) {
	for _, p := range c.Providers {
		if p.Name == name {
			return p, true
		}
	}
	return Provider{}, false
}

// Model returns a model, which is not to be changed. A free provider has every
// model.
func (c *Catalog) Model(provider, id string) (*Model, bool) {
	for i := range c.Models {
		if m := &c.Models[i]; m.ID == id && m.Provider == provider {
			return m, true
		}
	}
	if p, ok := c.Provider(provider); ok && p.Free {
		return &Model{Provider: provider, ID: id, Family: id, Context: 1 << 17, MaxOutput: 1 << 14, Thinking: None, Schema: true,
			Tools: true, AbortStopsBilling: true, Source: "runs on its own machine"}, true
	}
	return nil, false
}

// cheap is the price of an output token up to which a model is cheap.
const cheap ai.Nano = 2_500

// Cheap reports whether the model may still be asked when the budget is nearly
// spent.
func (m *Model) Cheap(at time.Time) bool {
	p, ok := m.price(0, at)
	return len(m.Prices) == 0 || ok && p.Output <= cheap
}

// price is what holds for a prompt of so many tokens: of the prices of that
// day, the one for the largest prompts that it reaches.
func (m *Model) price(prompt int64, at time.Time) (Price, bool) {
	var best Price
	found := false
	for _, p := range m.Prices {
		holds := !at.Before(p.From.Time) && (p.Until.IsZero() || at.Before(p.Until.Time))
		if holds && (p.AboveTokens == 0 || prompt > p.AboveTokens) && (!found || p.AboveTokens > best.AboveTokens) {
			best, found = p, true
		}
	}
	return best, found
}
