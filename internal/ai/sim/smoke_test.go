package sim

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

func TestSmoke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Options{Seed: 1, Scale: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, stream := range []bool{false, true} {
			for _, p := range []string{"anthropic", "gemini", "openrouter", "compatible"} {
				var path, body string
				schema := `{"type":"object","properties":{"a":{"type":"string"},"quote":{"type":"string"},"start":{"type":"integer"},"end":{"type":"integer"}},"required":["a","quote","start","end"],"additionalProperties":false}`
				switch p {
				case "anthropic":
					path = "/v1/messages"
					body = fmt.Sprintf(`{"model":"claude-opus-5-5","max_tokens":1000,"stream":%v,"messages":[{"role":"user","content":"Hello there. How are you today?"}],"output_config":{"format":{"type":"json_schema","schema":%s}}}`, stream, schema)
				case "gemini":
					path = "/v1beta/models/gemini-3.8-flash:generateContent"
					if stream {
						path = "/v1beta/models/gemini-3.8-flash:streamGenerateContent"
					}
					body = fmt.Sprintf(`{"contents":[{"role":"user","parts":[{"text":"Hello there. How are you today?"}]}],"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":%s}}`, schema)
				default:
					path = "/v1/chat/completions"
					body = fmt.Sprintf(`{"model":"openai/gpt-6-luna","stream":%v,"messages":[{"role":"user","content":"Hello there. How are you today?"}],"response_format":{"type":"json_schema","json_schema":{"name":"x","strict":true,"schema":%s}}}`, stream, schema)
				}
				r, _ := http.NewRequest("POST", "http://sim/"+p+path, strings.NewReader(body))
				r.Header.Set("X-Api-Key", "sim-1")
				r.Header.Set("X-Goog-Api-Key", "sim-1")
				r.Header.Set("Authorization", "Bearer sim-1")
				r.Header.Set("Anthropic-Version", "2023-06-01")
				resp, err := (&http.Client{Transport: s}).Do(r)
				if err != nil {
					t.Fatal(err)
				}
				out, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				t.Log(p, resp.Status, err, resp.Header, "\n"+string(out))
			}
		}
		t.Logf("%+v", s.State())
	})
}
