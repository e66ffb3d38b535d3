package memory_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"rapport/internal/agents/memory"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
)

func open(t *testing.T) (*pg.DB, context.Context) {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db, actor.With(t.Context(), actor.Actor{Kind: actor.System, Name: "Test", Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, db.Session())})
}

func contact(t *testing.T, db *pg.DB, ctx context.Context) string {
	t.Helper()
	one := id.New()
	err := db.Write(ctx, func(tx *pg.Tx) error {
		_, err := tx.Exec(`INSERT INTO contacts (workspace_id, id, name) VALUES ($1, $2, 'Ada')`, tx.Workspace(), one)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return one
}

// recalled are the bodies of what is remembered of a contact.
func recalled(t *testing.T, db *pg.DB, ctx context.Context, contactID string) string {
	t.Helper()
	var out []string
	var found []memory.Memory
	err := db.Read(ctx, func(tx *pg.Tx) error {
		memory.RecallLater(tx, &found, memory.Subject{ContactID: contactID})
		return tx.Flush()
	})
	for _, n := range memory.Notes(found) {
		out = append(out, n.Body)
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, " | ")
}

func TestWhatWeighsMoreAndIsNewerComesFirst(t *testing.T) {
	t.Parallel()
	db, ctx := open(t)
	ada, entity := contact(t, db, ctx), "contact"
	now := time.Now()
	for _, m := range []struct {
		body                   string
		importance, confidence float64
		age                    time.Duration
		of                     *string
	}{
		{"weak", 0.2, 0.5, 0, &ada},
		{"old", 1, 1, 200 * 24 * time.Hour, &ada},
		{"strong", 1, 0.9, 0, &ada},
		{"of all", 0.5, 1, 0, nil},
	} {
		service := memory.New(db, func() time.Time { return now.Add(-m.age) })
		x := memory.Memory{Kind: memory.Fact, Body: m.body, Importance: m.importance, Confidence: m.confidence, EntityID: m.of}
		if m.of != nil {
			x.Entity = &entity
		}
		if err := db.Write(ctx, func(tx *pg.Tx) error { return service.Add(ctx, tx, &x) }); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := recalled(t, db, ctx, ada), "strong | of all | old | weak"; got != want {
		t.Errorf("recalled %q, want %q", got, want)
	}
	if got, want := recalled(t, db, ctx, contact(t, db, ctx)), "of all"; got != want {
		t.Errorf("of another contact: %q, want %q", got, want)
	}
}

func TestMemoriesGoWithTheirContactAndHoldNoSecrets(t *testing.T) {
	t.Parallel()
	db, ctx := open(t)
	ada, entity := contact(t, db, ctx), "contact"
	service := memory.New(db, time.Now)
	x := memory.Memory{Kind: memory.Preference, Entity: &entity, EntityID: &ada, Body: "Key sk-ant-api03-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789 is theirs", Importance: 1, Confidence: 1}
	if err := db.Write(ctx, func(tx *pg.Tx) error { return service.Add(ctx, tx, &x) }); err != nil {
		t.Fatal(err)
	}
	if got := recalled(t, db, ctx, ada); got == "" || strings.Contains(got, "AbCdEf") {
		t.Errorf("recalled %q, want it without the key", got)
	}
	for _, step := range []struct {
		deleted string
		left    int
	}{{"now()", 1}, {"now() - interval '31 days'", 0}} {
		left := 0
		err := db.Write(ctx, func(tx *pg.Tx) (err error) {
			tx.Queue(`UPDATE contacts SET deleted_at = `+step.deleted+` WHERE workspace_id = $1`, tx.Workspace())
			memory.Sweep(tx)
			left, err = pg.Value[int](tx, `SELECT count(*) FROM agent_memories WHERE workspace_id = $1`, tx.Workspace())
			return err
		})
		if err != nil || left != step.left {
			t.Errorf("deleted at %s: %d memories are left, %v; want %d", step.deleted, left, err, step.left)
		}
		if got := recalled(t, db, ctx, ada); got != "" {
			t.Errorf("deleted at %s: recalled %q, want nothing", step.deleted, got)
		}
	}
}
