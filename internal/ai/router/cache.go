package router

import (
	"context"
	"crypto/sha256"
	"encoding/json"

	"rapport/internal/ai"
	"rapport/internal/ai/attempt"
)

// recall answers with what the same question was answered before.
func (c *call) recall(ctx context.Context) bool {
	if c.g.Cache == nil || c.r.Prompt.Zero() {
		return false
	}
	c.cacheKey, c.cached = c.key(), true
	if c.r.Fresh {
		return false
	}
	kept, ok := c.g.Cache.Get(ctx, c.cacheKey)
	if !ok {
		return false
	}
	output, fault := attempt.Judge(&ai.Call{Request: c.r}, kept.Engine, ai.Answer{Output: kept.Output})
	if fault != nil {
		return false
	}
	c.res.Output, c.res.Engine, c.res.Model, c.res.Version, c.res.Cached = output, kept.Engine, kept.Model, kept.Version, true
	return true
}

// keep lets the answer of a model serve again.
func (c *call) keep(ctx context.Context) {
	if !c.cached || c.res.Output == nil {
		return
	}
	c.g.Cache.Put(ctx, c.cacheKey, ai.Response{Output: c.res.Output, Engine: c.res.Engine, Model: c.res.Model, Version: c.res.Version})
}

// key is the same for the same question only.
func (c *call) key() [32]byte {
	system, user := c.r.Prompt.Render("") // without chance
	question := []any{c.r.Task, c.r.Class, c.r.Prompt.Name(), c.r.Prompt.Version(), system, user, c.r.MaxTokens, c.r.Effort}
	if c.r.Schema != nil {
		question = append(question, c.r.Schema.Name, c.r.Schema.Version, c.r.Schema.Text)
	}
	h := sha256.New()
	_ = json.NewEncoder(h).Encode(question) // strings, numbers and raw JSON
	return [32]byte(h.Sum(nil))
}
