package anthropic_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/guard"
	"rapport/internal/ai/provider/anthropic"
	"rapport/internal/ai/wire"
)

// api is a small server that answers as a test wants, and counts.
type api struct {
	*httptest.Server
	requests atomic.Int32
	last     atomic.Pointer[request]
}

type request struct {
	path   string
	header http.Header
	body   []byte
}

func serve(t *testing.T, answer http.HandlerFunc) *api {
	t.Helper()
	a := &api{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.requests.Add(1)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read the request: %v", err)
		}
		a.last.Store(&request{path: r.URL.RequestURI(), header: r.Header, body: body})
		answer(w, r)
	}))
	t.Cleanup(a.Close)
	return a
}

func provider(t *testing.T, base string) *anthropic.Provider {
	t.Helper()
	next := wire.Shared(wire.Guard{Loopback: true})
	t.Cleanup(next.CloseIdleConnections)
	return anthropic.New(wire.New(next), base)
}

func call() ai.Call {
	return ai.Call{Request: ai.Request{Task: "test", Prompt: guard.New("test", "1", "Be brief.")}, Model: "claude-haiku-5-5",
		Key: ai.Key{ID: "k1", Secret: "test-key"}, Params: ai.Params{MaxTokens: 500}, System: "Be brief.", User: "Who is there?"}
}

// ask makes the call as a whole or in pieces, and collects the text of pieces.
func ask(ctx context.Context, p *anthropic.Provider, c ai.Call, stream bool) (answer ai.Answer, text string, err error) {
	if !stream {
		answer, err = p.Call(ctx, c)
		return answer, answer.Text, err
	}
	ended := false
	for e, failed := range p.Stream(ctx, c) {
		if failed != nil {
			return ai.Answer{}, text, failed
		}
		text += e.Text
		if e.Answer != nil {
			answer, ended = *e.Answer, true
		}
	}
	if !ended {
		err = errors.New("the stream ended without an answer")
	}
	return answer, text, err
}

// events writes a stream of events, of which each is its data.
func events(w io.Writer, data ...string) {
	for _, d := range data {
		var e struct{ Type string }
		_ = json.Unmarshal([]byte(d), &e)                             // garbage has no type
		_, _ = fmt.Fprintf(w, "event: %s\r\ndata: %s\n\n", e.Type, d) // the reader may have left
	}
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

const (
	begins  = `{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-5-5-20261001","content":[],"stop_reason":null,"usage":{"input_tokens":11,"cache_creation_input_tokens":30,"cache_read_input_tokens":40,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"output_tokens":1}}}`
	opens   = `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`
	says    = `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"It is "}}`
	goesOn  = `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"me — ☂."}}`
	closes  = `{"type":"content_block_stop","index":0}`
	ends    = `{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":25,"output_tokens_details":{"thinking_tokens":7}}}`
	stops   = `{"type":"message_stop"}`
	message = `{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-5-5-20261001","content":[{"type":"text","text":"It is me — ☂."}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":11,"cache_creation_input_tokens":30,"cache_read_input_tokens":40,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"output_tokens":25,"output_tokens_details":{"thinking_tokens":7}}}`
)

// both answers in one, or in pieces if there is nothing whole.
func both(whole string, pieces ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Request-Id", "req_1")
		if whole == "" {
			sse(pieces...)(w, nil)
			return
		}
		status(200, whole)(w, nil)
	}
}

func TestAnAnswerIsTheSameInOneAndInPieces(t *testing.T) {
	t.Parallel()
	want := ai.Answer{Text: "It is me — ☂.", Model: "claude-haiku-5-5-20261001", Version: "claude-haiku-5-5-20261001", RequestID: "req_1",
		Usage: ai.Usage{InputTokens: 11, OutputTokens: 25, CachedTokens: 40, CacheWriteTokens: 10, CacheWriteLongTokens: 20, ThinkingTokens: 7}}
	for _, stream := range []bool{false, true} {
		a := serve(t, both(message))
		if stream {
			a = serve(t, both("", begins, `{"type":"ping"}`, opens, says, `{"type":"novel_event"}`, goesOn, closes, ends, stops))
		}
		got, text, err := ask(t.Context(), provider(t, a.URL), call(), stream)
		if err != nil || !reflect.DeepEqual(got, want) || text != want.Text {
			t.Errorf("stream %v:\n got %+v, %q, %v\nwant %+v", stream, got, text, err, want)
		}
		if n := a.requests.Load(); n != 1 {
			t.Errorf("stream %v: %d requests, want 1", stream, n)
		}
		if sent := string(a.last.Load().body); strings.Contains(sent, `"stream":true`) != stream {
			t.Errorf("stream %v is asked for as %s", stream, sent)
		}
	}
}

// Each thing that may go wrong has its kind, whether the answer is wanted in
// one or in pieces, and is asked for exactly once.
func TestEachFaultIsOneRequest(t *testing.T) {
	t.Parallel()
	for _, tc := range troubles() {
		for _, stream := range []bool{false, true} {
			if tc.only != "" && (tc.only == "stream") != stream {
				continue
			}
			t.Run(fmt.Sprintf("%s/stream=%v", tc.name, stream), func(t *testing.T) {
				t.Parallel()
				a := serve(t, tc.answer)
				_, _, err := ask(t.Context(), provider(t, a.URL), call(), stream)
				f := ai.FaultOf(err)
				if f == nil {
					t.Fatalf("got %v, want a fault", err)
				}
				want := tc.kind
				if stream && tc.streamed != "" {
					want = tc.streamed
				}
				if f.Kind != want || f.Billed != tc.billed || f.Repair != tc.repair {
					t.Errorf("got %s billed=%s repair=%s (%v), want %s billed=%s repair=%s", f.Kind, f.Billed, f.Repair, f, want, tc.billed, tc.repair)
				}
				if n := a.requests.Load(); n != 1 {
					t.Errorf("%d requests, want 1", n)
				}
				if strings.Contains(err.Error(), "canary") {
					t.Errorf("the fault repeats what was said: %v", err)
				}
				if (f.Billed == ai.BilledYes) != (f.Usage.OutputTokens > 0 && !f.Usage.Estimated) {
					t.Errorf("billed %s with usage %+v", f.Billed, f.Usage)
				}
			})
		}
	}
}

type trouble struct {
	name     string
	answer   http.HandlerFunc
	kind     ai.Kind
	streamed ai.Kind // "": the same
	billed   ai.Billing
	repair   ai.Repair
	only     string
}

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body) // the reader may have left
	}
}

func refusal(kind string) string {
	return `{"type":"error","error":{"type":"` + kind + `","message":"canary"}}`
}

// raw answers with bytes that no server would send, and dies.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, text) // it dies anyway
		_ = conn.Close()
	}
}

func sse(data ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		events(w, data...)
	}
}

func stopped(reason, more string) string {
	return strings.Replace(message, `"stop_reason":"end_turn"`, `"stop_reason":"`+reason+`"`+more, 1)
}

func stoppedStream(reason, more string) http.HandlerFunc {
	return sse(begins, opens, says, closes, strings.Replace(ends, `"stop_reason":"end_turn"`, `"stop_reason":"`+reason+`"`+more, 1), stops)
}

func packed(text string, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = io.WriteString(z, text) // a buffer takes all
		_ = z.Close()
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(b.Bytes()[:b.Len()-n]) // the reader may have left
	}
}

func troubles() []trouble {
	const no, yes, maybe = ai.BilledNo, ai.BilledYes, ai.BilledMaybe
	tooLong := `{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: canary"}}`
	bound := `{"type":"error","error":{"type":"invalid_request_error","message":"Invalid signature in thinking block: canary"}}`
	whole := "unary"
	pieces := "stream"
	return []trouble{
		{name: "400", answer: status(400, refusal("invalid_request_error")), kind: ai.CallerFault, billed: no},
		{name: "400 too long", answer: status(400, tooLong), kind: ai.ContextTooLong, billed: no, repair: ai.Compact},
		{name: "400 thinking", answer: status(400, bound), kind: ai.StateRejected, billed: no, repair: ai.StripState},
		{name: "401", answer: status(401, refusal("authentication_error")), kind: ai.Credential, billed: no},
		{name: "402", answer: status(402, refusal("billing_error")), kind: ai.AccountMoney, billed: no},
		{name: "403", answer: status(403, refusal("permission_error")), kind: ai.ModelAccess, billed: no},
		{name: "404", answer: status(404, refusal("not_found_error")), kind: ai.ModelGone, billed: no},
		{name: "408", answer: status(408, ""), kind: ai.Transient, billed: no},
		{name: "409", answer: status(409, refusal("conflict_error")), kind: ai.Transient, billed: no},
		{name: "413", answer: status(413, refusal("request_too_large")), kind: ai.ContextTooLong, billed: no, repair: ai.Compact},
		{name: "429", answer: status(429, refusal("rate_limit_error")), kind: ai.RateLimited, billed: no},
		{name: "500", answer: status(500, refusal("api_error")), kind: ai.Transient, billed: no},
		{name: "502 page", answer: status(502, "<html>canary</html>"), kind: ai.Transient, billed: no},
		{name: "504", answer: status(504, refusal("timeout_error")), kind: ai.Transient, billed: no},
		{name: "529", answer: status(529, refusal("overloaded_error")), kind: ai.Overloaded, billed: no},
		{name: "redirect", answer: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/v2/messages", http.StatusPermanentRedirect)
		}, kind: ai.Unknown, billed: no},
		{name: "200 with an error", answer: status(200, refusal("overloaded_error")), kind: ai.Overloaded, billed: no},
		{name: "200 with nothing", answer: status(200, ""), kind: ai.Transient, billed: maybe},
		{name: "200 with null", answer: status(200, "null"), kind: ai.Transient, billed: maybe},
		{name: "200 with a page", answer: status(200, "<html>canary</html>"), kind: ai.Transient, billed: maybe},
		{name: "200 of another kind", answer: status(200, `{"type":"list","data":[]}`), kind: ai.Transient, billed: maybe},
		{name: "no content", answer: status(200, strings.Replace(message, `[{"type":"text","text":"It is me — ☂."}]`, "[]", 1)), kind: ai.Transient, billed: yes, only: whole},
		{name: "no reason to stop", answer: status(200, strings.Replace(message, `"end_turn"`, "null", 1)), kind: ai.Transient, billed: yes, only: whole},
		{name: "JSON cut", answer: status(200, message[:120]), kind: ai.Network, billed: maybe, only: whole},
		{name: "gzip cut", answer: packed(message, 12), kind: ai.Network, billed: maybe, only: whole},
		{name: "shorter than said", answer: raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"id\":"), kind: ai.Network, billed: maybe, only: whole},
		{name: "closed before headers", answer: raw(""), kind: ai.Network, billed: maybe},
		{name: "no HTTP", answer: raw("canary\r\n\r\n"), kind: ai.Network, billed: maybe},
		{name: "error cut", answer: raw("HTTP/1.1 529 Overloaded\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"type\":"), kind: ai.Overloaded, billed: no},
		{name: "refusal", answer: status(200, stopped("refusal", `,"stop_details":{"type":"refusal","category":"cyber","explanation":"canary"}`)), kind: ai.PolicyRefused, billed: yes, only: whole},
		{name: "refusal", answer: stoppedStream("refusal", `,"stop_details":{"type":"refusal","category":"cyber","explanation":"canary"}`), kind: ai.PolicyRefused, billed: yes, only: pieces},
		{name: "cut", answer: status(200, stopped("max_tokens", "")), kind: ai.Truncated, billed: yes, repair: ai.RaiseMax, only: whole},
		{name: "cut", answer: stoppedStream("max_tokens", ""), kind: ai.Truncated, billed: yes, repair: ai.RaiseMax, only: pieces},
		{name: "pause", answer: status(200, stopped("pause_turn", "")), kind: ai.Transient, billed: yes, only: whole},
		{name: "pause", answer: stoppedStream("pause_turn", ""), kind: ai.Transient, billed: yes, only: pieces},
		{name: "window full", answer: stoppedStream("model_context_window_exceeded", ""), kind: ai.ContextTooLong, billed: yes, repair: ai.Compact, only: pieces},
		{name: "error event first", answer: sse(refusal("overloaded_error")), kind: ai.Overloaded, billed: no, only: pieces},
		{name: "error event in the middle", answer: sse(begins, opens, says, refusal("overloaded_error")), kind: ai.Overloaded, billed: maybe, only: pieces},
		{name: "error event nobody knows", answer: sse(begins, opens, says, refusal("novel_error")), kind: ai.StreamBroken, billed: maybe, only: pieces},
		{name: "ends before message_stop", answer: sse(begins, opens, says, goesOn, closes, ends), kind: ai.StreamBroken, billed: maybe, only: pieces},
		{name: "ends in the middle", answer: sse(begins, opens, says), kind: ai.StreamBroken, billed: maybe, only: pieces},
		{name: "ends at once", answer: sse(), kind: ai.StreamBroken, billed: maybe, only: pieces},
		{name: "message_stop alone", answer: sse(stops), kind: ai.StreamBroken, billed: maybe, only: pieces},
		{name: "no reason, in pieces", answer: sse(begins, opens, says, closes, stops), kind: ai.StreamBroken, billed: yes, only: pieces},
		{name: "whole and empty", answer: sse(begins, ends, stops), kind: ai.Transient, billed: yes, only: pieces},
		{name: "garbage", answer: sse(begins, opens, says, `{"type":"content_block_delta","index":canary`), kind: ai.StreamBroken, billed: maybe, only: pieces},
		{name: "delta of no block", answer: sse(begins, says), kind: ai.StreamBroken, billed: maybe, only: pieces},
		{name: "block out of order", answer: sse(begins, strings.Replace(opens, `"index":0`, `"index":3`, 1)), kind: ai.StreamBroken, billed: maybe, only: pieces},
		{name: "two messages", answer: sse(begins, opens, says, strings.Replace(begins, "msg_1", "msg_2", 1), closes, ends, stops), kind: ai.StreamBroken, billed: maybe, only: pieces},
		{name: "reset in the middle", answer: raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(begins) + chunk(opens) + chunk(says)), kind: ai.StreamBroken, billed: maybe, only: pieces},
		{name: "tool input cut", answer: sse(begins, `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t1","name":"find","input":{}}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}}`, closes, ends, stops), kind: ai.BadOutput, billed: yes, only: pieces},
	}
}

func chunk(data string) string {
	var e struct{ Type string }
	_ = json.Unmarshal([]byte(data), &e) // it is valid
	text := "event: " + e.Type + "\ndata: " + data + "\n\n"
	return fmt.Sprintf("%x\r\n%s\r\n", len(text), text)
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	for _, stream := range []bool{false, true} {
		a := serve(t, status(200, message))
		a.Close()
		_, _, err := ask(t.Context(), provider(t, a.URL), call(), stream)
		if f := ai.FaultOf(err); f == nil || f.Kind != ai.Network || f.Detail != "refused" || f.Billed != ai.BilledNo {
			t.Errorf("got %v, want refused and not billed", err)
		}
	}
}

func TestNothingIsSentForACallThatIsOver(t *testing.T) {
	t.Parallel()
	a := serve(t, status(200, message))
	late, cancel := context.WithTimeout(t.Context(), -time.Second)
	defer cancel()
	left, leave := context.WithCancel(t.Context())
	leave()
	for _, stream := range []bool{false, true} {
		for want, ctx := range map[ai.Kind]context.Context{ai.DeadlinePast: late, ai.Cancelled: left} {
			_, _, err := ask(ctx, provider(t, a.URL), call(), stream)
			if f := ai.FaultOf(err); f == nil || f.Kind != want || f.Billed != ai.BilledNo {
				t.Errorf("got %v, want %s, not billed", err, want)
			}
		}
	}
	if n := a.requests.Load(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestAReaderThatLeavesEndsTheRequest(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	a := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		events(w, begins, opens, says)
		<-r.Context().Done()
		close(gone)
	})
	for e, err := range provider(t, a.URL).Stream(t.Context(), call()) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Text != "" {
			break
		}
	}
	<-gone
}

func TestALongAnswerIsAskedForInPieces(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		tokens    int
		firstByte time.Duration
		want      bool
	}{{500, 30 * time.Second, false}, {500, 8 * time.Second, true}, {300, 8 * time.Second, false}, {4000, 30 * time.Second, true}, {16_000, time.Hour, false}, {64_000, time.Hour, true}} {
		a := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(529) })
		c := call()
		c.Params.MaxTokens = tc.tokens
		ctx := wire.WithLimits(t.Context(), wire.Limits{FirstByte: tc.firstByte})
		if _, err := provider(t, a.URL).Call(ctx, c); ai.FaultOf(err) == nil {
			t.Errorf("%d tokens: got %v, want a fault", tc.tokens, err)
		}
		if got := strings.Contains(string(a.last.Load().body), `"stream":true`); got != tc.want || a.requests.Load() != 1 {
			t.Errorf("%d tokens within %v: stream %v in %d requests, want %v in 1", tc.tokens, tc.firstByte, got, a.requests.Load(), tc.want)
		}
	}
	a := serve(t, sse(begins, opens, says, goesOn, closes, ends, stops))
	c := call()
	c.Params.MaxTokens = 64_000
	if got, err := provider(t, a.URL).Call(t.Context(), c); err != nil || got.Text != "It is me — ☂." {
		t.Errorf("got %q, %v", got.Text, err)
	}
}

// The environment of a server may hold keys of others. They are not used.
func TestTheEnvironmentIsNotRead(t *testing.T) {
	elsewhere := serve(t, status(200, message))
	for name, value := range map[string]string{"ANTHROPIC_API_KEY": "stray", "ANTHROPIC_AUTH_TOKEN": "stray", "ANTHROPIC_BASE_URL": elsewhere.URL, "ANTHROPIC_CUSTOM_HEADERS": "X-Stray: yes", "ANTHROPIC_OPEN_TELEMETRY": "true"} {
		t.Setenv(name, value)
	}
	a := serve(t, status(200, message))
	if _, err := provider(t, a.URL).Call(t.Context(), call()); err != nil {
		t.Fatal(err)
	}
	h := a.last.Load().header
	if h.Get("X-Api-Key") != "test-key" || h.Get("Authorization") != "" || h.Get("X-Stray") != "" || h.Get("Traceparent") != "" || elsewhere.requests.Load() != 0 {
		t.Errorf("sent %v", h)
	}
	if h.Get("Anthropic-Version") != "2023-06-01" || h.Get("X-Stainless-Retry-Count") != "0" {
		t.Errorf("sent %v", h)
	}
}

func TestTheKeyHasItsOwnAddress(t *testing.T) {
	t.Parallel()
	a, other := serve(t, status(200, message)), serve(t, status(200, message))
	c := call()
	c.Key.BaseURL = other.URL + "/proxy"
	if _, err := provider(t, a.URL).Call(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if a.requests.Load() != 0 || other.last.Load().path != "/proxy/v1/messages" {
		t.Errorf("%d requests to the usual address, %q of the key's", a.requests.Load(), other.last.Load().path)
	}
}

func TestModelsAreListedPageByPage(t *testing.T) {
	t.Parallel()
	a := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Query().Get("after_id") == "" {
			_, _ = io.WriteString(w, `{"data":[{"type":"model","id":"claude-a"},{"type":"model","id":"claude-b"}],"has_more":true,"last_id":"claude-b"}`)
			return
		}
		_, _ = io.WriteString(w, `{"data":[{"type":"model","id":"claude-c"}],"has_more":false,"last_id":"claude-c"}`)
	})
	got, err := provider(t, a.URL).Models(t.Context(), ai.Key{Secret: "test-key"})
	if err != nil || strings.Join(got, " ") != "claude-a claude-b claude-c" || a.requests.Load() != 2 {
		t.Errorf("got %v, %v in %d requests", got, err, a.requests.Load())
	}
	for _, answer := range []http.HandlerFunc{status(401, refusal("authentication_error")), status(200, refusal("authentication_error"))} {
		a = serve(t, answer)
		if _, err = provider(t, a.URL).Models(t.Context(), ai.Key{Secret: "test-key"}); ai.FaultOf(err) == nil || ai.FaultOf(err).Kind != ai.Credential || a.requests.Load() != 1 {
			t.Errorf("got %v in %d requests, want the key refused", err, a.requests.Load())
		}
	}
	if _, err = provider(t, a.URL).Models(t.Context(), ai.Key{}); ai.FaultOf(err) == nil || ai.FaultOf(err).Kind != ai.Credential {
		t.Errorf("without a key: %v", err)
	}
}
