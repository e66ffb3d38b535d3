package gemini

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
	asked      map[string]any
	requests   []*http.Request
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	s.requests = append(s.requests, r)
	if r.Body != nil && r.Method == http.MethodPost {
		text, err := io.ReadAll(r.Body)
		if err := errors.Join(err, json.Unmarshal(text, &s.asked)); err != nil {
			return nil, err
		}
	}
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {s.kind}}, Body: io.NopCloser(strings.NewReader(s.body)), Request: r}, nil
}

func whole(body string) *server { return &server{kind: "application/json; charset=UTF-8", body: body} }

func events(lines ...string) *server {
	return &server{kind: "text/event-stream", body: "data: " + strings.Join(lines, "\r\n\r\ndata: ") + "\r\n\r\n"}
}

const hello = `{"candidates":[{"content":{"role":"model","parts":[{"text":"Hello."}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":2},"modelVersion":"gemini-3.8-flash","responseId":"r7"}`

func (s *server) gemini() *Provider {
	return New(wire.New(s), "https://gemini.example", catalog.Default())
}

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

func TestTheQuestionIsPutAsTheAPIWantsIt(t *testing.T) {
	t.Parallel()
	schema, err := ai.Compile("city.facts", "1", []byte(`{"type":"object","properties":{"city":{"type":"string","minLength":1}},"required":["city"],"additionalProperties":false}`))
	if err != nil {
		t.Fatal(err)
	}
	s := whole(hello)
	c := providertest.Question("gemini-3.8-flash")
	half := 0.5
	c.Schema, c.Effort, c.Tools, c.Params = schema, ai.MidEffort, []ai.Tool{providertest.Tool()}, ai.Params{Temperature: &half, ZeroRetention: true}
	a, err := s.gemini().Call(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if a.Text != "Hello." || a.Model != "gemini-3.8-flash" || a.RequestID != "r7" {
		t.Errorf("got %+v", a)
	}
	s.holds(t, "application/json", "generationConfig", "responseMimeType")
	s.holds(t, []any{"city"}, "generationConfig", "responseJsonSchema", "required")
	s.holds(t, nil, "generationConfig", "responseJsonSchema", "properties", "city", "minLength")
	s.holds(t, "MEDIUM", "generationConfig", "thinkingConfig", "thinkingLevel")
	s.holds(t, 0.5, "generationConfig", "temperature")
	s.holds(t, 1000.0, "generationConfig", "maxOutputTokens")
	s.holds(t, false, "store")
	s.holds(t, []any{map[string]any{"text": c.System}}, "systemInstruction", "parts")
	tool := s.at("tools").([]any)[0].(map[string]any)["functionDeclarations"].([]any)[0].(map[string]any)
	if tool["name"] != "find" || tool["parametersJsonSchema"] == nil {
		t.Errorf("got tool %v", tool)
	}
	r := s.requests[0]
	if got := r.URL.String(); got != "https://gemini.example/v1beta/models/gemini-3.8-flash:generateContent" {
		t.Errorf("got address %s", got)
	}
	if r.Header.Get("X-Goog-Api-Key") != "sim-a" || r.Header.Get("X-Goog-Api-Client") != "" || r.Header.Get("User-Agent") != "Rapport" {
		t.Errorf("got headers %v, want the key and nothing about this machine", r.Header)
	}
}

func TestTheEnvironmentIsNotRead(t *testing.T) {
	for _, name := range []string{"GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "GOOGLE_APPLICATION_CREDENTIALS"} {
		t.Setenv(name, "stray")
	}
	t.Setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
	t.Setenv("GOOGLE_GENAI_USE_ENTERPRISE", "true")
	t.Setenv("GOOGLE_GEMINI_BASE_URL", "https://stray.example")
	t.Setenv("GOOGLE_VERTEX_BASE_URL", "https://stray.example")
	s := whole(hello)
	if _, err := s.gemini().Call(t.Context(), providertest.Question("gemini-3.8-flash")); err != nil {
		t.Fatal(err)
	}
	if r := s.requests[0]; strings.Contains(r.URL.String(), "stray") || r.Header.Get("X-Goog-Api-Key") != "sim-a" || r.Header.Get("Authorization") != "" {
		t.Errorf("got %s with %v, which is from the environment", r.URL, r.Header)
	}
}

func TestAModelThinksAsLittleAsItCan(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]any{"gemini-4-argon": "LOW", "gemini-3.8-flash": "MINIMAL", "gemini-9-unheard": "LOW"} {
		s := whole(hello)
		c := providertest.Question(model)
		c.Effort = ai.NoThinking
		if _, err := s.gemini().Call(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		s.holds(t, want, "generationConfig", "thinkingConfig", "thinkingLevel")
	}
}

func TestUsageIsSplit(t *testing.T) {
	t.Parallel()
	s := whole(`{"candidates":[{"content":{"parts":[{"text":"Yes."}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":60,"candidatesTokenCount":5,"thoughtsTokenCount":15,"toolUsePromptTokenCount":7}}`)
	a, err := s.gemini().Call(t.Context(), providertest.Question("gemini-3.8-flash"))
	if err != nil {
		t.Fatal(err)
	}
	if want := (ai.Usage{InputTokens: 47, CachedTokens: 60, OutputTokens: 20, ThinkingTokens: 15}); a.Usage != want {
		t.Errorf("got %+v, want %+v", a.Usage, want)
	}
}

func TestASignatureIsShownAgainToItsModelOnly(t *testing.T) {
	t.Parallel()
	s := events(`{"candidates":[{"content":{"parts":[{"text":"Hm.","thought":true}]}}]}`,
		`{"candidates":[{"content":{"parts":[{"text":"I "}]}}]}`, `{"candidates":[{"content":{"parts":[{"text":"look."}]}}]}`,
		`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"find","args":{"thing":"x"}},"thoughtSignature":"c2VhbGVk"}]},"finishReason":"STOP"}]}`)
	c := providertest.Question("gemini-3.8-flash")
	c.Tools = []ai.Tool{providertest.Tool()}
	a, err := providertest.Ask(t.Context(), s.gemini(), c, true)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Calls) != 1 || a.Calls[0].Name != "find" || string(a.Calls[0].Input) != `{"thing":"x"}` || a.Text != "I look." {
		t.Fatalf("got %q and %s", a.Text, a.Calls)
	}
	c.Turns = []ai.Turn{{Text: "Find x."}, {Assistant: true, Text: a.Text, Calls: a.Calls, State: a.State}, {Results: []ai.ToolResult{{ID: a.Calls[0].ID, Text: "It is there."}}}}
	c.User = ""
	for _, row := range []struct {
		model  string
		mended []ai.Repair
		shown  bool
	}{
		{"gemini-3.8-flash", nil, true}, {"gemini-4-argon", nil, false}, {"gemini-4-argon", []ai.Repair{ai.EchoSignature}, true},
		{"gemini-3.8-flash", []ai.Repair{ai.EchoSignature, ai.StripState}, false},
	} {
		next := whole(hello)
		c.Model, c.Mended = row.model, row.mended
		if _, err := next.gemini().Call(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		said, err := json.Marshal(next.at("contents"))
		if err != nil {
			t.Fatal(err)
		}
		want := `[{"parts":[{"text":"Find x."}],"role":"user"},{"parts":[{"text":"I look."},{"functionCall":{"args":{"thing":"x"},"name":"find"},"thoughtSignature":"c2VhbGVk"}],"role":"model"},` +
			`{"parts":[{"functionResponse":{"name":"find","response":{"output":"It is there."}}}],"role":"user"}]`
		if !row.shown {
			want = `[{"parts":[{"text":"Find x."}],"role":"user"},{"parts":[{"text":"I look."},{"text":"Use of the tool find: {\"thing\":\"x\"}"}],"role":"model"},` +
				`{"parts":[{"text":"Result of a tool: It is there."}],"role":"user"}]`
		}
		if string(said) != want {
			t.Errorf("%s %v:\ngot  %s\nwant %s", row.model, row.mended, said, want)
		}
	}
}

func TestNothingIsContinuedByItself(t *testing.T) {
	t.Parallel()
	for _, stream := range []bool{false, true} {
		part := `{"candidates":[{"content":{"parts":[{"text":"Half"}]},"finishReason":"CONTINUATION","continuationToken":"bW9yZQ=="}]}`
		s := whole(part)
		if stream {
			s = events(part)
		}
		_, err := providertest.Ask(t.Context(), s.gemini(), providertest.Question("gemini-3.8-flash"), stream)
		if f := ai.FaultOf(err); f == nil || f.Kind != ai.Transient || len(s.requests) != 1 {
			t.Errorf("got %v after %d requests, want a transient fault after 1", err, len(s.requests))
		}
	}
}

func TestAReasonThatNobodyKnowsIsAnAnswer(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]ai.Kind{"NEWLY_INVENTED": "", "MALFORMED_FUNCTION_CALL": ai.BadOutput, "SPII": ai.PolicyRefused, "OTHER": ai.Transient} {
		_, err := whole(strings.Replace(hello, "STOP", reason, 1)).gemini().Call(t.Context(), providertest.Question("gemini-3.8-flash"))
		if f := ai.FaultOf(err); f == nil && want != "" || f != nil && f.Kind != want {
			t.Errorf("%s: got %v, want %q", reason, err, want)
		}
	}
}

func TestALongAnswerIsStreamed(t *testing.T) {
	t.Parallel()
	s := events(hello)
	c := providertest.Question("gemini-3.8-flash")
	c.MaxTokens = 8000
	a, err := s.gemini().Call(t.Context(), c)
	if err != nil || a.Text != "Hello." || !strings.HasSuffix(s.requests[0].URL.String(), ":streamGenerateContent?alt=sse") {
		t.Fatalf("got %q, %v from %s", a.Text, err, s.requests[0].URL)
	}
}

func TestWhatWouldBeRefusedIsNotSent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*ai.Call){
		"no key":            func(c *ai.Call) { c.Key.Secret = "" },
		"an address":        func(c *ai.Call) { c.Key.BaseURL = "http://plain.example" },
		"no model":          func(c *ai.Call) { c.Model = "" },
		"a path":            func(c *ai.Call) { c.Model = "../files" },
		"no question":       func(c *ai.Call) { c.User = "" },
		"the model's words": func(c *ai.Call) { c.User, c.Turns = "", []ai.Turn{{Text: "a"}, {Assistant: true, Text: "b"}} },
		"a tool's schema":   func(c *ai.Call) { c.Tools = []ai.Tool{{Name: "x", Schema: []byte("{")}} },
		"an effort":         func(c *ai.Call) { c.Effort = "heroic" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := whole(hello)
			c := providertest.Question("gemini-3.8-flash")
			change(&c)
			_, err := s.gemini().Call(t.Context(), c)
			providertest.CostsNothing(t, err, len(s.requests))
		})
	}
}

func TestModelsAreListed(t *testing.T) {
	t.Parallel()
	providertest.Models(t, func(body string) ([]string, error) {
		return whole(body).gemini().Models(t.Context(), ai.Key{Secret: "sim-a"})
	}, `{"models":[{"name":"models/gemini-3.8-flash"},{"name":"models/gemini-4-argon"}]}`, "gemini-3.8-flash", "gemini-4-argon")
}

// A stream of anything comes to an answer or a fault, and to nothing else.
func FuzzStream(f *testing.F) {
	f.Add([]byte("data: " + hello + "\r\n\r\n"))
	f.Add([]byte(`data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":7,"args":[]}}]},"finishReason":{}}],"usageMetadata":{"promptTokenCount":1e99}}` + "\n\n"))
	f.Add([]byte(`data: {"candidates":{"content":"x"},"promptFeedback":[],"error":{"code":429,"details":"no"}}` + "\n\n"))
	f.Add([]byte(`data: {"candidates":[null,{"content":null},{"content":{"parts":[null,{"text":null,"thoughtSignature":"%"}]}}]}` + "\n\n"))
	f.Add([]byte(": alive\n\nevent: x\ndata: null\n\ndata: []\n\ndata: 7\r\n\r\n\xef\xbb\xbfdata:\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, stream := range []bool{false, true} {
			s := whole(string(text))
			if stream {
				s.kind = "text/event-stream"
			}
			a, err := providertest.Ask(t.Context(), s.gemini(), providertest.Question("gemini-3.8-flash"), stream)
			if err != nil && ai.FaultOf(err) == nil {
				t.Fatalf("got %v, want a fault", err)
			}
			if err == nil && a.Text == "" && len(a.Calls) == 0 {
				t.Fatal("an answer that says nothing")
			}
			if u := a.Usage; u.InputTokens < 0 || u.OutputTokens < 0 || u.CachedTokens < 0 {
				t.Fatalf("got usage %+v", u)
			}
		}
	})
}

func BenchmarkStream(b *testing.B) {
	lines := make([]string, 200)
	for i := range lines {
		lines[i] = `{"candidates":[{"content":{"role":"model","parts":[{"text":"and more of it"}]}}],"usageMetadata":{"promptTokenCount":10},"modelVersion":"gemini-3.8-flash"}`
	}
	s := events(append(lines, hello)...)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := providertest.Ask(b.Context(), s.gemini(), providertest.Question("gemini-3.8-flash"), true); err != nil {
			b.Fatal(err)
		}
	}
}
