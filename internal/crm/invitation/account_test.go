package invitation_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
)

var requestID = regexp.MustCompile(`"request_id":"[^"]*"`)

func (a answer) plain() string {
	return fmt.Sprint(a.status, requestID.ReplaceAllString(a.body, ""), a.header.Get("Content-Type"), len(a.cookies))
}

// Whoever tries addresses learns nothing, whether they ask, sign in or knock
// until it locks.
func TestKnownAndUnknownAddressesAnswerTheSame(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ann := w.register(t, "ann")
	for try := range 8 {
		var answers []string
		for _, email := range []string{ann.email, "nobody@example.com"} {
			a := w.ask(t, "POST", "/v1/auth/login", map[string]any{"email": email, "password": "wrong wrong wrong"})
			if want := map[bool]int{true: 401, false: 429}[try < 5]; a.status != want {
				t.Errorf("try %d with %s: %d, want %d", try, email, a.status, want)
			}
			answers = append(answers, a.plain())
		}
		if answers[0] != answers[1] {
			t.Errorf("try %d: a known address answers %s, an unknown one %s", try, answers[0], answers[1])
		}
	}
	for range 7 {
		var answers []string
		for _, email := range []string{ann.email, "nobody@example.com", "not an address", ""} {
			answers = append(answers, w.ask(t, "POST", "/v1/auth/password/forgot", map[string]any{"email": email}).want(t, 202, "").plain())
		}
		for _, a := range answers[1:] {
			if a != answers[0] {
				t.Errorf("forgot answers %q, want the same for all", answers)
			}
		}
	}
	if n := w.sql(t, `SELECT 1 FROM identity.attempts WHERE bucket::text LIKE '%ann%'`); n != 0 {
		t.Error("an address is kept with what was tried for it")
	}
}

// The request leaves the same behind for every address; whether there is an
// account is found out by a job.
func TestForgettingCostsTheSameForEveryAddress(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ann := w.register(t, "ann")
	for _, email := range []string{ann.email, "nobody@example.com"} {
		w.ask(t, "POST", "/v1/auth/password/forgot", map[string]any{"email": email}).want(t, 202, "")
	}
	if n := w.sql(t, `SELECT 1 FROM identity.links WHERE kind = 'reset'`); n != 2 {
		t.Errorf("%d links were kept, want one for each address", n)
	}
	w.token(t, ann.email, "reset")
	if letters := w.letters(t, "nobody@example.com"); len(letters) != 0 {
		t.Errorf("a stranger got %v", letters)
	}
}

func TestANetworkThatTriesManyAddressesIsLocked(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ann := w.register(t, "ann")
	try := func(i int, from string) answer {
		return w.ask(t, "POST", "/v1/auth/login", map[string]any{"email": fmt.Sprintf("n%d@example.com", i), "password": "wrong wrong wrong"}, "From", from)
	}
	for i := range 50 {
		try(i, fmt.Sprintf("[2001:db8:1:2::%x]:99", i)).want(t, 401, "login_failed")
	}
	good := map[string]any{"email": ann.email, "password": password}
	w.ask(t, "POST", "/v1/auth/login", good, "From", "[2001:db8:1:2::ffff]:99").want(t, 429, "locked")
	w.ask(t, "POST", "/v1/auth/login", good, "From", "[2001:db8:1:3::1]:99").want(t, 200, "")
	for i := range 60 { // a proxy of our own is not one person
		try(100+i, "10.0.0.9:99").want(t, 401, "login_failed")
	}
}

func TestAResetLinkOpensOnceAndEndsEverySession(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ann := w.register(t, "ann")
	other := w.login(t, ann.email, password)
	var key struct{ Secret string }
	ann.ask(t, "POST", "{o}/api-keys", map[string]any{"name": "Sync", "workspace": "ann", "scopes": []string{"contact:read"}}).want(t, 201, "").decode(t, &key)
	for range 6 { // and locked
		w.ask(t, "POST", "/v1/auth/login", map[string]any{"email": ann.email, "password": "wrong wrong wrong"})
	}
	w.ask(t, "POST", "/v1/auth/password/forgot", map[string]any{"email": "ANN@example.com"}, "Host", "evil.example", "X-Forwarded-Host", "evil.example").want(t, 202, "")
	token := w.token(t, ann.email, "reset")
	for _, l := range w.letters(t, ann.email) {
		if strings.Contains(l.Text+l.HTML, "evil") {
			t.Errorf("the link follows the request's host: %s", l.Text)
		}
	}
	reset := func(token, password string) answer {
		return w.ask(t, "POST", "/v1/auth/password/reset", map[string]any{"token": token, "password": password}, "Cookie", "rapport_session=rs_fixed")
	}
	reset(token, "short").want(t, 422, "validation_failed")
	reset(token, "password2026").want(t, 422, "validation_failed")
	reset(token+"x", "tideline magnet forty").want(t, 404, "link_unknown")
	fresh := w.enter(t, reset(token, "tideline magnet forty").want(t, 200, ""))
	if fresh.session == "rs_fixed" {
		t.Error("the session is the one that the caller brought along")
	}
	reset(token, "tideline magnet fifty").want(t, 409, "link_used")
	for _, old := range []*person{ann, other, {w: w, session: "rs_fixed"}} {
		old.ask(t, "GET", "/v1/me", nil).want(t, 401, "unauthenticated")
	}
	fresh.ask(t, "GET", "/v1/me", nil).want(t, 200, "")
	w.ask(t, "GET", "/v1/me", nil, "Authorization", "Bearer "+key.Secret).want(t, 200, "")
	w.ask(t, "POST", "/v1/auth/login", map[string]any{"email": ann.email, "password": password}).want(t, 401, "login_failed")
	w.login(t, ann.email, "tideline magnet forty")
}

func TestOfManyWhoResetAtOnceOneDoes(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ann := w.register(t, "ann")
	w.ask(t, "POST", "/v1/auth/password/forgot", map[string]any{"email": ann.email})
	token := w.token(t, ann.email, "reset")
	var wg sync.WaitGroup
	got := make([]int, 6)
	for i := range got {
		wg.Go(func() {
			got[i] = w.ask(t, "POST", "/v1/auth/password/reset", map[string]any{"token": token, "password": fmt.Sprint("tideline magnet ", i)}).status
		})
	}
	wg.Wait()
	won := 0
	for _, status := range got {
		if status == 200 {
			won++
		} else if status != 409 {
			t.Errorf("a loser got %d, want 409", status)
		}
	}
	if won != 1 {
		t.Errorf("%d passwords were set, want 1: %v", won, got)
	}
}

func TestLinksAreForTheirPurposeAndTime(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ann := w.register(t, "ann")
	w.ask(t, "POST", "/v1/auth/password/forgot", map[string]any{"email": ann.email})
	token := w.token(t, ann.email, "reset")
	w.ask(t, "POST", "/v1/auth/verify", map[string]any{"token": token}).want(t, 404, "link_unknown")
	w.ask(t, "GET", "/v1/invitations/"+token, nil).want(t, 404, "link_unknown")
	w.sql(t, `UPDATE identity.links SET expires_at = now() WHERE kind = 'reset'`)
	w.ask(t, "POST", "/v1/auth/password/reset", map[string]any{"token": token, "password": "tideline magnet forty"}).want(t, 409, "link_expired")
}

func TestChangingThePasswordEndsOtherSessions(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ann := w.register(t, "ann")
	other := w.login(t, ann.email, password)
	w.ask(t, "POST", "/v1/auth/password/forgot", map[string]any{"email": ann.email})
	token := w.token(t, ann.email, "reset")
	change := func(current, next string, headers ...string) answer {
		return ann.ask(t, "POST", "/v1/me/password", map[string]any{"current": current, "new": next}, headers...)
	}
	change(password, "tideline magnet forty", "X-CSRF-Token", "wrong").want(t, 403, "csrf")
	change("wrong wrong wrong", "tideline magnet forty").want(t, 422, "validation_failed")
	change(password, "ann@example.com").want(t, 422, "validation_failed")
	change(password, "tideline magnet forty").want(t, 204, "")
	ann.ask(t, "GET", "/v1/me", nil).want(t, 200, "")
	other.ask(t, "GET", "/v1/me", nil).want(t, 401, "unauthenticated")
	w.ask(t, "POST", "/v1/auth/password/reset", map[string]any{"token": token, "password": "tideline magnet fifty"}).want(t, 409, "link_revoked")
	for range 6 {
		change("wrong wrong wrong", "tideline magnet sixty")
	}
	change("tideline magnet forty", "tideline magnet sixty").want(t, 429, "locked")
}

func TestAnAddressIsChangedByItsReader(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ann, ben := w.register(t, "ann"), w.register(t, "ben")
	move := func(to string) answer {
		return ann.ask(t, "POST", "/v1/me/email", map[string]any{"email": to, "password": password})
	}
	// Whether an address has an account, only its reader learns.
	if free, taken := move("ann@moved.example").want(t, 202, ""), move(ben.email).want(t, 202, ""); free.plain() != taken.plain() {
		t.Errorf("a free address answers %s, one with an account %s", free.plain(), taken.plain())
	}
	if letters := w.letters(t, ben.email); !strings.Contains(letters[len(letters)-1].Subject, "account already") {
		t.Errorf("ben's last letter is %q", letters[len(letters)-1].Subject)
	}
	first := w.token(t, "ann@moved.example", "verify")
	w.login(t, ann.email, password) // nothing has changed yet
	move("ann@later.example").want(t, 202, "")
	w.ask(t, "POST", "/v1/auth/verify", map[string]any{"token": first}).want(t, 409, "link_revoked")
	w.verify(t, "ann@later.example")
	w.login(t, "ann@later.example", password)
	w.ask(t, "POST", "/v1/auth/login", map[string]any{"email": ann.email, "password": password}).want(t, 401, "login_failed")
	told := false
	for _, l := range w.letters(t, ann.email) {
		told = told || strings.Contains(l.Text, "ann@later.example now")
	}
	if !told {
		t.Error("the old address was not told")
	}
	ann.ask(t, "POST", "/v1/me/email", map[string]any{"email": "x@example.com", "password": "wrong wrong wrong"}).want(t, 422, "validation_failed")
}

func TestAProfileIsOnesOwn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ann := w.register(t, "ann")
	if a := ann.ask(t, "PATCH", "/v1/me", map[string]any{"name": "Ann Reed", "time_zone": "Asia/Tokyo"}).want(t, 200, ""); !strings.Contains(a.body, `"Asia/Tokyo"`) || !strings.Contains(a.body, `"Ann Reed"`) {
		t.Errorf("the profile is %s", a.body)
	}
	ann.ask(t, "PATCH", "/v1/me", map[string]any{"time_zone": "Moon/Base"}).want(t, 422, "validation_failed")
	ann.ask(t, "PATCH", "/v1/me", map[string]any{"name": "A\nB"}).want(t, 422, "validation_failed")
	var key struct{ Secret string }
	ann.ask(t, "POST", "{o}/api-keys", map[string]any{"name": "Sync", "workspace": "ann", "scopes": []string{"*"}}).want(t, 201, "").decode(t, &key)
	for _, path := range []string{"/v1/me/password", "/v1/me/email", "/v1/me/verification", "/v1/me/invitations"} {
		body := map[string]any{"/v1/me/password": map[string]any{"current": password, "new": password}, "/v1/me/email": map[string]any{"email": "a@b.example", "password": password}, "/v1/me/invitations": map[string]any{"token": "x"}}[path]
		w.ask(t, "POST", path, body, "Authorization", "Bearer "+key.Secret).want(t, 403, "forbidden")
	}
	other := w.login(t, ann.email, password)
	ann.ask(t, "DELETE", "/v1/me/sessions", nil).want(t, 204, "")
	other.ask(t, "GET", "/v1/me", nil).want(t, 401, "unauthenticated")
	ann.ask(t, "GET", "/v1/me", nil).want(t, 200, "")
}
