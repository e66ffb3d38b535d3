// Package caches lets operators see how well answers are remembered, and have
// them forgotten.
package caches

import (
	"context"

	"rapport/internal/api/op"
	"rapport/internal/platform/cache"
)

// Service is over the cache of one process.
type Service struct{ cache *cache.Cache }

// New returns the service over c.
func New(c *cache.Cache) *Service { return &Service{cache: c} }

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/ops/cache"
	return []op.Operation{
		op.New(op.Meta{Name: "cache.stats", Method: "GET", Path: path, Cached: op.Cached{Never: "For operators: the truth, when something is wrong."}, Scope: op.Operator,
			Summary: "How well answers are remembered, by operation", Doc: "Of the process that answers, since its start."}, s.stats),
		op.New(op.Meta{Name: "cache.purge", Method: "POST", Path: path + "/purge", Scope: op.Operator, Class: op.Vital,
			Summary: "Forget answers", Doc: "Of one workspace, one operation, or all, in the process that answers, and in Redis. Nothing is lost: they are read again.",
			Example: map[string]any{"body": map[string]any{"operation": "contact.list"}}}, s.purge),
	}
}

// Stats is how well answers are remembered.
type Stats struct {
	Rate    float64       `json:"hit_rate"`
	Entries int64         `json:"entries"`
	Bytes   int64         `json:"bytes"`
	Limit   uint64        `json:"limit_bytes"`
	Kinds   []cache.Stats `json:"operations"`
}

func (s *Service) stats(context.Context, *struct{}) (*op.Body[Stats], error) {
	out := Stats{Kinds: s.cache.Stats(), Limit: s.cache.Limit()}
	var given, all int64
	for _, k := range out.Kinds {
		out.Entries += k.Entries
		out.Bytes += k.Bytes
		given += k.Given()
		all += k.Given() + k.Misses
	}
	if all > 0 {
		out.Rate = float64(given) / float64(all)
	}
	return &op.Body[Stats]{Body: out}, nil
}

type purge struct {
	Body struct {
		WorkspaceID string `json:"workspace_id,omitempty" format:"uuid" doc:"Of this workspace alone."`
		Operation   string `json:"operation,omitempty" maxLength:"100" doc:"Of this operation alone, such as contact.list."`
	}
}

// Purged is what was forgotten.
type Purged struct {
	Entries int `json:"entries"`
}

func (s *Service) purge(ctx context.Context, in *purge) (*op.Body[Purged], error) {
	return &op.Body[Purged]{Body: Purged{Entries: s.cache.Purge(ctx, in.Body.WorkspaceID, in.Body.Operation)}}, nil
}
