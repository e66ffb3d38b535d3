package keys

import (
	"bytes"
	"context"
	"log/slog"
	"testing"

	"rapport/internal/ai"
	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/secret"
)

const vendorKey = "sk-or-v1-0123456789abcdef"

func service(t *testing.T) (*Service, context.Context) {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t), APIConns: 2, WorkConns: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	ring, err := secret.OpenKeyring(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	s := New(db, ring, map[string][]ai.Key{"openrouter": {{ID: "environment", Secret: "of the installation"}}}, slog.New(slog.DiscardHandler))
	return s, actor.With(t.Context(), actor.Actor{Kind: actor.System, Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, db.Session())})
}

func (s *Service) ids(ctx context.Context, t *testing.T) (out []string) {
	t.Helper()
	found, err := s.Keys(ctx, "openrouter")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range found {
		out = append(out, k.Secret)
	}
	return out
}

func TestAKeyServesAtOnceAndNoLongerThanItIsKept(t *testing.T) {
	t.Parallel()
	s, ctx := service(t)
	if got := s.ids(ctx, t); len(got) != 1 {
		t.Fatalf("before: %v, want the installation's", got)
	}
	in := &createInput{}
	in.Body.Provider, in.Body.Secret = "openrouter", vendorKey
	made, err := s.create(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.ids(ctx, t); len(got) != 2 || got[0] != vendorKey {
		t.Errorf("with a key: %v, want it first", got)
	}
	var stored []byte
	if err := s.db.Session().QueryRow(ctx, `SELECT secret FROM ai_keys WHERE id = $1`, made.Body.ID).Scan(&stored); err != nil || bytes.Contains(stored, []byte(vendorKey)) {
		t.Errorf("the table holds %q, %v; want it sealed", stored, err)
	}
	if _, err := s.remove(ctx, &op.ByID{ID: made.Body.ID}); err != nil {
		t.Fatal(err)
	}
	if got := s.ids(ctx, t); len(got) != 1 {
		t.Errorf("afterwards: %v, want the installation's", got)
	}
}

func TestASharedKeyServesItsOrganizationAndNobodyElse(t *testing.T) {
	t.Parallel()
	s, ann := service(t)
	sister := actor.InWorkspace(ann, pgtest.Workspace(t, s.db.Session()))
	stranger := actor.InWorkspace(ann, pgtest.Workspace(t, s.db.Session()))
	if _, err := s.db.Session().Exec(ann, `
		UPDATE identity.workspaces SET organization_id = (SELECT organization_id FROM identity.workspaces WHERE id = $1) WHERE id = $2`,
		actor.Workspace(ann), actor.Workspace(sister)); err != nil {
		t.Fatal(err)
	}
	for _, private := range []bool{true, false} {
		in := &createInput{}
		in.Body.Provider, in.Body.Secret, in.Body.Private = "openrouter", vendorKey, private
		if _, err := s.create(ann, in); err != nil {
			t.Fatal(err)
		}
	}
	for who, c := range map[string]struct {
		ctx  context.Context
		want int
	}{"the workspace": {ann, 3}, "its sister": {sister, 2}, "a stranger": {stranger, 1}} {
		if got := s.ids(c.ctx, t); len(got) != c.want {
			t.Errorf("%s has %d keys, want %d", who, len(got), c.want)
		}
	}
}

func TestAKeyThatCannotBeOpenedIsLeftOut(t *testing.T) {
	t.Parallel()
	s, ctx := service(t)
	in := &createInput{}
	in.Body.Provider, in.Body.Secret = "openrouter", vendorKey
	if _, err := s.create(ctx, in); err != nil {
		t.Fatal(err)
	}
	other, err := secret.OpenKeyring(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	s.seals = other
	if got := s.ids(ctx, t); len(got) != 1 {
		t.Errorf("%v, want the installation's alone", got)
	}
}
