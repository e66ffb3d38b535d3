package invitation_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/crm/account"
	"rapport/internal/crm/identity"
	"rapport/internal/crm/invitation"
	"rapport/internal/crm/letter"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/queue"
	"rapport/internal/platform/secret"
	"rapport/internal/platform/smtp"
)

const (
	base     = "https://crm.lumen.example"
	password = "correct horse battery"
)

// town is an installation as its people meet it. Its letters stay in the post
// office, where the tests read them.
type town struct {
	handler http.Handler
	mails   bool
	url     string
}

func newTown(t *testing.T) *town {
	t.Helper()
	return newTownWith(t, letter.Config{Server: smtp.Server{Host: "127.0.0.1", Port: 1}, From: mail.Address{Address: "crm@lumen.example"}})
}

func newTownWith(t *testing.T, c letter.Config) *town {
	t.Helper()
	w := &town{mails: c.Server.Host != "", url: pgtest.URL(t)}
	log := slog.New(slog.DiscardHandler)
	db, err := pg.Open(t.Context(), pg.Config{URL: w.url, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	q, err := queue.New(db, queue.Options{Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	auth := identity.NewAuth(db, "rl_local")
	people := identity.New(db, auth, secret.NewHasher(1, 4), time.Now)
	letters := account.NewMail(letter.New(db, q, c, log, time.Now), base)
	accounts := account.New(db, q, people, letters, account.Options{Open: true, Now: time.Now})
	invites := invitation.New(db, q, people, accounts, letters)
	accounts.Handle(q)
	invites.Handle(q)
	people.Offer([]string{"contact:read"})
	ops := append(append(people.Ops(), accounts.Ops()...), invites.Ops()...)
	w.handler = httpapi.New(ops, op.Door{Auth: auth}, log).Handler()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the queue ended with %v", err)
		}
		db.Close()
	})
	return w
}

// person is somebody with a session.
type person struct {
	w                       *town
	id, email, org          string
	session, csrf, password string
}

type answer struct {
	status  int
	body    string
	header  http.Header
	cookies map[string]string
}

func (a answer) want(t *testing.T, status int, code string) answer {
	t.Helper()
	var p struct{ Code string }
	_ = json.Unmarshal([]byte(a.body), &p) // an answer without a body has no code
	if a.status != status || p.Code != code {
		t.Fatalf("the answer is %d %s, want %d %s", a.status, a.body, status, code)
	}
	return a
}

func (a answer) decode(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
}

// ask sends a request with headers, in pairs; "From" is the address it comes
// from.
func (w *town) ask(t *testing.T, method, path string, body any, headers ...string) answer {
	t.Helper()
	encoded, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, path, bytes.NewReader(encoded))
	r.Header.Set("Content-Type", "application/json")
	r.RemoteAddr = "127.0.0.1:1234"
	for i := 0; i+1 < len(headers); i += 2 {
		switch headers[i] {
		case "From":
			r.RemoteAddr = headers[i+1]
		case "Host":
			r.Host = headers[i+1]
		default:
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	a := answer{status: rec.Code, body: rec.Body.String(), header: rec.Header(), cookies: map[string]string{}}
	for _, c := range rec.Result().Cookies() {
		a.cookies[c.Name] = c.Value
	}
	return a
}

func (p *person) ask(t *testing.T, method, path string, body any, headers ...string) answer {
	t.Helper()
	path = strings.ReplaceAll(path, "{o}", "/v1/organizations/"+p.org)
	return p.w.ask(t, method, path, body, append([]string{"Cookie", "rapport_session=" + p.session, "X-CSRF-Token", p.csrf}, headers...)...)
}

// enter reads who has come in, with which session.
func (w *town) enter(t *testing.T, a answer) *person {
	t.Helper()
	var me identity.Me
	a.decode(t, &me)
	p := &person{w: w, id: me.User.ID, email: me.User.Email, session: a.cookies[op.SessionCookie], csrf: a.cookies[op.CSRFCookie], password: password}
	if len(me.Organizations) > 0 {
		p.org = me.Organizations[0].ID
	}
	if p.session == "" || p.csrf == "" {
		t.Fatalf("no session in %v", a.header)
	}
	return p
}

func (w *town) register(t *testing.T, name string) *person {
	t.Helper()
	email := name + "@example.com"
	p := w.enter(t, w.ask(t, "POST", "/v1/auth/register", map[string]any{"email": email, "password": password, "name": name, "organization": name}).want(t, 201, ""))
	if w.mails {
		w.verify(t, email)
	}
	return p
}

// verify follows the newest link to an address.
func (w *town) verify(t *testing.T, email string) {
	t.Helper()
	w.ask(t, "POST", "/v1/auth/verify", map[string]any{"token": w.token(t, email, "verify")}).want(t, 200, "")
}

// member adds somebody to p's organization and signs them in.
func (p *person) member(t *testing.T, role string) *person {
	t.Helper()
	email := role + "-" + p.email
	p.ask(t, "POST", "{o}/members", map[string]any{"email": email, "password": password, "name": role, "role": role}).want(t, 201, "")
	return p.w.login(t, email, password)
}

func (w *town) login(t *testing.T, email, secret string) *person {
	t.Helper()
	return w.enter(t, w.ask(t, "POST", "/v1/auth/login", map[string]any{"email": email, "password": secret}).want(t, 200, ""))
}

var link = regexp.MustCompile(`https://[^\s"<]+/(accept|reset|verify)/([\w-]+)`)

// token waits for a letter to an address with a link of a kind.
func (w *town) token(t *testing.T, email, kind string) (found string) {
	t.Helper()
	w.until(t, "a link of the kind "+kind+" reaches "+email, func() bool {
		for _, l := range w.letters(t, email) {
			for _, m := range link.FindAllStringSubmatch(l.Text, -1) {
				if m[1] == kind {
					found = m[2]
				}
			}
		}
		return found != ""
	})
	return found
}

// letters are those to an address, the oldest first.
func (w *town) letters(t *testing.T, address string) []letter.Letter {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, w.url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	rows, _ := conn.Query(ctx, `SELECT key, recipient AS to, subject, body AS text, html FROM identity.letters WHERE recipient = $1 ORDER BY created_at, id`, address)
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[letter.Letter])
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func (w *town) until(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if done() {
			return
		}
		<-tick.C
	}
	t.Fatal(what + ": never so")
}

// sql changes what no operation can, such as the time.
func (w *town) sql(t *testing.T, statement string, args ...any) int64 {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, w.url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	done, err := conn.Exec(ctx, statement, args...)
	if err != nil {
		t.Fatal(err)
	}
	return done.RowsAffected()
}

type made struct {
	ID, Role, State string
	Mailed          bool
	Link            *string
}

// invite invites somebody and returns the token of the link.
func (p *person) invite(t *testing.T, email, role string) (i made, token string) {
	t.Helper()
	p.ask(t, "POST", "{o}/invitations", map[string]any{"email": email, "role": role}).want(t, 201, "").decode(t, &i)
	if i.Mailed {
		return i, p.w.token(t, email, "accept")
	}
	return i, (*i.Link)[strings.LastIndex(*i.Link, "/")+1:]
}

func (w *town) accept(t *testing.T, token string) answer {
	t.Helper()
	return w.ask(t, "POST", "/v1/invitations/"+token+"/accept", map[string]any{"name": "Cleo Marsh", "password": password})
}
