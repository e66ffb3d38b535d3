// Package policies keeps the routing policy that a workspace has made its own,
// and says which policy holds where.
package policies

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"rapport/internal/ai/catalog"
	"rapport/internal/ai/guard"
	"rapport/internal/ai/policy"
	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
)

// Base is the policy of a workspace without one of its own.
type Base struct {
	Policy *policy.Policy
	// File says that it came from a file of the installation.
	File bool
}

// Service gives the policy of each workspace, and offers it as operations. It
// is safe for concurrent use.
type Service struct {
	db      *pg.DB
	catalog *catalog.Catalog
	base    Base
	log     *slog.Logger

	mu    sync.Mutex
	known map[string]found // by workspace
	edits int              // changes that this process made
}

type found struct {
	policy *policy.Policy
	at     time.Time
}

// fresh is how long a policy is used before it is read again; mostKnown bounds
// what is remembered.
const (
	fresh     = 30 * time.Second
	mostKnown = 10_000
)

// New returns the service over db.
func New(db *pg.DB, c *catalog.Catalog, base Base, log *slog.Logger) *Service {
	return &Service{db: db, catalog: c, base: base, log: log, known: map[string]found{}}
}

// Policy is what holds in the workspace of ctx; it is not to be changed. A
// change by another process is noticed within 30 s. What the catalog no longer
// allows, and what cannot be read, gives way to what was known before, or to
// the base; what is not to be seen stays unseen then.
func (s *Service) Policy(ctx context.Context) *policy.Policy {
	workspace := actor.Workspace(ctx)
	if workspace == "" {
		return s.base.Policy
	}
	s.mu.Lock()
	f, ok := s.known[workspace]
	edits := s.edits
	s.mu.Unlock()
	if ok && time.Since(f.at) < fresh {
		return f.policy
	}
	p, err := s.read(ctx)
	if err != nil {
		unread := p
		if ctx.Err() == nil {
			s.log.WarnContext(ctx, "The routing policy of a workspace cannot be used.", "workspace", workspace, "error", err)
		}
		if p = f.policy; p == nil {
			p = s.veiled(unread)
		}
	}
	if ctx.Err() == nil {
		s.remember(workspace, p, edits)
	}
	return p
}

// veiled is the base with the redaction of a policy that cannot be used; where
// not even that is known, nothing is shown that can be told by its form.
func (s *Service) veiled(unread *policy.Policy) *policy.Policy {
	p := *s.base.Policy
	p.Redact = guard.Everything()
	if unread != nil {
		p.Redact = unread.Redact
	}
	return &p
}

// read returns the policy with an error where it was read and cannot be used.
func (s *Service) read(ctx context.Context) (*policy.Policy, error) {
	var own []json.RawMessage
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		own, err = pg.Column[json.RawMessage](tx, `SELECT policy FROM ai_policies WHERE workspace_id = $1`, tx.Workspace())
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(own) == 0 {
		return s.base.Policy, nil
	}
	return policy.Parse(own[0], s.catalog)
}

// remember keeps what was read, unless it was changed meanwhile.
func (s *Service) remember(workspace string, p *policy.Policy, edits int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.edits != edits {
		return
	}
	if len(s.known) >= mostKnown {
		clear(s.known)
	}
	s.known[workspace] = found{p, time.Now()}
}

// Routing is the policy of a workspace as people see it.
type Routing struct {
	Source    string        `json:"source" enum:"default,file,workspace" doc:"Where the policy is from: this release, a file of the installation, or the workspace."`
	Policy    policy.Policy `json:"policy"`
	Version   int64         `json:"version" doc:"0 while the workspace has none of its own."`
	UpdatedAt *time.Time    `json:"updated_at"`
}

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/ai/policy"
	return []op.Operation{
		op.New(op.Meta{Name: "ai.policy.get", Method: "GET", Cached: op.Cached{Never: "Seldom read."}, Path: path, Scope: "ai_policy:read", Summary: "Read which engines are asked what"}, s.get),
		op.New(op.Meta{Name: "ai.policy.update", Method: "PUT", Path: path, Scope: "ai_policy:write", Summary: "Give a workspace a routing policy of its own",
			Doc:     "The whole policy is replaced. A 422 points at each candidate, rule or parameter that cannot be. It holds at once here, and within 30 s in other processes.",
			Example: map[string]any{"If-Match": `"0"`, "body": policy.Default()}}, s.update),
		op.New(op.Meta{Name: "ai.policy.reset", Method: "POST", Path: path + "/reset", Scope: "ai_policy:write", Summary: "Let the installation's routing policy hold again"}, s.reset),
	}
}

type row struct {
	Policy    json.RawMessage
	Version   int64
	UpdatedAt time.Time
}

const selection = `SELECT policy, version, updated_at FROM ai_policies WHERE workspace_id = $1`

func (s *Service) get(ctx context.Context, _ *op.InWorkspace) (*op.Record[Routing], error) {
	var rows []row
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		rows, err = pg.All[row](tx, selection, tx.Workspace())
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.routing(rows)
}

func (s *Service) routing(rows []row) (*op.Record[Routing], error) {
	if len(rows) == 0 {
		source := "default"
		if s.base.File {
			source = "file"
		}
		return op.NewRecord(Routing{Source: source, Policy: *s.base.Policy}, 0), nil
	}
	out := Routing{Source: "workspace", Version: rows[0].Version, UpdatedAt: &rows[0].UpdatedAt}
	err := json.Unmarshal(rows[0].Policy, &out.Policy)
	return op.NewRecord(out, out.Version), err
}

type updateInput struct {
	op.InWorkspace
	IfMatch string `header:"If-Match" doc:"The ETag of the policy that the change is based on."`
	Body    policy.Policy
}

func (s *Service) update(ctx context.Context, in *updateInput) (*op.Record[Routing], error) {
	version, err := op.Versioned{IfMatch: in.IfMatch}.Version()
	if err != nil {
		return nil, err
	}
	if err := in.Body.Check(s.catalog); err != nil {
		return nil, err
	}
	text, err := json.Marshal(in.Body)
	if err != nil {
		return nil, err
	}
	var rows []row
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		before, err := pg.All[row](tx, selection+` FOR UPDATE`, tx.Workspace())
		if err != nil {
			return err
		}
		current, old := int64(0), json.RawMessage("null")
		if len(before) > 0 {
			current, old = before[0].Version, before[0].Policy
		}
		if current != version {
			return op.Stale(current)
		}
		rows, err = pg.All[row](tx, `
			INSERT INTO ai_policies AS p (workspace_id, id, policy) VALUES ($1, $1::uuid, $2)
			ON CONFLICT (workspace_id, id) DO UPDATE SET policy = excluded.policy, version = p.version + 1, updated_at = now() WHERE p.version = $3
			RETURNING policy, version, updated_at`, tx.Workspace(), text, version)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return op.Stale(version + 1) // somebody made one at the same time
		}
		return s.record(ctx, tx, old, text)
	})
	if err != nil {
		return nil, err
	}
	return s.routing(rows)
}

// record notes the change, and has it hold here at once.
func (s *Service) record(ctx context.Context, tx *pg.Tx, before, after json.RawMessage) error {
	workspace := tx.Workspace()
	tx.AfterCommit(func(context.Context) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.edits++
		delete(s.known, workspace)
	})
	var small bytes.Buffer
	if json.Compact(&small, before) == nil && bytes.Equal(small.Bytes(), after) {
		return nil
	}
	return event.Record(ctx, tx, event.Happened{Entity: "ai_policy", EntityID: workspace, Kind: event.Updated, Changes: event.Changes{"policy": {before, after}}})
}

func (s *Service) reset(ctx context.Context, _ *op.InWorkspace) (*op.Record[Routing], error) {
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		gone, err := pg.All[row](tx, `DELETE FROM ai_policies WHERE workspace_id = $1 RETURNING policy, version, updated_at`, tx.Workspace())
		if err != nil || len(gone) == 0 {
			return err
		}
		return s.record(ctx, tx, gone[0].Policy, json.RawMessage("null"))
	})
	if err != nil {
		return nil, err
	}
	return s.routing(nil)
}
