package ask

import (
	"encoding/json"
	"slices"
	"strings"
)

type chatBody struct {
	Model    string `json:"model"`
	Messages []struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
		Calls   []struct {
			ID       string `json:"id"`
			Function struct {
				Name string `json:"name"`
			} `json:"function"`
		} `json:"tool_calls"`
		CallID string `json:"tool_call_id"`
	} `json:"messages"`
	Stream        bool     `json:"stream"`
	MaxTokens     *int64   `json:"max_tokens"`
	MaxCompletion *int64   `json:"max_completion_tokens"`
	Temperature   *float64 `json:"temperature"`
	Format        *struct {
		Type   string `json:"type"`
		Schema *struct {
			Name   string          `json:"name"`
			Strict bool            `json:"strict"`
			Schema json.RawMessage `json:"schema"`
		} `json:"json_schema"`
	} `json:"response_format"`
	Tools []struct {
		Type     string `json:"type"`
		Function struct {
			Name       string          `json:"name"`
			Parameters json.RawMessage `json:"parameters"`
		} `json:"function"`
	} `json:"tools"`
	Choice    json.RawMessage `json:"tool_choice"`
	Reasoning *struct {
		Effort  string `json:"effort"`
		Max     *int64 `json:"max_tokens"`
		Exclude bool   `json:"exclude"`
		Enabled *bool  `json:"enabled"`
	} `json:"reasoning"`
	Effort string `json:"reasoning_effort"`
}

// parseChat reads chat completions, as OpenRouter has them or, without a
// router, as servers of local models do.
func parseChat(q Request, router bool) (Ask, *Trouble) {
	a := Ask{Key: strings.TrimPrefix(q.Header.Get("Authorization"), "Bearer ")}
	path := strings.TrimPrefix(strings.TrimPrefix(q.Path, "/api"), "/v1")
	switch {
	case q.Method == "GET" && path == "/models":
		a.Op = ListModels
		return a, nil
	case q.Method == "GET" && path == "/key" && router:
		a.Op = KeyInfo
		return a, nil
	case q.Method != "POST" || path != "/chat/completions":
		return a, &Trouble{Sort: NoPath, Text: "Not Found"}
	}
	var b chatBody
	if err := json.Unmarshal(q.Body, &b); err != nil {
		return a, invalid("Invalid JSON: %s", wording(err))
	}
	a.Model, a.Stream = b.Model, b.Stream
	if b.Model == "" {
		return a, invalid("No models provided")
	}
	if t := b.messages(&a); t != nil {
		return a, t
	}
	if t := b.tools(&a); t != nil {
		return a, t
	}
	return a, b.rules(&a, router)
}

func (b *chatBody) messages(a *Ask) *Trouble {
	if len(b.Messages) == 0 {
		return invalid("Input required: specify \"prompt\" or \"messages\"")
	}
	for i, m := range b.Messages {
		text, keep, ok := chatContent(m.Content)
		if !ok {
			return invalid("messages.%d.content: Invalid input", i)
		}
		a.Keep = max(a.Keep, keep)
		switch m.Role {
		case "system", "developer":
			a.System = strings.TrimPrefix(a.System+"\n"+text, "\n")
			continue
		case "user", "assistant", "tool":
		default:
			return invalid("messages.%d.role: Invalid option: expected one of \"system\"|\"developer\"|\"user\"|\"assistant\"|\"tool\"", i)
		}
		t := Turn{Model: m.Role == "assistant", Text: text}
		if m.CallID != "" {
			t.Tools = append(t.Tools, m.CallID)
		}
		for _, c := range m.Calls {
			t.Tools = append(t.Tools, c.Function.Name+c.ID)
		}
		a.Turns = append(a.Turns, t)
	}
	return nil
}

func chatContent(raw json.RawMessage) (text, keep string, ok bool) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", "", true
	}
	if json.Unmarshal(raw, &text) == nil {
		return text, "", true
	}
	var parts []struct {
		Text  string        `json:"text"`
		Cache *cacheControl `json:"cache_control"`
	}
	if json.Unmarshal(raw, &parts) != nil {
		return "", "", false
	}
	for _, p := range parts {
		text = strings.TrimPrefix(text+"\n"+p.Text, "\n")
		keep = max(keep, p.Cache.keep())
	}
	return text, keep, true
}

func (b *chatBody) tools(a *Ask) *Trouble {
	for i, t := range b.Tools {
		if t.Function.Name == "" {
			return invalid("tools.%d.function.name: Required", i)
		}
		a.Tools = append(a.Tools, Tool{Name: t.Function.Name, Schema: t.Function.Parameters})
	}
	var word string
	var named struct {
		Function struct {
			Name string `json:"name"`
		} `json:"function"`
	}
	if json.Unmarshal(b.Choice, &word) == nil && word == "required" {
		a.Forced = "any"
	} else if json.Unmarshal(b.Choice, &named) == nil {
		a.Forced = named.Function.Name
	}
	if a.Forced != "" && len(a.Tools) == 0 {
		return invalid("tool_choice: is only allowed when tools are specified")
	}
	return nil
}

func (b *chatBody) rules(a *Ask, router bool) *Trouble {
	for _, n := range []*int64{b.MaxTokens, b.MaxCompletion} {
		if n != nil {
			a.MaxTokens = *n
			if *n < 1 {
				return invalid("max_tokens: Too small: expected number to be >=1")
			}
		}
	}
	if t := b.Temperature; t != nil && (*t < 0 || *t > 2) {
		return invalid("temperature: Too big: expected number to be <=2")
	}
	if t := b.Temperature; t != nil && *t != 1 && Known("openrouter", a.Model).Modern {
		return invalid("Provider returned error: `temperature` may not be set for this model")
	}
	if r := b.Reasoning; r != nil {
		if r.Effort != "" && r.Max != nil {
			return invalid("Only one of \"reasoning.effort\" and \"reasoning.max_tokens\" can be specified")
		}
		if r.Effort != "" && !slices.Contains([]string{"max", "xhigh", "high", "medium", "low", "minimal", "none"}, r.Effort) {
			return invalid("reasoning.effort: Invalid option: expected one of \"max\"|\"xhigh\"|\"high\"|\"medium\"|\"low\"|\"minimal\"|\"none\"")
		}
		off := r.Effort == "none" || r.Enabled != nil && !*r.Enabled
		a.Thinks, a.Shows = !off, !off && !r.Exclude
	} else if b.Effort != "" && b.Effort != "none" {
		a.Thinks = true
	}
	if b.Format == nil || b.Format.Type == "text" {
		return nil
	}
	if b.Format.Type == "json_object" {
		a.Schema = json.RawMessage(`{"type":"object"}`)
		return nil
	}
	if b.Format.Type != "json_schema" || b.Format.Schema == nil || b.Format.Schema.Name == "" {
		return invalid("response_format: Invalid input")
	}
	a.SchemaName, a.Schema = b.Format.Schema.Name, b.Format.Schema.Schema
	if router && b.Format.Schema.Strict && strings.HasPrefix(a.Model, "openai/") {
		if word := strictKeyword(a.Schema); word != "" {
			return &Trouble{Sort: BadSchema, Detail: "Invalid schema for response_format '" + a.SchemaName + "': " + word}
		}
	}
	if !json.Valid(a.Schema) {
		return invalid("response_format.json_schema.schema: Required")
	}
	return nil
}
