package reply

import (
	"encoding/json"
	"fmt"
	"net/http"

	"rapport/internal/ai"
	"rapport/internal/ai/sim/ask"
)

// anthropic speaks Messages.
type anthropic struct{}

type anthropicUsage struct {
	Input       int64 `json:"input_tokens"`
	CacheWrites int64 `json:"cache_creation_input_tokens"`
	CacheReads  int64 `json:"cache_read_input_tokens"`
	CacheWrite  struct {
		Short int64 `json:"ephemeral_5m_input_tokens"`
		Long  int64 `json:"ephemeral_1h_input_tokens"`
	} `json:"cache_creation"`
	Output  int64 `json:"output_tokens"`
	Details struct {
		Thinking int64 `json:"thinking_tokens"`
	} `json:"output_tokens_details"`
	Tier string `json:"service_tier"`
}

func (r Reply) anthropicUsage() *anthropicUsage {
	if r.Told == "missing" {
		return nil
	}
	u := r.told()
	out := anthropicUsage{Input: u.InputTokens, CacheReads: u.CachedTokens, CacheWrites: u.CacheWriteTokens + u.CacheWriteLongTokens, Output: u.OutputTokens, Tier: "standard"}
	out.CacheWrite.Short, out.CacheWrite.Long, out.Details.Thinking = u.CacheWriteTokens, u.CacheWriteLongTokens, u.ThinkingTokens
	return &out
}

type anthropicMessage struct {
	ID           string          `json:"id"`
	Type         string          `json:"type"`
	Role         string          `json:"role"`
	Model        string          `json:"model"`
	Content      []any           `json:"content"`
	StopReason   *string         `json:"stop_reason"`
	StopSequence *string         `json:"stop_sequence"`
	StopDetails  any             `json:"stop_details,omitempty"`
	Usage        *anthropicUsage `json:"usage,omitempty"`
}

type anthropicThinking struct {
	Type      string `json:"type"`
	Thinking  string `json:"thinking"`
	Signature string `json:"signature"`
}

type anthropicText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type anthropicTool struct {
	Type  string          `json:"type"`
	ID    string          `json:"id"`
	Name  string          `json:"name"`
	Input json.RawMessage `json:"input"`
}

func (r Reply) anthropicStop() (reason string, details any) {
	switch r.Stop {
	case MaxTokens:
		return "max_tokens", nil
	case ToolUse:
		return "tool_use", nil
	case Refusal, Blocked:
		return "refusal", map[string]string{"type": "refusal", "category": "general_harms"}
	case Pause:
		return "pause_turn", nil
	}
	return "end_turn", nil
}

func (anthropic) Unary(r Reply) Response {
	reason, details := r.anthropicStop()
	m := anthropicMessage{ID: "msg_" + r.ID, Type: "message", Role: "assistant", Model: r.Model, Content: []any{}, StopReason: &reason, StopDetails: details, Usage: r.anthropicUsage()}
	if r.Seal != "" {
		m.Content = append(m.Content, anthropicThinking{"thinking", r.Thought, r.Seal})
	}
	if r.Text != "" {
		m.Content = append(m.Content, anthropicText{"text", r.Text})
	}
	for _, c := range r.Calls {
		m.Content = append(m.Content, anthropicTool{"tool_use", "toolu_" + c.ID, c.Name, c.Input})
	}
	return Response{Status: http.StatusOK, Header: jsonHeader("Request-Id", "req_"+r.ID), Body: encode(m)}
}

// anthropicEvent is the data of an event; the order of its fields is theirs.
type anthropicEvent struct {
	Type    string            `json:"type"`
	Message *anthropicMessage `json:"message,omitempty"`
	Index   *int              `json:"index,omitempty"`
	Block   any               `json:"content_block,omitempty"`
	Delta   any               `json:"delta,omitempty"`
	Usage   *anthropicUsage   `json:"usage,omitempty"`
}

type anthropicDelta struct {
	Type      string  `json:"type"`
	Text      *string `json:"text,omitempty"`
	Thinking  *string `json:"thinking,omitempty"`
	Signature *string `json:"signature,omitempty"`
	Partial   *string `json:"partial_json,omitempty"`
}

type anthropicEnd struct {
	Reason   string  `json:"stop_reason"`
	Sequence *string `json:"stop_sequence"`
	Details  any     `json:"stop_details,omitempty"`
}

func (anthropic) Stream(r Reply) []Frame {
	var s anthropicStream
	start := anthropicMessage{ID: "msg_" + r.ID, Type: "message", Role: "assistant", Model: r.Model, Content: []any{}, Usage: r.anthropicUsage()}
	if start.Usage != nil {
		start.Usage.Output, start.Usage.Details.Thinking = min(1, start.Usage.Output), 0
	}
	s.add(Preamble, 0, anthropicEvent{Type: "message_start", Message: &start})
	s.add(Keepalive, 0, anthropicEvent{Type: "ping"})
	visible := r.Usage.OutputTokens - r.Usage.ThinkingTokens
	if r.Seal != "" {
		var deltas []anthropicDelta
		for _, p := range pieces(r.Thought) {
			deltas = append(deltas, anthropicDelta{Type: "thinking_delta", Thinking: &p})
		}
		deltas = append(deltas, anthropicDelta{Type: "signature_delta", Signature: &r.Seal})
		s.block(Thought, anthropicThinking{Type: "thinking"}, deltas, r.Usage.ThinkingTokens)
	}
	if r.Text != "" {
		var deltas []anthropicDelta
		for _, p := range pieces(r.Text) {
			deltas = append(deltas, anthropicDelta{Type: "text_delta", Text: &p})
		}
		s.block(Delta, anthropicText{Type: "text"}, deltas, visible)
		visible = 0
	}
	for i, c := range r.Calls {
		deltas := []anthropicDelta{{Type: "input_json_delta", Partial: new(string)}}
		for _, p := range pieces(string(c.Input)) {
			deltas = append(deltas, anthropicDelta{Type: "input_json_delta", Partial: &p})
		}
		s.block(Delta, anthropicTool{"tool_use", "toolu_" + c.ID, c.Name, json.RawMessage("{}")}, deltas, share(visible, i, len(r.Calls)))
	}
	reason, details := r.anthropicStop()
	s.add(Terminal, 0, anthropicEvent{Type: "message_delta", Delta: anthropicEnd{Reason: reason, Details: details}, Usage: r.anthropicUsage()})
	s.add(Terminal, 0, anthropicEvent{Type: "message_stop"})
	return s.frames
}

type anthropicStream struct {
	frames []Frame
	index  int
}

func (s *anthropicStream) add(p Part, tokens int64, e anthropicEvent) {
	s.frames = append(s.frames, Frame{Part: p, Tokens: tokens, Data: []byte("event: " + e.Type + "\ndata: " + string(encode(e)) + "\n\n")})
}

func (s *anthropicStream) block(p Part, begin any, deltas []anthropicDelta, tokens int64) {
	frame, at := p, s.index
	if p == Delta {
		frame = Preamble
	}
	s.add(frame, 0, anthropicEvent{Type: "content_block_start", Index: &at, Block: begin})
	for i, d := range deltas {
		s.add(p, share(tokens, i, len(deltas)), anthropicEvent{Type: "content_block_delta", Index: &at, Delta: d})
	}
	s.add(frame, 0, anthropicEvent{Type: "content_block_stop", Index: &at})
	s.index++
}

type anthropicError struct {
	Type  string `json:"type"`
	Error struct {
		Type    string            `json:"type"`
		Message string            `json:"message"`
		Details map[string]string `json:"details,omitempty"`
	} `json:"error"`
	RequestID string `json:"request_id,omitempty"`
}

func (anthropic) words(t ask.Trouble) (int, anthropicError) {
	type row struct {
		status     int
		kind, text string
	}
	r, ok := map[ask.Sort]row{
		ask.BadRequest:     {400, "invalid_request_error", "Invalid request"},
		ask.NoKey:          {401, "authentication_error", "x-api-key header is required"},
		ask.BadKey:         {401, "authentication_error", "invalid x-api-key"},
		ask.Forbidden:      {403, "permission_error", "Your API key does not have permission to use the specified resource."},
		ask.Region:         {403, "permission_error", "Requests are not allowed from this region."},
		ask.NoModel:        {404, "not_found_error", "model: " + t.Detail},
		ask.NoPath:         {404, "not_found_error", "Not Found"},
		ask.TooLong:        {400, "invalid_request_error", "prompt is too long: " + t.Detail},
		ask.TooLarge:       {413, "request_too_large", "Request exceeds the maximum size"},
		ask.BoundThought:   {400, "invalid_request_error", "messages.1.content.0: Invalid `signature` in `thinking` block"},
		ask.BadSchema:      {400, "invalid_request_error", "output_config.format.schema: unsupported keyword " + t.Detail},
		ask.RateLimit:      {429, "rate_limit_error", "This request would exceed your organization's rate limit."},
		ask.SpendLimit:     {429, "rate_limit_error", "You have reached your organization's spend limit for this month."},
		ask.NoCredit:       {402, "billing_error", "Your credit balance is too low to access the API."},
		ask.Conflict:       {409, "conflict_error", "The request conflicts with another one."},
		ask.SlowRequest:    {408, "timeout_error", "Request timed out"},
		ask.Internal:       {500, "api_error", "Internal server error"},
		ask.BadGateway:     {502, "api_error", "Bad gateway"},
		ask.Unavailable:    {529, "overloaded_error", "Overloaded"},
		ask.GatewayTimeout: {504, "timeout_error", "Timeout"},
		ask.Filtered:       {400, "invalid_request_error", "Output blocked by content filtering policy"},
	}[t.Sort]
	if !ok {
		r = row{400, "invalid_request_error", "Invalid request"}
	}
	e := anthropicError{Type: "error"}
	if t.ID != "" {
		e.RequestID = "req_" + t.ID
	}
	e.Error.Type, e.Error.Message = r.kind, r.text
	if t.Text != "" {
		e.Error.Message = t.Text
	}
	if t.Sort == ask.SpendLimit {
		e.Error.Details = map[string]string{"error_code": "enforced_spend_limit_reached"}
	}
	if t.Status != 0 {
		r.status = t.Status
	}
	return r.status, e
}

func (f anthropic) Refuse(t ask.Trouble) Response {
	status, e := f.words(t)
	return Response{Status: status, Header: jsonHeader("Request-Id", e.RequestID, "Retry-After", t.Wait, "X-Should-Retry", shouldRetry(t.Sort, status)), Body: encode(e)}
}

func shouldRetry(s ask.Sort, status int) string {
	if s != ask.SpendLimit && (status == 429 || status >= 500 || status == 408 || status == 409) {
		return "true"
	}
	return "false"
}

func (f anthropic) Inline(t ask.Trouble) []byte {
	_, e := f.words(t)
	return []byte("event: error\ndata: " + string(encode(e)) + "\n\n")
}

// Counted is the answer to a question for the number of tokens.
func Counted(provider string, tokens int64) Response {
	if provider == "gemini" {
		return Response{Status: http.StatusOK, Header: jsonHeader(), Body: fmt.Appendf(nil, `{"totalTokens":%d}`, tokens)}
	}
	return Response{Status: http.StatusOK, Header: jsonHeader(), Body: fmt.Appendf(nil, `{"input_tokens":%d}`, tokens)}
}

// dollars writes money as vendors do, in decimals and exactly.
func dollars(n ai.Nano) json.Number {
	s := n.String()
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	return json.Number(sign + s[1:])
}
