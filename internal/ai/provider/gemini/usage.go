package gemini

import (
	"rapport/internal/ai"
	"rapport/internal/ai/wire"
)

// usage is what the provider says was used. The prompt holds what was cached;
// what was thought is beside the candidates, and paid like them.
type usage struct {
	Prompt     int64 `json:"promptTokenCount"`
	Cached     int64 `json:"cachedContentTokenCount"`
	Candidates int64 `json:"candidatesTokenCount"`
	Thoughts   int64 `json:"thoughtsTokenCount"`
	Tools      int64 `json:"toolUsePromptTokenCount"`
}

// What is believed of numbers. No prompt is larger than the largest context
// several times over; an answer is about as long as its limit.
const (
	mostInput     = 5_000_000
	bytesPerToken = 3 // in doubt, more tokens
)

// used is what the answer consumed. What the provider does not say, or says
// against all sense, is estimated by the length of what was sent and received.
func (m *message) used(seen *wire.Capture, c ai.Call) ai.Usage {
	var u usage
	if m.usage != nil {
		u = *m.usage
	}
	out := ai.Usage{InputTokens: u.Prompt - u.Cached + u.Tools, CachedTokens: u.Cached, OutputTokens: u.Candidates + u.Thoughts, ThinkingTokens: u.Thoughts}
	sent, _ := seen.Bytes()
	if u.Prompt <= 0 || !sane(mostInput, out.InputTokens, u.Cached, u.Tools) {
		out.Estimated = true
		out.InputTokens, out.CachedTokens = sent/bytesPerToken+1, 0
	}
	said := int64(m.length())
	if m.usage == nil || !sane(2*int64(limit(c))+1024, u.Candidates, u.Thoughts) || u.Candidates == 0 && m.text.Len() > 0 || m.streaming && m.stop == "" {
		out.Estimated = true
		out.OutputTokens, out.ThinkingTokens = said/bytesPerToken+1, 0
	}
	return out
}

func sane(most int64, counts ...int64) bool {
	for _, n := range counts {
		if n < 0 || n > most {
			return false
		}
	}
	return true
}
