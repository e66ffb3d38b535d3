// Package vault lets operators change the key that stored passwords and tokens
// are sealed with, while the server runs.
package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/identity"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/secret"
)

// Service knows every column that holds sealed values.
type Service struct {
	db      *pg.DB
	ring    *secret.Keyring
	columns []secret.Column
}

// New returns the service over db. columns are all that are sealed with ring;
// one that is missing here becomes unreadable when old keys are forgotten.
func New(db *pg.DB, ring *secret.Keyring, columns ...secret.Column) *Service {
	return &Service{db: db, ring: ring, columns: columns}
}

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	return []op.Operation{
		op.New(op.Meta{Name: "secret.status", Within: 15 * time.Minute, Method: "GET", Cached: op.Cached{Never: "For operators: the truth, when something is wrong."}, Path: "/v1/ops/secrets", Scope: op.Operator,
			Summary: "List the keys that seal stored secrets, and how many values await rotation"}, s.status),
		op.New(op.Meta{Name: "secret.rotate", Within: 15 * time.Minute, Method: "POST", Path: "/v1/ops/secrets/rotate", Scope: op.Operator, Secret: true,
			Summary: "Seal stored secrets with a new key", Doc: "Finishes an interrupted rotation first; only then a new key is made.",
			Example: map[string]any{"body": map[string]any{"forget": false}}}, s.rotate),
	}
}

// Status is how the stored secrets are sealed.
type Status struct {
	Keys       []secret.Key `json:"keys"`
	Columns    []Column     `json:"columns"`
	Resealed   int          `json:"resealed" doc:"Values that this call has sealed anew."`
	Stale      int          `json:"stale" doc:"Values that another key than the first has sealed."`
	Unreadable int          `json:"unreadable" doc:"Values that no key at hand opens: their accounts must be connected again."`
}

// Column counts the values of one column, in all workspaces.
type Column struct {
	Name   string `json:"name"`
	Values int    `json:"values"`
}

func (s *Service) status(ctx context.Context, _ *struct{}) (*op.Body[Status], error) {
	st, err := s.walk(pg.OnWorker(ctx), false)
	return &op.Body[Status]{Body: st}, err
}

type rotation struct {
	Body struct {
		Key    string `json:"key,omitempty" maxLength:"200" doc:"The new key, 32 bytes as base64 or hex; one is made unless given."`
		Forget bool   `json:"forget,omitempty" doc:"Remove the old keys once nothing is sealed with them. Backups of before need them still."`
	}
}

// rotate may be repeated and interrupted at any point: what is stale says how
// far it got.
func (s *Service) rotate(ctx context.Context, in *rotation) (*op.Body[Status], error) {
	ctx = pg.OnWorker(ctx)
	before, err := s.walk(ctx, false)
	if err != nil {
		return nil, err
	}
	if in.Body.Key != "" || before.Stale == 0 {
		if err := s.renew(in.Body.Key); err != nil {
			return nil, err
		}
	}
	done, err := s.walk(ctx, true)
	if err != nil {
		return nil, err
	}
	after, err := s.walk(ctx, false)
	if err != nil {
		return nil, err
	}
	if in.Body.Forget && after.Stale == 0 {
		if err := s.ring.Forget(); err != nil {
			return nil, refused(err)
		}
		after.Keys = s.ring.Keys()
	}
	after.Resealed = done.Resealed
	return &op.Body[Status]{Body: after}, nil
}

func (s *Service) renew(key string) error {
	if keys, err := secret.ParseKeys(key); err != nil || len(keys) > 1 {
		return &problem.Error{Kind: problem.Invalid, Code: "validation_failed", Detail: "Some values are not acceptable; errors lists each.",
			Fields: []problem.Field{{Pointer: "/key", Code: "format", Message: "A key is 32 random bytes as base64 or hex: openssl rand -base64 32 makes one."}}}
	}
	return refused(s.ring.Renew(key))
}

func refused(err error) error {
	if errors.Is(err, secret.ErrExternal) {
		return errExternal
	}
	return err
}

var errExternal = problem.New(problem.Conflict, "key_in_environment",
	"The key is given by RAPPORT_SECRET_KEY, which only you can change: put a new key in front of it, separated by a comma, restart, and rotate again. Nothing is sealed with an older key now.")

// walk looks at every sealed value, workspace by workspace, and seals the
// stale ones anew if asked to.
func (s *Service) walk(ctx context.Context, reseal bool) (Status, error) {
	st := Status{Keys: s.ring.Keys(), Columns: make([]Column, len(s.columns))}
	workspaces, err := identity.Workspaces(ctx, s.db)
	if err != nil {
		return st, err
	}
	for i, c := range s.columns {
		st.Columns[i].Name = c.Table + "." + c.Name
		for _, w := range workspaces {
			if err := s.column(actor.InWorkspace(ctx, w), c, &st.Columns[i], &st, reseal); err != nil {
				return st, fmt.Errorf("%s: %w", st.Columns[i].Name, err)
			}
		}
	}
	return st, nil
}

// batch is how many values one transaction seals anew.
const batch = 100

func (s *Service) column(ctx context.Context, c secret.Column, count *Column, st *Status, reseal bool) error {
	after := "00000000-0000-0000-0000-000000000000"
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		var rows []value
		part := *st
		err := s.db.Write(ctx, func(tx *pg.Tx) (err error) {
			if rows, err = page(tx, c, after); err != nil {
				return err
			}
			for _, v := range rows {
				if err := s.look(tx, c, v, &part, reseal); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		*st = part
		count.Values += len(rows)
		if len(rows) < batch {
			return nil
		}
		after = rows[len(rows)-1].ID
	}
}

// look counts a value and, if it is stale and asked to, queues that it is
// sealed anew, unless somebody else replaces it meanwhile.
func (s *Service) look(tx *pg.Tx, c secret.Column, v value, st *Status, reseal bool) error {
	where := c.Context(tx.Workspace(), v.ID)
	plain, err := s.ring.Open(v.Sealed, where)
	if err != nil {
		st.Unreadable++
		return nil
	}
	if !s.ring.Stale(v.Sealed) {
		return nil
	}
	if !reseal {
		st.Stale++
		return nil
	}
	sealed, err := s.ring.Seal(plain, where)
	if err != nil {
		return err
	}
	st.Resealed++
	tx.Queue(fmt.Sprintf(`UPDATE %[2]s SET %[1]s = $3 WHERE workspace_id = $1 AND id = $2 AND %[1]s = $4`, c.Name, c.Table),
		tx.Workspace(), v.ID, sealed, v.Sealed)
	return nil
}

type value struct {
	ID     string
	Sealed []byte
}

func page(tx *pg.Tx, c secret.Column, after string) ([]value, error) {
	return pg.All[value](tx, fmt.Sprintf(`
		SELECT id::text, %[1]s AS sealed FROM %[2]s
		WHERE workspace_id = $1 AND id > $2::uuid AND %[1]s IS NOT NULL ORDER BY workspace_id, id LIMIT %[3]d`, c.Name, c.Table, batch), tx.Workspace(), after)
}
