// Package idempotent makes a repeated call answer as the first one did,
// without a second effect. The key is kept in the transaction of the effects.
package idempotent

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

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
// other. Outside of a workspace the key has no effect.
func (s *Store) Once(ctx context.Context, a op.Attempt, out any, f func(context.Context) error) error {
	who, _ := actor.From(ctx)
	if who.WorkspaceID == "" {
		return f(ctx)
	}
	if len(a.Key) > 255 || bytes.ContainsFunc([]byte(a.Key), func(r rune) bool { return r < ' ' || r > '~' }) {
		return errKey
	}
	return s.db.Write(ctx, func(tx *pg.Tx) error {
		first, err := tx.Exec(`
			INSERT INTO idempotency_keys AS k (workspace_id, credential, key, operation, request_hash)
			VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (workspace_id, credential, key) DO UPDATE
			SET operation = excluded.operation, request_hash = excluded.request_hash, answer = NULL, created_at = now()
			WHERE k.created_at < now() - interval '24 hours'`,
			who.WorkspaceID, who.Credential, a.Key, a.Operation, a.Hash)
		if err != nil {
			return err
		}
		if first == 0 {
			return replay(tx, who, a, out)
		}
		if err := f(pg.Within(ctx, tx)); err != nil {
			return err
		}
		answer, err := json.Marshal(out)
		if err != nil {
			return fmt.Errorf("encode the answer of %s: %w", a.Operation, err)
		}
		tx.Queue(`UPDATE idempotency_keys SET answer = $4 WHERE workspace_id = $1 AND credential = $2 AND key = $3`,
			who.WorkspaceID, who.Credential, a.Key, answer)
		return nil
	})
}

func replay(tx *pg.Tx, who actor.Actor, a op.Attempt, out any) error {
	row, err := pg.One[stored](tx, `
		SELECT operation, request_hash, answer FROM idempotency_keys
		WHERE workspace_id = $1 AND credential = $2 AND key = $3`, who.WorkspaceID, who.Credential, a.Key)
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
