package openrouter

import (
	"math"

	"rapport/internal/ai"
	"rapport/internal/ai/wire"
)

// usage is what the provider says was used. The prompt holds what was cached and
// what was written to the cache, the completion holds the thinking.
type usage struct {
	Prompt     count `json:"prompt_tokens"`
	Completion count `json:"completion_tokens"`
	In         struct {
		Cached count `json:"cached_tokens"`
		Write  count `json:"cache_write_tokens"`
	} `json:"prompt_tokens_details"`
	Out struct {
		Reasoning count `json:"reasoning_tokens"`
	} `json:"completion_tokens_details"`
	Cost    dollars `json:"cost"`
	OwnKey  bool    `json:"is_byok"`
	Details struct {
		Upstream dollars `json:"upstream_inference_cost"`
	} `json:"cost_details"`
}

// charged is what it cost. With a key of one's own the upstream is paid besides.
func (u *usage) charged() int64 {
	sum := u.Cost
	if u.OwnKey {
		sum += u.Details.Upstream
	}
	return int64(math.Round(float64(sum) * float64(ai.Dollar)))
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
	out := ai.Usage{
		InputTokens: int64(u.Prompt - u.In.Cached - u.In.Write), OutputTokens: int64(u.Completion), CachedTokens: int64(u.In.Cached),
		ThinkingTokens: int64(u.Out.Reasoning), ChargedNano: u.charged(), CacheWriteTokens: int64(u.In.Write),
	}
	if c.Params.Cache == "1h" {
		out.CacheWriteTokens, out.CacheWriteLongTokens = 0, out.CacheWriteTokens
	}
	sent, _ := seen.Bytes()
	if u.Prompt <= 0 || !sane(mostInput, out.InputTokens, int64(u.In.Cached), int64(u.In.Write)) {
		out.Estimated = true
		out.InputTokens, out.CachedTokens, out.CacheWriteTokens, out.CacheWriteLongTokens = sent/bytesPerToken+1, 0, 0, 0
	}
	said := int64(m.length())
	if m.usage == nil || !sane(2*int64(limit(c))+1024, out.OutputTokens) || out.OutputTokens == 0 && said > 0 {
		out.Estimated = true
		out.OutputTokens = said/bytesPerToken + 1
	}
	if out.ThinkingTokens < 0 || out.ThinkingTokens > out.OutputTokens {
		out.ThinkingTokens = 0
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
