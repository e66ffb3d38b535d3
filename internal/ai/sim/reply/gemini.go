package reply

import (
	"bytes"
	"encoding/json"
	"net/http"
	"rapport/internal/ai/sim/ask"
	"strings"
)

// gemini speaks generateContent of v1beta.
type gemini struct{}

type geminiUsage struct {
	Prompt     int64 `json:"promptTokenCount"`
	Candidates int64 `json:"candidatesTokenCount,omitempty"`
	Total      int64 `json:"totalTokenCount"`
	Cached     int64 `json:"cachedContentTokenCount,omitempty"`
	Thoughts   int64 `json:"thoughtsTokenCount,omitempty"`
}

func (r Reply) geminiUsage() *geminiUsage {
	if r.Told == "missing" {
		return nil
	}
	u := r.told()
	out := geminiUsage{Prompt: u.InputTokens + u.CachedTokens, Candidates: u.OutputTokens - u.ThinkingTokens, Cached: u.CachedTokens, Thoughts: u.ThinkingTokens}
	out.Total = out.Prompt + out.Candidates + out.Thoughts
	return &out
}

type geminiSaid struct {
	Text      *string     `json:"text,omitempty"`
	Thought   bool        `json:"thought,omitempty"`
	Call      *geminiCall `json:"functionCall,omitempty"`
	Signature string      `json:"thoughtSignature,omitempty"`
}

type geminiCall struct {
	Name string          `json:"name"`
	Args json.RawMessage `json:"args"`
	ID   string          `json:"id,omitempty"`
}

type geminiCandidate struct {
	Content *struct {
		Parts []geminiSaid `json:"parts,omitempty"`
		Role  string       `json:"role"`
	} `json:"content,omitempty"`
	Finish  string `json:"finishReason,omitempty"`
	Index   int    `json:"index"`
	Ratings []any  `json:"safetyRatings,omitempty"`
}

type geminiMessage struct {
	Candidates []geminiCandidate `json:"candidates,omitempty"`
	Feedback   any               `json:"promptFeedback,omitempty"`
	Usage      *geminiUsage      `json:"usageMetadata,omitempty"`
	Version    string            `json:"modelVersion"`
	ID         string            `json:"responseId"`
}

func (r Reply) geminiFinish() string {
	switch r.Stop {
	case MaxTokens:
		return "MAX_TOKENS"
	case Refusal:
		return "SAFETY"
	case Pause:
		return "CONTINUATION"
	}
	return "STOP"
}

func (r Reply) geminiMessage(finish string, parts ...geminiSaid) geminiMessage {
	m := geminiMessage{Usage: r.geminiUsage(), Version: r.Model, ID: r.ID}
	if r.Stop == Blocked {
		m.Feedback = map[string]string{"blockReason": "PROHIBITED_CONTENT"}
		return m
	}
	c := geminiCandidate{Finish: finish}
	if len(parts) > 0 || finish != "SAFETY" {
		c.Content = &struct {
			Parts []geminiSaid `json:"parts,omitempty"`
			Role  string       `json:"role"`
		}{parts, "model"}
	}
	m.Candidates = []geminiCandidate{c}
	return m
}

func (r Reply) geminiParts() []geminiSaid {
	var parts []geminiSaid
	if r.Thought != "" {
		parts = append(parts, geminiSaid{Text: &r.Thought, Thought: true})
	}
	if r.Text != "" {
		p := geminiSaid{Text: &r.Text}
		if len(r.Calls) == 0 {
			p.Signature = r.Seal
		}
		parts = append(parts, p)
	}
	return append(parts, r.geminiCalls()...)
}

func (r Reply) geminiCalls() []geminiSaid {
	var parts []geminiSaid
	for i, c := range r.Calls {
		p := geminiSaid{Call: &geminiCall{Name: c.Name, Args: c.Input, ID: c.ID}}
		if i == 0 {
			p.Signature = r.Seal
		}
		parts = append(parts, p)
	}
	return parts
}

func indented(v any) []byte {
	var b bytes.Buffer
	if err := json.Indent(&b, encode(v), "", "  "); err != nil {
		return encode(v)
	}
	b.WriteByte('\n')
	return b.Bytes()
}

func geminiHeader(kind string) http.Header {
	return http.Header{"Content-Type": {kind}, "Vary": {"Origin", "X-Origin", "Referer"}, "Server": {"scaffolding on HTTPServer2"}, "X-Content-Type-Options": {"nosniff"}}
}

func (gemini) Unary(r Reply) Response {
	return Response{Status: http.StatusOK, Header: geminiHeader("application/json; charset=UTF-8"), Body: indented(r.geminiMessage(r.geminiFinish(), r.geminiParts()...))}
}

func (gemini) Stream(r Reply) []Frame {
	var frames []Frame
	total := *r.geminiUsageOr()
	add := func(p Part, tokens int64, finish string, parts ...geminiSaid) {
		m := r.geminiMessage(finish, parts...)
		if m.Usage != nil && p != Terminal {
			so := total
			so.Candidates, so.Total = 0, so.Prompt+so.Thoughts
			m.Usage = &so
		}
		frames = append(frames, Frame{Part: p, Tokens: tokens, Data: []byte("data: " + string(encode(m)) + "\r\n\r\n")})
	}
	if r.Stop == Blocked {
		add(Terminal, 0, "")
		return frames
	}
	visible := r.Usage.OutputTokens - r.Usage.ThinkingTokens
	if r.Thought != "" {
		add(Thought, r.Usage.ThinkingTokens, "", geminiSaid{Text: &r.Thought, Thought: true})
	}
	cut := pieces(strings.Clone(r.Text))
	for i := range cut {
		add(Delta, share(visible, i, len(cut)), "", geminiSaid{Text: &cut[i]})
	}
	if len(r.Calls) > 0 {
		if len(cut) > 0 {
			visible = 0
		}
		add(Delta, visible, "", r.geminiCalls()...)
	}
	if r.Stop == Refusal {
		add(Terminal, 0, "SAFETY")
		return frames
	}
	empty := ""
	last := geminiSaid{Text: &empty}
	if len(r.Calls) == 0 {
		last.Signature = r.Seal
	}
	add(Terminal, 0, r.geminiFinish(), last)
	return frames
}

func (r Reply) geminiUsageOr() *geminiUsage {
	if u := r.geminiUsage(); u != nil {
		return u
	}
	return &geminiUsage{}
}

type geminiRefusal struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Status  string `json:"status"`
	Details []any  `json:"details,omitempty"`
}

func (gemini) words(t ask.Trouble) geminiRefusal {
	type row struct {
		code         int
		status, text string
	}
	r, ok := map[ask.Sort]row{
		ask.NoKey:          {403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API."},
		ask.BadKey:         {400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."},
		ask.Forbidden:      {403, "PERMISSION_DENIED", "The caller does not have permission"},
		ask.Region:         {400, "FAILED_PRECONDITION", "User location is not supported for the API use."},
		ask.NoModel:        {404, "NOT_FOUND", "models/" + t.Detail + " is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods."},
		ask.NoPath:         {404, "NOT_FOUND", "Requested entity was not found."},
		ask.TooLong:        {400, "INVALID_ARGUMENT", "The input token count exceeds the maximum number of tokens allowed: " + t.Detail + "."},
		ask.TooLarge:       {400, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes."},
		ask.NoSignature:    {400, "INVALID_ARGUMENT", "Function call is missing a thought_signature in functionCall parts."},
		ask.BadSchema:      {400, "INVALID_ARGUMENT", "Invalid JSON payload received. Unknown name \"" + t.Detail + "\" at 'generation_config.response_json_schema': Cannot find field."},
		ask.RateLimit:      {429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details."},
		ask.DayLimit:       {429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details."},
		ask.NoCredit:       {400, "FAILED_PRECONDITION", "Billing is not enabled for this project."},
		ask.Internal:       {500, "INTERNAL", "An internal error has occurred. Please retry or report in the developer forum."},
		ask.BadGateway:     {502, "UNAVAILABLE", "Bad gateway"},
		ask.Unavailable:    {503, "UNAVAILABLE", "The model is overloaded. Please try again later."},
		ask.GatewayTimeout: {504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."},
		ask.SlowRequest:    {408, "CANCELLED", "The request timed out."},
		ask.Conflict:       {409, "ABORTED", "The operation was aborted."},
	}[t.Sort]
	if !ok {
		r = row{400, "INVALID_ARGUMENT", "Request contains an invalid argument."}
	}
	e := geminiRefusal{Code: r.code, Message: r.text, Status: r.status, Details: geminiDetails(t)}
	if t.Text != "" {
		e.Message = t.Text
	}
	if t.Status != 0 {
		e.Code = t.Status
	}
	return e
}

func geminiDetails(t ask.Trouble) []any {
	const at = "type.googleapis.com/google.rpc."
	type detail map[string]any
	var out []any
	switch t.Sort {
	case ask.BadKey:
		out = append(out, detail{"@type": at + "ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com", "metadata": detail{"service": "generativelanguage.googleapis.com"}})
	case ask.BadSchema:
		out = append(out, detail{"@type": at + "BadRequest", "fieldViolations": []any{detail{"field": "generation_config.response_json_schema", "description": "Invalid JSON payload received. Unknown name \"" + t.Detail + "\""}}})
	case ask.RateLimit, ask.DayLimit:
		id := "GenerateRequestsPerMinutePerProjectPerModel"
		if t.Sort == ask.DayLimit {
			id = "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
		}
		if t.Detail == "tokens" {
			id = "GenerateContentInputTokensPerModelPerMinute"
		}
		v := detail{"quotaMetric": "generativelanguage.googleapis.com/generate_content_requests", "quotaId": id, "quotaDimensions": detail{"location": "global"}}
		if t.Sort == ask.DayLimit {
			v["quotaValue"] = "0"
		}
		out = append(out, detail{"@type": at + "QuotaFailure", "violations": []any{v}},
			detail{"@type": at + "Help", "links": []any{detail{"description": "Learn more about Gemini API quotas", "url": "https://ai.google.dev/gemini-api/docs/rate-limits"}}})
	}
	if t.Wait != "" {
		out = append(out, detail{"@type": at + "RetryInfo", "retryDelay": t.Wait + "s"})
	}
	return out
}

func (f gemini) Refuse(t ask.Trouble) Response {
	e := f.words(t)
	return Response{Status: e.Code, Header: geminiHeader("application/json; charset=UTF-8"), Body: indented(map[string]any{"error": e})}
}

func (f gemini) Inline(t ask.Trouble) []byte {
	return []byte("data: " + string(encode(map[string]any{"error": f.words(t)})) + "\r\n\r\n")
}
