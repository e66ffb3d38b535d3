package invitation_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"rapport/internal/crm/letter"
)

func TestAnInvitationMakesAMemberOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ann := w.register(t, "ann")
	i, token := ann.invite(t, "cleo@example.com", "member")
	if i.Link != nil {
		t.Errorf("the answer carries the link %s, which only the reader of the address shall have", *i.Link)
	}
	w.ask(t, "GET", "/v1/invitations/"+token, nil).want(t, 200, "")
	cleo := w.enter(t, w.accept(t, token).want(t, 200, ""))
	if cleo.org != ann.org || cleo.email != "cleo@example.com" {
		t.Errorf("%s came into %s, want cleo in %s", cleo.email, cleo.org, ann.org)
	}
	cleo.ask(t, "GET", "{o}/members", nil).want(t, 200, "")
	w.until(t, "ann hears of it", func() bool {
		return w.sql(t, `SELECT 1 FROM notifications WHERE user_id = $1 AND title = 'Cleo Marsh accepted your invitation'`, ann.id) == 1
	})
	w.accept(t, token).want(t, 409, "link_used")
	w.ask(t, "GET", "/v1/invitations/"+token, nil).want(t, 409, "link_used")
	ann.ask(t, "POST", "{o}/invitations", map[string]any{"email": "Cleo@Example.com", "role": "member"}).want(t, 409, "duplicate")
}

func TestWithoutMailTheLinkIsHandedOver(t *testing.T) {
	t.Parallel()
	w := newTownWith(t, letter.Config{})
	ann := w.register(t, "ann")
	i, token := ann.invite(t, "cleo@example.com", "viewer")
	if i.Mailed || i.Link == nil || *i.Link != base+"/accept/"+token {
		t.Errorf("the answer is %+v, want a link under %s and mailed false", i, base)
	}
	w.accept(t, token).want(t, 200, "")
}

func TestALinkThatIsOverOpensNothing(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ann := w.register(t, "ann")
	i, revoked := ann.invite(t, "one@example.com", "member")
	ann.ask(t, "DELETE", "{o}/invitations/"+i.ID, nil).want(t, 204, "")
	w.accept(t, revoked).want(t, 409, "link_revoked")

	i, old := ann.invite(t, "two@example.com", "member")
	w.sql(t, `UPDATE identity.invitations SET expires_at = now() WHERE id = $1`, i.ID)
	w.accept(t, old).want(t, 409, "link_expired")
	ann.invite(t, "two@example.com", "member") // an expired one is not in the way

	i, first := ann.invite(t, "three@example.com", "member")
	ann.ask(t, "POST", "{o}/invitations", map[string]any{"email": "three@example.com", "role": "member"}).want(t, 409, "duplicate")
	ann.ask(t, "POST", "{o}/invitations/"+i.ID+"/resend?letter=false", nil).want(t, 200, "").decode(t, &i)
	w.accept(t, first).want(t, 404, "link_unknown")
	w.accept(t, (*i.Link)[strings.LastIndex(*i.Link, "/")+1:]).want(t, 200, "")
}

func TestTokensCannotBeGuessed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ann := w.register(t, "ann")
	i, token := ann.invite(t, "cleo@example.com", "member")
	for _, guess := range []string{"x", i.ID, token[:len(token)-1], token + "A", strings.ToUpper(token), "%00", "ri_" + strings.Repeat("A", 43), "'%20OR%201=1--"} {
		if a := w.accept(t, guess); a.status != 404 && a.status != 400 {
			t.Errorf("the token %q: %d %s, want 404", guess, a.status, a.body)
		}
	}
	if n := w.sql(t, `SELECT 1 FROM identity.invitations WHERE position($1 in encode(token_hash, 'escape')) > 0`, token); n != 0 {
		t.Error("the token itself is kept")
	}
	w.accept(t, token).want(t, 200, "")
}

func TestOfManyWhoAcceptAtOnceOneComesIn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	_, token := w.register(t, "ann").invite(t, "cleo@example.com", "admin")
	var wg sync.WaitGroup
	statuses := make([]int, 8)
	for i := range statuses {
		wg.Go(func() { statuses[i] = w.accept(t, token).status })
	}
	wg.Wait()
	slices.Sort(statuses)
	if statuses[0] != 200 || statuses[1] != 409 || statuses[7] != 409 {
		t.Errorf("the answers are %v, want 200 once and 409 for the others", statuses)
	}
	if n := w.sql(t, `SELECT 1 FROM identity.users WHERE email_key = 'cleo@example.com'`); n != 1 {
		t.Errorf("%d accounts were made, want 1", n)
	}
}

// Nobody gains a role by an invitation that they could not give.
func TestNobodyRisesByInvitation(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ann := w.register(t, "ann")
	admin, member := ann.member(t, "admin"), ann.member(t, "member")
	admin.ask(t, "POST", "{o}/invitations", map[string]any{"email": "x@example.com", "role": "owner"}).want(t, 403, "forbidden")
	member.ask(t, "POST", "{o}/invitations", map[string]any{"email": "x@example.com", "role": "viewer"}).want(t, 403, "forbidden")
	member.ask(t, "GET", "{o}/invitations", nil).want(t, 403, "forbidden")
	// An owner's link is worth an owner: an admin must not be able to get at it.
	i, _ := ann.invite(t, "boss@example.com", "owner")
	admin.ask(t, "POST", "{o}/invitations/"+i.ID+"/resend?letter=false", nil).want(t, 403, "forbidden")
	admin.ask(t, "DELETE", "{o}/invitations/"+i.ID, nil).want(t, 403, "forbidden")
	// Accepting takes the role of the invitation, whatever the body says.
	_, token := admin.invite(t, "cleo@example.com", "viewer")
	w.ask(t, "POST", "/v1/invitations/"+token+"/accept", map[string]any{"name": "Cleo", "password": password, "role": "owner"}).want(t, 422, "validation_failed")
	if a := w.accept(t, token).want(t, 200, ""); !strings.Contains(a.body, `"role":"viewer"`) {
		t.Errorf("the answer is %s, want the role viewer", a.body)
	}
}

// Whoever is sent away leaves no back door.
func TestAnInvitationEndsWithTheRightToGiveIt(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ann := w.register(t, "ann")
	admin := ann.member(t, "admin")
	i, token := admin.invite(t, "spare@example.com", "admin")
	ann.ask(t, "PATCH", "{o}/members/"+admin.id, map[string]any{"role": "member"}).want(t, 200, "")
	w.accept(t, token).want(t, 409, "link_revoked")
	ann.ask(t, "PATCH", "{o}/members/"+admin.id, map[string]any{"role": "admin", "active": false}).want(t, 200, "")
	w.accept(t, token).want(t, 409, "link_revoked")
	ann.ask(t, "DELETE", "{o}/members/"+admin.id, nil).want(t, 204, "")
	w.accept(t, token).want(t, 409, "link_revoked")
	ann.ask(t, "POST", "{o}/invitations/"+i.ID+"/resend?letter=false", nil).want(t, 200, "").decode(t, &i)
	w.accept(t, (*i.Link)[strings.LastIndex(*i.Link, "/")+1:]).want(t, 200, "")
}

func TestAPersonWithAnAccountAcceptsBySigningIn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ann, ben, eve := w.register(t, "ann"), w.register(t, "ben"), w.register(t, "eve")
	_, token := ann.invite(t, ben.email, "member")
	path := "/v1/invitations/" + token + "/accept"
	w.ask(t, "POST", path, map[string]any{"name": "Ben", "password": "tideline magnet forty"}).want(t, 401, "login_failed")
	eve.ask(t, "POST", "/v1/me/invitations", map[string]any{"token": token}).want(t, 403, "other_address")
	ben.ask(t, "POST", "/v1/me/invitations", map[string]any{"token": token}, "X-CSRF-Token", "").want(t, 403, "csrf")
	if a := ben.ask(t, "POST", "/v1/me/invitations", map[string]any{"token": token}).want(t, 200, ""); !strings.Contains(a.body, ann.org) {
		t.Errorf("ben may go to %s, want ann's organization among it", a.body)
	}
	_, token = eve.invite(t, ben.email, "viewer")
	// Eve's session in the same browser does not make Eve of Ben.
	a := eve.ask(t, "POST", "/v1/invitations/"+token+"/accept", map[string]any{"password": password}).want(t, 200, "")
	if got := w.enter(t, a); got.id != ben.id || got.session == eve.session {
		t.Errorf("%s is signed in, want ben with a session of his own", got.email)
	}
}

func TestADeactivatedMemberIsNotInvitedBack(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ann := w.register(t, "ann")
	_, token := ann.invite(t, "member-"+ann.email, "owner")
	mia := ann.member(t, "member")
	ann.ask(t, "PATCH", "{o}/members/"+mia.id, map[string]any{"active": false}).want(t, 200, "")
	w.ask(t, "POST", "/v1/invitations/"+token+"/accept", map[string]any{"password": password}).want(t, 409, "member_inactive")
	a := ann.ask(t, "POST", "{o}/invitations", map[string]any{"email": mia.email, "role": "member"}).want(t, 409, "duplicate")
	if !strings.Contains(a.body, "Activate") {
		t.Errorf("the answer is %s, want it to say how", a.body)
	}
}

// Who registers with the address of somebody else is not let in as them.
func TestAnUnprovedAddressIsNotAddedAsAMember(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ann := w.register(t, "ann")
	victim := "cleo@example.com"
	squatter := w.enter(t, w.ask(t, "POST", "/v1/auth/register", map[string]any{"email": victim, "password": password, "name": "Eve", "organization": "Eve"}).want(t, 201, ""))
	ann.ask(t, "POST", "{o}/members", map[string]any{"email": victim, "password": "tideline magnet forty", "name": "Cleo", "role": "admin"}).want(t, 409, "address_unverified")
	_, token := ann.invite(t, victim, "admin")
	// The reader of the address takes the account over, and the squatter is out.
	w.ask(t, "POST", "/v1/auth/password/forgot", map[string]any{"email": victim})
	cleo := w.enter(t, w.ask(t, "POST", "/v1/auth/password/reset", map[string]any{"token": w.token(t, victim, "reset"), "password": "tideline magnet forty"}).want(t, 200, ""))
	squatter.ask(t, "GET", "/v1/me", nil).want(t, 401, "unauthenticated")
	cleo.ask(t, "POST", "/v1/me/invitations", map[string]any{"token": token}).want(t, 200, "")
}

// Rapport is no way to write to strangers, nor to put links of one's own into
// its letters.
func TestLettersCarryOurLinksAlone(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	name := "Win a car at https://evil.example/x\u2028<b>now</b> www.evil.example"
	p := w.enter(t, w.ask(t, "POST", "/v1/auth/register", map[string]any{"email": "mallory@example.com", "password": password, "name": name, "organization": name}).want(t, 201, ""))
	p.ask(t, "POST", "{o}/invitations", map[string]any{"email": "victim@example.com", "role": "member"}).want(t, 403, "address_unverified")
	w.verify(t, p.email)
	p.ask(t, "POST", "{o}/invitations", map[string]any{"email": "victim@example.com", "role": "member"}, "Host", "evil.example", "X-Forwarded-Host", "evil.example").want(t, 201, "")
	for _, l := range append(w.letters(t, "victim@example.com"), w.letters(t, p.email)...) {
		for _, part := range []string{l.Subject, l.Text, l.HTML} {
			if strings.Contains(part, "evil.example") || strings.Contains(l.HTML, "<b>") || strings.ContainsAny(l.Subject, "\r\n") {
				t.Errorf("a letter says %s", part)
			}
		}
		if !strings.Contains(l.Text, base+"/") {
			t.Errorf("a letter has no link of ours: %s", l.Text)
		}
	}
	for _, email := range []string{"a@example.com\r\nBcc: b@example.com", "a@example.com,b@example.com", "<a@example.com>", "a b@example.com", "@example.com"} {
		p.ask(t, "POST", "{o}/invitations", map[string]any{"email": email, "role": "member"}).want(t, 422, "validation_failed")
	}
}

func TestAnotherOrganizationsInvitationsAreOutOfReach(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ann, ben := w.register(t, "ann"), w.register(t, "ben")
	i, _ := ann.invite(t, "cleo@example.com", "member")
	ben.ask(t, "DELETE", "{o}/invitations/"+i.ID, nil).want(t, 404, "not_found")
	ben.ask(t, "POST", "{o}/invitations/"+i.ID+"/resend", nil).want(t, 404, "not_found")
	ben.org = ann.org
	ben.ask(t, "GET", "{o}/invitations", nil).want(t, 404, "not_found")
	ben.ask(t, "GET", "{o}/audit", nil).want(t, 404, "not_found")
}

func TestTheSecurityLogTellsWhoLetWhomIn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ann, ben := w.register(t, "ann"), w.register(t, "ben")
	_, token := ann.invite(t, "cleo@example.com", "member")
	cleo := w.enter(t, w.accept(t, token))
	ann.ask(t, "PATCH", "{o}/members/"+cleo.id, map[string]any{"role": "admin"}).want(t, 200, "")
	cleo.ask(t, "POST", "/v1/me/password", map[string]any{"current": password, "new": "tideline magnet forty"}).want(t, 204, "")
	ben.ask(t, "POST", "/v1/me/password", map[string]any{"current": password, "new": "tideline magnet forty"}).want(t, 204, "")
	var log struct {
		Data []struct {
			ID, Action, Subject, Detail string
			Actor                       struct{ Name string }
		}
		NextCursor *string `json:"next_cursor"`
	}
	ann.ask(t, "GET", "{o}/audit?limit=3", nil).want(t, 200, "").decode(t, &log)
	var seen []string
	for _, e := range log.Data {
		seen = append(seen, e.Action+" "+e.Subject+" "+e.Detail)
	}
	want := []string{"password.changed cleo@example.com 0 sessions ended", "member.role_changed cleo@example.com member to admin", "invitation.accepted cleo@example.com member"}
	if !slices.Equal(seen, want) || log.NextCursor == nil || log.Data[1].Actor.Name != "ann" {
		t.Errorf("the log is %q (next %v), want %q", seen, log.NextCursor, want)
	}
	ann.ask(t, "GET", "{o}/audit?cursor="+*log.NextCursor, nil).want(t, 200, "").decode(t, &log)
	if len(log.Data) == 0 || log.Data[0].Action != "invitation.created" {
		t.Errorf("the second page is %+v, want invitation.created first", log.Data)
	}
	cleo.ask(t, "PATCH", "{o}/members/"+ann.id, map[string]any{"role": "viewer"}).want(t, 403, "forbidden")
}
