package answering

import (
	"context"

	"rapport/internal/agents/flow"
	"rapport/internal/api/op"
	"rapport/internal/platform/pg"
)

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	return []op.Operation{
		op.New(op.Meta{Name: "thread.draft_reply", Method: "POST", Path: "/v1/workspaces/{workspace}/threads/{id}/draft-reply",
			Scope: "draft:write", Status: 202, AI: true, Entities: map[string]string{"id": "thread"},
			Summary: "Have an answer to a thread drafted",
			Doc: "The agent reads the thread and writes a draft of yours; nothing is sent. The run's output names the draft, what it answers and what is missing. " +
				"It answers only what your side has written in the thread. Refused where the last message is yours, or no person wrote it.",
			Example: map[string]any{"body": map[string]any{"tone": "friendly", "instructions": "Say that the samples left on Monday."}}}, s.draft),
	}
}

type draftInput struct {
	op.ByID
	Body struct {
		Instructions string `json:"instructions,omitempty" maxLength:"2000" doc:"What the answer shall say, in your words."`
		Tone         string `json:"tone,omitempty" enum:"professional,friendly,brief" default:"professional"`
		DraftID      string `json:"draft_id,omitempty" format:"uuid" doc:"A draft of yours that is to be improved, in place of a new one."`
	}
}

// Started is a run that was begun.
type Started struct {
	RunID string `json:"run_id"`
}

func (s *Service) draft(ctx context.Context, in *draftInput) (out *op.Body[Started], err error) {
	task := Task{Task: "reply", ThreadID: in.ID, DraftID: in.Body.DraftID, Instructions: in.Body.Instructions, Tone: in.Body.Tone}
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		var letters []letter
		lettersLater(tx, &letters, in.ID)
		if err := tx.Flush(); err != nil {
			return err
		}
		if err := answerable(letters); err != nil {
			return err
		}
		runID, err := s.flow.Start(ctx, tx, flow.Start{Agent: Name, Title: "Answer " + thread{FromName: letters[0].FromName, FromAddress: letters[0].FromAddress}.counterpart(),
			Entity: "thread", SubjectID: in.ID, Input: task, Priority: flow.Interactive})
		out = &op.Body[Started]{Body: Started{RunID: runID}}
		return err
	})
	return out, err
}
