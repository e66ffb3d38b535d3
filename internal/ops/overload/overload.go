// Package overload shows operators how the server keeps up: what is in hand,
// who waits, who was refused.
package overload

import (
	"context"

	"rapport/internal/api/op"
	"rapport/internal/platform/admit"
	"rapport/internal/platform/gate"
	"rapport/internal/platform/pg"
)

// Service reads what the guards of the server know.
type Service struct {
	db    *pg.DB
	admit *admit.Limiter
	gate  *gate.Gate
}

// New returns the service over the guards that the server uses.
func New(db *pg.DB, a *admit.Limiter, g *gate.Gate) *Service {
	return &Service{db: db, admit: a, gate: g}
}

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	return []op.Operation{
		op.New(op.Meta{Name: "overload.get", Method: "GET", Cached: op.Cached{Never: "For operators: the truth, at this moment."}, Path: "/v1/ops/overload", Scope: op.Operator,
			Summary: "Show what is in hand, who waits for a place, and who was refused",
			Doc:     "Operators have places of their own, so that this is answered under any load."}, s.get),
	}
}

// Load is how the server is at this moment.
type Load struct {
	Calls       admit.Snapshot `json:"calls"`
	Connections gate.Stats     `json:"connections" doc:"Of clients, over HTTP."`
	Pools       []pg.Stats     `json:"pools" doc:"Connections to the database."`
}

func (s *Service) get(context.Context, *struct{}) (*op.Body[Load], error) {
	return &op.Body[Load]{Body: s.Load()}, nil
}

// Load describes the server.
func (s *Service) Load() Load {
	return Load{Calls: s.admit.Snapshot(), Connections: s.gate.Stats(), Pools: s.db.Stats()}
}
