// Package idempotent makes a repeated call answer as the first one did,
// without a second effect. The key is kept in the transaction of the effects.
package idempotent

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Store keeps keys for 24 hours.
type Store struct{ db *pg.DB }

// New returns the store over db.
func New(db *pg.DB) *Store { return &Store{db: db} }

var (
	errMismatch = problem.New(problem.Invalid, "idempotency_mismatch", "This Idempotency-Key was used before for another request. Use a new key.")
	errKey      = problem.New(problem.BadRequest, "bad_parameter", "Idempotency-Key has 1 to 255 printable characters.")
)

type stored struct {
	Operation   string
	RequestHash []byte
	Answer      []byte
}

// Once runs f in a transaction together with its key; a key that was used
// fills out with the stored answer instead. Two calls at once wait for each
// other. What happens outside of a workspace keeps its keys beside identity.
func (s *Store) Once(ctx context.Context, a op.Attempt, out any, f func(context.Context) error) error {
	if len(a.Key) > 255 || bytes.ContainsFunc([]byte(a.Key), func(r rune) bool { return r < ' ' || r > '~' }) {
		return errKey
	}
	who, _ := actor.From(ctx)
	write, k := s.db.Write, keys{inWorkspace, []any{who.WorkspaceID, who.Credential, a.Key}}
	if who.WorkspaceID == "" {
		write, k = s.db.Global, keys{outside, []any{who.Credential, a.Key}}
	}
	return write(ctx, func(tx *pg.Tx) error {
		first, err := pg.Column[bool](tx, k.begin, k.with(a.Operation, a.Hash)...)
		if err != nil {
			return err
		}
		if len(first) == 0 || !first[0] {
			return k.replay(tx, a, out)
		}
		if err := f(pg.Within(ctx, tx)); err != nil {
			return err
		}
		answer, err := json.Marshal(out)
		if err != nil {
			return fmt.Errorf("encode the answer of %s: %w", a.Operation, err)
		}
		tx.Queue(k.end, k.with(answer)...)
		return nil
	})
}

// statements keep a key: begin answers true to the first who uses it, read
// what the first did, end keeps the answer. They begin with the key's columns.
type statements struct{ begin, read, end string }

var (
	inWorkspace = statements{
		begin: `
			INSERT INTO idempotency_keys AS k (workspace_id, credential, key, operation, request_hash)
			VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (workspace_id, credential, key) DO UPDATE
			SET operation = excluded.operation, request_hash = excluded.request_hash, answer = NULL, created_at = now()
			WHERE k.created_at < now() - interval '24 hours'
			RETURNING true`,
		read: `SELECT operation, request_hash, answer FROM idempotency_keys WHERE workspace_id = $1 AND credential = $2 AND key = $3`,
		end:  `UPDATE idempotency_keys SET answer = $4 WHERE workspace_id = $1 AND credential = $2 AND key = $3`,
	}
	outside = statements{
		begin: `SELECT identity.idempotency_begin($1, $2, $3, $4)`,
		read:  `SELECT operation, request_hash, answer FROM identity.idempotency_read($1, $2)`,
		end:   `SELECT identity.idempotency_end($1, $2, $3)`,
	}
)

// keys is one key with the statements that keep it.
type keys struct {
	statements
	columns []any
}

func (k keys) with(more ...any) []any { return append(slices.Clone(k.columns), more...) }

func (k keys) replay(tx *pg.Tx, a op.Attempt, out any) error {
	row, err := pg.One[stored](tx, k.read, k.columns...)
	if err != nil {
		return err
	}
	if row.Operation != a.Operation || !bytes.Equal(row.RequestHash, a.Hash) {
		return errMismatch
	}
	if err := json.Unmarshal(row.Answer, out); err != nil {
		return fmt.Errorf("read the stored answer of %s: %w", a.Operation, err)
	}
	return nil
}

// Sweep removes the keys of the bound workspace that are over.
func Sweep(tx *pg.Tx) (int64, error) {
	return tx.Exec(`DELETE FROM idempotency_keys WHERE workspace_id = $1 AND created_at < now() - interval '24 hours'`, tx.Workspace())
}

// SweepOutside removes those that belong to no workspace.
func SweepOutside(tx *pg.Tx) error {
	_, err := tx.Exec(`SELECT identity.idempotency_sweep()`)
	return err
}
