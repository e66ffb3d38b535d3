// Package idempotent makes a repeated call answer as the first one did,
// without a second effect. The key is kept in the transaction of the effects.
package idempotent

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Store keeps keys for 24 hours.
type Store struct {
	db      *pg.DB
	running running
}

// New returns the store over db.
func New(db *pg.DB) *Store { return &Store{db: db, running: running{keys: map[slot]chan struct{}{}}} }

var (
	errMismatch = problem.New(problem.Invalid, "idempotency_mismatch", "This Idempotency-Key was used before for another request. Use a new key.")
	errRunning  = problem.New(problem.Conflict, "idempotency_running", "A call with this Idempotency-Key is being worked at this moment. Repeat it in a second.").Retry(time.Second)
	errKey      = &problem.Error{Kind: problem.BadRequest, Code: "bad_parameter", Detail: "A parameter is not acceptable; errors lists each.",
		Fields: []problem.Field{{Pointer: "Idempotency-Key", Code: "format", Message: "Use 1 to 255 printable ASCII characters, such as a UUID."}}}
)

type stored struct {
	Operation   string
	RequestHash []byte
	Answer      []byte
}

// Once runs f in a transaction together with its key; a key that was used
// fills out with the stored answer instead. Of two calls at once the second
// waits for the first, a second at most. What happens outside of a workspace
// keeps its keys beside identity.
func (s *Store) Once(ctx context.Context, a op.Attempt, out any, f func(context.Context) error) error {
	if len(a.Key) > 255 || strings.ContainsFunc(a.Key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return errKey
	}
	who, _ := actor.From(ctx)
	write, k := s.db.Write, keys{inWorkspace, []any{who.WorkspaceID, who.Credential, a.Key}}
	if who.WorkspaceID == "" {
		write, k = s.db.Global, keys{outside, []any{who.Credential, a.Key}}
	}
	if !pg.Joins(ctx) { // inside of a transaction nobody else can be waited for
		leave, ok := s.running.enter(ctx, slot{who.WorkspaceID, who.Credential, a.Key})
		if !ok {
			return errRunning
		}
		defer leave()
	}
	return write(ctx, func(tx *pg.Tx) error { return k.once(ctx, tx, a, out, f) })
}

func (k keys) once(ctx context.Context, tx *pg.Tx, a op.Attempt, out any, f func(context.Context) error) error {
	first, err := k.first(tx, a)
	if err != nil {
		return err
	}
	if !first {
		return k.replay(tx, a, out)
	}
	if err := f(pg.Within(ctx, tx)); err != nil {
		return err
	}
	answer, err := json.Marshal(out)
	if err != nil {
		return fmt.Errorf("encode the answer of %s: %w", a.Operation, err)
	}
	// As one string: jsonb would put the fields of what is raw in another order.
	kept, err := json.Marshal(string(answer))
	if err != nil {
		return fmt.Errorf("keep the answer of %s: %w", a.Operation, err)
	}
	tx.Queue(k.end, k.with(kept)...)
	return nil
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

// first keeps the key, unless it was used. Another process that works it now
// holds its row.
func (k keys) first(tx *pg.Tx, a op.Attempt) (bool, error) {
	tx.Queue(`SELECT set_config('lock_timeout', $1, true)`, strconv.FormatInt(patience.Milliseconds(), 10))
	var first []bool
	pg.LaterColumn(tx, &first, k.begin, k.with(a.Operation, a.Hash)...)
	tx.Queue(`SELECT set_config('lock_timeout', '0', true)`)
	if err := tx.Flush(); err != nil {
		if pg.Locked(err) {
			return false, errRunning // its cause would speak louder: pg knows it as busy
		}
		return false, err
	}
	return len(first) > 0 && first[0], nil
}

func (k keys) replay(tx *pg.Tx, a op.Attempt, out any) error {
	row, err := pg.One[stored](tx, k.read, k.columns...)
	if err != nil {
		return err
	}
	if row.Operation != a.Operation || !bytes.Equal(row.RequestHash, a.Hash) {
		return errMismatch
	}
	answer := row.Answer
	if text := ""; json.Unmarshal(answer, &text) == nil { // the release before kept it as it is
		answer = []byte(text)
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("read the stored answer of %s: %w", a.Operation, err)
	}
	return nil
}

// batch is how many keys one transaction of a sweep removes, so that none holds
// its locks for long.
const batch = 1000

// Sweep removes the keys of the actor's workspace that are over.
func (s *Store) Sweep(ctx context.Context) error {
	return untilFew(ctx, func() (n int64, err error) {
		err = s.db.Write(ctx, func(tx *pg.Tx) error {
			n, err = tx.Exec(`
				DELETE FROM idempotency_keys WHERE workspace_id = $1 AND (credential, key) IN (
					SELECT credential, key FROM idempotency_keys
					WHERE workspace_id = $1 AND created_at < now() - interval '24 hours'
					ORDER BY created_at LIMIT $2)`, tx.Workspace(), batch)
			return err
		})
		return n, err
	})
}

// SweepOutside removes those that belong to no workspace.
func (s *Store) SweepOutside(ctx context.Context) error {
	return untilFew(ctx, func() (n int64, err error) {
		err = s.db.Global(ctx, func(tx *pg.Tx) error {
			n, err = pg.Value[int64](tx, `SELECT identity.idempotency_sweep($1)`, batch)
			return err
		})
		return n, err
	})
}

// untilFew repeats a batch until one is not full.
func untilFew(ctx context.Context, once func() (int64, error)) error {
	for {
		n, err := once()
		if err != nil || n < batch {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}
