package anthropic_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"rapport/internal/ai"
	"rapport/internal/ai/provider/anthropic"
	"rapport/internal/ai/wire"
)

// tripper is a provider without a network.
type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Whatever comes, there is one answer or one fault, and it is not negative.
func FuzzAnswer(f *testing.F) {
	stream := func(data ...string) string {
		var b strings.Builder
		events(&b, data...)
		return b.String()
	}
	f.Add(stream(begins, opens, says, goesOn, closes, ends, stops), true)
	f.Add(stream(begins, begins, opens, opens, says, says, goesOn, goesOn, closes, closes, ends, stops), true)
	f.Add(stream(stops, ends, closes, says, opens, begins), true)
	f.Add("\xef\xbb\xbf"+stream(begins), true)
	f.Add(refusal("overloaded_error"), true)
	f.Add(message, false)
	f.Add(stopped("refusal", ""), false)
	f.Add(`{"type":"message","content":[{"type":"tool_use","id":"","input":null},{"type":"thinking"},{}],"stop_reason":"tool_use","usage":{"input_tokens":1e99}}`, false)
	f.Add("null", false)
	f.Fuzz(func(t *testing.T, body string, stream bool) {
		kind := "application/json"
		if stream {
			kind = "text/event-stream"
		}
		next := tripper(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(bytes.NewReader([]byte(body))), Request: r}, nil
		})
		a, _, err := ask(t.Context(), anthropic.New(wire.New(next), ""), call(), stream)
		u := a.Usage
		if err != nil {
			fault := ai.FaultOf(err)
			if fault == nil {
				t.Fatalf("%v is no fault", err)
			}
			u = fault.Usage
		} else if strings.TrimSpace(a.Text) == "" && len(a.Calls) == 0 {
			t.Error("an answer says nothing")
		}
		if u.InputTokens < 0 || u.OutputTokens < 0 || u.CachedTokens < 0 || u.CacheWriteTokens < 0 || u.CacheWriteLongTokens < 0 || u.ThinkingTokens < 0 || u.ThinkingTokens > u.OutputTokens {
			t.Errorf("usage %+v", u)
		}
	})
}
