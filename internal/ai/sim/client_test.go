package sim

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"rapport/internal/ai"
)

// question is what the tests ask; every vendor is asked it in its own way.
type question struct {
	provider string
	stream   bool
	key      string
	model    string
	user     string
	schema   string
	tools    string // of the vendor
}

const city = `{"type":"object","additionalProperties":false,"required":["city","size","tags","quote"],"properties":{
 "city":{"type":"string","enum":["Bern","Graz","Lund"]},"size":{"type":"integer"},"tags":{"type":"array","items":{"type":"string","enum":["old","new"]}},"quote":{"type":"string"}}}`

var models = map[string]string{"anthropic": "claude-haiku-5-5", "gemini": "gemini-3.8-flash", "openrouter": "openai/gpt-6-luna", "compatible": "local"}

func about(provider string, stream bool) question {
	return question{provider: provider, stream: stream, key: "sim-a", model: models[provider], user: "The café in Lund is old. We meet there — at noon.", schema: city}
}

func (q question) request(ctx context.Context, base string) *http.Request {
	type object = map[string]any
	var path string
	body := object{"model": q.model, "stream": q.stream}
	said := []any{object{"role": "user", "content": q.user}}
	switch q.provider {
	case "anthropic":
		path = "/v1/messages"
		body["max_tokens"], body["messages"] = 2000, said
		if q.schema != "" {
			body["output_config"] = object{"format": object{"type": "json_schema", "schema": json.RawMessage(q.schema)}}
		}
	case "gemini":
		path = "/v1beta/models/" + q.model + ":generateContent"
		if q.stream {
			path = "/v1beta/models/" + q.model + ":streamGenerateContent?alt=sse"
		}
		body = object{"contents": []any{object{"role": "user", "parts": []any{object{"text": q.user}}}}}
		if q.schema != "" {
			body["generationConfig"] = object{"responseMimeType": "application/json", "responseJsonSchema": json.RawMessage(q.schema)}
		}
	default:
		path = "/v1/chat/completions"
		body["messages"] = said
		if q.schema != "" {
			body["response_format"] = object{"type": "json_schema", "json_schema": object{"name": "city", "strict": true, "schema": json.RawMessage(q.schema)}}
		}
	}
	if q.tools != "" {
		body["tools"] = json.RawMessage(q.tools)
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	r, err := http.NewRequestWithContext(ctx, "POST", base+"/"+q.provider+path, bytes.NewReader(text))
	if err != nil {
		panic(err)
	}
	if q.key != "" {
		r.Header = http.Header{"X-Api-Key": {q.key}, "X-Goog-Api-Key": {q.key}, "Authorization": {"Bearer " + q.key}}
	}
	r.Header.Set("Anthropic-Version", "2023-06-01")
	return r
}

// seen is what came of a question.
type seen struct {
	err    error // instead of an answer
	status int
	header http.Header
	body   []byte
	end    error // of the body
	took   time.Duration

	text     string
	tools    []string
	stop     string
	terminal bool
	usage    string
	fault    string // the vendor's word for it
	garbage  bool
	id       string
}

func (q question) ask(c *http.Client, base string) seen {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	return q.askIn(ctx, c, base)
}

func (q question) askIn(ctx context.Context, c *http.Client, base string) seen {
	begun := time.Now()
	resp, err := c.Do(q.request(ctx, base))
	if err != nil {
		return seen{err: err, took: time.Since(begun)}
	}
	defer resp.Body.Close()
	s := seen{status: resp.StatusCode, header: resp.Header}
	s.body, s.end = io.ReadAll(resp.Body)
	s.took = time.Since(begun)
	s.read(q)
	return s
}

func (s *seen) read(q question) {
	if !strings.HasPrefix(s.header.Get("Content-Type"), "text/event-stream") {
		var v any
		if err := json.Unmarshal(bytes.TrimPrefix(s.body, []byte("\xef\xbb\xbf")), &v); err != nil {
			s.garbage = true
			return
		}
		s.message(q.provider, v, false)
		s.terminal = s.stop != ""
		return
	}
	text := strings.ReplaceAll(strings.TrimPrefix(string(s.body), "\xef\xbb\xbf"), "\r\n", "\n")
	for line := range strings.Lines(text) {
		data, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "data: ")
		if !ok {
			continue
		}
		if data == "[DONE]" {
			s.terminal = true
			continue
		}
		var v any
		if json.Unmarshal([]byte(data), &v) != nil {
			s.garbage = true
			continue
		}
		s.message(q.provider, v, true)
	}
	if q.provider == "gemini" {
		s.terminal = s.stop != ""
	}
}

// at walks through JSON; what is not there is nil.
func at(v any, path ...any) any {
	for _, p := range path {
		switch k := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[k]
		case int:
			l, _ := v.([]any)
			if k >= len(l) {
				return nil
			}
			v = l[k]
		}
	}
	return v
}

func word(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func (s *seen) message(provider string, v any, event bool) {
	e := at(v, "error")
	if e != nil {
		for _, k := range []any{at(e, "metadata", "error_type"), at(e, "status"), at(e, "type"), at(e, "code")} {
			if s.fault == "" {
				s.fault = word(k)
			}
		}
	}
	switch provider {
	case "anthropic":
		s.anthropic(v, event)
	case "gemini":
		s.id = word(at(v, "responseId"))
		parts, _ := at(v, "candidates", 0, "content", "parts").([]any)
		for _, p := range parts {
			if at(p, "thought") == nil {
				s.text += word(at(p, "text"))
			}
			if n := at(p, "functionCall", "name"); n != nil {
				s.tools = append(s.tools, word(n))
			}
		}
		for _, f := range []any{at(v, "candidates", 0, "finishReason"), at(v, "promptFeedback", "blockReason")} {
			if f != nil {
				s.stop = word(f)
			}
		}
		s.usage = word(at(v, "usageMetadata", "promptTokenCount"))
	default:
		s.id = word(at(v, "id"))
		for _, k := range []string{"message", "delta"} {
			s.text += word(at(v, "choices", 0, k, "content"))
			calls, _ := at(v, "choices", 0, k, "tool_calls").([]any)
			for _, c := range calls {
				if n := at(c, "function", "name"); n != nil {
					s.tools = append(s.tools, word(n)+"/"+word(at(c, "id")))
				}
			}
		}
		if f := at(v, "choices", 0, "finish_reason"); f != nil {
			s.stop = word(f)
		}
		if u := at(v, "usage", "prompt_tokens"); u != nil {
			s.usage = word(u)
		}
	}
}

func (s *seen) anthropic(v any, event bool) {
	if !event {
		s.id = word(at(v, "id"))
		blocks, _ := at(v, "content").([]any)
		for _, b := range blocks {
			s.text += word(at(b, "text"))
			if at(b, "type") == "tool_use" {
				s.tools = append(s.tools, word(at(b, "name"))+"/"+word(at(b, "id")))
			}
		}
		s.stop, s.usage = word(at(v, "stop_reason")), word(at(v, "usage", "input_tokens"))
		return
	}
	switch at(v, "type") {
	case "message_start":
		s.id = word(at(v, "message", "id"))
	case "content_block_start":
		if at(v, "content_block", "type") == "tool_use" {
			s.tools = append(s.tools, word(at(v, "content_block", "name"))+"/"+word(at(v, "content_block", "id")))
		}
	case "content_block_delta":
		s.text += word(at(v, "delta", "text"))
	case "message_delta":
		s.stop, s.usage = word(at(v, "delta", "stop_reason")), word(at(v, "usage", "input_tokens"))
	case "message_stop":
		s.terminal = true
	}
}

// String is what a client can tell, in a line.
func (s seen) String() string {
	if s.err != nil {
		return "error: " + name(s.err)
	}
	parts := []string{fmt.Sprint(s.status)}
	for _, h := range []string{"Retry-After", "Retry-After-Ms"} {
		if v := s.header.Get(h); v != "" {
			if t, err := http.ParseTime(v); err == nil {
				date, _ := http.ParseTime(s.header.Get("Date"))
				v = "date+" + t.Sub(date).String()
			}
			parts = append(parts, h+"="+v)
		}
	}
	if i := bytes.Index(s.body, []byte(`"retryDelay": "`)); i >= 0 {
		parts = append(parts, "retryDelay="+string(bytes.SplitN(s.body[i+15:], []byte(`"`), 2)[0]))
	}
	add := func(ok bool, text string) {
		if ok {
			parts = append(parts, text)
		}
	}
	add(s.fault != "", s.fault)
	for _, k := range []string{"enforced_spend_limit_reached", "PerMinute", "PerDay", "openrouter_in_flight_budget", "openrouter_credits", "openrouter_key_limit"} {
		add(bytes.Contains(s.body, []byte(k)), k)
	}
	add(strings.HasPrefix(s.header.Get("Content-Type"), "text/html"), "html")
	if s.status == 200 {
		add(s.garbage, "garbage")
		add(s.stop != "", "stop="+s.stop)
		add(!s.terminal, "unfinished")
		add(s.text == "" && len(s.tools) == 0, "wordless")
		add(s.text != "" && len(schema.Check(json.RawMessage(s.text))) > 0, "invalid")
		add(s.terminal && s.usage == "", "no usage")
		add(strings.HasPrefix(s.usage, "-"), "negative usage")
		add(s.usage == "0", "zero usage")
		add(len(s.usage) > 9, "absurd usage")
	}
	add(s.end != nil, "end: "+name(s.end))
	return strings.Join(parts, " ")
}

var schema = ai.MustCompile("city", "1", []byte(city))

func name(err error) string {
	var dns *net.DNSError
	var expired *tls.CertificateVerificationError
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET), strings.Contains(err.Error(), "broken pipe"):
		return "reset"
	case errors.As(err, &dns):
		return "dns"
	case errors.As(err, &expired):
		return "certificate"
	case strings.Contains(err.Error(), "handshake"):
		return "tls"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "cut"
	case strings.Contains(err.Error(), "idle connection"):
		return "stale"
	}
	return err.Error()
}
