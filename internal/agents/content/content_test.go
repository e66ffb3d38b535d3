package content_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"rapport/internal/agents/approval"
	writing "rapport/internal/agents/content"
	"rapport/internal/agents/content/brief"
	"rapport/internal/agents/content/stencil"
	"rapport/internal/agents/flow"
	"rapport/internal/ai"
	"rapport/internal/crm/content/claim"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/queue"
)

// stage is an engine of flow whose model is played by says, or by templates.
type stage struct {
	*flow.Engine
	db    *pg.DB
	ctx   context.Context
	says  func(ai.Request) json.RawMessage
	kept  []json.RawMessage
	asked []string
}

func (s *stage) Do(_ context.Context, r ai.Request) (ai.Response, error) {
	s.asked = append(s.asked, r.Task)
	out := s.says(r)
	if v := r.Schema.Check(out); len(v) > 0 {
		return ai.Response{}, &claimError{v[0].String()}
	}
	out, err := r.Verify(out)
	return ai.Response{Output: out, Engine: "test"}, err
}

type claimError struct{ s string }

func (e *claimError) Error() string { return e.s }

func (s *stage) Call(_ context.Context, operation string, args json.RawMessage) (json.RawMessage, error) {
	s.kept = append(s.kept, args)
	return json.RawMessage(`{"id":"` + id.New() + `","title":"` + operation + `","findings":[]}`), nil
}

func (*stage) Judge(context.Context, approval.Origin, approval.Action) (approval.Judgement, error) {
	return approval.Judgement{Verdict: approval.Allowed}, nil
}

func (*stage) Open(context.Context, *pg.Tx, approval.Origin, approval.Action, approval.Judgement) (string, error) {
	return id.New(), nil
}

func (*stage) Outcome(*pg.Tx, string) (approval.Outcome, error) { return approval.Outcome{}, nil }
func (*stage) Cancel(*pg.Tx, []string)                          {}

func templates(r ai.Request) json.RawMessage {
	out, err := stencil.Tasks()[r.Task](context.Background(), r.Input)
	if err != nil {
		return json.RawMessage(`{}`)
	}
	return out
}
