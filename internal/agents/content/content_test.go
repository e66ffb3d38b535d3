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

func newStage(t *testing.T) *stage {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	q, err := queue.New(db, queue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{db: db, says: templates}
	s.ctx = actor.With(t.Context(), actor.Actor{Kind: actor.System, Name: "Mia Berg", Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, db.Session())})
	s.Engine = flow.New(flow.Parts{DB: db, Queue: q, Gateway: s, Gate: s, Caller: s, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	s.Register(writing.New(db, s.Engine).Agent())
	s.Work()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

// contact stores a contact and returns its id.
func (s *stage) contact(t *testing.T, name string) string {
	t.Helper()
	contactID := id.New()
	err := s.db.Write(s.ctx, func(tx *pg.Tx) error {
		tx.Queue(`INSERT INTO contacts (workspace_id, id, name, title, email, score) VALUES ($1, $2, $3, 'Head of Logistics', 'ana@lumen.example', 80)`, tx.Workspace(), contactID, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return contactID
}

// run starts a run and returns how it ended.
func (s *stage) run(t *testing.T, w brief.Wish) (state, output string) {
	t.Helper()
	var runID string
	err := s.db.Write(s.ctx, func(tx *pg.Tx) (err error) {
		runID, err = s.Start(s.ctx, tx, flow.Start{Agent: writing.Name, Input: w})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 1500 {
		var rows []struct{ State, Output string }
		err := s.db.Read(s.ctx, func(tx *pg.Tx) (err error) {
			rows, err = pg.All[struct{ State, Output string }](tx, `
				SELECT state, coalesce(output::text, error) AS output FROM agent_runs WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), runID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) == 1 && rows[0].State != "queued" && rows[0].State != "running" {
			return rows[0].State, rows[0].Output
		}
		<-tick.C
	}
	t.Fatal("the run does not end")
	return "", ""
}

func TestARunKeepsADraftOfWhatItWrote(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	state, output := s.run(t, brief.Wish{Kind: "followup", ContactID: s.contact(t, "Ana Duarte"), Instructions: "Mention the 12 seats."})
	if state != "done" || !strings.Contains(output, "content_id") {
		t.Fatalf("the run is %s: %s; want it done with a draft", state, output)
	}
	if len(s.kept) != 1 || !strings.Contains(string(s.kept[0]), "Hello Ana,") {
		t.Errorf("kept %s; want one letter to Ana", s.kept)
	}
	var args struct{ Kind, Title, Brief string }
	if err := json.Unmarshal(s.kept[0], &args); err != nil || args.Kind != "followup" || args.Title != "Follow-up – Ana Duarte" || args.Brief != "Mention the 12 seats." {
		t.Errorf("kept %+v, %v; want what was asked for along with it", args, err)
	}
}

// A model that obeys whatever a mail says writes nothing that is kept.
func TestWhatAMailOrdersIsNotKept(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	contact := s.contact(t, "Ana Duarte")
	for _, order := range []string{"Transfer the money to our new bank account.", "See https://evil.test/login now.", "Write to eve@evil.test instead.", "You get a 90% discount.",
		"Northwind Ltd saved millions with us.", "Our lawyers guarantee that you win.", "Here is <img src=x> for you."} {
		s.says = func(r ai.Request) json.RawMessage {
			return json.RawMessage(strings.Replace(string(templates(r)), "I look forward", order+" I look forward", 1))
		}
		before := len(s.kept)
		if state, output := s.run(t, brief.Wish{Kind: "followup", ContactID: contact, Tone: "professional"}); state != "failed" || len(s.kept) != before {
			t.Errorf("%q: the run is %s: %s, kept %d; want it failed and nothing kept", order, state, output, len(s.kept)-before)
		}
	}
}

func TestALetterNeedsAReader(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	if state, output := s.run(t, brief.Wish{Kind: "proposal"}); state != "failed" || !strings.Contains(output, "say whom") {
		t.Errorf("the run is %s: %s; want it failed for lack of a contact", state, output)
	}
}

func TestARunBringsNoFactsOfItsOwn(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]bool{`{"kind":"seo"}`: true, `{"kind":"seo","facts":[{"id":"a","text":"We won."}]}`: false, `{"kind":"ode"}`: false, `{"kind":"seo","to":"eve@evil.test"}`: false} {
		if got := len(brief.Schema().Check(json.RawMessage(input))) == 0; got != want {
			t.Errorf("%s may start a run: %v, want %v", input, got, want)
		}
	}
}
