// Package content is the agent that writes: letters to contacts, pages, posts
// and plans. It keeps what it wrote as a draft; sending is a person's.
package content

import (
	"encoding/json"
	"fmt"
	"strings"

	"rapport/internal/agents"
	"rapport/internal/agents/approval"
	"rapport/internal/agents/content/brief"
	"rapport/internal/agents/content/prompt"
	"rapport/internal/agents/flow"
	"rapport/internal/crm/content/claim"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Name is the agent's.
const Name = "content"

// Service is the agent, with the operations that start it.
type Service struct {
	db     *pg.DB
	engine *flow.Engine
}

// New returns the agent over db; its runs go to engine.
func New(db *pg.DB, engine *flow.Engine) *Service { return &Service{db: db, engine: engine} }

// Agent is the entry for the registry.
func (s *Service) Agent() flow.Agent {
	return flow.Agent{Name: Name, Version: Name + "/1", Purpose: "Writes follow-ups, proposals, pages, posts and plans as drafts. It claims nothing but supplied facts and sends nothing.",
		Input: brief.Schema(), Operations: []string{"content.create", "content.update"}, Questions: prompt.Definitions(),
		Caps: flow.Caps{Calls: 4, Tokens: 120_000, Steps: 10}, Program: s.write}
}

// Output is what a run of the agent answers.
type Output struct {
	Summary   string `json:"summary"`
	ContentID string `json:"content_id"`
	Warnings  int    `json:"warnings"`
}

// write is the program: look, write, keep.
func (s *Service) write(r *flow.Run) (any, error) {
	var wish brief.Wish
	if err := r.Input(&wish); err != nil {
		return nil, err
	}
	seen, err := flow.Load(r, "facts", s.loader(wish, r.Now()))
	if err != nil {
		return nil, err
	}
	b := seen.Brief
	question, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("encode a brief: %w", err)
	}
	entity, subject := r.Subject()
	answer, err := r.Ask("write", prompt.Definition(b.Of(), wish.Deep), agents.Work{Entity: entity, SubjectID: subject, Input: question})
	if err != nil {
		return nil, err
	}
	action, err := keep(seen, answer)
	if err != nil {
		return nil, err
	}
	result, err := r.Act("keep", action)
	if err != nil {
		return nil, err
	}
	var draft struct {
		ID       string          `json:"id"`
		Title    string          `json:"title"`
		Findings []claim.Finding `json:"findings"`
	}
	if err := json.Unmarshal(result, &draft); err != nil {
		return nil, fmt.Errorf("read the draft: %w", err)
	}
	done := "Wrote"
	if seen.Version > 0 {
		done = "Wrote anew:"
	}
	return Output{Summary: done + " “" + draft.Title + "”", ContentID: draft.ID, Warnings: len(draft.Findings)}, nil
}

// keep is the action that makes a draft of an answer, or a version of the draft
// that it is about.
func keep(seen Seen, answer flow.Answer) (approval.Action, error) {
	b := seen.Brief
	args := map[string]any{"body": answer.Output, "engine": answer.Engine, "degraded": answer.Degraded}
	a := approval.Action{Operation: "content.create", Title: "Keep the draft “" + b.Title() + "”", Why: why(b), Tainted: b.Foreign(), Confidence: confidence(answer),
		Ask: doubtful(b), Evidence: seen.Evidence}
	if seen.Version > 0 {
		args["id"], args["If-Match"], args["reason"] = b.ContentID, fmt.Sprintf("%q", fmt.Sprint(seen.Version)), clip(b.Feedback)
		a.Operation, a.Entity, a.ID = "content.update", "content", b.ContentID
		a.Needs = []approval.Record{{Entity: "content", ID: b.ContentID, Version: fmt.Sprint(seen.Version)}}
	} else {
		args["kind"], args["title"], args["brief"], args["facts"] = b.Kind, b.Title(), b.Asked(), append([]claim.Fact{}, b.Facts...)
		given(args, "contact_id", b.ContactID)
		given(args, "thread_id", b.ThreadID)
		if b.ContactID != "" {
			a.Entity, a.ID = "contact", b.ContactID
		}
	}
	text, err := json.Marshal(args)
	a.Args = text
	return a, err
}

func given(args map[string]any, name, value string) {
	if value != "" {
		args[name] = value
	}
}

// enough is the score from which a contact is written to without asking.
const enough = 60

// doubtful reports whether a person should say that this contact is to be
// written to.
func doubtful(b brief.Brief) bool {
	return b.Of().Mail && !b.Confirm && b.ContentID == "" && (b.Reader.Score == nil || *b.Reader.Score < enough)
}

func confidence(a flow.Answer) float64 {
	if a.Degraded || a.Engine == "rules" {
		return 0.5
	}
	return 0.8
}

func why(b brief.Brief) string {
	if b.Feedback != "" {
		return "Asked for a change: " + clip(b.Feedback)
	}
	if asked := b.Asked(); asked != "" {
		return "Asked for: " + clip(asked)
	}
	return "Asked for " + strings.ToLower(b.Of().Title) + "."
}

// clip bounds what is shown of somebody's words.
func clip(s string) string {
	const most = 300
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

var (
	errNoReader = problem.New(problem.Invalid, "content_no_contact", "A letter is for one contact: say whom.")
	errNoText   = problem.New(problem.Invalid, "content_no_text", "There is no text to work on.")
	errLowScore = problem.New(problem.Conflict, "content_low_score", "This contact's score is below 60, so there may be better people to write to. Say confirm to write all the same.")
)
