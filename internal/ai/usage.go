package ai

import "fmt"

// Nano is money: a thousand-millionth of a US dollar, in whole numbers. One
// token costs 10 or more of them with the cheapest model.
type Nano int64

// Dollar is one US dollar.
const Dollar Nano = 1_000_000_000

// String gives dollars: "$0.001234567".
func (n Nano) String() string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s$%d.%09d", sign, n/Dollar, n%Dollar)
}

// Usage is what was consumed, in tokens. InputTokens are those that no cache
// held; thinking is part of OutputTokens, and named besides.
type Usage struct {
	InputTokens  int64 `json:"input_tokens"`
	OutputTokens int64 `json:"output_tokens"`
	// CachedTokens were read from the provider's cache; CacheWriteTokens and
	// CacheWriteLongTokens were written to it, for 5 minutes and for an hour.
	CachedTokens         int64 `json:"cached_tokens"`
	CacheWriteTokens     int64 `json:"cache_write_tokens,omitempty"`
	CacheWriteLongTokens int64 `json:"cache_write_long_tokens,omitempty"`
	ThinkingTokens       int64 `json:"thinking_tokens,omitempty"`
	// CostNano is what it costs by the price table.
	CostNano int64 `json:"cost_nano"`
	// ChargedNano is what the provider says it charged; 0 where it says nothing.
	ChargedNano int64 `json:"charged_nano,omitempty"`
	// Estimated says that the provider did not say, or said nonsense.
	Estimated bool `json:"estimated,omitempty"`
}

// Add adds more to u.
func (u *Usage) Add(more Usage) {
	u.InputTokens += more.InputTokens
	u.OutputTokens += more.OutputTokens
	u.CachedTokens += more.CachedTokens
	u.CacheWriteTokens += more.CacheWriteTokens
	u.CacheWriteLongTokens += more.CacheWriteLongTokens
	u.ThinkingTokens += more.ThinkingTokens
	u.CostNano += more.CostNano
	u.ChargedNano += more.ChargedNano
	u.Estimated = u.Estimated || more.Estimated
}

// Tokens is all of them.
func (u Usage) Tokens() int64 {
	return u.InputTokens + u.OutputTokens + u.CachedTokens + u.CacheWriteTokens + u.CacheWriteLongTokens
}
