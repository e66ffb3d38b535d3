package engines

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strings"

	"rapport/internal/ai"
	"rapport/internal/ai/provider/anthropic"
	"rapport/internal/ai/provider/gemini"
	"rapport/internal/ai/provider/openrouter"
	"rapport/internal/ai/wire"
	"rapport/internal/platform/secret"
)

// Config is who answers where rules do not suffice, and what it may cost.
type Config struct {
	// AI is "" for the providers that have keys, "off" for rules alone and "sim"
	// for a simulation of all providers.
	AI      string `env:"RAPPORT_AI"`
	Policy  string `env:"RAPPORT_AI_POLICY"`
	Catalog string `env:"RAPPORT_AI_CATALOG"`
	// AIDaily and AIMonthly are dollars, for a workspace that has set no limit;
	// AIPerRun is what one run of an agent may spend.
	AIDaily   float64 `env:"RAPPORT_AI_DAILY" envDefault:"50"`
	AIMonthly float64 `env:"RAPPORT_AI_MONTHLY" envDefault:"1500"`
	AIPerRun  float64 `env:"RAPPORT_AI_PER_RUN" envDefault:"2"`

	AnthropicKey  secret.Hidden `env:"ANTHROPIC_API_KEY"`
	AnthropicURL  string        `env:"RAPPORT_AI_ANTHROPIC_URL"`
	GeminiKey     secret.Hidden `env:"GEMINI_API_KEY"`
	GeminiURL     string        `env:"RAPPORT_AI_GEMINI_URL"`
	OpenRouterKey secret.Hidden `env:"OPENROUTER_API_KEY"`
	OpenRouterURL string        `env:"RAPPORT_AI_OPENROUTER_URL"`
	// Any server that speaks like OpenAI's, such as Ollama or vLLM.
	CompatibleURL   string        `env:"RAPPORT_AI_COMPATIBLE_URL"`
	CompatibleKey   secret.Hidden `env:"RAPPORT_AI_COMPATIBLE_KEY"`
	CompatibleModel string        `env:"RAPPORT_AI_COMPATIBLE_MODEL"`
}

// vendor is a provider as the environment sets it.
type vendor struct {
	name, variable string
	key            secret.Hidden
	address, url   string
}

func (c Config) vendors() []vendor {
	return []vendor{
		{anthropic.Name, "ANTHROPIC_API_KEY", c.AnthropicKey, "RAPPORT_AI_ANTHROPIC_URL", c.AnthropicURL},
		{gemini.Name, "GEMINI_API_KEY", c.GeminiKey, "RAPPORT_AI_GEMINI_URL", c.GeminiURL},
		{openrouter.Name, "OPENROUTER_API_KEY", c.OpenRouterKey, "RAPPORT_AI_OPENROUTER_URL", c.OpenRouterURL},
		{openrouter.Compatible, "RAPPORT_AI_COMPATIBLE_KEY", c.CompatibleKey, "RAPPORT_AI_COMPATIBLE_URL", c.CompatibleURL},
	}
}

// Check names what would make a call fail, or cost what nobody meant to spend.
func (c Config) Check() []error {
	var faults []error
	if c.AI != "" && c.AI != "off" && c.AI != "sim" {
		faults = append(faults, fmt.Errorf("RAPPORT_AI is %q: leave it empty for the providers that have keys, or use off (rules alone) or sim (a simulation)", c.AI))
	}
	for _, v := range c.vendors() {
		key := string(v.key)
		if strings.TrimSpace(key) != key {
			faults = append(faults, fmt.Errorf("%s begins or ends with a space or a line break: set it without", v.variable))
		} else if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
			faults = append(faults, fmt.Errorf("%s holds characters that no key has: copy it again", v.variable))
		}
		if u, err := url.Parse(v.url); v.url != "" && (err != nil || u.User != nil || wire.Address(v.url) != nil) {
			faults = append(faults, fmt.Errorf("%s is not an address that can be called: use https://host/path, or http:// for this machine", v.address))
		}
	}
	if c.CompatibleURL == "" && (c.CompatibleKey != "" || c.CompatibleModel != "") {
		faults = append(faults, errors.New("RAPPORT_AI_COMPATIBLE_KEY and RAPPORT_AI_COMPATIBLE_MODEL belong to a server: set RAPPORT_AI_COMPATIBLE_URL"))
	}
	if c.CompatibleURL != "" && c.CompatibleModel == "" {
		faults = append(faults, errors.New("RAPPORT_AI_COMPATIBLE_MODEL names the model that RAPPORT_AI_COMPATIBLE_URL is asked for: set it"))
	}
	for _, d := range []struct {
		name    string
		dollars float64
	}{{"RAPPORT_AI_DAILY", c.AIDaily}, {"RAPPORT_AI_MONTHLY", c.AIMonthly}, {"RAPPORT_AI_PER_RUN", c.AIPerRun}} {
		if !(d.dollars >= 0 && d.dollars <= 1e6) {
			faults = append(faults, fmt.Errorf("%s is an amount in dollars from 0 to 1,000,000", d.name))
		}
	}
	return faults
}

// nano is an amount of dollars that Check has seen.
func nano(dollars float64) ai.Nano { return ai.Nano(math.Round(dollars * float64(ai.Dollar))) }

// keys are those of the environment, by provider. Those of a simulation open
// nothing else.
func (c Config) keys() map[string][]ai.Key {
	out := map[string][]ai.Key{}
	for _, v := range c.vendors() {
		switch {
		case c.AI == "off":
		case c.AI == "sim" && v.name != openrouter.Compatible:
			out[v.name] = []ai.Key{{ID: "simulated", Secret: "sim-" + v.name}}
		case c.AI == "" && (v.key != "" || v.name == openrouter.Compatible && v.url != ""):
			out[v.name] = []ai.Key{{ID: "environment", Secret: cmp.Or(string(v.key), "none")}}
		}
	}
	return out
}
