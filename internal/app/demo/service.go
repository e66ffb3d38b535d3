package demo

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/identity"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// The login of the demo that an empty installation starts with. It is printed
// on start and public.
const (
	Email    = "demo@rapport.example"
	Password = "rapport-demo"
)

// Service makes demo workspaces and takes them away. A demo is a workspace of
// its own, so that nothing invented ever stands among what is real, and
// nothing real goes when the demo goes.
type Service struct {
	db       *pg.DB
	queue    *queue.Queue
	identity *identity.Service
	blobs    *blob.Store
	url      atomic.Pointer[string]
}

// New returns the service.
func New(db *pg.DB, q *queue.Queue, people *identity.Service, blobs *blob.Store) *Service {
	return &Service{db: db, queue: q, identity: people, blobs: blobs}
}

// Reach says where the API answers: demos are filled through it.
func (s *Service) Reach(url string) { s.url.Store(&url) }

// Work lets the queue fill demos.
func (s *Service) Work() { queue.Handle(s.queue, s.fill) }

// Workspace is a demo.
type Workspace struct {
	ID        string    `json:"id"`
	Slug      string    `json:"slug"`
	Name      string    `json:"name"`
	State     string    `json:"state" enum:"filling,ready"`
	CreatedAt time.Time `json:"created_at"`
}

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/organizations/{organization}/demos"
	entities := map[string]string{"organization": "organization", "id": "demo"}
	return []op.Operation{
		op.New(op.Meta{Name: "demo.list", Method: "GET", Cached: op.Cached{Never: "Of the organization, which has no log of its own."}, Path: path, Scope: "workspace:read", Entities: entities,
			Summary: "The demo workspaces of an organization"}, s.list),
		op.New(op.Meta{Name: "demo.create", Class: op.Background, Method: "POST", Path: path, Scope: "workspace:write", Status: 202, Entities: entities,
			Summary: "Make a workspace full of invented people and mail", Doc: "It is filled in the background, and can be removed as a whole."}, s.create),
		op.New(op.Meta{Name: "demo.remove", Method: "DELETE", Path: path + "/{id}", Scope: "workspace:delete", Effect: op.Destroy, Status: 204, Entities: entities,
			Summary: "Remove a demo workspace with everything in it", Doc: "Whatever was added to it goes too. Other workspaces cannot be removed this way. If it was the last one, an empty one takes its place."}, s.remove),
	}
}

func (s *Service) list(ctx context.Context, in *identity.InOrganization) (*op.Body[op.List[Workspace]], error) {
	var out []Workspace
	err := s.db.Global(ctx, func(tx *pg.Tx) (err error) {
		out, err = pg.All[Workspace](tx, `SELECT id::text, slug, name, state, created_at FROM identity.demos($1::uuid)`, in.Organization)
		return err
	})
	return op.Listed(out), err
}

func (s *Service) create(ctx context.Context, in *identity.InOrganization) (*op.Body[Workspace], error) {
	who, _ := actor.From(ctx)
	ws := Workspace{ID: id.New(), Name: "Northlight Studio (demo)", State: "filling", CreatedAt: time.Now().UTC()}
	ws.Slug = "demo-" + ws.ID[28:]
	err := s.db.Global(ctx, func(tx *pg.Tx) error {
		tx.Queue(`SELECT identity.workspace_add($1::uuid, jsonb_build_object('id', $2::text, 'slug', $3::text, 'name', $4::text, 'time_zone', $5::text))`,
			in.Organization, ws.ID, ws.Slug, ws.Name, Zone)
		return s.begin(ctx, tx, fillJob{Workspace: ws.ID, Organization: in.Organization, User: who.UserID})
	})
	return &op.Body[Workspace]{Body: ws}, err
}

// begin marks a workspace as a demo and has it filled.
func (s *Service) begin(ctx context.Context, tx *pg.Tx, j fillJob) error {
	tx.Queue(`SELECT identity.demo_begin($1::uuid)`, j.Workspace)
	return s.queue.Add(ctx, tx, j)
}

type demoRef struct {
	identity.InOrganization
	ID string `path:"id" doc:"Id of the demo workspace."`
}

// erasures is how often an erasure is tried: jobs that still work in the
// workspace may stand in each other's way with it, and are over then.
const erasures = 5

func (s *Service) remove(ctx context.Context, in *demoRef) (*op.NoContent, error) {
	err := s.erase(ctx, in)
	for tries := 1; tries < erasures && problem.KindOf(err) == problem.Unavailable && ctx.Err() == nil; tries++ {
		err = s.erase(ctx, in)
	}
	if err != nil {
		return nil, err
	}
	_, err = s.blobs.Sweep(in.ID, time.Now().Add(time.Minute), func([]string) ([]string, error) { return nil, nil })
	return nil, err
}

// erase removes all rows of a demo, or none.
func (s *Service) erase(ctx context.Context, in *demoRef) error {
	return s.db.Global(ctx, func(tx *pg.Tx) error {
		gone, err := pg.Value[bool](tx, `SELECT identity.demo_erase($1::uuid, $2::uuid, $3::uuid)`, in.Organization, in.ID, id.New())
		if err == nil && !gone {
			return problem.Missing("demo workspace")
		}
		tx.Queue(`SELECT identity.demo_forget($1::uuid)`, in.ID)
		return err
	})
}

// First makes the account of the demo, with its workspace, where nobody has an
// account yet.
func (s *Service) First(ctx context.Context) error {
	if taken, err := s.identity.HasUsers(ctx); err != nil || taken {
		return err
	}
	return s.db.Global(ctx, func(tx *pg.Tx) error {
		user, err := s.identity.Register(tx.Context(), identity.Registration{Email: Email, Password: Password,
			Name: "Mara Lindqvist", Organization: "Northlight Studio", TimeZone: Zone})
		if err != nil {
			return fmt.Errorf("register the demo: %w", err)
		}
		type place struct{ OrganizationID, WorkspaceID string }
		at, err := pg.One[place](tx, `SELECT organization_id::text, workspace_id::text FROM identity.me($1::uuid)`, user)
		if err != nil {
			return err
		}
		return s.begin(ctx, tx, fillJob{Workspace: at.WorkspaceID, Organization: at.OrganizationID, User: user})
	})
}

// fillJob is the job that fills a demo.
type fillJob struct {
	Workspace    string `json:"workspace"`
	Organization string `json:"organization"`
	User         string `json:"user"`
}

func (fillJob) Kind() string { return "demo.fill" }

// In is none: the workspace may have been removed.
func (fillJob) In() string { return "" }

// fill goes through the API with a key of its own, in the name of whoever
// asked for the demo.
func (s *Service) fill(ctx context.Context, j fillJob) error {
	url := s.url.Load()
	if url == nil {
		return queue.Snooze(time.Second)
	}
	demos, err := s.list(ctx, &identity.InOrganization{Organization: j.Organization})
	if err != nil {
		return err
	}
	for _, d := range demos.Body.Data {
		if d.ID != j.Workspace || d.State != "filling" {
			continue
		}
		soon := time.Now().Add(time.Hour)
		key, err := s.identity.MakeKey(ctx, j.Organization, j.User, identity.NewKey{Name: "Demo data", Workspace: j.Workspace, Scopes: []string{"*"}, ExpiresAt: &soon})
		if err != nil {
			return err
		}
		c := &caller{url: *url, key: key.Secret, place: "/v1/workspaces/" + j.Workspace, user: j.User}
		if err := c.fill(ctx); err != nil {
			return fmt.Errorf("fill the demo workspace: %w", err)
		}
		return s.db.Global(ctx, func(tx *pg.Tx) error {
			_, err := tx.Exec(`SELECT identity.demo_filled($1::uuid)`, j.Workspace)
			return err
		})
	}
	return nil
}
