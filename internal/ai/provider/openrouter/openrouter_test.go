package openrouter

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/provider/providertest"
	"rapport/internal/ai/wire"
)

// server answers with one text, and keeps what it was asked.
type server struct {
	kind, body string
	status     int
	asked      map[string]any
	requests   []*http.Request
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	s.requests = append(s.requests, r)
	if r.Body != nil {
		text, err := io.ReadAll(r.Body)
		if err := errors.Join(err, json.Unmarshal(text, &s.asked)); err != nil {
			return nil, err
		}
	}
	h := http.Header{"Content-Type": {s.kind}, "X-Generation-Id": {"gen-7"}}
	return &http.Response{StatusCode: s.status, Header: h, Body: io.NopCloser(strings.NewReader(s.body)), Request: r}, nil
}

func whole(body string) *server {
	return &server{kind: "application/json", status: 200, body: body}
}

func events(lines ...string) *server {
	return &server{kind: "text/event-stream", status: 200, body: strings.Join(lines, "\n\n") + "\n\n"}
}

const hello = `{"id":"gen-7","model":"openai/gpt-6-luna","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Hello."}}],"usage":{"prompt_tokens":10,"completion_tokens":2}}`

func (s *server) openrouter() *Provider {
	return New(wire.New(s), "https://openrouter.example/api/v1", catalog.Default())
}

func city(t *testing.T) *ai.Schema {
	t.Helper()
	s, err := ai.Compile("city.facts", "1", []byte(`{"type":"object","properties":{"city":{"type":"string","minLength":1},"size":{"type":"integer"}},"required":["city"],"additionalProperties":false}`))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// at is what stands at a path of objects in what was asked.
func (s *server) at(path ...string) any {
	var v any = s.asked
	for _, p := range path {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	return v
}

func (s *server) holds(t *testing.T, want any, path ...string) {
	t.Helper()
	if got := s.at(path...); !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %#v, want %#v", strings.Join(path, "."), got, want)
	}
}

func TestOpenRouterIsToldToWhomAQuestionMayBeGiven(t *testing.T) {
	t.Parallel()
	s := whole(hello)
	c := providertest.Question("anthropic/claude-sonnet-5.5")
	half := 0.5
	c.Params = ai.Params{ZeroRetention: true, Cache: "1h", Temperature: &half, Effort: ai.MidEffort}
	c.Schema, c.RunID, c.Tools = city(t), "run-1", []ai.Tool{providertest.Tool()}
	if _, err := s.openrouter().Call(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	s.holds(t, "deny", "provider", "data_collection")
	s.holds(t, true, "provider", "zdr")
	s.holds(t, true, "provider", "require_parameters")
	s.holds(t, "medium", "reasoning", "effort")
	s.holds(t, "run-1", "session_id")
	s.holds(t, "json_schema", "response_format", "type")
	s.holds(t, "city_facts", "response_format", "json_schema", "name")
	s.holds(t, true, "response_format", "json_schema", "strict")
	s.holds(t, false, "response_format", "json_schema", "schema", "additionalProperties")
	s.holds(t, []any{"city", "size"}, "response_format", "json_schema", "schema", "required")
	s.holds(t, nil, "temperature") // this model takes none
	s.holds(t, 1000.0, "max_tokens")
	system := s.at("messages").([]any)[0].(map[string]any)["content"].([]any)[0].(map[string]any)
	if want := map[string]any{"type": "ephemeral", "ttl": "1h"}; !reflect.DeepEqual(system["cache_control"], want) {
		t.Errorf("got cache control %v, want %v", system["cache_control"], want)
	}
	r := s.requests[0]
	if got := r.URL.String(); got != "https://openrouter.example/api/v1/chat/completions" {
		t.Errorf("got address %s", got)
	}
	if got := r.Header.Get("Authorization"); got != "Bearer sim-a" {
		t.Errorf("got authorization %q", got)
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Stainless") || name == "Openai-Organization" {
			t.Errorf("the header %s tells of this machine", name)
		}
	}
}

func TestALoweredSchemaPromisesNothing(t *testing.T) {
	t.Parallel()
	s := whole(hello)
	c := providertest.Question("openai/gpt-6-luna")
	c.Schema, c.Mended = city(t), []ai.Repair{ai.LowerSchema}
	if _, err := s.openrouter().Call(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	s.holds(t, false, "response_format", "json_schema", "strict")
	s.holds(t, nil, "response_format", "json_schema", "schema", "additionalProperties")
}

func TestAModelThatCannotThinkIsNotAskedTo(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]any{"qwen/qwen3.8-flash": nil, "openai/gpt-6-luna": "none"} {
		s := whole(hello)
		c := providertest.Question(model)
		c.Effort = ai.NoThinking
		if _, err := s.openrouter().Call(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		s.holds(t, want, "reasoning", "effort")
	}
}

func TestACompatibleServerIsAskedNothingItDoesNotKnow(t *testing.T) {
	t.Parallel()
	s := whole(hello)
	c := providertest.Question("")
	c.Key, c.Params, c.Schema = ai.Key{}, ai.Params{ZeroRetention: true, Cache: "5m", Effort: ai.HighEffort}, city(t)
	p := NewCompatible(wire.New(s), "http://127.0.0.1:11434/v1", "llama-local")
	if _, err := p.Call(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	s.holds(t, "llama-local", "model")
	for _, field := range []string{"provider", "reasoning", "prompt_cache_key", "session_id"} {
		s.holds(t, nil, field)
	}
	h := s.requests[0].Header
	if h.Get("Authorization") != "" || h.Get("X-OpenRouter-Title") != "" {
		t.Errorf("got headers %v, want neither key nor title", h)
	}
}

func TestTheEnvironmentIsNotRead(t *testing.T) {
	for _, name := range []string{"OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_WEBHOOK_SECRET"} {
		t.Setenv(name, "stray")
	}
	t.Setenv("OPENAI_BASE_URL", "https://stray.example/v1")
	t.Setenv("OPENAI_CUSTOM_HEADERS", "X-Stray: stray")
	s := whole(hello)
	if _, err := s.openrouter().Call(t.Context(), providertest.Question("openai/gpt-6-luna")); err != nil {
		t.Fatal(err)
	}
	if r := s.requests[0]; strings.Contains(r.URL.String(), "stray") || r.Header.Get("X-Stray") != "" || strings.Contains(r.Header.Get("Authorization"), "stray") {
		t.Errorf("got %s with %v, which is from the environment", r.URL, r.Header)
	}
}

func TestUsageIsSplit(t *testing.T) {
	t.Parallel()
	s := whole(`{"id":"gen-7","choices":[{"finish_reason":"stop","message":{"content":"Yes."}}],"usage":{"prompt_tokens":100,"completion_tokens":20,"cost":0.000123457,
		"is_byok":true,"cost_details":{"upstream_inference_cost":0.001},"prompt_tokens_details":{"cached_tokens":60,"cache_write_tokens":30},"completion_tokens_details":{"reasoning_tokens":15}}}`)
	a, err := s.openrouter().Call(t.Context(), providertest.Question("openai/gpt-6-luna"))
	if err != nil {
		t.Fatal(err)
	}
	want := ai.Usage{InputTokens: 10, CachedTokens: 60, CacheWriteTokens: 30, OutputTokens: 20, ThinkingTokens: 15, ChargedNano: 1_123_457}
	if a.Usage != want {
		t.Errorf("got %+v, want %+v", a.Usage, want)
	}
	if a.RequestID != "gen-7" {
		t.Errorf("got request %q, want that of the header", a.RequestID)
	}
}

func TestThinkingIsShownAgainToItsModelOnly(t *testing.T) {
	t.Parallel()
	s := events(`data: {"id":"g","model":"m","choices":[{"delta":{"reasoning":"a","reasoning_details":[{"type":"reasoning.text","index":0,"text":"one ","signature":null}]}}]}`,
		`data: {"choices":[{"delta":{"reasoning":"b","reasoning_details":[{"type":"reasoning.text","index":0,"text":"two","signature":"sealed"}]}}]}`,
		`data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"call_1","function":{"name":"find","arguments":"{\"thing\":"}}]}}]}`,
		`data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"x\"}"}}]},"finish_reason":"tool_calls"}]}`, `data: [DONE]`)
	c := providertest.Question("openai/gpt-6-luna")
	c.Tools = []ai.Tool{providertest.Tool()}
	a, err := providertest.Ask(t.Context(), s.openrouter(), c, true)
	if err != nil {
		t.Fatal(err)
	}
	if want := []ai.ToolCall{{ID: "call_1", Name: "find", Input: json.RawMessage(`{"thing":"x"}`)}}; !reflect.DeepEqual(a.Calls, want) {
		t.Fatalf("got calls %s, want %s", a.Calls, want)
	}
	c.Turns = []ai.Turn{{Text: "Find x."}, {Assistant: true, Calls: a.Calls, State: a.State}, {Results: []ai.ToolResult{{ID: "call_1", Text: "It is there."}}}}
	c.User = ""
	for _, row := range []struct {
		model  string
		mended []ai.Repair
		shown  bool
	}{{"openai/gpt-6-luna", nil, true}, {"openai/gpt-6.1-sol", nil, false}, {"openai/gpt-6-luna", []ai.Repair{ai.StripState}, false}} {
		next := whole(hello)
		c.Model, c.Mended = row.model, row.mended
		if _, err := next.openrouter().Call(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		said := next.at("messages").([]any)
		model, result := said[2].(map[string]any), said[3].(map[string]any)
		var want any
		if row.shown {
			want = []any{map[string]any{"type": "reasoning.text", "index": 0.0, "text": "one two", "signature": "sealed"}}
		}
		if got := model["reasoning_details"]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s %v: got details %v, want %v", row.model, row.mended, got, want)
		}
		if result["role"] != "tool" || result["tool_call_id"] != "call_1" {
			t.Errorf("got result %v, want that of call_1", result)
		}
	}
}

func TestWhatIsNotWholeIsNoAnswer(t *testing.T) {
	t.Parallel()
	text := `data: {"choices":[{"delta":{"content":"Half"}}]}`
	stop := `data: {"choices":[{"delta":{},"finish_reason":"stop"}]}`
	for name, row := range map[string]struct {
		server *server
		want   ai.Kind
	}{
		"no end":                     {events(text, stop), ai.StreamBroken},
		"no reason":                  {events(text, `data: [DONE]`), ai.StreamBroken},
		"error in the end":           {events(text, `data: {"choices":[{"delta":{"content":""},"finish_reason":"error"}]}`, `data: [DONE]`), ai.Transient},
		"error beside an answer":     {whole(`{"choices":[{"finish_reason":"stop","message":{"content":"Half"},"error":{"code":502,"message":"secret"}}]}`), ai.Transient},
		"arguments that are no JSON": {events(`data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"a"}}]},"finish_reason":"tool_calls"}]}`, `data: [DONE]`), ai.BadOutput},
		"calls out of order":         {events(`data: {"choices":[{"delta":{"tool_calls":[{"index":900,"id":"a","function":{"name":"f"}}]}}]}`, `data: [DONE]`), ai.StreamBroken},
		"refusal":                    {whole(`{"choices":[{"finish_reason":"stop","message":{"content":null,"refusal":"secret"}}]}`), ai.PolicyRefused},
		"a redirect":                 {&server{status: 302, body: "secret"}, ai.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := providertest.Ask(t.Context(), row.server.openrouter(), providertest.Question("openai/gpt-6-luna"), true)
			f := ai.FaultOf(err)
			if f == nil || f.Kind != row.want {
				t.Fatalf("got %v, want %s", err, row.want)
			}
			if strings.Contains(f.Error(), "secret") {
				t.Errorf("%q repeats the provider", f)
			}
			if n := len(row.server.requests); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	}
}

func TestServersOfManyKindsAreUnderstood(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		server *server
		text   string
		calls  int
	}{
		"whole in place of a stream": {whole(hello), "Hello.", 0},
		"content in parts":           {whole(`{"choices":[{"finish_reason":"stop","message":{"content":[{"type":"text","text":"Hel"},{"type":"text","text":"lo."}]}}]}`), "Hello.", 0},
		"arguments as an object":     {whole(`{"choices":[{"finish_reason":"tool_calls","message":{"tool_calls":[{"id":"a","function":{"name":"find","arguments":{"thing":"x"}}}]}}]}`), "", 1},
		"calls without numbers":      {events(`data: {"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]}}]}`, `data: {"choices":[{"delta":{"tool_calls":[{"id":"b","function":{"name":"g","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}`, `data: [DONE]`), "", 2},
		"no end":                     {events(`data: {"choices":[{"delta":{"content":"Hello."},"finish_reason":"stop"}]}`), "Hello.", 0},
		"thinking by another name":   {events(`data: {"choices":[{"delta":{"reasoning_content":"Well"}}]}`, `data: {"choices":[{"delta":{"content":"Hello."},"finish_reason":"stop"}]}`, `data: [DONE]`), "Hello.", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := NewCompatible(wire.New(row.server), "http://127.0.0.1:8080/v1", "local")
			a, err := providertest.Ask(t.Context(), p, providertest.Question(""), true)
			if err != nil {
				t.Fatal(err)
			}
			if a.Text != row.text || len(a.Calls) != row.calls {
				t.Errorf("got %q and %d calls, want %q and %d", a.Text, len(a.Calls), row.text, row.calls)
			}
			if a.Usage.InputTokens == 0 || a.Usage.OutputTokens == 0 {
				t.Errorf("got usage %+v, want an estimate", a.Usage)
			}
		})
	}
}

func TestALongAnswerIsStreamed(t *testing.T) {
	t.Parallel()
	s := events(`data: {"choices":[{"delta":{"content":"Hello."},"finish_reason":"stop"}]}`, `data: [DONE]`)
	c := providertest.Question("openai/gpt-6-luna")
	c.MaxTokens = 8000
	a, err := s.openrouter().Call(t.Context(), c)
	if err != nil || a.Text != "Hello." {
		t.Fatalf("got %q, %v", a.Text, err)
	}
	s.holds(t, true, "stream")
}

func TestWhatWouldBeRefusedIsNotSent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*ai.Call){
		"no key":            func(c *ai.Call) { c.Key.Secret = "" },
		"a key of lines":    func(c *ai.Call) { c.Key.Secret = "a\nb" },
		"an address":        func(c *ai.Call) { c.Key.BaseURL = "http://plain.example/v1" },
		"no model":          func(c *ai.Call) { c.Model = "" },
		"no question":       func(c *ai.Call) { c.User = "" },
		"the model's words": func(c *ai.Call) { c.User, c.Turns = "", []ai.Turn{{Text: "a"}, {Assistant: true, Text: "b"}} },
		"a tool's schema":   func(c *ai.Call) { c.Tools = []ai.Tool{{Name: "x", Schema: []byte("{")}} },
		"an effort":         func(c *ai.Call) { c.Effort = "heroic" },
		"a cache":           func(c *ai.Call) { c.Params.Cache = "2d" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := whole(hello)
			c := providertest.Question("openai/gpt-6-luna")
			change(&c)
			_, err := s.openrouter().Call(t.Context(), c)
			providertest.CostsNothing(t, err, len(s.requests))
		})
	}
}

func TestModelsAreListed(t *testing.T) {
	t.Parallel()
	providertest.Models(t, func(body string) ([]string, error) {
		return whole(body).openrouter().Models(t.Context(), ai.Key{Secret: "sim-a"})
	}, `{"data":[{"id":"openai/gpt-6-luna"},{"id":"qwen/qwen3.8-max"}]}`, "openai/gpt-6-luna", "qwen/qwen3.8-max")
}

// A stream of anything comes to an answer or a fault, and to nothing else.
func FuzzStream(f *testing.F) {
	f.Add([]byte(`data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1e99,"cost":"NaN"}}` + "\n\ndata: [DONE]\n\n"))
	f.Add([]byte(": OPENROUTER PROCESSING\n\ndata: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":-1}]}}]}\n\n"))
	f.Add([]byte(`data: {"error":{"code":"x","message":"y"},"choices":[{"finish_reason":"error"}]}` + "\n\n"))
	f.Add([]byte(`data: {"choices":[{"delta":{"reasoning_details":[{"index":{},"type":[]},{"index":0,"text":1},null,7]}}]}` + "\n\n"))
	f.Add([]byte("data: null\n\ndata: []\n\ndata: 7\r\n\r\n\xef\xbb\xbfdata:\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s := &server{kind: "text/event-stream", status: 200, body: string(text)}
		c := providertest.Question("openai/gpt-6-luna")
		for _, p := range []*Provider{s.openrouter(), NewCompatible(wire.New(s), "http://127.0.0.1/v1", "")} {
			a, err := providertest.Ask(t.Context(), p, c, true)
			if err != nil && ai.FaultOf(err) == nil {
				t.Fatalf("got %v, want a fault", err)
			}
			if err == nil && a.Text == "" && len(a.Calls) == 0 {
				t.Fatal("an answer that says nothing")
			}
			if u := a.Usage; u.InputTokens < 0 || u.OutputTokens < 0 || u.CachedTokens < 0 || u.ChargedNano < 0 {
				t.Fatalf("got usage %+v", u)
			}
			_ = json.Valid([]byte(a.Text))
		}
	})
}

func BenchmarkStream(b *testing.B) {
	lines := make([]string, 200, 203)
	for i := range lines {
		lines[i] = `data: {"id":"gen-7","model":"openai/gpt-6-luna","choices":[{"index":0,"delta":{"role":"assistant","content":"and more of it"},"finish_reason":null}]}`
	}
	s := events(append(lines, `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`, "data: [DONE]")...)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := providertest.Ask(b.Context(), s.openrouter(), providertest.Question("openai/gpt-6-luna"), true); err != nil {
			b.Fatal(err)
		}
	}
}
