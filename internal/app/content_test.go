package app_test

import (
	"maps"
	"strings"
	"testing"
)

type contentDraft struct {
	ID, Status, Engine string
	OutgoingID         string `json:"outgoing_id"`
	Errors             int
	Version            int64
	Body               map[string]any
}

// writesTo makes a letter to the tenant's contact.
func (n *tenant) writesTo(t *testing.T, sentence string) (d contentDraft) {
	t.Helper()
	n.call(t, "POST", "{w}/content", map[string]any{"kind": "followup", "title": "Follow-up", "contact_id": n.ids["contact"], "engine": "anthropic", "body": map[string]any{
		"subject_lines": []string{"A short call?", "Your next step", "Where we stopped"}, "tone": "friendly", "cta": "Shall we talk this week?",
		"body": "Hello Ana,\n\nthank you for your time. " + sentence, "key_talking_points": []string{"What matters"}, "social_proof": []any{}}}).want(t, 201).decode(t, &d)
	return d
}

func TestALetterIsReviewedAndSentOnce(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.make(t, "contact", "/contacts", map[string]any{"name": "Ana Duarte", "email": "ana.duarte@lumen.example"})
	n.writes(t)
	d := n.writesTo(t, "I would like to hear from you.")
	if d.Engine != "" || d.Errors != 0 {
		t.Errorf("the draft is by %q with %d errors; want a person's, without", d.Engine, d.Errors)
	}
	path := "{w}/content/" + d.ID
	if res := n.call(t, "POST", path+"/send", map[string]any{}, "If-Match", `"1"`); res.status != 409 || res.code() != "content_status" {
		t.Errorf("sending a draft: %d %s, want 409 content_status", res.status, res.body)
	}
	n.call(t, "POST", path+"/submit", nil, "If-Match", `"1"`).want(t, 200)
	if res := n.member(t, "member").call(t, "POST", path+"/approve", nil, "If-Match", `"2"`); res.status != 403 {
		t.Errorf("a member approves: %d %s, want 403", res.status, res.body)
	}
	n.call(t, "POST", path+"/approve", nil, "If-Match", `"2"`).want(t, 200)
	changed := maps.Clone(d.Body)
	changed["cta"] = "Shall we talk next week?"
	n.call(t, "PATCH", path, map[string]any{"body": changed}, "If-Match", `"3"`).want(t, 200).decode(t, &d)
	if d.Status != "draft" {
		t.Errorf("changed after the approval it is %s; want a draft again", d.Status)
	}
	n.call(t, "POST", path+"/submit", nil, "If-Match", `"4"`).want(t, 200)
	n.call(t, "POST", path+"/send", map[string]any{"subject": 1, "undo_seconds": 60}, "If-Match", `"5"`).want(t, 200).decode(t, &d)
	var out struct {
		Subject string
		To      []struct{ Address string }
	}
	n.call(t, "GET", "{w}/outbox/"+d.OutgoingID, nil).want(t, 200).decode(t, &out)
	if out.Subject != "Your next step" || len(out.To) != 1 || out.To[0].Address != "ana.duarte@lumen.example" {
		t.Errorf("the mail is %+v; want the second subject, to Ana alone", out)
	}
	if res := n.call(t, "POST", path+"/send", map[string]any{}, "If-Match", `"6"`); res.status != 409 {
		t.Errorf("sending it again: %d %s, want 409", res.status, res.body)
	}
	if res := n.call(t, "PATCH", path, map[string]any{"title": "Other"}, "If-Match", `"6"`); res.status != 409 || res.code() != "content_closed" {
		t.Errorf("changing what was sent: %d %s, want 409 content_closed", res.status, res.body)
	}
}

func TestWhatClaimsTooMuchStaysADraft(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.make(t, "contact", "/contacts", map[string]any{"name": "Ana Duarte", "email": "ana.duarte@lumen.example"})
	d := n.writesTo(t, "You save 40% with it.")
	path := "{w}/content/" + d.ID
	if res := n.call(t, "POST", path+"/submit", nil, "If-Match", `"1"`); res.status != 422 || !strings.Contains(string(res.body), "number") {
		t.Errorf("submitting what no fact says: %d %s, want 422", res.status, res.body)
	}
	n.call(t, "PUT", "{w}/brand-voice", map[string]any{"tone_words": []string{}, "dos": []string{}, "donts": []string{}, "signature": "", "domains": []string{},
		"facts": []map[string]any{{"id": "saving", "text": "Whoever uses it saves 40%."}}}, "If-Match", `"0"`).want(t, 200)
	n.call(t, "POST", path+"/submit", nil, "If-Match", `"1"`).want(t, 200)
}

func TestVersionsComeBackAndChangesAreUndone(t *testing.T) {
	t.Parallel()
	n := newWorld(t).newTenant(t, "ann")
	n.make(t, "contact", "/contacts", map[string]any{"name": "Ana Duarte", "email": "ana.duarte@lumen.example"})
	d := n.writesTo(t, "The first text.")
	path := "{w}/content/" + d.ID
	second := maps.Clone(d.Body)
	second["body"] = "Hello Ana,\n\nthe second text, which is long enough."
	n.call(t, "PATCH", path, map[string]any{"body": second}, "If-Match", `"1"`).want(t, 200)
	text := func() string {
		var now contentDraft
		n.call(t, "GET", path, nil).want(t, 200).decode(t, &now)
		said, _ := now.Body["body"].(string)
		return said
	}
	n.call(t, "POST", path+"/revert", map[string]any{"version": 1}, "If-Match", `"2"`).want(t, 200)
	if !strings.Contains(text(), "The first text.") {
		t.Errorf("after the first version came back: %q", text())
	}
	var changes struct{ Data []struct{ ID string } }
	n.call(t, "GET", "{w}/changes?entity=content&entity_id="+d.ID, nil).want(t, 200).decode(t, &changes)
	n.call(t, "POST", "{w}/changes/"+changes.Data[0].ID+"/undo", nil).want(t, 200)
	if !strings.Contains(text(), "the second text") {
		t.Errorf("after that was undone: %q", text())
	}
	var versions struct{ Data []struct{ Version int64 } }
	n.call(t, "GET", path+"/versions", nil).want(t, 200).decode(t, &versions)
	if len(versions.Data) != 4 {
		t.Errorf("%d versions, want 4: %+v", len(versions.Data), versions)
	}
}
