package app_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"
)

type contact struct {
	ID      string
	Name    string
	Email   *string
	Phone   *string
	Version int64
	Company *string `json:"company_name"`
	Emails  []struct {
		ID, Address string
		Primary     bool
	}
	Tags   []struct{ Name string }
	Fields map[string]any
}

func (n *tenant) addContact(t *testing.T, body map[string]any) contact {
	t.Helper()
	var c contact
	n.call(t, "POST", "{w}/contacts", body).want(t, 201).decode(t, &c)
	return c
}

func (n *tenant) names(t *testing.T, query string) string {
	t.Helper()
	var page struct{ Data []contact }
	n.call(t, "GET", "{w}/contacts?"+query, nil).want(t, 200).decode(t, &page)
	var names []string
	for _, c := range page.Data {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

func TestAnAddressBelongsToOneContact(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	ana := n.addContact(t, map[string]any{"name": "Ana", "email": "Ana.Duarte@Lumen.example"})
	for _, same := range []string{"ana.duarte@lumen.example", "ana.duarte+news@lumen.example"} {
		res := n.call(t, "POST", "{w}/contacts", map[string]any{"name": "Other", "email": same})
		if res.status != 409 || res.code() != "duplicate_email" || !strings.Contains(string(res.body), ana.ID) {
			t.Errorf("adding %s: %d %s, want 409 duplicate_email with the contact's id", same, res.status, res.body)
		}
	}
	n.call(t, "DELETE", "{w}/contacts/"+ana.ID, nil).want(t, 204)
	heir := n.addContact(t, map[string]any{"name": "Heir", "email": "ana.duarte@lumen.example"})
	if res := n.call(t, "POST", "{w}/contacts/"+ana.ID+"/restore", nil); res.code() != "duplicate_email" {
		t.Errorf("restoring beside the heir: %d %s, want duplicate_email", res.status, res.body)
	}
	n.call(t, "DELETE", "{w}/contacts/"+heir.ID, nil).want(t, 204)
	n.call(t, "POST", "{w}/contacts/"+ana.ID+"/restore", nil).want(t, 200)
	if got := n.names(t, "q=duarte"); got != "Ana" {
		t.Errorf("after the restore %q is found, want Ana", got)
	}
}

func TestARaceForAnAddressHasOneWinner(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	var wg sync.WaitGroup
	statuses := make([]int, 8)
	for i := range statuses {
		wg.Go(func() {
			statuses[i] = n.call(t, "POST", "{w}/contacts", map[string]any{"name": "Ana", "email": "ana@lumen.example"}).status
		})
	}
	wg.Wait()
	won := 0
	for _, s := range statuses {
		if s == 201 {
			won++
		} else if s != 409 {
			t.Errorf("a loser got %d, want 409", s)
		}
	}
	if won != 1 {
		t.Errorf("%d contacts were made, want 1", won)
	}
}

func TestAChangeNamesTheVersionItIsBasedOn(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	c := n.addContact(t, map[string]any{"name": "Ana"})
	path := "{w}/contacts/" + c.ID
	if res := n.call(t, "PATCH", path, map[string]any{"name": "A"}); res.status != 428 {
		t.Errorf("without If-Match: %d, want 428", res.status)
	}
	if res := n.call(t, "PATCH", path, map[string]any{"name": "A"}, "If-Match", "yesterday"); res.status != 400 {
		t.Errorf("with a strange If-Match: %d, want 400", res.status)
	}
	res := n.call(t, "PATCH", path, map[string]any{"name": "Ana D"}, "If-Match", `"1"`).want(t, 200)
	if etag := res.header.Get("ETag"); etag != `"2"` {
		t.Errorf("ETag = %s, want \"2\"", etag)
	}
	if res := n.call(t, "PATCH", path, map[string]any{"name": "B"}, "If-Match", `"1"`); res.status != 412 {
		t.Errorf("on the old version: %d, want 412", res.status)
	}
}

func TestAPatchTellsNullFromAbsent(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	c := n.addContact(t, map[string]any{"name": "Ana", "phone": "1", "email": "ana@x.example"})
	n.call(t, "PATCH", "{w}/contacts/"+c.ID, map[string]any{"title": "CTO"}, "If-Match", `"1"`).want(t, 200).decode(t, &c)
	if c.Phone == nil || *c.Phone != "1" {
		t.Errorf("an absent field changed the phone to %v", c.Phone)
	}
	n.call(t, "PATCH", "{w}/contacts/"+c.ID, map[string]any{"phone": nil}, "If-Match", `"2"`).want(t, 200).decode(t, &c)
	if c.Phone != nil {
		t.Errorf("null left the phone %q", *c.Phone)
	}
}

func TestTheFirstAddressIsThePrimaryOne(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	c := n.addContact(t, map[string]any{"name": "Ana", "emails": []map[string]any{{"address": "a@x.example"}, {"address": "b@x.example", "label": "home"}}})
	n.call(t, "PUT", "{w}/contacts/"+c.ID+"/emails/"+c.Emails[1].ID+"/primary", nil).want(t, 200).decode(t, &c)
	if *c.Email != "b@x.example" || !c.Emails[0].Primary {
		t.Errorf("the primary address is %s, want b@x.example", *c.Email)
	}
	n.call(t, "DELETE", "{w}/contacts/"+c.ID+"/emails/"+c.Emails[0].ID, nil).want(t, 200).decode(t, &c)
	if *c.Email != "a@x.example" || len(c.Emails) != 1 {
		t.Errorf("after its removal %s of %d is primary, want a@x.example of 1", *c.Email, len(c.Emails))
	}
}

func TestUndoTakesBackFieldByField(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	c := n.addContact(t, map[string]any{"name": "Ana", "phone": "1", "tags": []string{"old"}})
	path := "{w}/contacts/" + c.ID
	n.call(t, "PATCH", path, map[string]any{"name": "Wrong", "phone": "2", "tags": []string{"new"}}, "If-Match", `"1"`).want(t, 200)
	n.call(t, "PATCH", path, map[string]any{"phone": "3"}, "If-Match", `"2"`).want(t, 200)
	var log struct {
		Data []struct {
			ID      string
			Changes map[string][]any
			Undone  *string `json:"undone_by"`
		}
	}
	n.call(t, "GET", "{w}/changes?entity_id="+c.ID, nil).want(t, 200).decode(t, &log)
	if len(log.Data) != 3 || log.Data[1].Changes["name"][0] != "Ana" {
		t.Fatalf("the log is %+v, want three changes with values before and after", log.Data)
	}
	var undone struct {
		Undone    []struct{ Fields []string }
		Conflicts []struct{ Field, Actual string }
	}
	n.call(t, "POST", "{w}/changes/"+log.Data[1].ID+"/undo", nil).want(t, 200).decode(t, &undone)
	if got := strings.Join(undone.Undone[0].Fields, " "); got != "name tags" {
		t.Errorf("undone are %q, want name and tags", got)
	}
	if len(undone.Conflicts) != 1 || undone.Conflicts[0].Field != "phone" || undone.Conflicts[0].Actual != "3" {
		t.Errorf("conflicts are %+v, want phone, which is 3 now", undone.Conflicts)
	}
	n.call(t, "GET", path, nil).want(t, 200).decode(t, &c)
	if c.Name != "Ana" || *c.Phone != "3" || c.Tags[0].Name != "old" {
		t.Errorf("after undo: %s, %s, %v; want Ana, 3, old", c.Name, *c.Phone, c.Tags)
	}
	if res := n.call(t, "POST", "{w}/changes/"+log.Data[1].ID+"/undo", nil); res.code() != "not_undoable" {
		t.Errorf("undoing twice: %d %s, want not_undoable", res.status, res.body)
	}
}

func TestUndoOfADeletionRestores(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	c := n.addContact(t, map[string]any{"name": "Ana"})
	n.call(t, "DELETE", "{w}/contacts/"+c.ID, nil).want(t, 204)
	var log struct {
		Data []struct {
			Batch string `json:"batch_id"`
		}
	}
	n.call(t, "GET", "{w}/changes?entity_id="+c.ID, nil).want(t, 200).decode(t, &log)
	n.call(t, "POST", "{w}/changes/undo", map[string]any{"batch_id": log.Data[0].Batch}).want(t, 200)
	if got := n.names(t, ""); got != "Ana" {
		t.Errorf("after undo the list holds %q, want Ana", got)
	}
}

func TestARepeatedCallHasOneEffect(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	body := map[string]any{"name": "Ana", "email": "ana@x.example"}
	first := n.call(t, "POST", "{w}/contacts", body, "Idempotency-Key", "k1").want(t, 201)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			again := n.call(t, "POST", "{w}/contacts", body, "Idempotency-Key", "k1")
			if again.status != 201 || string(again.body) != string(first.body) || again.header.Get("ETag") != first.header.Get("ETag") {
				t.Errorf("the repeated call answered %d %s, want the first answer", again.status, again.body)
			}
		})
	}
	wg.Wait()
	if res := n.call(t, "POST", "{w}/contacts", map[string]any{"name": "Ben"}, "Idempotency-Key", "k1"); res.status != 422 || res.code() != "idempotency_mismatch" {
		t.Errorf("another body: %d %s, want 422 idempotency_mismatch", res.status, res.body)
	}
	if res := n.call(t, "POST", "{w}/contacts", map[string]any{"name": ""}, "Idempotency-Key", "k2"); res.status != 422 {
		t.Errorf("a bad body: %d, want 422", res.status)
	}
	n.call(t, "POST", "{w}/contacts", map[string]any{"name": "Mended"}, "Idempotency-Key", "k2").want(t, 201)
}

func TestARepeatedCallOutsideOfAWorkspaceHasOneEffect(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	path, body := "/v1/organizations/"+n.org+"/workspaces", map[string]any{"name": "Second desk"}
	first := n.call(t, "POST", path, body, "Idempotency-Key", "w1").want(t, 201)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if again := n.call(t, "POST", path, body, "Idempotency-Key", "w1"); again.status != 201 || string(again.body) != string(first.body) {
				t.Errorf("the repeated call answered %d %s, want the first answer", again.status, again.body)
			}
		})
	}
	wg.Wait()
	if res := n.call(t, "POST", path, map[string]any{"name": "Third"}, "Idempotency-Key", "w1"); res.status != 422 || res.code() != "idempotency_mismatch" {
		t.Errorf("another body: %d %s, want 422 idempotency_mismatch", res.status, res.body)
	}
	if res := n.call(t, "POST", path, body, "Idempotency-Key", "w2"); res.status != 409 {
		t.Errorf("a slug that is taken: %d %s, want 409", res.status, res.body)
	}
	var all struct{ Data []struct{ Name string } }
	if n.call(t, "GET", path, nil).want(t, 200).decode(t, &all); len(all.Data) != 2 {
		t.Errorf("there are %d workspaces, want 2", len(all.Data))
	}
}

func TestCustomFieldsAreTyped(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	for _, f := range []map[string]any{
		{"entity": "contact", "key": "seats", "label": "Seats", "type": "number"},
		{"entity": "contact", "key": "since", "label": "Since", "type": "date"},
		{"entity": "contact", "key": "plan", "label": "Plan", "type": "select", "options": []string{"free", "pro"}},
		{"entity": "contact", "key": "langs", "label": "Languages", "type": "multi", "options": []string{"de", "en", "pt"}},
	} {
		n.call(t, "POST", "{w}/custom-fields", f).want(t, 201)
	}
	c := n.addContact(t, map[string]any{"name": "Ana", "fields": map[string]any{"seats": 12.5, "since": "2026-01-31", "plan": "pro", "langs": []string{"pt", "en"}}})
	if c.Fields["seats"] != 12.5 || c.Fields["since"] != "2026-01-31" || c.Fields["plan"] != "pro" {
		t.Errorf("the fields are %v", c.Fields)
	}
	for _, bad := range []map[string]any{{"seats": "many"}, {"since": "31.1.2026"}, {"plan": "gold"}, {"langs": []string{"xx"}}, {"nope": 1}} {
		if res := n.call(t, "PATCH", "{w}/contacts/"+c.ID, map[string]any{"fields": bad}, "If-Match", `"1"`); res.status != 422 {
			t.Errorf("%v: %d %s, want 422", bad, res.status, res.body)
		}
	}
	for filter, want := range map[string]string{
		`{"field":"field.seats","op":"gt","value":12}`:            "Ana",
		`{"field":"field.seats","op":"lt","value":12}`:            "",
		`{"field":"field.since","op":"lte","value":"2026-02-01"}`: "Ana",
		`{"field":"field.plan","op":"in","value":["pro"]}`:        "Ana",
		`{"field":"field.langs","op":"eq","value":"pt"}`:          "Ana",
		`{"field":"field.langs","op":"eq","value":"de"}`:          "",
	} {
		if got := n.names(t, "filter="+url.QueryEscape(filter)); got != want {
			t.Errorf("%s finds %q, want %q", filter, got, want)
		}
	}
}

func TestSearchTreatsPatternsAsText(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.addContact(t, map[string]any{"name": "Ana Duarte", "email": "ana@lumen.example"})
	for q, want := range map[string]string{"duar": "Ana Duarte", "ANA": "Ana Duarte", "lumen.example": "Ana Duarte", "duarte ana": "Ana Duarte",
		"%": "", "_": "", `\`: "", "' or 1=1 --": "", "&|!():*": "", `"ana`: "Ana Duarte", "zzz": ""} {
		if got := n.names(t, "q="+url.QueryEscape(q)); got != want {
			t.Errorf("%q finds %q, want %q", q, got, want)
		}
	}
}
