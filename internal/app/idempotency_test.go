package app_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/api/op"
	"rapport/internal/platform/pg/pgtest"
)

// keyed reports whether an operation promises one effect for one key. Those that
// do not say so in the contract: they answer secrets, take files, or wait for
// others.
func keyed(o op.Operation) bool {
	return o.Effect != op.Read && !o.Secret && !o.Stream && !o.Outside && o.Scope != op.Public
}

// again repeats a call with its key, as TestExamplesWork does with every write:
// it is answered as before, and nothing more happens.
func (n *tenant) again(t *testing.T, o op.Operation, r request, first response) {
	t.Helper()
	before := n.effects(t, o)
	second := n.w.do(t, r)
	if second.status != first.status || string(second.body) != string(first.body) || second.header.Get("ETag") != first.header.Get("ETag") {
		t.Errorf("repeated with its key: %d %s %s\nwant the first answer: %d %s %s", second.status, second.header.Get("ETag"), second.body, first.status, first.header.Get("ETag"), first.body)
	}
	if after := n.effects(t, o); after != before {
		t.Errorf("repeated with its key, the effects went from %s to %s", before, after)
	}
}

// effects counts what the operation has left behind: events by its name, mail
// and letters, accounts, members, workspaces.
func (n *tenant) effects(t *testing.T, o op.Operation) (counts string) {
	t.Helper()
	conn := n.w.database(t)
	if err := conn.QueryRow(t.Context(), `
		SELECT concat_ws(' ', (SELECT count(*) FROM events WHERE workspace_id = $1 AND operation = $2), (SELECT count(*) FROM outgoing WHERE workspace_id = $1),
			(SELECT count(*) FROM agent_memories WHERE workspace_id = $1), (SELECT count(*) FROM agent_schedules WHERE workspace_id = $1),
			(SELECT count(*) FROM approvals WHERE workspace_id = $1 AND operation = $2), (SELECT count(*) FROM identity.workspaces WHERE organization_id = $3),
			(SELECT count(*) FROM identity.memberships WHERE organization_id = $3), (SELECT count(*) FROM identity.invitations WHERE organization_id = $3))`,
		n.workspace, o.Name, n.org).Scan(&counts); err != nil {
		t.Fatal(err)
	}
	return counts
}

// database is a connection past Rapport.
func (w *world) database(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), w.app.Config.DatabaseURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) }) // which may have ended
	return conn
}

// count asks the database for one number.
func (w *world) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	if err := w.database(t).QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Two replicas over one database take turns: what one has done, the other
// answers.
func TestOneKeyHasOneEffectOnTwoReplicas(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	one, two := newWorldAt(t, url, false), newWorldAt(t, url, false)
	n := one.newTenant(t, "replicas")
	const keys, attempts = 8, 6
	answers := make([][]response, keys)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range keys {
		for a := range attempts {
			wg.Go(func() {
				there := *n
				if there.w = one; a%2 == 1 {
					there.w = two
				}
				for {
					res := there.call(t, "POST", "{w}/contacts", map[string]any{"name": fmt.Sprintf("Ada %d", i)}, "Idempotency-Key", fmt.Sprintf("key-%d", i))
					if res.status == 409 && res.code() == "idempotency_running" { // the other is at it
						continue
					}
					mu.Lock()
					answers[i] = append(answers[i], res)
					mu.Unlock()
					return
				}
			})
		}
	}
	wg.Wait()
	for i, all := range answers {
		for _, res := range all {
			if res.status != 201 || string(res.body) != string(all[0].body) {
				t.Errorf("key %d: %d %s, want %s", i, res.status, res.body, all[0].body)
			}
		}
	}
	if n := one.count(t, `SELECT count(*) FROM contacts WHERE workspace_id = $1`, n.workspace); n != keys {
		t.Errorf("%d contacts were made, want %d", n, keys)
	}
	if n := one.count(t, `SELECT count(*) FROM events WHERE workspace_id = $1 AND operation = 'contact.create'`, n.workspace); n != keys {
		t.Errorf("%d events were written, want %d", n, keys)
	}
}

// A key that another process works is waited for, but not for ever, and not
// by all connections of the pool.
func TestAKeyThatIsBeingWorkedIsToldSo(t *testing.T) {
	t.Parallel()
	w := newWorldAt(t, pgtest.URL(t), false)
	n := w.newTenant(t, "worked")
	elsewhere, err := w.database(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var session string
	if err := w.database(t).QueryRow(t.Context(), `SELECT id FROM identity.sessions WHERE user_id = $1`, n.user).Scan(&session); err != nil {
		t.Fatal(err)
	}
	if _, err := elsewhere.Exec(t.Context(), `INSERT INTO idempotency_keys (workspace_id, credential, key, operation, request_hash) VALUES ($1, $2, 'busy', 'contact.create', 'x')`,
		n.workspace, session); err != nil {
		t.Fatal(err)
	}
	body := map[string]any{"name": "Ada"}
	var wg sync.WaitGroup
	for range 20 { // more than the pool has connections
		wg.Go(func() {
			if res := n.call(t, "POST", "{w}/contacts", body, "Idempotency-Key", "busy"); res.status != 409 || res.code() != "idempotency_running" || res.header.Get("Retry-After") == "" {
				t.Errorf("while another works the key: %d %s, want 409 with a time", res.status, res.body)
			}
		})
	}
	begin := time.Now()
	n.call(t, "GET", "{w}/contacts", nil).want(t, 200)
	t.Logf("a read beside them took %v", time.Since(begin))
	wg.Wait()
	if err := elsewhere.Rollback(t.Context()); err != nil { // it died
		t.Fatal(err)
	}
	n.call(t, "POST", "{w}/contacts", body, "Idempotency-Key", "busy").want(t, 201)
}
