package fault

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"rapport/internal/ai"
)

// said is what an error object says, whichever provider's. Its text is there
// to be recognized, and never repeated.
type said struct {
	found bool
	kind  string // the provider's type: "rate_limit_error", "RESOURCE_EXHAUSTED", "provider_overloaded"
	code  string // a finer one: "enforced_spend_limit_reached", "insufficient_quota"
	// status is that of the answer, or the one in the object of a 200.
	status int
	text   string
	// quota and zero are of Gemini: which quota is spent, and that it is none.
	quota string
	zero  bool
	// upstream and source are of OpenRouter: who behind it failed, and whose
	// limit it was. retryable is nil where it says nothing.
	upstream, source string
	retryable        *bool
	wait             time.Duration
	waits            bool
}

// envelope is the union of the providers' error objects.
type envelope struct {
	Object    string          `json:"object"`
	Error     json.RawMessage `json:"error"`
	Available json.RawMessage `json:"availability"`
	Choices   []struct {
		Error json.RawMessage `json:"error"`
	} `json:"choices"`
}

type object struct {
	Type      string          `json:"type"`
	Code      json.RawMessage `json:"code"`
	Status    string          `json:"status"`
	Message   string          `json:"message"`
	Details   json.RawMessage `json:"details"`
	Metadata  json.RawMessage `json:"metadata"`
	Available json.RawMessage `json:"availability"`
}

// read finds the error object in the body, also in that of a 200.
func read(e Evidence) said {
	body := bytes.TrimSpace(e.Body)
	if len(body) == 0 {
		return said{}
	}
	if body[0] == '[' { // Gemini wraps what it streams
		var list []json.RawMessage
		if json.Unmarshal(body, &list) != nil || len(list) == 0 {
			return said{}
		}
		body = list[0]
	}
	var v envelope
	if err := json.Unmarshal(body, &v); err != nil && len(v.Error) == 0 {
		return said{}
	}
	raw := v.Error
	for _, c := range v.Choices {
		if !present(raw) {
			raw = c.Error
		}
	}
	if !present(raw) && v.Object == "error" { // vLLM, as it was
		raw = body
	}
	if !present(raw) {
		return said{}
	}
	s := said{found: true, status: e.Status}
	s.fill(raw)
	if s.retryable == nil && !s.waits {
		s.available(v.Available)
	}
	return s
}

func present(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

func (s *said) fill(raw json.RawMessage) {
	var text string
	if json.Unmarshal(raw, &text) == nil { // Ollama
		s.text = strings.ToLower(text)
		return
	}
	var o object
	_ = json.Unmarshal(raw, &o) // a field of another type leaves the others
	s.kind, s.text = o.Type, strings.ToLower(o.Message)
	if o.Status != "" {
		s.kind = o.Status
	}
	code := strings.Trim(string(o.Code), `"`)
	if n, err := strconv.Atoi(code); err == nil {
		if s.status < 300 && n >= 300 && n < 600 {
			s.status = n
		}
	} else if code != "null" {
		s.code = code
	}
	s.details(o.Details)
	s.metadata(o.Metadata)
	s.available(o.Available)
}

// details reads what Anthropic and Gemini add: an object here, a list there.
func (s *said) details(raw json.RawMessage) {
	var one struct {
		Code string `json:"error_code"`
	}
	if json.Unmarshal(raw, &one) == nil && one.Code != "" {
		s.code = one.Code
	}
	var list []struct {
		Type       string          `json:"@type"`
		Reason     string          `json:"reason"`
		Delay      json.RawMessage `json:"retryDelay"`
		Violations []struct {
			ID    string          `json:"quotaId"`
			Value json.RawMessage `json:"quotaValue"`
		} `json:"violations"`
	}
	_ = json.Unmarshal(raw, &list) // what is readable of it counts
	for _, d := range list {
		if d.Reason != "" {
			s.code = d.Reason
		}
		if d.Delay != nil {
			s.wait, s.waits = delay(d.Delay)
		}
		for _, v := range d.Violations {
			if s.quota == "" || strings.Contains(v.ID, "PerDay") {
				s.quota = v.ID
			}
			s.zero = s.zero || strings.Trim(string(v.Value), `"`) == "0"
		}
	}
}

func (s *said) metadata(raw json.RawMessage) {
	var m struct {
		Type     string          `json:"error_type"`
		Provider json.RawMessage `json:"provider_code"`
		Source   string          `json:"limit_source"`
		Reason   string          `json:"reason"`
		Reasons  []string        `json:"reasons"`
		Raw      string          `json:"raw"` // what the upstream said
	}
	_ = json.Unmarshal(raw, &m) // what is readable of it counts
	if m.Type != "" {
		s.kind = m.Type
	}
	if p := strings.Trim(string(m.Provider), `"`); p != "null" {
		s.upstream = p
	}
	s.source = m.Source
	s.text += "\n" + strings.ToLower(m.Raw)
	if m.Reason != "" && s.code == "" {
		s.code = m.Reason
	}
	if len(m.Reasons) > 0 { // a moderator's
		s.kind = "content_policy_violation"
	}
}

func (s *said) available(raw json.RawMessage) {
	var a struct {
		Retryable *bool           `json:"retryable"`
		After     json.RawMessage `json:"retry_after"`
	}
	_ = json.Unmarshal(raw, &a) // what is readable of it counts
	if a.Retryable != nil {
		s.retryable = a.Retryable
	}
	if present(a.After) {
		s.wait, s.waits = seconds(strings.Trim(string(a.After), `"`))
	}
}

// spoken judges by the error object.
func spoken(e Evidence, s said) ai.Fault {
	var f ai.Fault
	switch e.Provider {
	case Anthropic:
		f = anthropic(e, s)
	case Gemini:
		f = gemini(e, s)
	default:
		f = openai(e, s)
	}
	if f.Detail == "" {
		f.Detail = token(s.detail())
	}
	if e.Started && e.Status == http.StatusOK && f.Kind == ai.Unknown {
		f = of(ai.StreamBroken, ai.ScopeModel, f.Detail)
	}
	return f
}

func (s said) detail() string {
	if s.code != "" && token(s.code) != "" {
		return s.code
	}
	return s.kind
}

// mentions reports whether the text contains one of words.
func (s said) mentions(words ...string) bool {
	for _, w := range words {
		if strings.Contains(s.text, w) {
			return true
		}
	}
	return false
}

var tokens = regexp.MustCompile(`^[A-Za-z0-9_.:/-]{1,64}$`)

// token returns word if it is one: a type or a code, no prose.
func token(word string) string {
	if tokens.MatchString(word) {
		return word
	}
	return ""
}

// html reports whether body is a page instead of an answer.
func html(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) }

// delay reads a duration of protocol buffers: "37s", or an object.
func delay(raw json.RawMessage) (time.Duration, bool) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return seconds(strings.TrimSuffix(strings.TrimSpace(text), "s"))
	}
	var d struct {
		Seconds json.Number `json:"seconds"`
		Nanos   int64       `json:"nanos"`
	}
	if json.Unmarshal(raw, &d) != nil {
		return 0, false
	}
	whole, ok := seconds(d.Seconds.String())
	return whole + time.Duration(d.Nanos%int64(time.Second)), ok
}

// seconds reads a number of them, whole or not. Less than none is none.
func seconds(text string) (time.Duration, bool) { return number(text, time.Second) }

func number(text string, unit time.Duration) (time.Duration, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil && !math.IsInf(n, 1) || err == nil && math.IsInf(n, 0) || math.IsNaN(n) || n < 0 {
		return 0, false
	}
	if n >= float64(Longest)/float64(unit) {
		return Longest, true
	}
	return time.Duration(n * float64(unit)), true
}
