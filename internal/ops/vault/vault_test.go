package vault_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/ops/vault"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/secret"
)

var passwords = secret.Column{Table: "safes", Name: "password"}

// house is a database with a table of sealed values in two workspaces.
type house struct {
	db         *pg.DB
	ring       *secret.Keyring
	dir        string
	workspaces []string
	rows       map[string]string // id to workspace
	server     *httptest.Server
}

type operator struct{}

func (operator) Authenticate(context.Context, op.Credential, op.Place) (actor.Actor, error) {
	return actor.Actor{Kind: actor.System, Operator: true}, nil
}

func newHouse(t *testing.T, values int) *house {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	h := &house{db: db, dir: t.TempDir(), rows: map[string]string{}}
	h.open(t, "")
	for _, sql := range []string{`CREATE TABLE safes (workspace_id uuid NOT NULL, id uuid NOT NULL, password bytea, PRIMARY KEY (workspace_id, id))`, `SELECT rapport_tenant('safes')`} {
		if _, err := db.Session().Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		w := pgtest.Workspace(t, db.Session())
		h.workspaces = append(h.workspaces, w)
		for range values {
			h.put(t, w, id.New())
		}
	}
	return h
}

// open starts the service as a process would, over the keys that are there.
func (h *house) open(t *testing.T, env string) {
	t.Helper()
	var err error
	if h.ring, err = secret.OpenKeyring(h.dir, env); err != nil {
		t.Fatal(err)
	}
	handler := httpapi.New(vault.New(h.db, h.ring, passwords).Ops(), op.Door{Auth: operator{}}, slog.New(slog.DiscardHandler)).Handler()
	h.server = httptest.NewServer(handler)
	t.Cleanup(h.server.Close)
}

// dying is a context that ends when it has been asked so often.
type dying struct {
	context.Context
	after int
}

func (d *dying) Err() error {
	if d.after--; d.after < 0 {
		return context.Canceled
	}
	return nil
}

func (h *house) in(t *testing.T, workspace string, f func(tx *pg.Tx) error) {
	t.Helper()
	if err := h.db.Write(actor.InWorkspace(t.Context(), workspace), f); err != nil {
		t.Fatal(err)
	}
}

func (h *house) put(t *testing.T, workspace, row string) {
	t.Helper()
	sealed, err := h.ring.Seal([]byte("secret of "+row), passwords.Context(workspace, row))
	if err != nil {
		t.Fatal(err)
	}
	h.rows[row] = workspace
	h.in(t, workspace, func(tx *pg.Tx) error {
		tx.Queue(`INSERT INTO safes (workspace_id, id, password) VALUES ($1, $2, $3)`, workspace, row, sealed)
		return nil
	})
}

// check opens every value with the keys that are on the disk.
func (h *house) check(t *testing.T) {
	t.Helper()
	ring, err := secret.OpenKeyring(h.dir, "")
	if err != nil {
		t.Fatal(err)
	}
	for row, w := range h.rows {
		h.in(t, w, func(tx *pg.Tx) error {
			sealed, err := pg.Value[[]byte](tx, `SELECT password FROM safes WHERE workspace_id = $1 AND id = $2`, w, row)
			if err != nil {
				return err
			}
			plain, err := ring.Open(sealed, passwords.Context(w, row))
			if err == nil && string(plain) != "secret of "+row {
				err = fmt.Errorf("opens as %q", plain)
			}
			return err
		})
	}
}

func (h *house) ask(t *testing.T, method, path, body string) (int, vault.Status, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, h.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer x")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		vault.Status
		Code string
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, answer.Status, answer.Code
}

func (h *house) rotate(t *testing.T, body string) vault.Status {
	t.Helper()
	status, st, code := h.ask(t, "POST", "/v1/ops/secrets/rotate", body)
	if status != 200 {
		t.Fatalf("rotate = %d %s, want 200", status, code)
	}
	return st
}

func TestRotationSealsEverythingWithANewKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 130)
	first := h.ring.Keys()[0].ID
	st := h.rotate(t, `{}`)
	if st.Resealed != 260 || st.Stale != 0 || st.Unreadable != 0 || len(st.Keys) != 2 || st.Keys[0].ID == first || st.Columns[0].Values != 260 {
		t.Errorf("after rotation: %+v; want 260 sealed anew with another key", st)
	}
	h.check(t)
	if st := h.rotate(t, `{"forget":true}`); st.Resealed != 260 || len(st.Keys) != 1 {
		t.Errorf("with forget: %+v; want one key left", st)
	}
	h.check(t)
	if _, st, _ := h.ask(t, "GET", "/v1/ops/secrets", ""); st.Stale != 0 || st.Unreadable != 0 || st.Columns[0].Values != 260 {
		t.Errorf("the status is %+v", st)
	}
}

func TestAnInterruptedRotationGoesOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 250)
	if err := h.ring.Renew(""); err != nil { // killed between the key and the first value
		t.Fatal(err)
	}
	key := h.ring.Keys()[0].ID
	if _, st, _ := h.ask(t, "GET", "/v1/ops/secrets", ""); st.Stale != 500 {
		t.Fatalf("%d are stale, want 500", st.Stale)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := vault.New(h.db, h.ring, passwords)
	if _, err := vault.Reseal(&dying{Context: ctx, after: 3}, s); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v, want context.Canceled", err)
	}
	h.check(t) // readable half-way, too
	_, st, _ := h.ask(t, "GET", "/v1/ops/secrets", "")
	if st.Stale == 0 || st.Stale == 500 {
		t.Fatalf("%d are stale half-way, want some", st.Stale)
	}
	if done := h.rotate(t, `{}`); done.Resealed != st.Stale || done.Keys[0].ID != key {
		t.Errorf("going on: %+v; want %d sealed anew with the same new key", done, st.Stale)
	}
	h.check(t)
}

func TestAValueChangedMeanwhileIsKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	h.in(t, h.workspaces[0], func(tx *pg.Tx) error { // NULL and foreign bytes are left alone
		tx.Queue(`INSERT INTO safes (workspace_id, id) VALUES ($1, $2)`, tx.Workspace(), id.New())
		tx.Queue(`INSERT INTO safes (workspace_id, id, password) VALUES ($1, $2, 'garbage')`, tx.Workspace(), id.New())
		return nil
	})
	if st := h.rotate(t, `{}`); st.Resealed != 2 || st.Unreadable != 1 || st.Columns[0].Values != 3 {
		t.Errorf("rotation: %+v; want 2 sealed anew and 1 unreadable", st)
	}
	h.check(t)
}

func TestAKeyOfTheEnvironmentIsChangedThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3)
	const given = "AAcOFRwjKjE4P0ZNVFtiaXB3foWMk5qhqK+2vcTL0tk="
	h.open(t, given)
	if st := h.rotate(t, `{}`); st.Resealed != 6 || !st.Keys[0].Environment {
		t.Errorf("moving to the environment: %+v; want 6 sealed anew", st)
	}
	if status, _, code := h.ask(t, "POST", "/v1/ops/secrets/rotate", `{}`); status != 409 || code != "key_in_environment" {
		t.Errorf("with nothing to do: %d %s, want 409 key_in_environment", status, code)
	}
	h.open(t, "")
	if _, st, _ := h.ask(t, "GET", "/v1/ops/secrets", ""); st.Unreadable != 6 {
		t.Errorf("without the key %d are unreadable, want 6", st.Unreadable)
	}
	if st := h.rotate(t, `{"key":"`+given+`"}`); st.Unreadable != 0 || st.Keys[0].Environment {
		t.Errorf("giving it back: %+v; want all readable", st)
	}
	h.check(t)
	if status, _, code := h.ask(t, "POST", "/v1/ops/secrets/rotate", `{"key":"short"}`); status != 422 || code != "validation_failed" {
		t.Errorf("a bad key: %d %s, want 422", status, code)
	}
}
