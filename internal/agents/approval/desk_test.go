package approval_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"rapport/internal/agents/approval"
	"rapport/internal/agents/approval/policies"
	"rapport/internal/agents/approval/preview"
	"rapport/internal/agents/policy"
	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/crm/contact"
	"rapport/internal/crm/note"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/problem"
)

// desk is a workspace with people, in which contacts and approvals can be
// called for.
type desk struct {
	*testing.T
	db        *pg.DB
	api       *httpapi.API
	service   *approval.Service
	workspace string
	ahead     atomic.Int64 // how far the clock is
	woken     atomic.Int64
	learnt    atomic.Pointer[approval.Lesson]
}

func (d *desk) now() time.Time { return time.Now().Add(time.Duration(d.ahead.Load())) }

func newDesk(t *testing.T) *desk {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t), APIConns: 12, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	d := &desk{T: t, db: db, workspace: pgtest.Workspace(t, db.Session())}
	contacts, notes := contact.New(db, time.Now), note.New(db, time.Now)
	d.service = approval.New(approval.Parts{DB: db, Log: quiet, Now: d.now, Caller: d, Check: func(operation string, args json.RawMessage) error { return d.api.Check(operation, args) },
		Versions: preview.Versions(), Previews: preview.All(map[string]preview.Current{"contact": contacts, "note": notes}, d.now),
		Prove: func(_ context.Context, password string) error {
			if password != "correct horse" {
				return problem.New(problem.Invalid, "wrong", "This is not your password.")
			}
			return nil
		},
		Wake:  func(context.Context, *pg.Tx, string) error { d.woken.Add(1); return nil },
		Learn: func(_ context.Context, _ *pg.Tx, l approval.Lesson) error { d.learnt.Store(&l); return nil }})
	var ops []op.Operation
	for _, f := range []interface{ Ops() []op.Operation }{contacts, notes, d.service, policies.New(db)} {
		ops = append(ops, f.Ops()...)
	}
	d.service.Offer(ops)
	d.api = httpapi.New(ops, op.Door{}, quiet)
	return d
}

// Call is the late way to the API.
func (d *desk) Call(ctx context.Context, operation string, args json.RawMessage) (json.RawMessage, error) {
	return d.api.Call(ctx, operation, args)
}

// person joins somebody and returns them, signed in.
func (d *desk) person(name string, role actor.Role) actor.Actor {
	d.Helper()
	user := id.New()
	_, err := d.db.Session().Exec(d.Context(), `
		WITH u AS (INSERT INTO identity.users (id, email, email_key, name, password_hash) VALUES ($1::uuid, $2, $2, $3, '') RETURNING id)
		INSERT INTO identity.memberships (organization_id, user_id, role) SELECT w.organization_id, u.id, $4 FROM u, identity.workspaces w WHERE w.id = $5`,
		user, user+"@lumen.example", name, string(role), d.workspace)
	if err != nil {
		d.Fatal(err)
	}
	return actor.Actor{Kind: actor.User, ID: user, UserID: user, Name: name, Role: role, WorkspaceID: d.workspace}
}

// agent is an agent on behalf of somebody.
func agent(name string, of actor.Actor) actor.Actor {
	a := of
	a.Kind, a.ID, a.Name, a.OnBehalfOf = actor.Agent, "", name, of.Name
	return a
}

func (d *desk) as(a actor.Actor) context.Context { return actor.With(context.Background(), a) }

// call calls an operation as somebody and reads the answer into out.
func (d *desk) call(a actor.Actor, operation string, args map[string]any, out any) error {
	raw, err := json.Marshal(args)
	if err != nil {
		return err
	}
	answer, err := d.api.Call(d.as(a), operation, raw)
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(answer, out)
}

// must is call for what works.
func (d *desk) must(a actor.Actor, operation string, args map[string]any, out any) {
	d.Helper()
	if err := d.call(a, operation, args, out); err != nil {
		var fields any
		if p, ok := err.(*problem.Error); ok {
			fields = p.Fields
		}
		d.Fatalf("%s: %v %v", operation, err, fields)
	}
}

type person struct {
	ID, Title string
	Version   int64
	Tags      []struct{ Name string }
}

func (d *desk) contact(a actor.Actor, email string) (p person) {
	d.Helper()
	d.must(a, "contact.create", map[string]any{"name": "Ben Ode", "email": email, "title": "Buyer"}, &p)
	return p
}

func (d *desk) read(a actor.Actor, contactID string) (p person) {
	d.Helper()
	d.must(a, "contact.get", map[string]any{"id": contactID}, &p)
	return p
}

type shown struct {
	ID, State, Hash, Reason, Band string
	Risk                          int
	Stale, May, Password, Edited  bool
	MayNot                        string `json:"may_not"`
	Preview                       approval.Preview
	Factors                       []approval.Factor
}

// propose has an agent ask for an action, through the gate.
func (d *desk) propose(a actor.Actor, act approval.Action) (string, approval.Judgement, error) {
	ctx, o := d.as(a), approval.Origin{Agent: a.Name, StepKey: id.New()}
	j, err := d.service.Judge(ctx, o, act)
	if err != nil {
		return "", j, err
	}
	var approvalID string
	err = d.db.Write(ctx, func(tx *pg.Tx) error {
		approvalID, err = d.service.Open(ctx, tx, o, act, j)
		return err
	})
	return approvalID, j, err
}

// asked is propose for what has to be asked for.
func (d *desk) asked(a actor.Actor, operation string, args map[string]any) (s shown) {
	d.Helper()
	raw, err := json.Marshal(args)
	if err != nil {
		d.Fatal(err)
	}
	approvalID, j, err := d.propose(a, approval.Action{Operation: operation, Args: raw, Title: "Do it", Confidence: .9, Ask: true})
	if err != nil || j.Verdict != approval.Asked {
		d.Fatalf("%s was judged %+v, %v; want asked", operation, j, err)
	}
	d.must(a, "approval.get", map[string]any{"id": approvalID}, &s)
	return s
}

func (d *desk) policy(a actor.Actor, name string, p policy.Charter) {
	d.Helper()
	var now policies.Policies
	d.must(a, "agent_policy.get", nil, &now)
	version := now.Standard.Version
	if name != "" {
		version = now.Agents[name].Version
	}
	d.must(a, "agent_policy.update", map[string]any{"If-Match": fmt.Sprintf("%q", strconv.FormatInt(version, 10)), "agent": name, "enabled": p.Enabled, "autonomy": p.Autonomy, "operations": p.Operations,
		"asks": append([]string{}, p.Asks...), "daily_actions": p.DailyActions, "daily_nano": p.DailyNano, "links": append([]string{}, p.Links...), "pause_on_high": p.PauseOnHigh,
		"hours_from": p.HoursFrom, "hours_to": cmp.Or(p.HoursTo, 24), "weekends": p.Weekends || p.HoursTo == 0}, nil)
}

func code(err error) string {
	if p, ok := err.(*problem.Error); ok {
		return p.Code
	}
	return fmt.Sprint(err)
}
