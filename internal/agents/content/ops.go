package content

import (
	"context"

	"rapport/internal/agents/content/brief"
	"rapport/internal/agents/flow"
	"rapport/internal/api/op"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

type example = map[string]any

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/content"
	return []op.Operation{
		op.New(op.Meta{Name: "content.generate", Method: "POST", Path: path + "/generate", Scope: "content:write", Status: 202, AI: true,
			Summary: "Have the content agent write a draft", Doc: "The run goes on by itself; run.get says how far it is, and its output names the draft. A contact whose score is below 60 needs confirm.",
			Example: example{"body": example{"kind": "followup", "contact_id": "{contact}", "instructions": "Ask for a short call.", "confirm": true}}}, s.generate),
		op.New(op.Meta{Name: "content.generate_bulk", Class: op.Background, Method: "POST", Path: path + "/generate-bulk", Scope: "content:write", Status: 202, AI: true,
			Summary: "Have the content agent write a draft for each of up to 50 contacts", Doc: "Each is a run of its own, behind what people wait for, and costs 10 tokens. Contacts whose score is below 60 are left out unless confirm is said.",
			Example: example{"body": example{"kind": "followup", "contact_ids": []string{"{contact}"}, "confirm": true}}}, s.generateBulk),
		op.New(op.Meta{Name: "content.iterate", Method: "POST", Path: path + "/{id}/iterate", Scope: "content:write", Status: 202, AI: true, Entities: map[string]string{"id": "content"},
			Summary: "Have the content agent write a new version", Doc: "Fails if somebody changes the draft meanwhile: what people write is never overwritten.",
			Example: example{"body": example{"feedback": "Shorter, please."}}}, s.iterate),
	}
}

// order is what a draft is made by.
type order struct {
	Kind         string   `json:"kind" maxLength:"40" doc:"As content.kinds lists them."`
	ContactID    string   `json:"contact_id,omitempty" format:"uuid" doc:"Whom it is for; letters need one."`
	ThreadID     string   `json:"thread_id,omitempty" format:"uuid" doc:"The conversation that it goes on with."`
	Instructions string   `json:"instructions,omitempty" maxLength:"2000" doc:"What it shall say. Figures in it may be used."`
	Tone         string   `json:"tone,omitempty" enum:"professional,consultative,friendly" doc:"Of a letter; that of the brand voice unless said."`
	Topic        string   `json:"topic,omitempty" maxLength:"300"`
	Text         string   `json:"text,omitempty" maxLength:"8000" doc:"What is to be worded better, or varied."`
	Platform     string   `json:"platform,omitempty" enum:"facebook,instagram,linkedin,tiktok,twitter"`
	PageType     string   `json:"page_type,omitempty" enum:"homepage,product,service,lead_capture,sales,event"`
	Steps        int      `json:"steps,omitempty" minimum:"0" maximum:"10" doc:"How many letters a sequence has; 5 unless said."`
	Days         int      `json:"days,omitempty" minimum:"0" maximum:"365" doc:"How long a campaign is."`
	Budget       int      `json:"budget,omitempty" minimum:"0" maximum:"1000000000" doc:"Of a campaign, in whole units of the currency."`
	Currency     string   `json:"currency,omitempty" maxLength:"3"`
	Competitors  []string `json:"competitors,omitempty" maxItems:"10"`
	Deep         bool     `json:"deep,omitempty" doc:"Longer thought, for proposals, strategies and campaign plans; it costs more."`
	Confirm      bool     `json:"confirm,omitempty" doc:"Write although the contact's score is low."`
}

func (o order) wish() brief.Wish {
	return brief.Wish{Kind: o.Kind, ContactID: o.ContactID, ThreadID: o.ThreadID, Instructions: o.Instructions, Tone: o.Tone, Topic: o.Topic, Text: o.Text, Platform: o.Platform,
		PageType: o.PageType, Steps: o.Steps, Days: o.Days, Budget: o.Budget, Currency: o.Currency, Competitors: o.Competitors, Deep: o.Deep, Confirm: o.Confirm}
}

type generateInput struct {
	op.InWorkspace
	Body order
}

// Started names the run that was started.
type Started struct {
	RunID string `json:"run_id"`
}

func (s *Service) generate(ctx context.Context, in *generateInput) (*op.Body[Started], error) {
	w := in.Body.wish()
	k := brief.Brief{Wish: w}.Of()
	if k.Name == "" {
		return nil, unknownKind()
	}
	if err := ready(brief.Brief{Wish: w}); err != nil {
		return nil, err
	}
	var out Started
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		found, err := named(tx, w)
		if err != nil {
			return err
		}
		if k.Mail && !w.Confirm && found.low() {
			return errLowScore
		}
		out.RunID, err = s.start(ctx, tx, w, found)
		return err
	})
	return &op.Body[Started]{Body: out}, err
}

func unknownKind() error {
	var f problem.Fields
	f.Check(false, "/kind", "not_allowed", "There is no such kind of content.")
	return f.Err()
}

// person is a contact that something is written for.
type person struct {
	ID, Name string
	Score    *int
}

func (p person) low() bool { return p.ID != "" && (p.Score == nil || *p.Score < enough) }

const people = `SELECT id::text, name, score FROM contacts WHERE workspace_id = $1 AND deleted_at IS NULL`

// named finds the records that a wish names.
func named(tx *pg.Tx, w brief.Wish) (person, error) {
	var found []person
	var threads []string
	if w.ContactID != "" {
		pg.Later(tx, &found, people+` AND id = $2::uuid`, tx.Workspace(), w.ContactID)
	}
	if w.ThreadID != "" {
		pg.LaterColumn(tx, &threads, `SELECT id::text FROM threads WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), w.ThreadID)
	}
	if err := tx.Flush(); err != nil {
		return person{}, err
	}
	var f problem.Fields
	f.Check(w.ContactID == "" || len(found) == 1, "/contact_id", "not_found", "There is no such contact in this workspace.")
	f.Check(w.ThreadID == "" || len(threads) == 1, "/thread_id", "not_found", "There is no such conversation in this workspace.")
	if f.Err() != nil || len(found) == 0 {
		return person{}, f.Err()
	}
	return found[0], nil
}

func (s *Service) start(ctx context.Context, tx *pg.Tx, w brief.Wish, p person) (string, error) {
	st := flow.Start{Agent: Name, Title: brief.Brief{Wish: w, Reader: brief.Reader{Name: p.Name}}.Title(), Input: w, Priority: flow.Interactive}
	if p.ID != "" {
		st.Entity, st.SubjectID = "contact", p.ID
	}
	return s.engine.Start(ctx, tx, st)
}

type bulkInput struct {
	op.InWorkspace
	Body struct {
		Kind         string   `json:"kind" enum:"followup,proposal,case_study"`
		ContactIDs   []string `json:"contact_ids" minItems:"1" maxItems:"50"`
		Instructions string   `json:"instructions,omitempty" maxLength:"2000"`
		Tone         string   `json:"tone,omitempty" enum:"professional,consultative,friendly"`
		Confirm      bool     `json:"confirm,omitempty" doc:"Write to contacts with a low score, too."`
	}
}

// StartedAll says which runs were started, and for whom none was.
type StartedAll struct {
	RunIDs  []string `json:"run_ids"`
	Skipped []string `json:"skipped" doc:"Contacts that are not there or have a low score."`
}

func (s *Service) generateBulk(ctx context.Context, in *bulkInput) (*op.Body[StartedAll], error) {
	b := in.Body
	out := StartedAll{RunIDs: []string{}, Skipped: []string{}}
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		found, err := pg.All[person](tx, people+` AND id::text = ANY($2) ORDER BY id`, tx.Workspace(), b.ContactIDs)
		if err != nil {
			return err
		}
		there := map[string]bool{}
		for _, p := range found {
			if p.low() && !b.Confirm {
				continue
			}
			there[p.ID] = true
			w := brief.Wish{Kind: b.Kind, ContactID: p.ID, Instructions: b.Instructions, Tone: b.Tone, Confirm: b.Confirm}
			runID, err := s.engine.Start(ctx, tx, flow.Start{Agent: Name, Title: brief.Brief{Wish: w, Reader: brief.Reader{Name: p.Name}}.Title(),
				Entity: "contact", SubjectID: p.ID, Input: w, Priority: flow.Bulk})
			if err != nil {
				return err
			}
			out.RunIDs = append(out.RunIDs, runID)
		}
		for _, id := range b.ContactIDs {
			if !there[id] {
				out.Skipped = append(out.Skipped, id)
			}
		}
		return op.Spend(ctx, 10*(len(out.RunIDs)-1)) // the call itself pays for one
	})
	return &op.Body[StartedAll]{Body: out}, err
}

type iterateInput struct {
	op.ByID
	Body struct {
		Feedback string `json:"feedback" minLength:"1" maxLength:"2000" doc:"What shall be different."`
		Deep     bool   `json:"deep,omitempty"`
	}
}

func (s *Service) iterate(ctx context.Context, in *iterateInput) (*op.Body[Started], error) {
	var out Started
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		found, err := pg.All[struct{ Kind, Title, Status string }](tx, `
			SELECT kind, title, status FROM content_drafts WHERE workspace_id = $1 AND id = $2::uuid AND deleted_at IS NULL`, tx.Workspace(), in.ID)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return problem.Missing("content")
		}
		if s := found[0].Status; s == "sent" || s == "archived" {
			return problem.New(problem.Conflict, "content_closed", "What was sent or put away stays as it is. Make another draft of it.")
		}
		out.RunID, err = s.engine.Start(ctx, tx, flow.Start{Agent: Name, Title: "Again: " + found[0].Title, Entity: "content", SubjectID: in.ID,
			Input: brief.Wish{Kind: found[0].Kind, ContentID: in.ID, Feedback: in.Body.Feedback, Deep: in.Body.Deep, Confirm: true}, Priority: flow.Interactive})
		return err
	})
	return &op.Body[Started]{Body: out}, err
}
