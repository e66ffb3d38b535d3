package check

import (
	"context"

	"rapport/internal/api/op"
)

// Service offers the check as an operation.
type Service struct{ parts Parts }

// New returns the service.
func New(p Parts) *Service { return &Service{p} }

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	return []op.Operation{
		op.New(op.Meta{Name: "ai.check", Class: op.Background, Outside: true, Method: "POST", Path: "/v1/workspaces/{workspace}/ai/check", Scope: "ai_key:read", Cost: 20, AI: true,
			Summary: "Ask every configured provider which models it has, which costs nothing",
			Doc:     "Tells of each key whether the provider accepts it and lists the models of the routing policy, with advice where not. No model is asked anything."}, s.check),
	}
}

// Report is what the check found.
type Report struct {
	Simulated bool      `json:"simulated" doc:"The simulator answered in the providers' place."`
	Usable    bool      `json:"usable" doc:"No key that is configured failed."`
	Data      []Finding `json:"data"`
}

func (s *Service) check(ctx context.Context, _ *op.InWorkspace) (*op.Body[Report], error) {
	found, err := s.parts.Run(ctx)
	if err != nil {
		return nil, err
	}
	out := Report{Simulated: s.parts.Simulated, Usable: true, Data: found}
	for _, f := range found {
		out.Usable = out.Usable && f.State != Failed
	}
	return &op.Body[Report]{Body: out}, nil
}
