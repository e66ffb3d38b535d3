package understanding

import (
	"context"

	"rapport/internal/api/op"
)

// Analysis says which runs answer for a message.
type Analysis struct {
	RunIDs []string `json:"run_ids" doc:"Runs over this message; those that are not done yet will be shortly."`
}

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	return []op.Operation{
		op.New(op.Meta{Name: "message.analyze", Method: "POST", Path: "/v1/workspaces/{workspace}/messages/{id}/analyze",
			Scope: "message:write", Status: 202, AI: true, Entities: map[string]string{"id": "message"},
			Summary: "Understand a message again",
			Doc:     "What failed is tried once more. An answer of the same version to the same input stands and costs nothing."}, s.analyze),
	}
}

func (s *Service) analyze(ctx context.Context, in *op.ByID) (*op.Body[Analysis], error) {
	runs, err := s.prepare(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &op.Body[Analysis]{Body: Analysis{RunIDs: runs}}, nil
}
