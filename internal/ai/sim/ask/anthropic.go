package ask

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

type anthropicBody struct {
	Model     string          `json:"model"`
	MaxTokens *int64          `json:"max_tokens"`
	System    json.RawMessage `json:"system"`
	Messages  []struct {
		Role    string          `json:"role"`
		Content json.RawMessage `json:"content"`
	} `json:"messages"`
	Stream      bool     `json:"stream"`
	Temperature *float64 `json:"temperature"`
	TopP        *float64 `json:"top_p"`
	TopK        *int64   `json:"top_k"`
	Thinking    *struct {
		Type   string `json:"type"`
		Budget int64  `json:"budget_tokens"`
		Show   string `json:"display"`
	} `json:"thinking"`
	Output *struct {
		Effort string `json:"effort"`
		Format *struct {
			Type   string          `json:"type"`
			Schema json.RawMessage `json:"schema"`
		} `json:"format"`
	} `json:"output_config"`
	Tools []struct {
		Name   string          `json:"name"`
		Schema json.RawMessage `json:"input_schema"`
		Cache  *cacheControl   `json:"cache_control"`
	} `json:"tools"`
	Choice *struct {
		Type string `json:"type"`
		Name string `json:"name"`
	} `json:"tool_choice"`
	Cache *cacheControl `json:"cache_control"`
}

type cacheControl struct {
	Type string `json:"type"`
	TTL  string `json:"ttl"`
}

func (c *cacheControl) keep() string {
	if c == nil {
		return ""
	}
	if c.TTL == "1h" {
		return "1h"
	}
	return "5m"
}

type anthropicBlock struct {
	Type      string          `json:"type"`
	Text      string          `json:"text"`
	Name      string          `json:"name"`
	ID        string          `json:"id"`
	ToolUseID string          `json:"tool_use_id"`
	Content   json.RawMessage `json:"content"`
	Thinking  string          `json:"thinking"`
	Signature string          `json:"signature"`
	Cache     *cacheControl   `json:"cache_control"`
}

func invalid(format string, args ...any) *Trouble {
	return &Trouble{Sort: BadRequest, Text: fmt.Sprintf(format, args...)}
}

// parseAnthropic reads Messages.
func parseAnthropic(q Request) (Ask, *Trouble) {
	a := Ask{Key: q.Header.Get("X-Api-Key")}
	if a.Key == "" {
		a.Key = strings.TrimPrefix(q.Header.Get("Authorization"), "Bearer ")
	}
	switch {
	case q.Method == "GET" && q.Path == "/v1/models":
		a.Op = ListModels
		return a, nil
	case q.Method == "GET" && strings.HasPrefix(q.Path, "/v1/models/"):
		a.Op, a.Model = OneModel, strings.TrimPrefix(q.Path, "/v1/models/")
		return a, nil
	case q.Method == "POST" && q.Path == "/v1/messages/count_tokens":
		a.Op = CountTokens
	case q.Method != "POST" || q.Path != "/v1/messages":
		return a, &Trouble{Sort: NoPath, Text: "Not Found"}
	}
	var b anthropicBody
	if err := json.Unmarshal(q.Body, &b); err != nil {
		return a, invalid("The request body is not valid JSON: %s", wording(err))
	}
	a.Model, a.Stream = b.Model, b.Stream && a.Op == Complete
	if q.Header.Get("Anthropic-Version") == "" {
		return a, invalid("anthropic-version: header is required")
	}
	if t := b.shape(&a); t != nil {
		return a, t
	}
	if t := b.turns(&a); t != nil {
		return a, t
	}
	return a, b.rules(&a)
}

// shape reads what does not depend on the model.
func (b *anthropicBody) shape(a *Ask) *Trouble {
	switch {
	case b.Model == "":
		return invalid("model: Field required")
	case b.MaxTokens == nil && a.Op == Complete:
		return invalid("max_tokens: Field required")
	case b.MaxTokens != nil && *b.MaxTokens < 0:
		return invalid("max_tokens: Input should be greater than or equal to 0")
	case len(b.Messages) == 0:
		return invalid("messages: at least one message is required")
	}
	if b.MaxTokens != nil {
		a.MaxTokens = *b.MaxTokens
	}
	a.Keep = b.Cache.keep()
	system, blocks, err := anthropicContent(b.System)
	if err != nil {
		return invalid("system: Input should be a valid string or list of content blocks")
	}
	a.System = system
	for _, x := range blocks {
		a.Keep = max(a.Keep, x.Cache.keep())
	}
	for i, t := range b.Tools {
		if t.Name == "" {
			return invalid("tools.%d.custom.name: Field required", i)
		}
		a.Tools = append(a.Tools, Tool{Name: t.Name, Schema: t.Schema})
		a.Keep = max(a.Keep, t.Cache.keep())
	}
	if c := b.Choice; c != nil {
		switch c.Type {
		case "any":
			a.Forced = "any"
		case "tool":
			a.Forced = c.Name
		case "auto", "none":
		default:
			return invalid("tool_choice: Input tag '%s' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'", c.Type)
		}
		if a.Forced != "" && len(a.Tools) == 0 {
			return invalid("tool_choice: may only be specified while providing `tools`.")
		}
	}
	return nil
}

func anthropicContent(raw json.RawMessage) (string, []anthropicBlock, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", nil, nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text, []anthropicBlock{{Type: "text", Text: text}}, nil
	}
	var blocks []anthropicBlock
	if err := json.Unmarshal(raw, &blocks); err != nil {
		return "", nil, err
	}
	var parts []string
	for _, x := range blocks {
		if x.Type == "text" {
			parts = append(parts, x.Text)
		}
	}
	return strings.Join(parts, "\n"), blocks, nil
}

func (b *anthropicBody) turns(a *Ask) *Trouble {
	used := map[string]bool{}
	for i, m := range b.Messages {
		if m.Role != "user" && m.Role != "assistant" {
			return invalid("messages.%d.role: Input should be 'user' or 'assistant'", i)
		}
		text, blocks, err := anthropicContent(m.Content)
		if err != nil {
			return invalid("messages.%d.content: Input should be a valid string or list of content blocks", i)
		}
		if len(blocks) == 0 && i < len(b.Messages)-1 {
			return invalid("messages.%d: all messages must have non-empty content except for the optional final assistant message", i)
		}
		t := Turn{Model: m.Role == "assistant", Text: text}
		for j, x := range blocks {
			switch x.Type {
			case "tool_use":
				used[x.ID] = true
				t.Tools = append(t.Tools, x.Name+x.ID)
			case "tool_result":
				if !used[x.ToolUseID] {
					return invalid("messages.%d.content.%d: unexpected `tool_use_id` found in `tool_result` blocks: %s. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.", i, j, x.ToolUseID)
				}
				t.Tools = append(t.Tools, x.ToolUseID)
				inner, _, _ := anthropicContent(x.Content)
				t.Text += inner
			case "thinking":
				switch holds(x.Signature, *a, i) {
				case "broken":
					return &Trouble{Sort: BoundThought, Text: fmt.Sprintf("messages.%d.content.%d: Invalid `signature` in `thinking` block", i, j)}
				case "prefix":
					return &Trouble{Sort: BoundThought, Text: fmt.Sprintf("messages.%d.content.%d: `thinking` block is bound to a different conversation prefix and cannot be verified", i, j)}
				}
			}
			a.Keep = max(a.Keep, x.Cache.keep())
		}
		a.Turns = append(a.Turns, t)
	}
	if a.Turns[0].Model {
		return invalid("messages: first message must use the \"user\" role")
	}
	a.Resumes = a.Turns[len(a.Turns)-1].Model
	return nil
}

// rules are what a model is particular about.
func (b *anthropicBody) rules(a *Ask) *Trouble {
	m := Known("anthropic", b.Model)
	effort := ""
	if b.Output != nil {
		effort = b.Output.Effort
	}
	if effort != "" && !slices.Contains([]string{"low", "medium", "high", "xhigh", "max"}, effort) {
		return invalid("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'")
	}
	if m.Output > 0 && a.MaxTokens > m.Output {
		return invalid("max_tokens: %d > %d, which is the maximum allowed number of output tokens for %s", a.MaxTokens, m.Output, b.Model)
	}
	if m.Modern && (b.Temperature != nil && *b.Temperature != 1 || b.TopP != nil && *b.TopP != 1 || b.TopK != nil) {
		return invalid("`temperature`, `top_p` and `top_k` may not be set for this model")
	}
	if b.Temperature != nil && (*b.Temperature < 0 || *b.Temperature > 1) {
		return invalid("temperature: range: 0..1")
	}
	if t := b.thinking(a, m); t != nil {
		return t
	}
	switch {
	case a.Forced != "" && m.Free:
		return invalid("tool_choice: forcing tool use is not supported for this model")
	case a.Forced != "" && a.Thinks && !m.Modern:
		return invalid("Thinking may not be enabled when tool_choice forces tool use.")
	}
	a.Unfilled = m.Modern
	if b.Output != nil && b.Output.Format != nil {
		f := b.Output.Format
		if f.Type != "json_schema" {
			return invalid("output_config.format.type: Input should be 'json_schema'")
		}
		if word := anthropicKeyword(f.Schema); word != "" {
			return &Trouble{Sort: BadSchema, Text: "output_config.format.schema: " + word}
		}
		a.Schema = f.Schema
	}
	return nil
}

func (b *anthropicBody) thinking(a *Ask, m Model) *Trouble {
	a.Thinks = m.Always
	t := b.Thinking
	if t == nil {
		return nil
	}
	a.Shows = t.Show != "omitted"
	switch t.Type {
	case "adaptive", "between_tools":
		if !m.Modern {
			return invalid("thinking.type: adaptive thinking is not supported for this model")
		}
		a.Thinks = t.Type == "adaptive" || m.Always
	case "enabled":
		switch {
		case m.Always:
			return invalid("thinking.type: \"enabled\" is not supported for this model; it always thinks. Use \"adaptive\" and output_config.effort")
		case t.Budget < 1024:
			return invalid("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
		case a.MaxTokens > 0 && t.Budget >= a.MaxTokens:
			return invalid("`max_tokens` must be greater than `thinking.budget_tokens`")
		case !m.Modern && b.Temperature != nil && *b.Temperature != 1:
			return invalid("`temperature` may only be set to 1 when thinking is enabled")
		}
		a.Thinks = true
	case "disabled":
		if m.Always {
			return invalid("thinking.type: \"disabled\" is not supported for this model")
		}
		a.Thinks = false
	default:
		return invalid("thinking: Input tag '%s' found using 'type' does not match any of the expected tags: 'adaptive', 'between_tools', 'disabled', 'enabled'", t.Type)
	}
	return nil
}

func wording(err error) string { return strings.TrimPrefix(err.Error(), "json: ") }
