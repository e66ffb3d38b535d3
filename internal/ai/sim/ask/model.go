package ask

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
)

// Model is a model that a vendor offers, and what it is particular about.
type Model struct {
	Provider string
	ID       string
	Family   string // whose limits and overload it shares
	Context  int64  // tokens
	Output   int64  // tokens at most
	// Modern ones take no sampling parameters and no prefilled answer. Always
	// says that it thinks whatever it is told, Free that it cannot be forced to
	// use a tool, Strict that it takes neither budgets nor the least thinking.
	Modern bool
	Always bool
	Free   bool
	Strict bool
	// Upstream is who runs the model behind a router; Owed says that a call is
	// billed in full although it was broken off.
	Upstream string
	Owed     bool
}

// Models is what the vendors offer today.
func Models() []Model { return slices.Clone(models) }

const million = 1_000_000

var models = []Model{
	{Provider: "anthropic", ID: "claude-fable-5-1", Family: "fable", Context: million, Output: 128_000, Modern: true, Always: true, Free: true},
	{Provider: "anthropic", ID: "claude-opus-5-5", Family: "opus", Context: million, Output: 128_000, Modern: true, Always: true, Free: true},
	{Provider: "anthropic", ID: "claude-sonnet-5-5", Family: "sonnet", Context: million, Output: 128_000, Modern: true, Free: true},
	{Provider: "anthropic", ID: "claude-haiku-5-5", Family: "haiku", Context: million, Output: 128_000, Modern: true},
	{Provider: "anthropic", ID: "claude-opus-5", Family: "opus", Context: million, Output: 128_000, Modern: true},
	{Provider: "anthropic", ID: "claude-sonnet-5", Family: "sonnet", Context: million, Output: 128_000, Modern: true},
	{Provider: "anthropic", ID: "claude-haiku-4-5", Family: "haiku", Context: 200_000, Output: 64_000},
	{Provider: "gemini", ID: "gemini-4-argon", Family: "argon", Context: million, Output: 65_536, Strict: true, Owed: true},
	{Provider: "gemini", ID: "gemini-3.8-flash", Family: "flash", Context: million, Output: 65_536, Owed: true},
	{Provider: "gemini", ID: "gemini-3.5-flash", Family: "flash", Context: million, Output: 65_536, Owed: true},
	{Provider: "gemini", ID: "gemini-3.5-flash-lite", Family: "flash-lite", Context: million, Output: 65_536, Owed: true},
	{Provider: "gemini", ID: "gemini-3.1-flash-lite", Family: "flash-lite", Context: million, Output: 65_536, Owed: true},
	{Provider: "gemini", ID: "gemini-3.1-pro-preview", Family: "pro", Context: million, Output: 65_536, Owed: true},
	{Provider: "openrouter", ID: "openai/gpt-6-luna", Family: "openai", Context: 400_000, Output: 128_000, Upstream: "OpenAI"},
	{Provider: "openrouter", ID: "openai/gpt-5.6-luna", Family: "openai", Context: 400_000, Output: 128_000, Upstream: "OpenAI"},
	{Provider: "openrouter", ID: "openai/gpt-6.1-sol", Family: "openai", Context: 400_000, Output: 128_000, Upstream: "OpenAI"},
	{Provider: "openrouter", ID: "openai/gpt-5.6-sol", Family: "openai", Context: 400_000, Output: 128_000, Upstream: "OpenAI"},
	{Provider: "openrouter", ID: "openai/gpt-6-astra", Family: "openai", Context: 400_000, Output: 128_000, Upstream: "OpenAI"},
	{Provider: "openrouter", ID: "anthropic/claude-opus-5.5", Family: "anthropic", Context: million, Output: 128_000, Modern: true, Upstream: "Anthropic"},
	{Provider: "openrouter", ID: "anthropic/claude-sonnet-5.5", Family: "anthropic", Context: million, Output: 128_000, Modern: true, Upstream: "Anthropic"},
	{Provider: "openrouter", ID: "anthropic/claude-haiku-5.5", Family: "anthropic", Context: million, Output: 128_000, Modern: true, Upstream: "Anthropic"},
	{Provider: "openrouter", ID: "google/gemini-3.8-flash", Family: "google", Context: million, Output: 65_536, Upstream: "Google", Owed: true},
	{Provider: "openrouter", ID: "deepseek/deepseek-flash", Family: "deepseek", Context: 128_000, Output: 64_000, Upstream: "DeepSeek"},
	{Provider: "openrouter", ID: "qwen/qwen3.8-flash", Family: "qwen", Context: 256_000, Output: 64_000, Upstream: "Alibaba"},
	{Provider: "openrouter", ID: "qwen/qwen3.8-max", Family: "qwen", Context: 256_000, Output: 64_000, Upstream: "Alibaba"},
	{Provider: "compatible", ID: "local", Family: "local", Context: 131_072, Output: 16_384},
	{Provider: "compatible", ID: "qwen3:8b", Family: "local", Context: 131_072, Output: 16_384},
}

// Known is what is known of a model. One that is not offered has no
// particularities; it is refused elsewhere.
func Known(provider, id string) Model {
	if i := slices.IndexFunc(models, func(m Model) bool { return m.Provider == provider && m.ID == id }); i >= 0 {
		return models[i]
	}
	return Model{Provider: provider, ID: id}
}

const sealed = "sealed:"

// Seal binds thoughts to their model and to everything that was said before
// them.
func Seal(a Ask) string { return seal(a.Model, a, len(a.Turns)) }

func seal(model string, a Ask, turns int) string {
	h := sha256.New()
	h.Write([]byte(a.System))
	for _, t := range a.Tools {
		h.Write([]byte("\x00" + t.Name))
	}
	for _, t := range a.Turns[:turns] {
		h.Write([]byte("\x01" + t.Text + "\x02" + strings.Join(t.Tools, "\x02")))
	}
	return base64.StdEncoding.EncodeToString([]byte(sealed + model + ":" + hex.EncodeToString(h.Sum(nil)[:12])))
}

// holds tells whether a seal stands for what was said before turn i: "" if so,
// else "other" for that of another model, "prefix" for other words, "broken"
// for none of ours.
func holds(mark string, a Ask, i int) string {
	raw, err := base64.StdEncoding.DecodeString(mark)
	rest, ours := strings.CutPrefix(string(raw), sealed)
	model, _, ok := strings.Cut(rest, ":")
	switch {
	case err != nil || !ours || !ok:
		return "broken"
	case model != a.Model:
		return "other"
	case seal(model, a, i) != mark:
		return "prefix"
	}
	return ""
}
