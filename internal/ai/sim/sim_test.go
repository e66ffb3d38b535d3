package sim

import (
	"time"

	"rapport/internal/ai"
)

func cheap(_, _ string, _ time.Time, u ai.Usage) ai.Nano {
	return ai.Nano(u.InputTokens*100 + u.OutputTokens*500 + u.CachedTokens*10 + u.CacheWriteTokens*125 + u.CacheWriteLongTokens*200)
}
