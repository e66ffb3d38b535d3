package reply

import (
	"encoding/json"
	"net/http"
	"rapport/internal/ai/sim/ask"
	"strconv"
)

type chatUsage struct {
	Prompt     int64        `json:"prompt_tokens"`
	Completion int64        `json:"completion_tokens"`
	Total      int64        `json:"total_tokens"`
	Cost       *json.Number `json:"cost,omitempty"`
	ByKey      *bool        `json:"is_byok,omitempty"`
	In         struct {
		Cached int64 `json:"cached_tokens"`
		Write  int64 `json:"cache_write_tokens,omitempty"`
	} `json:"prompt_tokens_details"`
	CostDetails *struct {
		Upstream *json.Number `json:"upstream_inference_cost"`
	} `json:"cost_details,omitempty"`
	Out struct {
		Reasoning int64 `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
}

// chat speaks chat completions, as OpenRouter does it or, without a router, as
// servers of local models do.
type chat struct{ router bool }

func (f chat) usage(r Reply) *chatUsage {
	if r.Told == "missing" {
		return nil
	}
	u := r.told()
	out := chatUsage{Prompt: u.InputTokens + u.CachedTokens + u.CacheWriteTokens + u.CacheWriteLongTokens, Completion: u.OutputTokens}
	out.Total = out.Prompt + out.Completion
	out.In.Cached, out.In.Write, out.Out.Reasoning = u.CachedTokens, u.CacheWriteTokens+u.CacheWriteLongTokens, u.ThinkingTokens
	if f.router {
		cost, own := dollars(r.Cost), false
		if r.Told == "zero" {
			cost = "0"
		}
		out.Cost, out.ByKey = &cost, &own
		out.CostDetails = &struct {
			Upstream *json.Number `json:"upstream_inference_cost"`
		}{}
	}
	return &out
}

type chatCall struct {
	Index    int    `json:"index"`
	ID       string `json:"id,omitempty"`
	Type     string `json:"type,omitempty"`
	Function struct {
		Name      string `json:"name,omitempty"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

func (r Reply) chatCalls(arguments bool) []chatCall {
	var out []chatCall
	for i, c := range r.Calls {
		x := chatCall{Index: i, ID: "call_" + c.ID, Type: "function"}
		x.Function.Name = c.Name
		if arguments {
			x.Function.Arguments = string(c.Input)
		}
		out = append(out, x)
	}
	return out
}

type chatSaid struct {
	Role      string     `json:"role,omitempty"`
	Content   *string    `json:"content"`
	Refusal   *string    `json:"refusal,omitempty"`
	Reasoning *string    `json:"reasoning,omitempty"`
	Details   []any      `json:"reasoning_details,omitempty"`
	Calls     []chatCall `json:"tool_calls,omitempty"`
}

type chatChoice struct {
	Index   int       `json:"index"`
	Message *chatSaid `json:"message,omitempty"`
	Delta   *chatSaid `json:"delta,omitempty"`
	Finish  *string   `json:"finish_reason"`
	Native  *string   `json:"native_finish_reason,omitempty"`
	Probs   any       `json:"logprobs"`
}

type chatMessage struct {
	ID       string       `json:"id"`
	Provider string       `json:"provider,omitempty"`
	Model    string       `json:"model"`
	Object   string       `json:"object"`
	Created  int64        `json:"created"`
	Choices  []chatChoice `json:"choices"`
	Usage    *chatUsage   `json:"usage,omitempty"`
	Error    any          `json:"error,omitempty"`
}

func (r Reply) chatFinish() string {
	switch r.Stop {
	case MaxTokens:
		return "length"
	case ToolUse:
		return "tool_calls"
	case Refusal, Blocked:
		return "content_filter"
	}
	return "stop"
}

func (f chat) message(r Reply, object string) chatMessage {
	m := chatMessage{ID: "gen-" + r.ID, Model: r.Model, Object: object, Created: r.Created.Unix(), Choices: []chatChoice{}}
	if f.router {
		m.Provider = ask.Known("openrouter", r.Model).Upstream
	} else {
		m.ID = "chatcmpl-" + r.ID
	}
	return m
}

// keepalive is what OpenRouter sends while a model thinks.
const keepalive = ": OPENROUTER PROCESSING\n\n"

func (f chat) Unary(r Reply) Response {
	m := f.message(r, "chat.completion")
	said := chatSaid{Role: "assistant", Content: &r.Text, Calls: r.chatCalls(true)}
	if r.Thought != "" && f.router {
		said.Reasoning, said.Details = &r.Thought, []any{r.chatDetail(r.Thought)}
	}
	if r.Stop == Refusal || r.Stop == Blocked {
		refusal := "I can't help with that."
		said.Content, said.Refusal = nil, &refusal
	}
	finish := r.chatFinish()
	c := chatChoice{Message: &said, Finish: &finish}
	header := jsonHeader()
	var lead string
	if f.router {
		c.Native = &finish
		header = jsonHeader("X-Generation-Id", m.ID, "Cf-Ray", r.ID)
		lead = "\n         \n"
	}
	m.Choices, m.Usage = append(m.Choices, c), f.usage(r)
	return Response{Status: http.StatusOK, Header: header, Body: append([]byte(lead), encode(m)...)}
}

func (r Reply) chatDetail(text string) any {
	return map[string]any{"type": "reasoning.text", "text": text, "signature": r.Seal, "format": "sealed-v1", "index": 0}
}

func (f chat) Stream(r Reply) []Frame {
	var frames []Frame
	add := func(p Part, tokens int64, m chatMessage) {
		frames = append(frames, Frame{Part: p, Tokens: tokens, Data: []byte("data: " + string(encode(m)) + "\n\n")})
	}
	chunk := func(said chatSaid, finish *string) chatMessage {
		m := f.message(r, "chat.completion.chunk")
		c := chatChoice{Delta: &said, Finish: finish}
		if f.router {
			c.Native = finish
		}
		m.Choices = append(m.Choices, c)
		return m
	}
	empty := ""
	if f.router {
		frames = append(frames, Frame{Part: Keepalive, Data: []byte(keepalive)}, Frame{Part: Keepalive, Data: []byte(keepalive)})
	}
	add(Preamble, 0, chunk(chatSaid{Role: "assistant", Content: &empty}, nil))
	if r.Thought != "" && f.router {
		add(Thought, r.Usage.ThinkingTokens, chunk(chatSaid{Role: "assistant", Content: &empty, Reasoning: &r.Thought, Details: []any{r.chatDetail(r.Thought)}}, nil))
	}
	visible := r.Usage.OutputTokens - r.Usage.ThinkingTokens
	cut := pieces(r.Text)
	for i := range cut {
		add(Delta, share(visible, i, len(cut)), chunk(chatSaid{Role: "assistant", Content: &cut[i]}, nil))
	}
	if len(cut) > 0 {
		visible = 0
	}
	for i, c := range r.Calls {
		head := r.chatCalls(false)[i]
		add(Preamble, 0, chunk(chatSaid{Role: "assistant", Calls: []chatCall{head}}, nil))
		body := chatCall{Index: i}
		body.Function.Arguments = string(c.Input)
		add(Delta, share(visible, i, len(r.Calls)), chunk(chatSaid{Calls: []chatCall{body}}, nil))
	}
	finish := r.chatFinish()
	add(Terminal, 0, chunk(chatSaid{Content: &empty}, &finish))
	if u := f.usage(r); u != nil {
		last := chunk(chatSaid{Role: "assistant", Content: &empty}, nil)
		if !f.router {
			last.Choices = []chatChoice{}
		}
		last.Usage = u
		add(Terminal, 0, last)
	}
	return append(frames, Frame{Part: Terminal, Data: []byte("data: [DONE]\n\n")})
}

type chatError struct {
	Error struct {
		Message  string         `json:"message"`
		Code     any            `json:"code"`
		Type     string         `json:"type,omitempty"`
		Metadata map[string]any `json:"metadata,omitempty"`
	} `json:"error"`
	Availability map[string]any `json:"availability,omitempty"`
}

func (f chat) words(t ask.Trouble) (int, chatError) {
	r, ok := chatRows(t)[t.Sort]
	if !ok {
		r = chatRow{400, "invalid_request", "Invalid request", ""}
	}
	if t.Status != 0 {
		r.status = t.Status
	}
	var e chatError
	e.Error.Message, e.Error.Code = r.text, r.status
	if t.Text != "" {
		e.Error.Message = t.Text
	}
	if !f.router {
		e.Error.Type = r.kind
		return r.status, e
	}
	e.Error.Metadata = map[string]any{"error_type": r.kind}
	if r.source != "" {
		e.Error.Metadata["limit_source"] = r.source
	}
	if t.Sort == ask.BadSchema {
		raw := encode(map[string]any{"error": map[string]any{"message": t.Detail, "type": "invalid_request_error", "param": "response_format", "code": nil}})
		e.Error.Message = "Provider returned error"
		e.Error.Metadata["raw"], e.Error.Metadata["provider_name"] = string(raw), "OpenAI"
	}
	if t.Detail == "upstream" {
		e.Error.Metadata["provider_code"] = r.status
	}
	if wait, err := strconv.ParseFloat(t.Wait, 64); err == nil && (r.status == 429 || r.status == 503) {
		e.Availability = map[string]any{"code": r.kind, "retryable": true, "retry_after": wait}
	}
	return r.status, e
}

type chatRow struct {
	status             int
	kind, text, source string
}

func chatRows(t ask.Trouble) map[ask.Sort]chatRow {
	return map[ask.Sort]chatRow{
		ask.NoKey:          {401, "authentication", "No auth credentials found", ""},
		ask.BadKey:         {401, "authentication", "User not found.", ""},
		ask.Forbidden:      {403, "permission_denied", "This request was blocked by a guardrail of your organization.", ""},
		ask.Region:         {403, "permission_denied", "This model is not available in your region.", ""},
		ask.NoModel:        {404, "not_found", "No endpoints found for " + t.Detail + ".", ""},
		ask.NoPath:         {404, "not_found", "Not Found", ""},
		ask.TooLong:        {400, "context_length_exceeded", "This endpoint's maximum context length is exceeded: " + t.Detail + ". Please reduce the length of either one.", ""},
		ask.TooLarge:       {413, "payload_too_large", "Request body too large", ""},
		ask.BadSchema:      {400, "invalid_request", t.Detail, ""},
		ask.RateLimit:      {429, "rate_limit_exceeded", "Rate limit exceeded", ""},
		ask.DayLimit:       {429, "rate_limit_exceeded", "Rate limit exceeded: free-models-per-day", ""},
		ask.InFlight:       {402, "payment_required", "The requests in flight may cost more than the credits that are left.", "openrouter_in_flight_budget"},
		ask.NoCredit:       {402, "payment_required", "Insufficient credits.", creditSource(t)},
		ask.Internal:       {500, "server", "Internal Server Error", ""},
		ask.BadGateway:     {502, "provider_unavailable", "Provider returned error", ""},
		ask.Unavailable:    {503, "provider_overloaded", "Provider is overloaded", ""},
		ask.GatewayTimeout: {504, "timeout", "The request timed out", ""},
		ask.SlowRequest:    {408, "timeout", "The request timed out", ""},
		ask.Filtered:       {403, "content_policy_violation", "The request was flagged by the provider's moderation.", ""},
	}
}

func creditSource(t ask.Trouble) string {
	if t.Detail != "" {
		return t.Detail
	}
	return "openrouter_credits"
}

func (f chat) Refuse(t ask.Trouble) Response {
	status, e := f.words(t)
	h := jsonHeader("Retry-After", t.Wait)
	if f.router && t.ID != "" {
		h.Set("X-Generation-Id", "gen-"+t.ID)
	}
	return Response{Status: status, Header: h, Body: encode(e)}
}

func (f chat) Inline(t ask.Trouble) []byte {
	_, e := f.words(t)
	m := f.message(Reply{ID: t.ID}, "chat.completion.chunk")
	finish, empty := "error", ""
	m.Choices = append(m.Choices, chatChoice{Delta: &chatSaid{Content: &empty}, Finish: &finish})
	m.Error = e.Error
	return []byte("data: " + string(encode(m)) + "\n\n")
}
