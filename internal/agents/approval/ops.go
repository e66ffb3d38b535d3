package approval

import (
	"context"
	"encoding/json"
	"time"

	"rapport/internal/agents/approval/subject"
	"rapport/internal/agents/policy"
	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

type example = map[string]any

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/approvals"
	entities := map[string]string{"id": "approval"}
	return []op.Operation{
		op.New(op.Meta{Name: "approval.list", Method: "GET", Cached: op.Cached{On: "approval[] run", For: 20 * time.Second}, Path: path, Scope: "approval:read",
			Summary: "List what agents and other clients want a person to allow", Example: example{"state": "pending"}, Entities: map[string]string{"subject_id": "contact"}}, s.list),
		op.New(op.Meta{Name: "approval.count", Method: "GET", Cached: op.Cached{On: "approval", For: 20 * time.Second}, Path: path + "/count", Scope: "approval:read",
			Summary: "Count what waits for a person"}, s.count),
		op.New(op.Meta{Name: "approval.create", Method: "POST", Path: path, Scope: "approval:write", Status: 201,
			Summary: "Ask for a person to allow a call", Doc: "For clients that shall not act by themselves. Whoever approves it lends their rights.",
			Example: example{"body": example{"operation": "note.create", "args": example{"entity": "contact", "entity_id": "{contact}", "body": "Prefers calls."}, "title": "Write down that Ana prefers calls", "why": "She said so."}}}, s.create),
		op.New(op.Meta{Name: "approval.get", Method: "GET", Cached: op.Cached{Never: "Shows records of every kind as they are now."}, Path: path + "/{id}", Scope: "approval:read", Entities: entities,
			Summary: "Read exactly what would be done, why, and how risky it is"}, s.get),
		op.New(op.Meta{Name: "approval.approve", Method: "POST", Path: path + "/{id}/approve", Scope: "approval:write", Secret: true, Entities: entities,
			Summary: "Allow an action, which is done at once",
			Doc: "The answer says what became of it: done, or stale because a record changed, expired, or failed. It is done once at most. " +
				"With args it is done the way that you made it.",
			Example: example{"body": example{"hash": "{approval_hash}"}}}, s.allow),
		op.New(op.Meta{Name: "approval.reject", Method: "POST", Path: path + "/{id}/reject", Scope: "approval:write", Entities: entities,
			Summary: "Refuse an action, with the reason", Example: example{"body": example{"reason": "We met her yesterday."}}}, s.refuse),
		op.New(op.Meta{Name: "approval.approve_group", Method: "POST", Path: path + "/approve", Scope: "approval:write", Secret: true,
			Summary: "Allow up to 25 actions, each decided by itself", Example: example{"body": example{"items": []map[string]any{{"id": "{approval}", "hash": "{approval_hash}"}}}}}, s.allowAll),
	}
}

const columns = `a.id, a.state, a.agent, a.requester, a.run_id, a.operation, a.hash, a.title, a.why, a.subject_entity, a.subject_id, ` + subjectName + ` AS subject_name,
	a.risk::bigint AS risk, CASE WHEN a.risk >= 70 THEN 'critical' WHEN a.risk >= 40 THEN 'high' WHEN a.risk >= 20 THEN 'medium' ELSE 'low' END AS band,
	a.cost_nano, a.edited, a.reason, a.created_at, a.expires_at, a.state = 'pending' AND a.created_at < now() - interval '24 hours' AS overdue, a.decided_at, a.decided_by, a.version`

// Listing is what the list of approvals offers.
var Listing = list.Spec{
	Columns: columns,
	From:    "FROM approvals a\n\tWHERE a.workspace_id = $1",
	ID:      "a.id",
	Fields: map[string]list.Field{
		"state":      {SQL: "a.state", Type: list.Text, Values: []string{"pending", "done", "rejected", "expired", "stale", "failed", "cancelled", "blocked"}},
		"agent":      {SQL: "a.agent", Type: list.Text},
		"operation":  {SQL: "a.operation", Type: list.Text},
		"subject_id": {SQL: "a.subject_id", Type: list.ID},
		"run_id":     {SQL: "a.run_id", Type: list.ID},
		"created_at": {SQL: "a.created_at", Type: list.Time},
	},
	Sorts:   map[string]list.Sort{"created_at": {SQL: "a.created_at", Type: list.Time}},
	Default: "-created_at",
}

// Line is an approval as lists show it.
type Line struct {
	ID            string      `json:"id"`
	State         State       `json:"state" enum:"pending,done,rejected,expired,stale,failed,cancelled,blocked"`
	Agent         string      `json:"agent"`
	Requester     actor.Actor `json:"requester"`
	RunID         *string     `json:"run_id"`
	Operation     string      `json:"operation"`
	Hash          string      `json:"hash"`
	Title         string      `json:"title"`
	Why           string      `json:"why"`
	SubjectEntity string      `json:"subject_entity"`
	SubjectID     *string     `json:"subject_id"`
	SubjectName   *string     `json:"subject_name"`
	Risk          int         `json:"risk"`
	Band          string      `json:"band" enum:"low,medium,high,critical"`
	CostNano      int64       `json:"cost_nano"`
	Edited        bool        `json:"edited"`
	Reason        string      `json:"reason"`
	CreatedAt     string      `json:"created_at" format:"date-time"`
	ExpiresAt     string      `json:"expires_at" format:"date-time"`
	Overdue       bool        `json:"overdue"`
	DecidedAt     *string     `json:"decided_at" format:"date-time"`
	DecidedBy     any         `json:"decided_by" doc:"Who decided; null for nobody."`
	Version       int64       `json:"version"`
}

type listInput struct {
	op.InWorkspace
	list.Query
	State     string `query:"state" enum:"pending,done,rejected,expired,stale,failed,cancelled,blocked"`
	SubjectID string `query:"subject_id" format:"uuid" doc:"Those about this contact, company, conversation or task."`
}

func (s *Service) list(ctx context.Context, in *listInput) (out *op.Raw[op.List[Line]], err error) {
	err = s.DB.Read(ctx, func(tx *pg.Tx) error {
		w := list.NewWhere(tx.Workspace())
		if in.State != "" {
			w.Add("a.state = ?", in.State)
		}
		if in.SubjectID != "" {
			w.Add("a.subject_id = ?::uuid", in.SubjectID)
		}
		body, err := Listing.Page(tx, in.Query, w)
		out = op.NewRaw[op.List[Line]](body)
		return err
	})
	return out, err
}

// Count is how much waits.
type Count struct {
	Pending int64 `json:"pending"`
	Overdue int64 `json:"overdue" doc:"Of those, how many have waited for more than 24 hours."`
}

func (s *Service) count(ctx context.Context, _ *op.InWorkspace) (*op.Body[Count], error) {
	var out op.Body[Count]
	err := s.DB.Read(ctx, func(tx *pg.Tx) (err error) {
		out.Body, err = pg.One[Count](tx, `
			SELECT count(*) AS pending, count(*) FILTER (WHERE created_at < $2::timestamptz - interval '24 hours') AS overdue
			FROM approvals WHERE workspace_id = $1 AND state = 'pending'`, tx.Workspace(), s.Now().UTC())
		return err
	})
	return &out, err
}

// Shown is an approval with what its reader can do about it.
type Shown struct {
	Approval
	Stale    bool   `json:"stale" doc:"A record that it relies on was changed, so that it will not be done."`
	May      bool   `json:"may" doc:"Whether you may approve it."`
	Password bool   `json:"password" doc:"Whether your password is asked for."`
	MayNot   string `json:"may_not" doc:"Why you may not."`
}

func (s *Service) get(ctx context.Context, in *op.ByID) (*op.Record[Shown], error) {
	var out Shown
	err := s.DB.Read(ctx, func(tx *pg.Tx) (err error) {
		if out.Approval, err = s.load(tx, in.ID, ""); err != nil || out.State != Pending {
			return err
		}
		stale, err := s.stale(tx, out.Needs, false)
		if err != nil {
			return err
		}
		out.Stale = stale != ""
		err = op.Allowed(ctx, "approval:write")
		if err == nil {
			err = may(ctx, tx, &out.Approval, false)
		}
		p, refused := err.(*problem.Error)
		switch {
		case err == nil:
			out.May = true
		case refused && p.Code == errPassword.Code:
			out.May, out.Password = true, true
		case refused && p.Kind == problem.Forbidden:
			out.MayNot = p.Detail
		default:
			return err
		}
		return nil
	})
	return op.NewRecord(out, out.Version), err
}

type createInput struct {
	op.InWorkspace
	Body struct {
		Operation string          `json:"operation" minLength:"1" maxLength:"100" example:"contact.update"`
		Args      json.RawMessage `json:"args" doc:"Parameters and fields of the body side by side."`
		Title     string          `json:"title" minLength:"1" maxLength:"300"`
		Why       string          `json:"why,omitempty" maxLength:"4000"`
		Needs     []Record        `json:"needs,omitempty" maxItems:"20"`
		Entity    string          `json:"entity,omitempty" enum:"contact,company,thread,task" doc:"What it is about, where the arguments do not say it."`
		EntityID  string          `json:"entity_id,omitempty" format:"uuid"`
	}
}

// create asks for the caller, who shall not act by themselves.
func (s *Service) create(ctx context.Context, in *createInput) (out *op.Record[Approval], err error) {
	b := in.Body
	a := Action{Operation: b.Operation, Args: b.Args, Title: b.Title, Why: b.Why, Needs: b.Needs, Entity: b.Entity, ID: b.EntityID, Confidence: 1, Ask: true}
	var f problem.Fields
	f.Check(!policy.Governs(b.Operation), "/operation", "not_allowed", "What governs people, money or agents is done by people alone.")
	for _, n := range b.Needs {
		f.Check(s.Versions[n.Entity] != nil && valid(n.ID) != nil, "/needs", "not_allowed", "Records of this kind have no version.")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	if err := s.check(b.Operation, b.Args); err != nil {
		return nil, subject.Within("/args", err)
	}
	if entity, entityID := subject.Of(s.known[b.Operation], b.Args); entityID != "" {
		a.Entity, a.ID = entity, entityID
	}
	err = s.DB.Write(ctx, func(tx *pg.Tx) error {
		j, _, err := s.judge(ctx, tx, Origin{}, &a, false)
		if err != nil {
			return err
		}
		if j.Verdict == Blocked {
			return problem.New(problem.Invalid, "approval_impossible", j.Reason)
		}
		approvalID, err := s.Open(ctx, tx, Origin{}, a, j)
		if err != nil {
			return err
		}
		made, err := s.load(tx, approvalID, "")
		out = op.NewRecord(made, made.Version)
		return err
	})
	return out, err
}

type allowInput struct {
	op.ByID
	Body struct {
		Hash     string          `json:"hash" maxLength:"64" doc:"Of what you saw."`
		Args     json.RawMessage `json:"args,omitempty" doc:"What you made of it; as it is unless given."`
		Password string          `json:"password,omitempty" maxLength:"200" doc:"If it is asked for."`
	}
}

func (s *Service) allow(ctx context.Context, in *allowInput) (*op.Record[Approval], error) {
	d := decision{hash: in.Body.Hash, args: in.Body.Args}
	if in.Body.Password != "" && s.Prove != nil {
		if err := s.Prove(ctx, in.Body.Password); err != nil {
			return nil, err
		}
		d.proved = true
	}
	a, err := s.approve(ctx, in.ID, d)
	return op.NewRecord(a, a.Version), err
}

type refuseInput struct {
	op.ByID
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"2000" doc:"What the agent shall learn from it."`
	}
}

func (s *Service) refuse(ctx context.Context, in *refuseInput) (*op.Record[Approval], error) {
	a, err := s.reject(ctx, in.ID, in.Body.Reason)
	return op.NewRecord(a, a.Version), err
}

type groupInput struct {
	op.InWorkspace
	Body struct {
		Items []struct {
			ID   string `json:"id" format:"uuid"`
			Hash string `json:"hash" maxLength:"64"`
		} `json:"items" minItems:"1" maxItems:"25"`
	}
}

// Decided is what became of one of a group.
type Decided struct {
	ID     string `json:"id"`
	State  State  `json:"state" enum:"pending,done,rejected,expired,stale,failed,cancelled,blocked" doc:"pending: nothing was decided."`
	Code   string `json:"code" doc:"Why nothing was decided."`
	Reason string `json:"reason"`
}

func (s *Service) allowAll(ctx context.Context, in *groupInput) (*op.Body[op.List[Decided]], error) {
	var out []Decided
	for _, i := range in.Body.Items {
		a, err := s.approve(ctx, i.ID, decision{hash: i.Hash})
		d := Decided{ID: i.ID, State: a.State, Reason: a.Reason}
		if p, ok := err.(*problem.Error); ok {
			d.State, d.Code, d.Reason = Pending, p.Code, p.Detail
		} else if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return op.Listed(out), nil
}
