package reply

import (
	"net/http"
	"strings"

	"rapport/internal/ai"
	"rapport/internal/ai/sim/ask"
)

// Offer is a model in a vendor's list, with what a token costs.
type Offer struct {
	ask.Model
	In  ai.Nano
	Out ai.Nano
}

// Listed is the list of models as a vendor gives it.
func Listed(provider string, offers []Offer) Response {
	list := []any{}
	for _, o := range offers {
		list = append(list, o.entry(provider))
	}
	switch provider {
	case "anthropic":
		body := map[string]any{"data": list, "has_more": false, "first_id": nil, "last_id": nil}
		if len(offers) > 0 {
			body["first_id"], body["last_id"] = offers[0].ID, offers[len(offers)-1].ID
		}
		return Response{Status: http.StatusOK, Header: jsonHeader(), Body: encode(body)}
	case "gemini":
		return Response{Status: http.StatusOK, Header: geminiHeader("application/json; charset=UTF-8"), Body: indented(map[string]any{"models": list})}
	}
	return Response{Status: http.StatusOK, Header: jsonHeader(), Body: encode(map[string]any{"object": "list", "data": list})}
}

// One is one model as a vendor describes it.
func One(provider string, o Offer) Response {
	if provider == "gemini" {
		return Response{Status: http.StatusOK, Header: geminiHeader("application/json; charset=UTF-8"), Body: indented(o.entry(provider))}
	}
	return Response{Status: http.StatusOK, Header: jsonHeader(), Body: encode(o.entry(provider))}
}

func (o Offer) entry(provider string) any {
	type entry map[string]any
	switch provider {
	case "anthropic":
		return entry{"type": "model", "id": o.ID, "display_name": o.ID, "created_at": "2026-10-01T00:00:00Z", "max_input_tokens": o.Context, "max_tokens": o.Output}
	case "gemini":
		return entry{"name": "models/" + o.ID, "version": "001", "displayName": o.ID, "inputTokenLimit": o.Context, "outputTokenLimit": o.Output,
			"supportedGenerationMethods": []string{"generateContent", "countTokens", "batchGenerateContent"}, "thinking": true}
	case "openrouter":
		return entry{"id": o.ID, "canonical_slug": o.ID, "name": o.ID, "created": 1790000000, "context_length": o.Context,
			"pricing":              entry{"prompt": string(dollars(o.In)), "completion": string(dollars(o.Out)), "request": "0"},
			"top_provider":         entry{"context_length": o.Context, "max_completion_tokens": o.Output, "is_moderated": false},
			"supported_parameters": []string{"max_tokens", "reasoning", "response_format", "structured_outputs", "tools", "tool_choice"}}
	}
	return entry{"id": o.ID, "object": "model", "created": 1790000000, "owned_by": strings.SplitN(o.ID, "/", 2)[0]}
}

// KeyState is what OpenRouter tells about a key.
func KeyState(used, limit ai.Nano) Response {
	return Response{Status: http.StatusOK, Header: jsonHeader(), Body: encode(map[string]any{"data": map[string]any{
		"label": "simulated", "limit": dollars(limit), "limit_remaining": dollars(limit - used), "usage": dollars(used), "is_free_tier": false,
	}})}
}

// Empty is an answer in which nobody says anything: no choices, no candidates,
// no content.
func Empty(provider string, r Reply) []byte {
	r.Usage.OutputTokens, r.Usage.ThinkingTokens = 0, 0
	r.Text, r.Thought, r.Calls, r.Seal, r.Cost = "", "", nil, "", 0
	switch provider {
	case "gemini":
		m := r.geminiMessage("STOP")
		m.Candidates = nil
		return indented(m)
	case "anthropic":
		return anthropic{}.Unary(r).Body
	}
	f := chat{router: provider == "openrouter"}
	m := f.message(r, "chat.completion")
	m.Usage = f.usage(r)
	return encode(m)
}
