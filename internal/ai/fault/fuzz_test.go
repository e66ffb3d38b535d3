package fault_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"rapport/internal/ai/fault"
)

func FuzzClassify(f *testing.F) {
	f.Add("anthropic", 429, "30", `{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}`, uint8(0))
	f.Add("gemini", 429, "", `[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"37s"}]}}]`, uint8(1))
	f.Add("openrouter", 200, "NaN", `{"error":{"code":502,"message":"x","metadata":{"error_type":"provider_unavailable"}},"availability":{"retry_after":-1}}`, uint8(7))
	f.Add("compatible", 404, "1e400", `{"error":"model 'canary' not found"}`, uint8(32))
	f.Add("", 0, "", "", uint8(255))
	f.Add("gemini", 429, "", `{"error":{"details":{"error_code":null},"code":"429"}}`, uint8(0))
	f.Fuzz(func(t *testing.T, provider string, status int, after, body string, flags uint8) {
		e := fault.Evidence{Provider: provider, Status: status, Header: http.Header{"Retry-After": {after}, "Anthropic-Ratelimit-Requests-Reset": {after}},
			Body: []byte(body), Streaming: flags&1 != 0, Started: flags&2 != 0, Finished: flags&4 != 0, Empty: flags&8 != 0, At: noon}
		if flags&16 != 0 {
			e.Err = errors.New("canary " + strings.ReplaceAll(body, "canary", ""))
		}
		e.Header.Set("Date", after)
		got := fault.Classify(e)
		if strings.Contains(body, "canary") || strings.Contains(after, "canary") {
			return // its types may be of one word
		}
		sound(t, e, got)
	})
}

func FuzzHint(f *testing.F) {
	for _, v := range []string{"0", "-5", "soon", "NaN", "Inf", "1e12", "1e400", "0.25", "Sun, 22 Nov 2026 12:00:30 GMT", "2026-11-22T12:01:00Z", "1m30s", "1763812800000", "0x10"} {
		f.Add(v, v, "Sun, 22 Nov 2026 11:00:00 GMT", `{"error":{"availability":{"retry_after":`+v+`}}}`)
	}
	f.Fuzz(func(t *testing.T, seconds, millis, date, body string) {
		for _, p := range []string{"anthropic", "gemini", "openrouter", "compatible"} {
			h := http.Header{"Retry-After": {seconds}, "Retry-After-Ms": {millis}, "Date": {date}, "X-Ratelimit-Reset": {seconds}}
			e := fault.Evidence{Provider: p, Status: 429, Header: h, Body: []byte(body), At: noon}
			if wait, from, ok := fault.Hint(e); wait < 0 || ok != (from != "") {
				t.Errorf("%s: %v by %q, %v", p, wait, from, ok)
			}
		}
	})
}

// The words of a provider may be those of a customer: whatever the shape of
// the answer, they stay where they are.
func TestProseNeverLeaves(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(4, 20))
	words := []string{"canary of a customer", "canary: prompt is too long", "canary thinking signature", "the canary api key not valid", "canary per day", "canary json_schema"}
	for range 3000 {
		pick := func(list ...string) string { return list[random.IntN(len(list))] }
		inner := map[string]any{
			"message": pick(words...), "type": pick("invalid_request_error", "overloaded_error", pick(words...)), "code": random.IntN(600),
			"status": pick("", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", pick(words...)), "param": pick(words...),
			"details":  []any{map[string]any{"reason": pick(words...), "violations": []any{map[string]any{"quotaId": pick(words...)}}}},
			"metadata": map[string]any{"raw": pick(words...), "reason": pick(words...), "provider_code": pick(words...), "limit_source": pick(words...), "error_type": pick("", "rate_limit_exceeded", "payment_required")},
		}
		body, err := json.Marshal(map[string]any{"error": inner, "message": pick(words...)})
		if err != nil {
			t.Fatal(err)
		}
		status := []int{0, 200, 400, 402, 403, 404, 413, 429, 500, 503, 529}[random.IntN(11)]
		e := fault.Evidence{Provider: pick("anthropic", "gemini", "openrouter", "compatible"), Status: status, Body: body, At: noon,
			Header: http.Header{"Request-Id": {pick("req_1", words[0])}}, Streaming: random.IntN(2) == 0, Started: random.IntN(2) == 0}
		if random.IntN(3) == 0 {
			e.Err = errors.New(pick(words...))
		}
		sound(t, e, fault.Classify(e))
	}
}
