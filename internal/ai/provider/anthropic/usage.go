package anthropic

import (
	sdk "github.com/anthropics/anthropic-sdk-go"

	"rapport/internal/ai"
	"rapport/internal/ai/wire"
)

// count takes the totals that a stream says along its way. Those it leaves out
// stay as they were at its start.
func (m *message) count(u sdk.MessageDeltaUsage) {
	m.counted = m.counted || u.JSON.OutputTokens.Valid()
	if u.JSON.OutputTokens.Valid() {
		m.usage.OutputTokens = u.OutputTokens
	}
	if u.JSON.InputTokens.Valid() {
		m.usage.InputTokens = u.InputTokens
	}
	if u.JSON.CacheCreationInputTokens.Valid() {
		m.usage.CacheCreationInputTokens = u.CacheCreationInputTokens
	}
	if u.JSON.CacheReadInputTokens.Valid() {
		m.usage.CacheReadInputTokens = u.CacheReadInputTokens
	}
	if u.JSON.OutputTokensDetails.Valid() {
		m.usage.OutputTokensDetails = u.OutputTokensDetails
	}
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
	u := m.usage
	out := ai.Usage{
		InputTokens: u.InputTokens, OutputTokens: u.OutputTokens, CachedTokens: u.CacheReadInputTokens,
		CacheWriteTokens: u.CacheCreation.Ephemeral5mInputTokens, CacheWriteLongTokens: u.CacheCreation.Ephemeral1hInputTokens,
		ThinkingTokens: u.OutputTokensDetails.ThinkingTokens,
	}
	if out.CacheWriteTokens+out.CacheWriteLongTokens != u.CacheCreationInputTokens { // the total counts
		out.CacheWriteTokens, out.CacheWriteLongTokens = u.CacheCreationInputTokens, 0
		if c.Params.Cache == "1h" {
			out.CacheWriteTokens, out.CacheWriteLongTokens = 0, u.CacheCreationInputTokens
		}
	}
	sent, _ := seen.Bytes()
	read := out.InputTokens + out.CachedTokens + out.CacheWriteTokens + out.CacheWriteLongTokens
	if !m.counted || read == 0 || !sane(mostInput, out.InputTokens, out.CachedTokens, out.CacheWriteTokens, out.CacheWriteLongTokens) {
		out.Estimated = true
		out.InputTokens, out.CachedTokens, out.CacheWriteTokens, out.CacheWriteLongTokens = sent/bytesPerToken+1, 0, 0, 0
	}
	said := m.length()
	if !m.counted || !sane(2*int64(limit(c))+1024, out.OutputTokens) || out.OutputTokens == 0 && said > 0 || m.streaming && !m.finished {
		out.Estimated = true
		out.OutputTokens = said/bytesPerToken + 1
	}
	if out.ThinkingTokens < 0 || out.ThinkingTokens > out.OutputTokens {
		out.Estimated = out.Estimated || out.ThinkingTokens < 0
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

// length is how many bytes came of the answer.
func (m *message) length() int64 {
	n := 0
	for _, b := range m.blocks {
		n += b.text.Len() + b.input.Len()
	}
	return int64(n)
}
