package app_test

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Whatever comes in, the answer is a problem that says what is wrong, leaks
// nothing, and the server stays up.
func TestBadInputIsAnswered(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	c := n.addContact(t, map[string]any{"name": "Ana"})
	post := func(body string) response {
		return n.call(t, "POST", "{w}/contacts", strings.NewReader(body), "Content-Type", "application/json")
	}
	for name, tc := range map[string]struct {
		res    response
		status int
		code   string
	}{
		"not JSON":               {post(`{"name":`), 400, "bad_request"},
		"an unknown field":       {post(`{"name":"A","rank":1}`), 422, "validation_failed"},
		"another case":           {post(`{"Name":"A"}`), 422, "validation_failed"},
		"a wrong type":           {post(`{"name":7}`), 422, "validation_failed"},
		"an empty body":          {post(``), 400, "bad_request"},
		"a list for an object":   {post(`[]`), 422, "validation_failed"},
		"an unknown status":      {post(`{"name":"A","status":"vip"}`), 422, "validation_failed"},
		"NUL in text":            {post(`{"name":"A\u0000B"}`), 422, "validation_failed"},
		"10 MB":                  {post(`{"name":"` + strings.Repeat("a", 10<<20) + `"}`), 413, "body_too_large"},
		"another media type":     {n.call(t, "POST", "{w}/contacts", strings.NewReader("a=b"), "Content-Type", "application/x-www-form-urlencoded"), 415, "unsupported_media_type"},
		"a foreign company":      {post(`{"name":"A","company_id":"01890000-0000-7000-8000-000000000000"}`), 422, "validation_failed"},
		"a foreign owner":        {post(`{"name":"A","owner_id":"01890000-0000-7000-8000-000000000000"}`), 422, "validation_failed"},
		"a strange id":           {n.call(t, "GET", "{w}/contacts/1;drop", nil), 404, "not_found"},
		"an unknown parameter":   {n.call(t, "GET", "{w}/contacts?page=2", nil), 400, "bad_parameter"},
		"a large limit":          {n.call(t, "GET", "{w}/contacts?limit=1000", nil), 400, "bad_parameter"},
		"an unknown sort":        {n.call(t, "GET", "{w}/contacts?sort=shoe", nil), 400, "bad_sort"},
		"a broken filter":        {n.call(t, "GET", "{w}/contacts?filter=%7B", nil), 400, "bad_filter"},
		"a forged cursor":        {n.call(t, "GET", "{w}/contacts?cursor=eyJvZiI6IngifQ", nil), 400, "bad_cursor"},
		"no such route":          {n.call(t, "GET", "{w}/nothing", nil), 404, "no_such_route"},
		"no such method":         {n.call(t, "DELETE", "{w}/contacts", nil), 405, "method_not_allowed"},
		"NUL in a query":         {n.call(t, "GET", "{w}/contacts?q=%00", nil), 400, "bad_request"},
		"broken UTF-8":           {n.call(t, "GET", "{w}/search?q=%ff", nil), 400, "bad_request"},
		"NUL in a label":         {post(`{"name":"A","emails":[{"address":"a@b.example","label":"\u0000"}]}`), 400, "bad_request"},
		"NUL for a place":        {n.call(t, "GET", "/v1/workspaces/%00/contacts", nil), 400, "bad_request"},
		"a long idempotency key": {n.call(t, "DELETE", "{w}/contacts/"+c.ID, nil, "Idempotency-Key", strings.Repeat("k", 300)), 400, "bad_parameter"},
	} {
		var p struct {
			Type, Code, RequestID string
			Status                int
		}
		if tc.res.status != tc.status || tc.res.code() != tc.code {
			t.Errorf("%s: %d %.300s, want %d %s", name, tc.res.status, tc.res.body, tc.status, tc.code)
		}
		if got := tc.res.header.Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s: the content type is %q", name, got)
		}
		if err := json.Unmarshal(tc.res.body, &p); err != nil || p.Type != "/problems/"+tc.code || p.Status != tc.status {
			t.Errorf("%s: the document is %.300s (%v)", name, tc.res.body, err)
		}
		for _, leak := range []string{"SQLSTATE", "pgx", "goroutine", "/internal/"} {
			if strings.Contains(string(tc.res.body), leak) {
				t.Errorf("%s: the answer leaks %q: %s", name, leak, tc.res.body)
			}
		}
	}
	if got := n.names(t, ""); got != "Ana" {
		t.Errorf("afterwards the list holds %q, want Ana alone", got)
	}
}

func TestProblemsExplainThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	res := w.do(t, request{method: "GET", path: "/problems/stale"})
	if res.status != http.StatusOK || !strings.Contains(string(res.body), "new version") {
		t.Errorf("/problems/stale = %d %s", res.status, res.body)
	}
}

var problemCode = regexp.MustCompile(`problem\.Newf?\(problem\.\w+, "([a-z_]+)"|problem\.Error\{Kind: problem\.\w+, Code: "([a-z_]+)"`)

// Each code in the source has a page, since the type of a problem leads there.
func TestEveryProblemIsExplained(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range problemCode.FindAllStringSubmatch(string(text), -1) {
			code := m[1] + m[2]
			if res := w.do(t, request{method: "GET", path: "/problems/" + code}); res.status != 200 {
				t.Errorf("%s: the code %s has no explanation", path, code)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCredentialsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.newTenant(t, "ann")
	key := n.key(t, "contact:read")
	get := func(key string) int {
		return w.do(t, request{method: "GET", path: "/v1/workspaces/" + n.slug + "/contacts", headers: map[string]string{"Authorization": "Bearer " + key}}).status
	}
	if got := get(key); got != 200 {
		t.Errorf("a good key: %d, want 200", got)
	}
	n.call(t, "DELETE", "/v1/organizations/"+n.org+"/api-keys/"+n.ids["api_key"], nil).want(t, 204)
	if got := get(key); got != 401 {
		t.Errorf("a revoked key: %d, want 401 at once", got)
	}
	n.call(t, "POST", "/v1/auth/logout", nil).want(t, 204)
	n.call(t, "GET", "/v1/me", nil).want(t, 401)
}

func TestWrongPasswordsLockTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.newTenant(t, "ann")
	login := func(password string) response {
		return w.do(t, request{method: "POST", path: "/v1/auth/login", body: map[string]any{"email": strings.ToUpper(n.email), "password": password}})
	}
	login("correct horse battery").want(t, 200)
	for range 5 {
		if res := login("wrong"); res.status != 401 || res.code() != "login_failed" {
			t.Errorf("a wrong password: %d %s, want 401 login_failed", res.status, res.body)
		}
	}
	res := login("correct horse battery")
	if res.status != 429 || res.code() != "locked" || res.header.Get("Retry-After") == "" {
		t.Errorf("after five: %d %s, want 429 locked with Retry-After", res.status, res.body)
	}
}

func TestAnOrganizationKeepsAnOwner(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	me := "/v1/organizations/" + n.org + "/members/" + n.user
	if res := n.call(t, "PATCH", me, map[string]any{"role": "admin"}); res.code() != "last_owner" {
		t.Errorf("the last owner steps down: %d %s, want last_owner", res.status, res.body)
	}
	if res := n.call(t, "DELETE", me, nil); res.code() != "last_owner" {
		t.Errorf("the last owner leaves: %d %s, want last_owner", res.status, res.body)
	}
}

func TestFormerAddressesAnswer(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.addContact(t, map[string]any{"name": "Ana"})
	want := string(n.call(t, "GET", "{w}/contacts?limit=5", nil).want(t, 200).body)
	if got := string(n.call(t, "GET", "/api/contacts?limit=5&workspaceId="+n.slug, nil).want(t, 200).body); got != want {
		t.Errorf("/api/contacts = %s, want %s", got, want)
	}
	n.call(t, "GET", "/api/emails?workspaceId="+n.workspace, nil).want(t, 200)
	for path, code := range map[string]string{"/api/contacts": "bad_parameter", "/api/contacts?workspaceId=..%2F..": "not_found", "/api/dashboard?workspaceId=x": "not_built"} {
		if res := n.call(t, "GET", path, nil); res.code() != code {
			t.Errorf("%s: %d %s, want %s", path, res.status, res.body, code)
		}
	}
}
