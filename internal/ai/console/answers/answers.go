// Package answers keeps what models answered, for a day, so that the same
// question is not paid for twice; and which providers are closed for long, so
// that other processes need not find out.
package answers

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"rapport/internal/ai"
	"rapport/internal/platform/pg"
)

// Cache is a router.Cache in the database, per workspace.
type Cache struct {
	db  *pg.DB
	log *slog.Logger
}

// New returns a cache over db.
func New(db *pg.DB, log *slog.Logger) *Cache { return &Cache{db: db, log: log} }

const (
	keep    = 24 * time.Hour
	largest = 256 << 10 // of an answer; beyond it, ask again
	// patience is how long a call is held up by a database that is slow.
	patience = 2 * time.Second
)

// Get returns the answer to exactly this question, if there is one. A database
// that is away is no reason to fail: then there is none.
func (c *Cache) Get(ctx context.Context, key [32]byte) (ai.Response, bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var found []json.RawMessage
	err := c.db.Read(ctx, func(tx *pg.Tx) (err error) {
		found, err = pg.Column[json.RawMessage](tx, `SELECT response FROM ai_answers WHERE workspace_id = $1 AND key = $2 AND expires_at > now()`, tx.Workspace(), key[:])
		return err
	})
	if err != nil || len(found) == 0 {
		return ai.Response{}, false
	}
	var r stored
	if err := json.Unmarshal(found[0], &r); err != nil {
		return ai.Response{}, false
	}
	return ai.Response{Output: r.Output, Engine: r.Engine, Model: r.Model, Version: r.Version}, true
}

// stored is what is kept of a response.
type stored struct {
	Output  json.RawMessage `json:"output"`
	Engine  string          `json:"engine"`
	Model   string          `json:"model"`
	Version string          `json:"version"`
}

// Put keeps an answer for a day. Failing to is no failure of the call.
func (c *Cache) Put(ctx context.Context, key [32]byte, r ai.Response) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	text, err := json.Marshal(stored{r.Output, r.Engine, r.Model, r.Version})
	if err != nil || len(text) > largest {
		return
	}
	err = c.db.Write(ctx, func(tx *pg.Tx) error {
		tx.Queue(`
			INSERT INTO ai_answers (workspace_id, key, response, expires_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (workspace_id, key) DO UPDATE SET response = excluded.response, expires_at = excluded.expires_at`,
			tx.Workspace(), key[:], text, time.Now().Add(keep))
		return nil
	})
	if err != nil {
		c.log.DebugContext(ctx, "An answer was not kept.", "error", err)
	}
}

// Sweep queues the removal of what is too old, in the workspace of tx.
func Sweep(tx *pg.Tx) {
	tx.Queue(`DELETE FROM ai_answers WHERE workspace_id = $1 AND expires_at <= now()`, tx.Workspace())
}
