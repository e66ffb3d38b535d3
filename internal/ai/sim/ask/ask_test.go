package ask

import (
	"net/http"
	"testing"
)

func TestTheVendorIsFoundByNameHostOrPath(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ host, path, provider, rest string }{
		{"localhost:4010", "/anthropic/v1/messages", "anthropic", "/v1/messages"},
		{"localhost:4010", "/gemini/v1beta/models", "gemini", "/v1beta/models"},
		{"localhost:4010", "/openrouter/api/v1/key", "openrouter", "/api/v1/key"},
		{"localhost:4010", "/compatible/v1/models", "compatible", "/v1/models"},
		{"api.anthropic.com", "/v1/models", "anthropic", "/v1/models"},
		{"generativelanguage.googleapis.com:443", "/v1beta/models/x:generateContent", "gemini", "/v1beta/models/x:generateContent"},
		{"openrouter.ai", "/api/v1/chat/completions", "openrouter", "/api/v1/chat/completions"},
		{"localhost", "/v1/messages", "anthropic", "/v1/messages"},
		{"localhost", "/v1/chat/completions", "compatible", "/v1/chat/completions"},
		{"localhost", "/anthropics", "", "/anthropics"},
		{"localhost", "/", "", "/"},
	} {
		if p, rest := Find(x.host, x.path); p != x.provider || rest != x.rest {
			t.Errorf("%s%s is %q %q, want %q %q", x.host, x.path, p, rest, x.provider, x.rest)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []struct{ provider, path, body string }{
		{"anthropic", "/v1/messages", `{"model":"claude-opus-5-5","max_tokens":9,"system":[{"type":"text","text":"a","cache_control":{"ttl":"1h"}}],"messages":[{"role":"user","content":"Hi."},{"role":"assistant","content":[{"type":"thinking","signature":"x"},{"type":"tool_use","id":"a"}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"text"}]}]}],"thinking":{"type":"adaptive"},"tools":[{"name":"a","input_schema":{}}],"tool_choice":{"type":"any"},"output_config":{"effort":"low","format":{"type":"json_schema","schema":{"anyOf":[{"type":"object"}]}}}}`},
		{"gemini", "/v1beta/models/gemini-4-argon:streamGenerateContent", `{"contents":[{"parts":[{"text":"a","thoughtSignature":"b"},{"functionCall":{"name":"x"}}]}],"generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"OBJECT"},"thinkingConfig":{"thinkingLevel":"LOW"}},"toolConfig":{"functionCallingConfig":{"mode":"ANY"}}}`},
		{"openrouter", "/api/v1/chat/completions", `{"model":"openai/gpt-6-luna","messages":[{"role":"system","content":[{"type":"text","text":"a"}]},{"role":"tool","tool_call_id":"a"}],"reasoning":{"effort":"low"},"response_format":{"type":"json_schema","json_schema":{"name":"x","strict":true,"schema":{"type":["object"]}}},"tool_choice":{"function":{"name":"a"}},"tools":[{"function":{"name":"a"}}]}`},
		{"compatible", "/v1/chat/completions", `{"model":"x","messages":null}`},
		{"gemini", "/v1beta/models/", `[]`},
	} {
		f.Add(s.provider, s.path, "key=a&b", s.body)
	}
	f.Fuzz(func(t *testing.T, provider, path, query, body string) {
		a, trouble := Parse(provider, Request{Method: "POST", Path: path, Query: query, Header: http.Header{"Anthropic-Version": {"x"}}, Body: []byte(body)})
		if trouble == nil && a.Op == Complete && len(a.Turns) == 0 && len(body) == 0 {
			t.Errorf("%s %s: nothing was asked", provider, path)
		}
		_ = Seal(a)
		_ = a.User()
	})
}
