// Package ledger keeps the record of every call to a model: who was asked, what
// failed, how long it waited, what it cost; and the sums of each day.
package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/router"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
)

// Ledger is a router.Book that writes in the background: a call never waits for
// it. What the database does not take at once is kept, up to a bound.
type Ledger struct {
	db  *pg.DB
	log *slog.Logger

	mu      sync.Mutex
	pending map[string][]entry // by workspace
	waiting int
	lost    int
}

// New returns a ledger over db.
func New(db *pg.DB, log *slog.Logger) *Ledger {
	return &Ledger{db: db, log: log, pending: map[string][]entry{}}
}

// maxWaiting bounds the calls that wait for the database.
const maxWaiting = 20_000

// entry is a call as it is written.
type entry struct {
	ID          string          `json:"id"`
	Task        string          `json:"task"`
	Class       ai.Class        `json:"class"`
	Agent       string          `json:"agent"`
	RunID       *string         `json:"run_id"`
	UserID      *string         `json:"user_id"`
	Interactive bool            `json:"interactive"`
	Outcome     string          `json:"outcome"`
	Error       string          `json:"error"`
	Engine      string          `json:"engine"`
	Model       string          `json:"model"`
	Attempts    json.RawMessage `json:"attempts"`
	StartedAt   time.Time       `json:"started_at"`
	DurationMS  int64           `json:"duration_ms"`
	ai.Usage
	uses []use
}

// use is what one attempt adds to the sums of its day.
type use struct {
	CallID     string `json:"call_id"`
	Day        string `json:"day"`
	Provider   string `json:"provider"`
	Model      string `json:"model"`
	Task       string `json:"task"`
	Agent      string `json:"agent"`
	Person     string `json:"person"`
	Failures   int    `json:"failures"`
	DurationMS int64  `json:"duration_ms"`
	ai.Usage
}

// Record takes note of a call that is over.
func (l *Ledger) Record(ctx context.Context, r router.Record) {
	who, _ := actor.From(ctx)
	e, err := entryOf(r, who.UserID)
	if err != nil || who.WorkspaceID == "" {
		l.log.ErrorContext(ctx, "An AI call cannot be recorded.", "call", r.ID, "error", err)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting >= maxWaiting {
		l.lost++
		return
	}
	l.waiting++
	l.pending[who.WorkspaceID] = append(l.pending[who.WorkspaceID], e)
}

func entryOf(r router.Record, person string) (entry, error) {
	tries := slices.Clone(r.Response.Attempts)
	for i := range tries {
		tries[i].Error, tries[i].Why, tries[i].RequestID = clean(tries[i].Error), clean(tries[i].Why), clean(tries[i].RequestID)
	}
	attempts, err := json.Marshal(tries)
	e := entry{ID: r.ID, Task: r.Task, Class: r.Class, Agent: r.Agent, RunID: known(r.RunID), UserID: known(person), Interactive: r.Interactive,
		Outcome: r.Outcome, Error: clean(r.Error), Engine: r.Response.Engine, Model: r.Response.Model, Attempts: attempts,
		StartedAt: r.StartedAt, DurationMS: r.Duration.Milliseconds(), Usage: r.Response.Usage}
	for _, a := range r.Response.Attempts {
		u := use{CallID: r.ID, Day: r.StartedAt.UTC().Format(time.DateOnly), Provider: a.Engine, Model: a.Model, Task: r.Task, Agent: r.Agent,
			Person: person, DurationMS: a.Duration.Milliseconds(), Usage: a.Usage}
		if a.Error != "" {
			u.Failures = 1
		}
		e.uses = append(e.uses, u)
	}
	return e, err
}

func known(id string) *string {
	if id == "" {
		return nil
	}
	return &id
}

const maxError = 500

// clean bounds an error and makes it fit to be stored.
func clean(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	if len(s) > maxError {
		s = strings.ToValidUTF8(s[:maxError], "") + "…"
	}
	return s
}

// Run writes what was recorded, twice a second, until ctx ends.
func (l *Ledger) Run(ctx context.Context) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := l.Flush(ctx); err != nil && ctx.Err() == nil {
				l.log.Warn("The record of AI calls could not be written yet.", "error", err)
			}
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			return l.Flush(last)
		}
	}
}

// batch bounds what is written at once.
const batch = 500

// Flush writes all that waits. What fails is written the next time; a call that
// was written already is not written again.
func (l *Ledger) Flush(ctx context.Context) error {
	var failed []error
	for _, workspace := range l.workspaces() {
		for {
			entries := l.take(workspace)
			if len(entries) == 0 {
				break
			}
			if err := l.store(actor.InWorkspace(pg.OnWorker(ctx), workspace), entries); err != nil {
				l.put(workspace, entries)
				failed = append(failed, fmt.Errorf("record %d calls of workspace %s: %w", len(entries), workspace, err))
				break
			}
		}
	}
	return errors.Join(failed...)
}

func (l *Ledger) workspaces() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost > 0 {
		l.log.Error("AI calls were not recorded: too many wait for the database. Their cost is booked all the same.", "calls", l.lost)
		l.lost = 0
	}
	var out []string
	for w := range l.pending {
		out = append(out, w)
	}
	return out
}

func (l *Ledger) take(workspace string) []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.pending[workspace]
	n := min(batch, len(all))
	if l.pending[workspace] = all[n:]; n == len(all) {
		delete(l.pending, workspace)
	}
	l.waiting -= n
	return all[:n]
}

func (l *Ledger) put(workspace string, entries []entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending[workspace] = append(entries, l.pending[workspace]...)
	l.waiting += len(entries)
}

// store writes entries. If the database refuses them, they go one by one, so
// that an odd one keeps no other back.
func (l *Ledger) store(ctx context.Context, entries []entry) error {
	err := l.write(ctx, entries)
	if err == nil || pg.Away(err) || ctx.Err() != nil {
		return err
	}
	if pg.Violates(err, "ai_calls_workspace_id_fkey") {
		l.log.InfoContext(ctx, "AI calls end with their workspace and are not recorded.", "calls", len(entries))
		return nil
	}
	if len(entries) == 1 {
		l.log.ErrorContext(ctx, "An AI call cannot be recorded. Its cost is booked all the same.", "call", entries[0].ID, "error", err)
		return nil
	}
	for _, e := range entries {
		if err := l.store(ctx, []entry{e}); err != nil {
			return err // those before are written, and are not written again
		}
	}
	return nil
}

func (l *Ledger) write(ctx context.Context, entries []entry) error {
	var uses []use
	for _, e := range entries {
		uses = append(uses, e.uses...)
	}
	calls, err := json.Marshal(entries)
	if err != nil {
		return err
	}
	sums, err := json.Marshal(uses)
	if err != nil {
		return err
	}
	return l.db.Write(ctx, func(tx *pg.Tx) error {
		tx.Queue(insert, tx.Workspace(), calls, sums)
		return nil
	})
}

// insert writes calls and, for those that are new, the sums of their attempts.
const insert = `
	WITH written AS (
		INSERT INTO ai_calls (workspace_id, id, task, class, agent, run_id, user_id, interactive, outcome, error, engine, model, attempts,
			input_tokens, output_tokens, cached_tokens, thinking_tokens, cost_nano, estimated, started_at, duration_ms)
		SELECT $1, id, task, class, agent, run_id, user_id, interactive, outcome, error, engine, model, coalesce(attempts, '[]'),
			input_tokens, output_tokens, cached_tokens, coalesce(thinking_tokens, 0), cost_nano, coalesce(estimated, false), started_at, duration_ms
		FROM jsonb_to_recordset($2::jsonb) AS c (id uuid, task text, class text, agent text, run_id uuid, user_id uuid, interactive boolean,
			outcome text, error text, engine text, model text, attempts jsonb, input_tokens bigint, output_tokens bigint, cached_tokens bigint,
			thinking_tokens bigint, cost_nano bigint, estimated boolean, started_at timestamptz, duration_ms bigint)
		ON CONFLICT (workspace_id, id) DO NOTHING
		RETURNING id)
	INSERT INTO ai_usage AS u (workspace_id, day, provider, model, task, agent, person, calls, failures,
		input_tokens, output_tokens, cached_tokens, thinking_tokens, cost_nano, duration_ms)
	SELECT $1, s.day, s.provider, coalesce(s.model, ''), s.task, s.agent, s.person, count(*), sum(s.failures),
		sum(s.input_tokens), sum(s.output_tokens), sum(s.cached_tokens), sum(coalesce(s.thinking_tokens, 0)), sum(s.cost_nano), sum(s.duration_ms)
	FROM jsonb_to_recordset($3::jsonb) AS s (call_id uuid, day date, provider text, model text, task text, agent text, person text, failures bigint,
		input_tokens bigint, output_tokens bigint, cached_tokens bigint, thinking_tokens bigint, cost_nano bigint, duration_ms bigint)
	JOIN written ON written.id = s.call_id
	GROUP BY s.day, s.provider, s.model, s.task, s.agent, s.person
	ORDER BY s.day, s.provider, s.model, s.task, s.agent, s.person
	ON CONFLICT (workspace_id, day, provider, model, task, agent, person) DO UPDATE
	SET calls = u.calls + excluded.calls, failures = u.failures + excluded.failures, input_tokens = u.input_tokens + excluded.input_tokens,
		output_tokens = u.output_tokens + excluded.output_tokens, cached_tokens = u.cached_tokens + excluded.cached_tokens,
		thinking_tokens = u.thinking_tokens + excluded.thinking_tokens, cost_nano = u.cost_nano + excluded.cost_nano,
		duration_ms = u.duration_ms + excluded.duration_ms`
