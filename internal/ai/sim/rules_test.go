package sim

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/ai/sim/schedule"
)

func TestKeysAreCheckedAsTheVendorDoes(t *testing.T) {
	t.Parallel()
	_, c := start(t, Options{Keys: []Key{{Provider: "anthropic", Name: "first", Secret: "a-1"}, {Provider: "gemini", Name: "first", Secret: "g-1"}, {Provider: "openrouter", Name: "first", Secret: "o-1"}}})
	for _, x := range []struct{ provider, key, want string }{
		{"anthropic", "a-1", "200 stop=end_turn"}, {"anthropic", "", "401 authentication_error"}, {"anthropic", "g-1", "401 authentication_error"},
		{"gemini", "g-1", "200 stop=STOP"}, {"gemini", "", "403 PERMISSION_DENIED"}, {"gemini", "other", "400 INVALID_ARGUMENT"},
		{"openrouter", "o-1", "200 stop=stop"}, {"openrouter", "", "401 authentication"}, {"openrouter", "other", "401 authentication"},
		{"compatible", "", "200 stop=stop"},
	} {
		q := about(x.provider, false)
		q.key = x.key
		if got := q.ask(c, "http://sim").String(); got != x.want {
			t.Errorf("%s with key %q: %s, want %s", x.provider, x.key, got, x.want)
		}
	}
	q := about("anthropic", false)
	q.key = "a-1\n"
	if got := q.ask(c, "http://sim"); got.err == nil || !strings.Contains(got.err.Error(), "invalid header field value") {
		t.Errorf("a key that ends a line: %v", got)
	}
}

const (
	anthropicAsk = `"max_tokens":2000,"messages":[{"role":"user","content":"Hi."}]`
	tool         = `"tools":[{"name":"look","input_schema":{"type":"object","properties":{}}}]`
	chatAsk      = `"messages":[{"role":"user","content":"Hi."}]`
	geminiAsk    = `"contents":[{"role":"user","parts":[{"text":"Hi."}]}]`
)

func TestRequestsAreRefusedAsTheVendorDoes(t *testing.T) {
	t.Parallel()
	_, c := start(t, Options{})
	const messages, chat = "/v1/messages", "/api/v1/chat/completions"
	for _, x := range []struct {
		provider, path, body string
		status               int
		want                 string
	}{
		{"anthropic", messages, `{"model":"claude-opus-5-5",` + anthropicAsk + `}`, 200, "end_turn"},
		{"anthropic", messages, `{"model":"claude-0",` + anthropicAsk + `}`, 404, "model: claude-0"},
		{"anthropic", messages, `{"model":"claude-opus-5-5","messages":[{"role":"user","content":"Hi."}]}`, 400, "max_tokens: Field required"},
		{"anthropic", messages, `{"model":"claude-opus-5-5","max_tokens":128001,"messages":[{"role":"user","content":"Hi."}]}`, 400, "128001 > 128000"},
		{"anthropic", messages, `{"model":"claude-opus-5-5","temperature":0.5,` + anthropicAsk + `}`, 400, "temperature"},
		{"anthropic", messages, `{"model":"claude-opus-5-5","thinking":{"type":"disabled"},` + anthropicAsk + `}`, 400, "disabled"},
		{"anthropic", messages, `{"model":"claude-sonnet-5-5","thinking":{"type":"between_tools"},` + anthropicAsk + `}`, 200, "end_turn"},
		{"anthropic", messages, `{"model":"claude-haiku-4-5","thinking":{"type":"enabled","budget_tokens":1000},` + anthropicAsk + `}`, 400, "1024"},
		{"anthropic", messages, `{"model":"claude-haiku-4-5","thinking":{"type":"enabled","budget_tokens":3000},` + anthropicAsk + `}`, 400, "must be greater than"},
		{"anthropic", messages, `{"model":"claude-haiku-4-5","thinking":{"type":"enabled","budget_tokens":1024},"tool_choice":{"type":"any"},` + tool + `,` + anthropicAsk + `}`, 400, "tool_choice"},
		{"anthropic", messages, `{"model":"claude-opus-5-5","tool_choice":{"type":"tool","name":"look"},` + tool + `,` + anthropicAsk + `}`, 400, "tool_choice"},
		{"anthropic", messages, `{"model":"claude-haiku-5-5","tool_choice":{"type":"tool","name":"look"},` + tool + `,` + anthropicAsk + `}`, 200, `"name":"look"`},
		{"anthropic", messages, `{"model":"claude-opus-5-5","max_tokens":9,"messages":[{"role":"user","content":"Hi."},{"role":"assistant","content":"{"}]}`, 400, "prefill"},
		{"anthropic", messages, `{"model":"claude-opus-5-5","max_tokens":9,"messages":[{"role":"user","content":"Hi."},{"role":"assistant","content":[{"type":"thinking","thinking":"","signature":"bm8="},{"type":"text","text":"A"}]},{"role":"user","content":"B"}]}`, 400, "Invalid `signature`"},
		{"anthropic", messages, `{"model":"claude-opus-5-5","output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{}}}},` + anthropicAsk + `}`, 400, "additionalProperties"},
		{"anthropic", messages, `{"model":"claude-opus-5-5","output_config":{"format":{"type":"json_schema","schema":{"type":"integer","minimum":1}}},` + anthropicAsk + `}`, 400, "minimum"},
		{"anthropic", messages, `{"model":`, 400, "not valid JSON"},
		{"anthropic", "/v1/other", `{}`, 404, "not_found_error"},
		{"gemini", "/v1beta/models/gemini-3.8-flash:generateContent", `{` + geminiAsk + `}`, 200, "STOP"},
		{"gemini", "/v1beta/models/gemini-0:generateContent", `{` + geminiAsk + `}`, 404, "is not found for API version v1beta"},
		{"gemini", "/v1beta/models/gemini-4-argon:generateContent", `{` + geminiAsk + `,"generationConfig":{"thinkingConfig":{"thinkingBudget":100}}}`, 400, "budget"},
		{"gemini", "/v1beta/models/gemini-4-argon:generateContent", `{` + geminiAsk + `,"generationConfig":{"thinkingConfig":{"thinkingLevel":"MINIMAL"}}}`, 400, "MINIMAL"},
		{"gemini", "/v1beta/models/gemini-3.8-flash:generateContent", `{` + geminiAsk + `,"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"type":"array","uniqueItems":true}}}`, 400, "uniqueItems"},
		{"gemini", "/v1beta/models/gemini-3.8-flash:generateContent", `{"contents":[{"role":"user","parts":[{"text":"Hi."}]},{"role":"model","parts":[{"functionCall":{"name":"look","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"look","response":{}}}]}]}`, 400, "thought_signature"},
		{"gemini", "/v1beta/models/gemini-3.8-flash:generateContent", `{"contents":[]}`, 400, "contents is not specified"},
		{"openrouter", chat, `{"model":"openai/gpt-6-luna",` + chatAsk + `}`, 200, `"cost"`},
		{"openrouter", chat, `{"model":"openai/gpt-0",` + chatAsk + `}`, 404, "No endpoints found for openai/gpt-0."},
		{"openrouter", chat, `{"model":"openai/gpt-6-luna","response_format":{"type":"json_schema","json_schema":{"name":"x","strict":true,"schema":{"type":"object","properties":{"a":{"type":"string"}},"required":[],"additionalProperties":false}}},` + chatAsk + `}`, 400, "including every key in properties"},
		{"openrouter", chat, `{"model":"openai/gpt-6-luna","max_tokens":0,` + chatAsk + `}`, 400, "max_tokens"},
		{"openrouter", chat, `{"model":"openai/gpt-6-luna"}`, 400, "messages"},
		{"compatible", "/v1/chat/completions", `{"model":"any:7b",` + chatAsk + `}`, 200, `"prompt_tokens"`},
	} {
		status, body := raw(t, c, x.provider, x.path, x.body)
		if status != x.status || !strings.Contains(body, x.want) {
			t.Errorf("%s %s: %d %s, want %d with %q", x.path, x.body, status, body, x.status, x.want)
		}
	}
	if status, body := raw(t, c, "compatible", "/v1/chat/completions", `{"model":"any:7b",`+chatAsk+`}`); strings.Contains(body, "cost") {
		t.Errorf("a local server names a cost: %d %s", status, body)
	}
	if status, body := raw(t, c, "anthropic", messages, `{"model":"claude-haiku-4-5","max_tokens":10,"messages":[{"role":"user","content":"`+strings.Repeat("word ", 200_000)+`"}]}`); status != 400 || !strings.Contains(body, "prompt is too long") {
		t.Errorf("a prompt beyond the context: %d %.200s", status, body)
	}
}

func TestLimitsAreToldInTheHeadersAndBodiesOfTheVendor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		plan := limits(2)
		s, c := start(t, Options{Schedule: plan})
		for provider, want := range map[string]string{
			"anthropic": "429 Retry-After=30 rate_limit_error", "gemini": "429 retryDelay=30s RESOURCE_EXHAUSTED PerMinute", "openrouter": "429 Retry-After=30 rate_limit_exceeded",
		} {
			var got seen
			for i := range 3 {
				got = about(provider, false).ask(c, "http://sim")
				if i < 2 && got.status != 200 {
					t.Errorf("%s call %d: %v", provider, i+1, got)
				}
			}
			if got.String() != want {
				t.Errorf("%s: %s, want %s", provider, got, want)
			}
			switch h := got.header; provider {
			case "anthropic":
				if h.Get("Anthropic-Ratelimit-Requests-Limit") != "2" || h.Get("Anthropic-Ratelimit-Requests-Remaining") != "0" || h.Get("Anthropic-Ratelimit-Requests-Reset") != "2000-01-01T00:01:01Z" {
					t.Errorf("headers %v", h)
				}
			case "openrouter":
				if h.Get("X-Ratelimit-Limit") != "2" || h.Get("X-Ratelimit-Reset") == "" {
					t.Errorf("headers %v", h)
				}
			}
			about(provider, false).ask(c, "http://sim") // before its time
			if m := s.Manners()[provider]; m.Closed != 1 {
				t.Errorf("%s: %d calls while closed, want 1", provider, m.Closed)
			}
		}
		time.Sleep(30 * time.Second)
		if got := about("gemini", true).ask(c, "http://sim"); got.status != 200 {
			t.Errorf("after the wait: %v", got)
		}
	})
}

func limits(perMinute int64) schedule.Schedule {
	var out schedule.Schedule
	for _, p := range []string{"anthropic", "gemini", "openrouter"} {
		out.Capacity = append(out.Capacity, schedule.Capacity{Provider: p, RequestsPerMin: perMinute})
	}
	return out
}
