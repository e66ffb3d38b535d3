package standing

import (
	"context"

	"rapport/internal/api/op"
)

type example = map[string]any

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const ws = "/v1/workspaces/{workspace}"
	entities := map[string]string{"id": "contact"}
	return []op.Operation{
		op.New(op.Meta{Name: "contact.hot", Method: "GET", Cached: op.Cached{On: "contact company.name", Shared: true}, Path: ws + "/hot-leads", Scope: "contact:read",
			Summary: "List hot leads, the hottest first",
			Doc:     "The composite is the lead score, and of an assessment: 5 for each step of a velocity above 0; 15 for a decision maker, 10 for an influencer; 20 for a high buying intent, 10 for a medium one; 25 for the stage of decision, 15 for consideration; 100 at most. An assessment by rules that stood in for a model gives nothing.",
			Example: example{"limit": 10}}, s.hot),
		op.New(op.Meta{Name: "contact.assessment", Method: "GET", Cached: op.Cached{On: "contact=id thread", Shared: true}, Path: ws + "/contacts/{id}/assessment", Scope: "contact:read", Entities: entities,
			Summary: "Read what is thought of a contact, beside its lead score",
			Doc:     "Quotes are from the contact's mail; start and end count code points of the message's text. Without the scope thread:read there is no brief, and no quote."}, s.standing),
		op.New(op.Meta{Name: "contact.assess", Method: "POST", Path: ws + "/contacts/{id}/assess", Scope: "contact:write", Status: 202, AI: true, Entities: entities,
			Summary: "Assess a contact now",
			Doc:     "The run asks a model, or rules where there is none, and stores the answer. What should be done about the contact is proposed, never done by itself.",
			Example: example{"body": example{}}}, s.begin),
	}
}

type assessInput struct {
	op.ByID
	Body struct {
		Deep bool `json:"deep,omitempty" doc:"Ask a model that thinks longer, and costs more."`
	}
}

// Started names the run that was begun.
type Started struct {
	RunID string `json:"run_id"`
}

func (s *Service) begin(ctx context.Context, in *assessInput) (*op.Body[Started], error) {
	run, err := s.assess.Assess(ctx, in.ID, in.Body.Deep)
	return &op.Body[Started]{Body: Started{RunID: run}}, err
}
