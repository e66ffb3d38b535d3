// Package assessment has contacts assessed and keeps what is thought of them:
// by hand, after their mail, and each night those that are most alive. What it
// finds stands beside the lead score and never in its place.
package assessment

import (
	"context"
	"fmt"
	"time"

	"rapport/internal/agents"
	"rapport/internal/agents/contact"
	"rapport/internal/agents/contact/prompt"
	"rapport/internal/agents/flow"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// Name is the agent's.
const Name = "contact"

// version pins the program: a run goes on only with the one it began with.
const version = "contact/1"

// A starter makes runs; flow.Engine does.
type starter interface {
	Start(ctx context.Context, tx *pg.Tx, s flow.Start) (string, error)
}

// Service assesses contacts.
type Service struct {
	db    *pg.DB
	queue *queue.Queue
	runs  starter
	now   func() time.Time
}

// New returns the service over db; its runs are made by runs.
func New(db *pg.DB, q *queue.Queue, runs starter, now func() time.Time) *Service {
	return &Service{db: db, queue: q, runs: runs, now: now}
}

// Agent is the entry of the registry.
func (s *Service) Agent() flow.Agent {
	return flow.Agent{Name: Name, Version: version,
		Purpose:    "Judges a contact: what they want, how near they are to deciding, what speaks for and against, and what to do next.",
		Input:      prompt.Run(),
		Operations: []string{"task.create", "contact.update"},
		Questions:  []agents.Definition{prompt.Definition(false), prompt.Definition(true)},
		Caps:       flow.Caps{Calls: 4, Steps: 10},
		Program:    s.program}
}

// input is what a run is given.
type input struct {
	Task      string `json:"task"`
	ContactID string `json:"contact_id"`
	Deep      bool   `json:"deep,omitempty"`
	// Again counts the tries since rules stood in for a model.
	Again int `json:"again,omitempty"`
}

// Assess begins an assessment on behalf of the actor of ctx and returns its run.
func (s *Service) Assess(ctx context.Context, contactID string, deep bool) (run string, err error) {
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		who, err := pg.All[person](tx, `SELECT id::text, name FROM contacts WHERE workspace_id = $1 AND id = $2::uuid AND deleted_at IS NULL`, tx.Workspace(), contactID)
		if err != nil {
			return err
		}
		if len(who) == 0 {
			return problem.Missing("contact")
		}
		run, err = s.start(ctx, tx, who[0], flow.Start{Priority: flow.Interactive}, input{Deep: deep})
		return err
	})
	return run, err
}

// start makes a run over a contact.
func (s *Service) start(ctx context.Context, tx *pg.Tx, who person, st flow.Start, in input) (string, error) {
	in.Task, in.ContactID = "assess", who.ID
	st.Agent, st.Entity, st.SubjectID = Name, "contact", who.ID
	st.Title = "Assess " + who.Name
	st.Input = in
	return s.runs.Start(ctx, tx, st)
}

// patience is how often a contact is assessed again, an hour later each time,
// because rules stood in for a model.
const patience = 72

// person is a contact by name.
type person struct{ ID, Name string }

// result is what a run answers.
type result struct {
	Summary   string `json:"summary"`
	ContactID string `json:"assessment_contact_id"`
	// Stored is false where a better or a later assessment stands.
	Stored   bool   `json:"stored"`
	Proposed string `json:"proposed,omitempty"`
	Refused  string `json:"refused,omitempty"`
}

// program is what a run does: it looks, asks, stores what was answered, and
// then proposes what follows.
func (s *Service) program(r *flow.Run) (any, error) {
	var in input
	if err := r.Input(&in); err != nil {
		return nil, err
	}
	sub, err := flow.Load(r, "contact", func(ctx context.Context) (subject, error) { return s.load(ctx, in.ContactID) })
	if err != nil {
		return nil, err
	}
	ans, err := ask(r, sub, in.Deep)
	if err != nil {
		return nil, err
	}
	var a contact.Assessment
	if err := ans.Into(&a); err != nil {
		return nil, fmt.Errorf("read the assessment: %w", err)
	}
	kept, err := r.Store("assessment", func(ctx context.Context, tx *pg.Tx) (any, error) {
		if ans.Degraded && in.Again < patience {
			again := flow.Start{Once: "upgrade " + r.ID(), At: s.now().Add(time.Hour), Priority: flow.Bulk}
			if _, err := s.start(ctx, tx, person{sub.ID, sub.Input.Profile.Name}, again, input{Deep: in.Deep, Again: in.Again + 1}); err != nil {
				return nil, err
			}
		}
		return put(tx, r.ID(), sub, a, ans)
	})
	if err != nil {
		return nil, err
	}
	out := result{Summary: summary(sub, a), ContactID: sub.ID, Stored: string(kept) == "true"}
	return out.propose(r, sub, a, ans)
}

// ask asks a model, or the rules alone where there is nothing to judge.
func ask(r *flow.Run, sub subject, deep bool) (flow.Answer, error) {
	about, err := sub.work()
	if err != nil {
		return flow.Answer{}, err
	}
	if sub.Input.Quiet() {
		return quiet(sub)
	}
	return r.Ask("assess", prompt.Definition(deep), about)
}

func summary(sub subject, a contact.Assessment) string {
	return fmt.Sprintf("%s: buying intent %s, stage %s. Next: %s", sub.Input.Profile.Name, a.BuyingIntent, a.DecisionStage, a.NextBestAction.Text)
}
