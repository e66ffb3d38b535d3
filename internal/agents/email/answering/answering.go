// Package answering is the agent that drafts answers to mail: the program of
// its runs, and the operation that starts one.
package answering

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"

	"rapport/internal/agents"
	"rapport/internal/agents/approval"
	"rapport/internal/agents/email/reply"
	"rapport/internal/agents/flow"
	"rapport/internal/ai"
	"rapport/internal/crm/outbox"
	"rapport/internal/platform/pg"
)

// Name is the agent's.
const Name = "email"

// Service drafts answers.
type Service struct {
	db     *pg.DB
	flow   *flow.Engine
	outbox *outbox.Service
}

// New returns the service and registers its agent with f.
func New(db *pg.DB, f *flow.Engine, o *outbox.Service, questions ...agents.Definition) *Service {
	s := &Service{db: db, flow: f, outbox: o}
	f.Register(flow.Agent{
		Name: Name, Version: "email/1", Purpose: "Reads mail, and drafts answers that wait for a person.",
		Input: input(), Operations: []string{"draft.create", "draft.update", "message.send"},
		Questions: append([]agents.Definition{reply.Definition()}, questions...),
		Caps:      flow.Caps{Calls: 4, Tokens: 60_000, Money: ai.Dollar / 4, Steps: 10},
		Program:   s.program,
	})
	return s
}

var input = sync.OnceValue(func() *ai.Schema {
	return ai.MustCompile("email", "1", []byte(`{"type": "object", "additionalProperties": false, "required": ["task", "thread_id"], "properties": {
		"task": {"type": "string", "enum": ["reply"]},
		"thread_id": {"type": "string", "format": "uuid"},
		"draft_id": {"type": "string", "format": "uuid"},
		"instructions": {"type": "string", "maxLength": 2000},
		"tone": {"type": "string", "enum": ["professional", "friendly", "brief"]}}}`))
})

// Task is what a run is given.
type Task struct {
	Task         string `json:"task"`
	ThreadID     string `json:"thread_id"`
	DraftID      string `json:"draft_id,omitempty"`
	Instructions string `json:"instructions,omitempty"`
	Tone         string `json:"tone,omitempty"`
}

// Outcome is what a run made. Of DraftID and Sent one is set.
type Outcome struct {
	Summary   string          `json:"summary"`
	ThreadID  string          `json:"thread_id"`
	MessageID string          `json:"message_id"`
	DraftID   string          `json:"draft_id,omitempty"`
	OutboxID  string          `json:"outbox_id,omitempty"`
	Engine    string          `json:"engine"`
	Model     string          `json:"model,omitempty"`
	Degraded  bool            `json:"degraded"`
	Answers   []reply.Answer  `json:"answers"`
	Questions []reply.Enquiry `json:"questions"`
	Gaps      []string        `json:"gaps"`
}

// program drafts an answer: for the person who asked, as a draft of theirs; if
// nobody asked, as a mail that somebody must allow.
func (s *Service) program(r *flow.Run) (any, error) {
	var t Task
	if err := r.Input(&t); err != nil {
		return nil, err
	}
	seen, err := flow.Load(r, "thread", func(ctx context.Context) (thread, error) { return s.load(ctx, t) })
	if err != nil {
		return nil, err
	}
	in, err := json.Marshal(seen.Input)
	if err != nil {
		return nil, fmt.Errorf("encode the thread: %w", err)
	}
	a, err := r.Ask("reply", reply.Definition(), agents.Work{Entity: "message", SubjectID: seen.Base.MessageID, Input: in})
	if err != nil {
		return nil, err
	}
	var answer reply.Reply
	if err := a.Into(&answer); err != nil {
		return nil, fmt.Errorf("read the draft: %w", err)
	}
	action := seen.action(answer)
	done, err := r.Act("letter", seen.address(action, r.Person() != "", answer.Text()+seen.Base.Text))
	if err != nil {
		return nil, err
	}
	var made struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(done, &made); err != nil {
		return nil, fmt.Errorf("read what was made: %w", err)
	}
	o := Outcome{Summary: "Drafted an answer to " + seen.counterpart() + ".", ThreadID: t.ThreadID, MessageID: seen.Base.MessageID, DraftID: made.ID,
		Engine: a.Engine, Model: a.Model, Degraded: a.Degraded, Answers: answer.Answers, Questions: answer.Questions, Gaps: answer.Gaps}
	if r.Person() == "" {
		o.Summary, o.DraftID, o.OutboxID = "Answered "+seen.counterpart()+".", "", made.ID
	}
	return o, nil
}

// keepable is how sure an agent has to be of what it does.
const keepable = 0.5

// action is what a person needs in order to judge the letter.
func (t thread) action(answer reply.Reply) approval.Action {
	a := approval.Action{Title: "Answer " + t.counterpart() + ": " + t.Base.Subject, Why: answer.Acknowledgment, Entity: "thread", ID: t.ID,
		Needs:   []approval.Record{{Entity: "thread", ID: t.ID, Version: strconv.FormatInt(t.Version, 10)}},
		Tainted: true, Confidence: answer.Confidence}
	for _, x := range answer.Answers {
		a.Evidence = append(a.Evidence, approval.Evidence{Entity: "message", ID: t.Base.MessageID, Quote: x.Quote})
	}
	return a
}

// address completes an action: a draft of the person, begun or improved, or a
// mail to send. It goes to the one who wrote, whatever address the mail asks
// answers to. A draft says itself what is missing in it: however unsure the
// agent is that it can be sent as it is, the person can have it.
func (t thread) address(a approval.Action, person bool, text string) approval.Action {
	letter := map[string]any{"mode": "reply", "message_id": t.Base.MessageID, "to": []map[string]string{{"name": t.FromName, "address": t.FromAddress}},
		"subject": t.Base.Subject, "text": text}
	if t.Base.SenderID != nil {
		letter["sender_id"] = *t.Base.SenderID
	}
	if person {
		a.Confidence = max(a.Confidence, keepable)
	}
	switch {
	case !person:
		a.Operation, a.Ask = "message.send", true
	case t.DraftID != "":
		a.Operation, a.Needs = "draft.update", nil
		letter = map[string]any{"id": t.DraftID, "If-Match": strconv.Quote(strconv.FormatInt(t.DraftVersion, 10)), "text": text}
	default:
		a.Operation, a.Needs = "draft.create", nil
	}
	a.Args, _ = json.Marshal(letter) // strings
	return a
}
