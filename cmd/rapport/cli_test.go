package main

import (
	"net/http"
	"strings"
	"testing"

	"rapport/internal/platform/pg/pgtest"
)

func TestAccountsAreMadeAtTheCommandLine(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	s.refuses([]string{"--organization"}, "user", "add", "ana@lumen.example", "--password", "correct horse battery")
	s.refuses([]string{"rapport user add"}, "key", "list")
	s.refuses([]string{"email:"}, "user", "add", "not an address", "--password", "correct horse battery", "--organization", "Lumen")
	s.refuses([]string{"password:", "10"}, "user", "add", "ana@lumen.example", "--password", "short", "--organization", "Lumen")
	s.refuses([]string{"time_zone:"}, "user", "add", "ana@lumen.example", "--password", "correct horse battery", "--organization", "Lumen", "--time-zone", "Moon/Base")
	s.refuses([]string{"no password given"}, "user", "add", "ana@lumen.example", "--organization", "Lumen")
	if r := s.feed("correct horse battery\n", "user", "add", "ana@lumen.example", "--organization", "Lumen"); r.code != 0 || strings.Contains(r.err+r.out, "horse") {
		t.Errorf("the password from standard input: exit %d, %s%s", r.code, r.out, r.err)
	}
	s.refuses([]string{"email:", "already"}, "user", "add", "ana@lumen.example", "--password", "correct horse battery", "--organization", "Other")
	s.must("user", "add", "ben@lumen.example", "--name", "Ben Ode", "--password", "correct horse battery", "--role", "viewer")
	s.refuses([]string{"role"}, "user", "add", "cy@lumen.example", "--password", "correct horse battery", "--role", "king")
	for _, want := range []string{"ana@lumen.example  ana", "ben@lumen.example  Ben Ode", "owner", "viewer"} {
		if out := s.must("user", "list"); !strings.Contains(out, want) {
			t.Errorf("the list lacks %q:\n%s", want, out)
		}
	}

	p := s.serve()
	login := func(email, password string) int {
		return p.ask("", "POST", "/v1/auth/login", strings.NewReader(`{"email":"`+email+`","password":"`+password+`"}`)).status
	}
	if got := login("ana@lumen.example", "correct horse battery"); got != http.StatusOK {
		t.Errorf("the new account signs in with %d, want 200", got)
	}
	if got := login("ana@lumen.example", "correct horse battery\\n"); got != http.StatusUnauthorized {
		t.Errorf("a wrong password signs in with %d, want 401", got)
	}
	s.must("user", "operator", "ben@lumen.example")
	s.must("user", "operator", "ben@lumen.example", "--revoke")
	s.refuses([]string{"no account"}, "user", "operator", "nobody@lumen.example")
}

func TestAPasswordIsSetAtTheCommandLine(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	s.must("user", "add", "ana@lumen.example", "--password", "correct horse battery", "--organization", "Lumen")
	p := s.serve()
	login := func(password string) answer {
		return p.ask("", "POST", "/v1/auth/login", strings.NewReader(`{"email":"ana@lumen.example","password":"`+password+`"}`))
	}
	for range 6 { // nor does a lock keep the right one out
		login("wrong wrong wrong")
	}
	s.refuses([]string{"no account"}, "user", "password", "nobody@lumen.example", "--password", "tideline magnet forty")
	s.refuses([]string{"password:", "10"}, "user", "password", "ana@lumen.example", "--password", "short")
	s.refuses([]string{"password:", "first"}, "user", "password", "ana@lumen.example", "--password", "ana@lumen.example")
	s.refuses([]string{"no password given"}, "user", "password", "ana@lumen.example")
	if r := s.feed("tideline magnet forty\n", "user", "password", "Ana@Lumen.example"); r.code != 0 || strings.Contains(r.err+r.out, "magnet") {
		t.Errorf("the password from standard input: exit %d, %s%s", r.code, r.out, r.err)
	}
	if a := login("correct horse battery"); a.status != http.StatusUnauthorized {
		t.Errorf("the old password signs in with %d, want 401", a.status)
	}
	if a := login("tideline magnet forty"); a.status != http.StatusOK {
		t.Errorf("the new password signs in with %d %s, want 200", a.status, a.body)
	}
}

func TestKeysWorkUntilTheyAreRevoked(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	s.account("Lumen")
	p := s.serve()
	place := p.workspace()
	all := strings.TrimSpace(s.must("key", "create", "--name", "Sync"))
	one := strings.TrimSpace(s.must("key", "create", "--scope", "contact:read", "--scope", "tag:read"))
	s.refuses([]string{"scopes"}, "key", "create", "--scope", "contact:fly")
	for _, c := range []struct {
		key, path string
		want      int
	}{
		{all, "/contacts", 200}, {all, "/imports", 200}, {one, "/contacts", 200}, {one, "/tags", 200}, {one, "/imports", 403}, {all + "x", "/contacts", 401},
	} {
		if a := p.ask(c.key, "GET", place+c.path, nil); a.status != c.want {
			t.Errorf("GET %s: %d %s, want %d", c.path, a.status, a.body, c.want)
		}
	}
	list := s.must("key", "list")
	if strings.Contains(list, all) || !strings.Contains(list, "contact:read,tag:read") {
		t.Errorf("the list shows a secret or lacks the scopes:\n%s", list)
	}
	for line := range strings.Lines(list) {
		if strings.Contains(line, "Sync") {
			s.must("key", "revoke", strings.Fields(line)[0])
		}
	}
	if a := p.ask(all, "GET", place+"/contacts", nil); a.status != http.StatusUnauthorized {
		t.Errorf("a revoked key: %d, want 401", a.status)
	}
	if a := p.ask(one, "GET", place+"/contacts", nil); a.status != http.StatusOK {
		t.Errorf("the other key: %d, want 200", a.status)
	}
	if list := s.must("key", "list"); strings.Count(list, "revoked") != 1 || strings.Count(list, "active") != 1 {
		t.Errorf("want one key revoked and one active:\n%s", list)
	}
	s.refuses([]string{"not_found"}, "key", "revoke", "0190d8a0-0000-7000-8000-000000000000")
	s.refuses([]string{"no such"}, "key", "revoke", "nonsense")
}

func TestSeveralWorkspacesAreToldApart(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	s.account("Lumen")
	s.must("user", "add", "eva@fjord.example", "--password", "correct horse battery", "--organization", "Fjord")
	box := s.file("one.mbox", mbox(1))
	for _, args := range [][]string{{"user", "list"}, {"key", "list"}, {"import", "mail", box}} {
		s.refuses([]string{"--workspace", "lumen", "fjord"}, args...)
	}
	s.refuses([]string{"no workspace \"other\"", "lumen", "fjord"}, "user", "list", "--workspace", "other")
	if out := s.must("user", "list", "--workspace", "fjord"); !strings.Contains(out, "eva@") || strings.Contains(out, "ana@") {
		t.Errorf("the members of fjord are:\n%s", out)
	}
	if out := s.must("import", "mail", box, "--workspace", "fjord"); !strings.Contains(out, "1 of 1 messages") {
		t.Errorf("the import prints:\n%s", out)
	}
}

// A demo is a second workspace, and makes nobody choose an organization.
func TestADemoIsRemovedWithoutNamingIt(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	s.account("Lumen")
	s.serve()
	if out := s.must("demo"); !strings.Contains(out, "rapport demo --remove") {
		t.Errorf("demo prints:\n%s", out)
	}
	s.must("user", "list")
	s.refuses([]string{"several workspaces", "--workspace", "lumen", "demo-"}, "import", "mail", s.file("one.mbox", mbox(1)))
	if out := s.must("demo", "--remove"); !strings.Contains(out, "is gone") {
		t.Errorf("demo --remove prints:\n%s", out)
	}
	if out := s.must("demo", "--remove"); !strings.Contains(out, "no demo workspace") {
		t.Errorf("a second demo --remove prints:\n%s", out)
	}
}

func TestConfigurationIsMaskedAndCheckedAsAWhole(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		"postgres://rapport:hidden@db.example/rapport", "host=db.example user=rapport password=hidden dbname=rapport",
		"postgres://db.example/rapport?user=rapport&password=hidden", "host=db.example password='hid den'", "postgres://rapport:hid den@db example/x",
	} {
		s := newSite(t, "DATABASE_URL="+dsn)
		out := s.must("config")
		if strings.Contains(out, "hidden") || strings.Contains(out, "hid den") || !strings.Contains(out, "DATABASE_URL") {
			t.Errorf("config shows:\n%s", out)
		}
	}
	s := newSite(t, "RAPPORT_LISTEN=nowhere", "RAPPORT_API_CONNECTIONS=many", "RAPPORT_DEMO=perhaps", "RAPPORT_REGISTRATION=closed",
		"RAPPORT_LOG_LEVEL=loud", "DATABASE_POOLER_URL=postgres://pool.example/x", "RAPPORT_WORKER_CONNECTIONS=1")
	for _, args := range [][]string{{"serve"}, {"config"}, {"user", "list"}, {"migrate"}} {
		s.refuses([]string{"RAPPORT_LISTEN", "RAPPORT_API_CONNECTIONS is not a whole number", "RAPPORT_DEMO is not true or false", "RAPPORT_REGISTRATION",
			"RAPPORT_LOG_LEVEL", "DATABASE_POOLER_URL", "RAPPORT_WORKER_CONNECTIONS"}, args...)
	}
	newSite(t, "RAPPORT_PRODUCTION=true", "RAPPORT_DEMO=true").refuses([]string{"RAPPORT_DEMO", "RAPPORT_PASSWORD_MEMORY"}, "serve")
}

func TestTheSecretKeyIsRotatedAtTheCommandLine(t *testing.T) {
	t.Parallel()
	const given = "AAcOFRwjKjE4P0ZNVFtiaXB3foWMk5qhqK+2vcTL0tk="
	s := newShared(t)
	if out := s.must("secret", "status"); strings.Count(out, "data directory") != 1 {
		t.Errorf("the first start has made:\n%s", out)
	}
	s.serve()
	if out := s.must("secret", "rotate"); strings.Count(out, "seals and opens") != 1 || strings.Count(out, "data directory") != 2 {
		t.Errorf("rotate prints:\n%s", out)
	}
	if r := s.feed("not a key\n", "secret", "rotate", "--given"); r.code == 0 || !strings.Contains(r.err, "32 random bytes") {
		t.Errorf("a bad key: exit %d, %s", r.code, r.err)
	}
	if r := s.feed(given+"\n", "secret", "rotate", "--given", "--forget"); r.code != 0 || strings.Count(r.out, "data directory") != 1 || strings.Contains(r.out, given) {
		t.Errorf("rotate --given --forget: exit %d\n%s%s", r.code, r.out, r.err)
	}
	e := newSite(t, "RAPPORT_SECRET_KEY="+given)
	if out := e.must("config"); strings.Contains(out, given) || !strings.Contains(out, "RAPPORT_SECRET_KEY") {
		t.Errorf("config shows:\n%s", out)
	}
	newSite(t, "RAPPORT_SECRET_KEY="+given[:20]).refuses([]string{"RAPPORT_SECRET_KEY", "32"}, "serve")
}

func TestToolsNeedNoServer(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if out := s.must("routes"); !strings.Contains(out, "contact.list") || !strings.Contains(out, "/v1/workspaces/{workspace}/contacts") {
		t.Errorf("routes prints:\n%s", out)
	}
	s.refuses([]string{"DATABASE_URL"}, "migrate")
	for _, args := range [][]string{{"frobnicate"}, {"user", "frobnicate"}, {"key", "frobnicate"}, {"import", "frobnicate"}} {
		s.refuses([]string{"unknown command", args[len(args)-1], "--help"}, args...)
	}
	s.refuses([]string{"rapport serve takes no argument", "now", "rapport serve --help"}, "serve", "now")
	s.refuses([]string{"rapport user password"}, "user", "pasword")
	s.refuses([]string{"--frob", "rapport serve --help"}, "serve", "--frob")
	s.refuses([]string{"one is needed", "rapport import mail PATH"}, "import", "mail")
	if out := s.must("user"); !strings.Contains(out, "operator") {
		t.Errorf("a group alone prints:\n%s", out)
	}
	if out := s.must("--version"); !strings.Contains(out, "development") {
		t.Errorf("--version prints %q", out)
	}
}

func TestMigrateMayBeRepeated(t *testing.T) {
	t.Parallel()
	s := newSite(t, "DATABASE_URL="+pgtest.Empty(t))
	s.must("migrate")
	s.must("migrate")
	s.account("Lumen")
	newSite(t, "DATABASE_URL=postgres://rapport:hidden@127.0.0.1:1/rapport").refuses([]string{"connect to migrate"}, "migrate")
	r := newSite(t, "DATABASE_URL=postgres://rapport:hidden@127.0.0.1:1/rapport").run("serve")
	if r.code != 1 || strings.Contains(r.err, "hidden") {
		t.Errorf("without a database serve ends with %d and %s", r.code, r.err)
	}
}

func TestTheWordsOfSearchAreWrittenAnew(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	s.refuses([]string{"rapport user add"}, "search", "rebuild")
	s.account("Lumen")
	s.serve()
	if out := s.must("search", "rebuild"); !strings.Contains(out, "records and messages") {
		t.Errorf("the end is told as %q", out)
	}
	s.refuses([]string{"there is no workspace"}, "search", "rebuild", "--workspace", "nowhere")
}
