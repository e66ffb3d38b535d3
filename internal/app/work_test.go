package app_test

import (
	"strings"
	"testing"
	"time"
)

type entry struct {
	ID, Kind, Title, Summary string
	Record                   *struct{ HTML, Status *string }
}

func (n *tenant) timeline(t *testing.T, query string) (out []entry) {
	t.Helper()
	cursor := ""
	for range 20 {
		var page struct {
			Data       []entry
			NextCursor string `json:"next_cursor"`
		}
		n.call(t, "GET", "{w}/"+query+"&cursor="+cursor, nil).want(t, 200).decode(t, &page)
		out = append(out, page.Data...)
		if cursor = page.NextCursor; cursor == "" {
			return out
		}
	}
	t.Fatal("the timeline does not end")
	return nil
}

func TestATimelineShowsWorkOnceInOrder(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.make(t, "company", "/companies", map[string]any{"name": "Lumen"})
	n.make(t, "contact", "/contacts", map[string]any{"name": "Ana", "company_id": n.ids["company"]})
	n.make(t, "ben", "/contacts", map[string]any{"name": "Ben", "company_id": n.ids["company"]})
	n.make(t, "note", "/notes", map[string]any{"entity": "contact", "entity_id": n.ids["contact"], "body": "**Calls** only"})
	n.make(t, "other", "/notes", map[string]any{"entity": "company", "entity_id": n.ids["company"], "body": "Growing"})
	n.make(t, "task", "/tasks", map[string]any{"title": "Offer", "entity": "contact", "entity_id": n.ids["contact"]})
	n.make(t, "meeting", "/activities", map[string]any{"kind": "meeting", "contact_ids": []string{n.ids["contact"], n.ids["ben"]}, "subject": "Kick-off", "at": time.Now().UTC().Add(-time.Hour)})
	for query, want := range map[string]string{
		"contacts/" + n.ids["contact"] + "/timeline?limit=1":              "task note event meeting",
		"contacts/" + n.ids["ben"] + "/timeline?limit=50":                 "event meeting",
		"companies/" + n.ids["company"] + "/timeline?limit=2":             "task note note event meeting",
		"companies/" + n.ids["company"] + "/timeline?limit=1&kind=note":   "note note",
		"contacts/" + n.ids["contact"] + "/timeline?kind=activity":        "meeting",
		"contacts/" + n.ids["contact"] + "/timeline?kind=message&limit=1": "",
	} {
		var kinds []string
		for _, e := range n.timeline(t, query) {
			kinds = append(kinds, e.Kind)
		}
		if got := strings.Join(kinds, " "); got != want {
			t.Errorf("%s shows %q, want %q", query, got, want)
		}
	}
	n.call(t, "DELETE", "{w}/notes/"+n.ids["note"], nil).want(t, 204)
	n.call(t, "DELETE", "{w}/activities/"+n.ids["meeting"], nil).want(t, 204)
	if got := n.timeline(t, "contacts/"+n.ids["contact"]+"/timeline?limit=50"); len(got) != 2 {
		t.Errorf("%d entries after the note and the meeting were deleted, want 2", len(got))
	}
	few := n.key(t, "contact:read")
	if res := n.by(t, few, "GET", "{w}/contacts/"+n.ids["contact"]+"/timeline", nil).want(t, 200); strings.Contains(string(res.body), "Offer") {
		t.Errorf("a key for contacts alone reads tasks: %s", res.body)
	}
	n.by(t, few, "GET", "{w}/contacts/"+n.ids["contact"]+"/timeline?kind=task", nil).want(t, 200)
}

func TestANoteIsShownHarmless(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.make(t, "contact", "/contacts", map[string]any{"name": "Ana"})
	var note struct {
		ID, HTML, Body string
		Author         struct{ Name string }
	}
	body := "<script>alert(1)</script>\n\n**hi** [x](javascript:alert(1)) ![p](data:image/png;base64,AA)"
	n.call(t, "POST", "{w}/notes", map[string]any{"entity": "contact", "entity_id": n.ids["contact"], "body": body}).want(t, 201).decode(t, &note)
	if note.Body != body || note.Author.Name != "ann" || !strings.Contains(note.HTML, "<strong>hi</strong>") {
		t.Errorf("the note is %+v", note)
	}
	for _, bad := range []string{"<script", "javascript:", "<img", "data:"} {
		if strings.Contains(strings.ToLower(note.HTML), bad) {
			t.Errorf("%s is in %s", bad, note.HTML)
		}
	}
	deep := map[string]any{"entity": "contact", "entity_id": n.ids["contact"], "body": strings.Repeat("- ", 10_000) + "x"}
	n.call(t, "POST", "{w}/notes", deep).want(t, 201)
	for _, bad := range []map[string]any{{"entity": "contact", "entity_id": n.ids["contact"], "body": "  "}, {"entity": "company", "entity_id": n.ids["contact"], "body": "x"}} {
		n.call(t, "POST", "{w}/notes", bad).want(t, 422)
	}
}

type job struct {
	ID, Status, Title, Priority string
	DueAt                       *time.Time `json:"due_at"`
	CompletedAt                 *time.Time `json:"completed_at"`
	EntityName                  *string    `json:"entity_name"`
	MessageID, ThreadID         *string
	AssigneeID                  *string `json:"assignee_id"`
	Version                     int64
}

func TestCompletingATaskIsOneChangeThatCanBeTakenBack(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	var made job
	n.call(t, "POST", "{w}/tasks", map[string]any{"title": "Offer", "due_at": "2026-01-31T15:00:00Z", "assignee_id": n.user}).want(t, 201).decode(t, &made)
	n.call(t, "PATCH", "{w}/tasks/"+made.ID, map[string]any{"status": "done"}, "If-Match", `"1"`).want(t, 200).decode(t, &made)
	if made.CompletedAt == nil || made.Version != 2 {
		t.Errorf("a completed task is %+v, want the time of completion", made)
	}
	n.call(t, "PATCH", "{w}/tasks/"+made.ID, map[string]any{"title": "X"}, "If-Match", `"1"`).want(t, 412)
	var changes struct{ Data []struct{ ID string } }
	n.call(t, "GET", "{w}/changes?entity_id="+made.ID, nil).want(t, 200).decode(t, &changes)
	n.call(t, "POST", "{w}/changes/"+changes.Data[0].ID+"/undo", nil).want(t, 200)
	n.call(t, "GET", "{w}/tasks/"+made.ID, nil).want(t, 200).decode(t, &made)
	if made.Status != "open" || made.CompletedAt != nil {
		t.Errorf("after undo the task is %+v, want it open", made)
	}
	var today struct {
		Tasks  []job
		Counts struct {
			Overdue int64 `json:"tasks_overdue"`
		}
	}
	n.call(t, "GET", "{w}/today", nil).want(t, 200).decode(t, &today)
	if len(today.Tasks) != 1 || today.Counts.Overdue != 1 {
		t.Errorf("today shows %+v, want the task as overdue", today)
	}
	var counts struct{ Open, Mine, Overdue, Today int64 }
	if n.call(t, "GET", "{w}/tasks/counts", nil).want(t, 200).decode(t, &counts); counts.Open != 1 || counts.Mine != 1 || counts.Overdue != 1 {
		t.Errorf("the counts are %+v", counts)
	}
	n.call(t, "POST", "{w}/tasks", map[string]any{"title": "X", "assignee_id": "01890000-0000-7000-8000-000000000000"}).want(t, 422)
}

func TestEveryKindOfWorkCanBeUndone(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.records(t)
	for path, change := range map[string]map[string]any{
		"notes/" + n.ids["note"]:          {"body": "Other", "pinned": true},
		"tasks/" + n.ids["task"]:          {"title": "Other", "due_at": "2027-01-01T00:00:00Z", "priority": "low", "assignee_id": nil, "description": "More", "entity": "company", "entity_id": n.ids["company"]},
		"activities/" + n.ids["activity"]: {"subject": "Other", "outcome": "Yes", "at": "2026-01-30T15:00:00Z", "duration_minutes": 5, "kind": "meeting", "body": "# Hm"},
	} {
		before := n.call(t, "GET", "{w}/"+path, nil).want(t, 200)
		n.call(t, "PATCH", "{w}/"+path, change, "If-Match", before.header.Get("ETag")).want(t, 200)
		n.call(t, "DELETE", "{w}/"+path, nil).want(t, 204)
		_, id, _ := strings.Cut(path, "/")
		var log struct{ Data []struct{ ID, Kind string } }
		n.call(t, "GET", "{w}/changes?entity_id="+id, nil).want(t, 200).decode(t, &log)
		for _, e := range log.Data[:2] { // the deletion, then the change
			if res := n.call(t, "POST", "{w}/changes/"+e.ID+"/undo", nil).want(t, 200); !strings.Contains(string(res.body), `"conflicts":[]`) {
				t.Errorf("%s: undoing what was %s: %s", path, e.Kind, res.body)
			}
		}
		after := n.call(t, "GET", "{w}/"+path, nil).want(t, 200)
		var a, b map[string]any
		before.decode(t, &a)
		after.decode(t, &b)
		for field, was := range a {
			if field != "version" && field != "updated_at" && text(was) != text(b[field]) {
				t.Errorf("%s: %s is %v after undo, was %v", path, field, b[field], was)
			}
		}
	}
}

func TestAMessageBecomesATaskOnce(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.receive(t)
	var first, again job
	n.call(t, "POST", "{w}/messages/"+n.ids["message"]+"/task", map[string]any{}).want(t, 201).decode(t, &first)
	if first.Title == "" || first.EntityName == nil || *first.EntityName != "Ben Ode" || first.AssigneeID == nil || *first.AssigneeID != n.user {
		t.Errorf("the task is %+v, want Ben Ode's, mine", first)
	}
	if first.DueAt == nil {
		t.Errorf("the task is due never; the mail asks for Friday")
	}
	if n.call(t, "POST", "{w}/messages/"+n.ids["message"]+"/task", map[string]any{}).want(t, 201).decode(t, &again); again.ID != first.ID {
		t.Errorf("the second press made another task")
	}
}

func TestACallCountsAsContact(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	ana := n.addContact(t, map[string]any{"name": "Ana"})
	at := time.Now().UTC().Add(-time.Hour).Truncate(time.Second)
	body := map[string]any{"kind": "call", "contact_ids": []string{ana.ID}, "subject": "Prices", "at": at}
	n.call(t, "POST", "{w}/activities", body).want(t, 201)
	var c struct {
		Last *time.Time `json:"last_interaction_at"`
	}
	if n.call(t, "GET", "{w}/contacts/"+ana.ID, nil).want(t, 200).decode(t, &c); c.Last == nil || !c.Last.Equal(at) {
		t.Errorf("the last interaction is %v, want %v", c.Last, at)
	}
	for name, bad := range map[string]any{"at": time.Now().Add(72 * time.Hour), "contact_ids": []string{}, "subject": " ", "duration_minutes": -1} {
		wrong := map[string]any{"kind": "call", "contact_ids": []string{ana.ID}, "subject": "Prices", "at": at}
		wrong[name] = bad
		n.call(t, "POST", "{w}/activities", wrong).want(t, 422)
	}
}
