package app_test

import (
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"rapport/internal/app"
	"rapport/internal/app/config"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
)

// by acts with an API key.
func (n *tenant) by(t *testing.T, key, method, path string, body any) response {
	t.Helper()
	return n.w.do(t, request{method: method, path: strings.ReplaceAll(path, "{w}", "/v1/workspaces/"+n.slug), body: body,
		headers: map[string]string{"Authorization": "Bearer " + key, "If-Match": `"1"`}})
}

// member is somebody else of the tenant's organization, signed in.
func (n *tenant) member(t *testing.T, role string) *tenant {
	t.Helper()
	m := *n
	m.email = role + "-" + n.email
	password := "correct horse battery"
	n.call(t, "POST", "/v1/organizations/"+n.org+"/members", map[string]any{"email": m.email, "password": password, "name": role, "role": role}).want(t, 201)
	for _, c := range n.w.do(t, request{method: "POST", path: "/v1/auth/login", body: map[string]any{"email": m.email, "password": password}}).want(t, 200).cookies {
		switch c.Name {
		case "rapport_session":
			m.session = c.Value
		case "rapport_csrf":
			m.csrf = c.Value
		}
	}
	return &m
}

func TestAKeyStaysInItsWorkspace(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.call(t, "POST", "/v1/organizations/"+n.org+"/workspaces", map[string]any{"name": "Second desk"}).want(t, 201)
	key, org := n.key(t, "*"), "/v1/organizations/"+n.org
	for name, res := range map[string]response{
		"makes a key":        n.by(t, key, "POST", org+"/api-keys", map[string]any{"name": "x", "workspace": "second-desk", "scopes": []string{"*"}}),
		"revokes a key":      n.by(t, key, "DELETE", org+"/api-keys/"+n.ids["api_key"], nil),
		"makes an owner":     n.by(t, key, "POST", org+"/members", map[string]any{"email": "eve@example.com", "password": "correct horse battery", "name": "Eve", "role": "owner"}),
		"makes a workspace":  n.by(t, key, "POST", org+"/workspaces", map[string]any{"name": "Third desk"}),
		"lists the sessions": n.by(t, key, "GET", "/v1/me/sessions", nil),
		"ends a session":     n.by(t, key, "DELETE", "/v1/me/sessions/"+id.New(), nil),
	} {
		if res.status != 403 || res.code() != "forbidden" {
			t.Errorf("a key %s: %d %s, want 403 forbidden", name, res.status, res.body)
		}
	}
	n.by(t, key, "PATCH", "{w}", map[string]any{"name": "Front desk"}).want(t, 200)
	if res := n.by(t, key, "GET", "/v1/me", nil).want(t, 200); !strings.Contains(string(res.body), n.workspace) || strings.Contains(string(res.body), "second-desk") {
		t.Errorf("a key may go to %s, want its own workspace alone", res.body)
	}
}

func TestAKeyEndsWithItsMakersMembership(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	boss := n.member(t, "owner")
	key := boss.key(t, "*")
	n.by(t, key, "GET", "/v1/me", nil).want(t, 200)
	var people struct {
		Data []struct {
			UserID string `json:"user_id"`
			Email  string
		}
	}
	n.call(t, "GET", "/v1/organizations/"+n.org+"/members", nil).want(t, 200).decode(t, &people)
	for _, p := range people.Data {
		if p.Email == boss.email {
			n.call(t, "DELETE", "/v1/organizations/"+n.org+"/members/"+p.UserID, nil).want(t, 204)
		}
	}
	n.by(t, key, "GET", "/v1/me", nil).want(t, 401)
	n.by(t, key, "GET", "{w}/contacts", nil).want(t, 404)
}

func TestTheMachineIsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	local, err := app.LocalKey(w.app.Config.Data)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/me", "/v1/me/sessions"} {
		w.do(t, request{method: "GET", path: path, headers: map[string]string{"Authorization": "Bearer " + local}}).want(t, 403)
	}
}

// The machine's key with a person behind it may do what they may, where they are
// a member; with another key in front it is worth nothing.
func TestTheMachineActsForAPersonAsFarAsTheyMay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n, other := w.newTenant(t, "ann"), w.newTenant(t, "eve")
	local, err := app.LocalKey(w.app.Config.Data)
	if err != nil {
		t.Fatal(err)
	}
	as := func(method, path, key string, body any) response {
		return w.do(t, request{method: method, path: "/v1/workspaces/" + n.slug + path, body: body, headers: map[string]string{"Authorization": "Bearer " + key}})
	}
	var made struct{ ID string }
	as("POST", "/notes", local+":"+n.user, map[string]any{"entity": "contact", "entity_id": n.addContact(t, map[string]any{"name": "Ana Duarte"}).ID, "body": "Prefers calls."}).want(t, 201).decode(t, &made)
	as("GET", "/contacts", local+":"+other.user, nil).want(t, 403)
	as("GET", "/contacts", local+":nobody", nil).want(t, 403)
	as("GET", "/contacts", local+"0:"+n.user, nil).want(t, 401)
	as("GET", "/contacts", ":"+n.user, nil).want(t, 401)
}

func TestAKeyForContactsReadsNoMail(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.populate(t)
	var found struct{ Data []contact }
	n.call(t, "GET", "{w}/contacts?q=ode", nil).want(t, 200).decode(t, &found)
	paths := []string{"{w}/search?q=prices", "{w}/contacts/" + found.Data[0].ID + "/timeline"}
	few, all := n.key(t, "contact:read"), n.key(t, "contact:read", "thread:read")
	for _, path := range paths {
		if res := n.by(t, all, "GET", path, nil).want(t, 200); !strings.Contains(string(res.body), "Prices") {
			t.Errorf("with thread:read, %s = %s, want the mail in it", path, res.body)
		}
		if res := n.by(t, few, "GET", path, nil).want(t, 200); strings.Contains(string(res.body), "Prices") {
			t.Errorf("without thread:read, %s = %s, want no mail in it", path, res.body)
		}
	}
}

func TestUndoingAsksForTheRightToDoIt(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	mia, key := n.member(t, "member"), n.key(t, "change:write")
	c := n.addContact(t, map[string]any{"name": "Ana"})
	n.call(t, "PATCH", "{w}/contacts/"+c.ID, map[string]any{"title": "Buyer"}, "If-Match", `"1"`).want(t, 200)
	n.call(t, "DELETE", "{w}/contacts/"+c.ID, nil).want(t, 204)
	var changes struct {
		Data []struct{ ID, Kind string }
	}
	n.call(t, "GET", "{w}/changes?entity_id="+c.ID, nil).want(t, 200).decode(t, &changes)
	undo := map[string]string{}
	for _, e := range changes.Data {
		undo[e.Kind] = "{w}/changes/" + e.ID + "/undo"
	}
	for _, kind := range []string{"deleted", "created"} {
		mia.call(t, "POST", undo[kind], nil).want(t, 403)
	}
	n.call(t, "POST", undo["deleted"], nil).want(t, 200)
	n.by(t, key, "POST", undo["updated"], nil).want(t, 403)
	mia.call(t, "POST", undo["updated"], nil).want(t, 200)
	mia.call(t, "POST", undo["created"], nil).want(t, 403)
}

func TestOfManyWhoComeFirstOneRegisters(t *testing.T) {
	t.Parallel()
	c, err := config.Load(map[string]string{"DATABASE_URL": pgtest.URL(t), "RAPPORT_DATA": t.TempDir(), "RAPPORT_PASSWORD_MEMORY": "1"})
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{app: a, server: httptest.NewServer(a.API.Handler())}
	t.Cleanup(func() { w.server.Close(); a.Close() })
	var wg sync.WaitGroup
	statuses := make([]int, 8)
	for i := range statuses {
		body := map[string]any{"email": string(rune('a'+i)) + "@example.com", "password": "correct horse battery", "name": "A", "organization": "A"}
		wg.Go(func() { statuses[i] = w.do(t, request{method: "POST", path: "/v1/auth/register", body: body}).status })
	}
	wg.Wait()
	got := map[int]int{}
	for _, s := range statuses {
		got[s]++
	}
	if got[201] != 1 || got[403] != len(statuses)-1 {
		t.Errorf("statuses %v, want 201 once and 403 for the others", got)
	}
}

func TestPasswordsTriedAtOnceLockTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.newTenant(t, "ann")
	var wg sync.WaitGroup
	statuses := make([]int, 16)
	for i := range statuses {
		wg.Go(func() {
			statuses[i] = w.do(t, request{method: "POST", path: "/v1/auth/login", body: map[string]any{"email": n.email, "password": "wrong"}}).status
		})
	}
	wg.Wait()
	judged := 0
	for _, s := range statuses {
		if s == 401 {
			judged++
		}
	}
	if judged != 5 {
		t.Errorf("%d of %d passwords were judged, want 5 and then a lock: %v", judged, len(statuses), statuses)
	}
}

func TestAWorkspaceCannotStandForAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.newTenant(t, "ann")
	twin := map[string]any{"email": "eve@example.com", "password": "correct horse battery", "name": "Eve", "organization": n.workspace}
	if res := w.do(t, request{method: "POST", path: "/v1/auth/register", body: twin}).want(t, 201); strings.Contains(string(res.body), `"slug":"`+n.workspace+`"`) {
		t.Errorf("the workspace of another has the id of ours for a slug: %s", res.body)
	}
	n.call(t, "POST", "/v1/organizations/"+n.org+"/workspaces", map[string]any{"name": "Twin", "slug": n.workspace}).want(t, 422)
}

func TestAKeyOfOneRequestIsNotOfAnother(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	c := n.addContact(t, map[string]any{"name": "Ana", "title": "Buyer", "phone": "1"})
	patch := func(body map[string]any) response {
		return n.call(t, "PATCH", "{w}/contacts/"+c.ID, body, "If-Match", `"1"`, "Idempotency-Key", "k")
	}
	patch(map[string]any{"title": nil}).want(t, 200)
	patch(map[string]any{"title": nil}).want(t, 200)
	if res := patch(map[string]any{"phone": nil}); res.code() != "idempotency_mismatch" {
		t.Errorf("another body with the same key: %d %s, want idempotency_mismatch", res.status, res.body)
	}
}

func TestChangesOfABatchArePagedThrough(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	c := n.addContact(t, map[string]any{"name": "Ana"})
	batch := id.New()
	err := n.w.app.DB.Write(actor.With(t.Context(), actor.Actor{Kind: actor.System, WorkspaceID: n.workspace}), func(tx *pg.Tx) error {
		for range 12 {
			tx.Queue(`INSERT INTO events (workspace_id, id, actor, operation, entity, entity_id, kind, batch_id)
				VALUES ($1, $2, '{}', 'test', 'contact', $3, 'updated', $4)`, tx.Workspace(), id.New(), c.ID, batch)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	query, seen := "{w}/changes?limit=1&entity_id="+c.ID+"&batch_id="+batch, 0
	for cursor := ""; ; {
		var page struct {
			Data   []json.RawMessage
			Cursor *string `json:"next_cursor"`
		}
		n.call(t, "GET", query+cursor, nil).want(t, 200).decode(t, &page)
		seen += len(page.Data)
		if page.Cursor == nil {
			break
		}
		cursor = "&cursor=" + *page.Cursor
	}
	if seen != 12 {
		t.Errorf("%d changes were seen, want 12", seen)
	}
}

func TestTextIsAsLongAsItsIndexTakes(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.call(t, "POST", "{w}/custom-fields", map[string]any{"entity": "contact", "key": "note", "label": "Note", "type": "text"}).want(t, 201)
	var noise strings.Builder // does not compress
	for noise.Len() < 9_000 {
		noise.WriteString(id.New()[24:])
	}
	add := func(size int) response {
		return n.call(t, "POST", "{w}/contacts", map[string]any{"name": "Ana", "fields": map[string]any{"note": noise.String()[:size]}})
	}
	add(2_000).want(t, 201)
	for _, size := range []int{2_001, 9_000} {
		add(size).want(t, 422)
	}
}

func TestATagKeepsAName(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.make(t, "tag", "/tags", map[string]any{"name": "VIP"})
	for _, name := range []string{"   ", "a\x00b"} {
		n.call(t, "PATCH", "{w}/tags/"+n.ids["tag"], map[string]any{"name": name}, "If-Match", `"1"`).want(t, 422)
	}
}

// A score is computed: undoing its change can only be refused.
func TestWhatNobodySetsIsNotUndone(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	c, moved := n.addContact(t, map[string]any{"name": "Ana"}), id.New()
	err := n.w.app.DB.Write(actor.With(t.Context(), actor.Actor{Kind: actor.System, WorkspaceID: n.workspace}), func(tx *pg.Tx) error {
		tx.Queue(`INSERT INTO events (workspace_id, id, actor, operation, entity, entity_id, kind, changes)
			VALUES ($1, $2, '{}', 'lead.score', 'contact', $3, 'updated', '{"score": [71, null]}')`, tx.Workspace(), moved, c.ID)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	res := n.call(t, "POST", "{w}/changes/"+moved+"/undo", nil).want(t, 200)
	if !strings.Contains(string(res.body), `"undone":[]`) || !strings.Contains(string(res.body), `"field":"score"`) {
		t.Errorf("undoing a score = %s, want a conflict", res.body)
	}
}

// The first to register rules the installation; a page that somebody happens
// to visit must not be the first, nor sign anybody in.
func TestForeignPagesDoNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	register := func(site string) response {
		body := `{"email":"` + site + `@example.com","password":"correct horse battery","name":"A","organization":"A"}`
		return w.do(t, request{method: "POST", path: "/v1/auth/register", body: strings.NewReader(body), headers: map[string]string{"Content-Type": "", "Sec-Fetch-Site": site}})
	}
	for _, site := range []string{"cross-site", "same-site"} {
		if res := register(site); res.status != 403 || res.code() != "csrf" {
			t.Errorf("a %s page registers: %d %s, want 403 csrf", site, res.status, res.body)
		}
	}
	register("same-origin").want(t, 201)
}
