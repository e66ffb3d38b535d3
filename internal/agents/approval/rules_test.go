package approval_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/internal/agents/approval"
	"rapport/internal/agents/policy"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

func TestWhoMayDecide(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	owner, mia := d.person("Ana", actor.Owner), d.person("Mia", actor.Member)
	critical := func(of actor.Actor) shown {
		ben := d.contact(owner, fmt.Sprintf("b%d@fjord.example", d.woken.Add(1)))
		s := d.asked(agent("contact", of), "contact.update", map[string]any{"id": ben.ID, "title": "Owner", "If-Match": `"1"`})
		d.exec(`UPDATE approvals SET risk = 75 WHERE workspace_id = $1 AND id = $2::uuid`, s.ID)
		return s
	}
	decide := func(a actor.Actor, s shown, more map[string]any) string {
		args := map[string]any{"id": s.ID, "hash": s.Hash}
		for k, v := range more {
			args[k] = v
		}
		if err := d.call(a, "approval.approve", args, nil); err != nil {
			return code(err)
		}
		return ""
	}
	ofOwner := critical(owner)
	if got := decide(agent("contact", owner), ofOwner, nil); got != "approval_person" {
		t.Errorf("an agent: %q, want approval_person", got)
	}
	if got := decide(mia, ofOwner, nil); got != "approval_admin" {
		t.Errorf("a member at 75: %q, want approval_admin", got)
	}
	if got := decide(owner, ofOwner, nil); got != "approval_password" {
		t.Errorf("the only admin, for whom it is done: %q, want approval_password", got)
	}
	if got := decide(owner, ofOwner, map[string]any{"password": "wrong"}); got != "wrong" {
		t.Errorf("with a wrong password: %q, want wrong", got)
	}
	if got := decide(owner, ofOwner, map[string]any{"password": "correct horse"}); got != "" {
		t.Errorf("with their password: %q, want it done", got)
	}
	second := critical(owner)
	ada := d.person("Ada", actor.Admin)
	if got := decide(owner, second, map[string]any{"password": "correct horse"}); got != "approval_other" {
		t.Errorf("with another admin there: %q, want approval_other", got)
	}
	if got := decide(ada, second, nil); got != "" {
		t.Errorf("another admin: %q, want it done", got)
	}
}

// Of what a person asked for by a client of theirs, somebody else decides from
// 40 on; below that they may themselves.
func TestWhoAskedDoesNotDecideWhatIsOfHighRisk(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	owner, mia := d.person("Ana", actor.Owner), d.person("Mia", actor.Member)
	for email, want := range map[string]string{"low": "", "high": "approval_other"} {
		ben := d.contact(owner, email+"@fjord.example")
		operation, args := "contact.tag", map[string]any{"id": ben.ID, "tags": []string{"a"}}
		if email == "high" {
			operation, args = "contact.email.add", map[string]any{"id": ben.ID, "address": "x@fjord.example"}
		}
		var s shown
		d.must(mia, "approval.create", map[string]any{"operation": operation, "args": args, "title": "Do it", "why": "So."}, &s)
		err := d.call(mia, "approval.approve", map[string]any{"id": s.ID, "hash": s.Hash}, nil)
		if got := code(err); err != nil && got != want || err == nil && want != "" {
			t.Errorf("%s: %v, want %q", operation, err, want)
		}
	}
}

// Whoever asks does not say how risky it is: what is asked for does.
func TestTheRiskIsThatOfTheArguments(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	owner, mia := d.person("Ana", actor.Owner), d.person("Mia", actor.Member)
	ben, eva := d.contact(owner, "ben@fjord.example"), d.contact(owner, "eva@fjord.example")
	d.exec(`UPDATE contacts SET score = 85 WHERE workspace_id = $1 AND id = $2::uuid`, ben.ID)
	var kept struct{ ID string }
	d.must(owner, "note.create", map[string]any{"entity": "contact", "entity_id": ben.ID, "body": "Calls on Mondays."}, &kept)
	for name, c := range map[string]struct {
		operation string
		args      map[string]any
		want      int
	}{
		"a status":       {"contact.update", map[string]any{"id": ben.ID, "status": "lead", "If-Match": `"1"`}, 35},
		"a note of them": {"note.create", map[string]any{"entity": "contact", "entity_id": ben.ID, "body": "Calls on Fridays."}, 25},
		"another's note": {"note.update", map[string]any{"id": kept.ID, "body": "Calls on Fridays.", "If-Match": `"1"`}, 40},
	} {
		for claim, more := range map[string]map[string]any{"nothing": {}, "somebody else": {"entity": "contact", "entity_id": eva.ID}, "a company": {"entity": "company", "entity_id": eva.ID}} {
			args := map[string]any{"operation": c.operation, "args": c.args, "title": "Do it", "why": "So."}
			maps.Copy(args, more)
			var s struct {
				Risk          int
				SubjectEntity string `json:"subject_entity"`
				SubjectID     string `json:"subject_id"`
			}
			d.must(mia, "approval.create", args, &s)
			if s.Risk != c.want {
				t.Errorf("%s, said to be about %s: risk %d, want %d", name, claim, s.Risk, c.want)
			}
			if c.operation != "note.update" && (s.SubjectEntity != "contact" || s.SubjectID != ben.ID) {
				t.Errorf("%s, said to be about %s: about %s %s, want the contact of the arguments", name, claim, s.SubjectEntity, s.SubjectID)
			}
		}
	}
}

// What an operation would not take is not asked for.
func TestWhatWouldBeRefusedIsNotAskedFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	owner, mia := d.person("Ana", actor.Owner), d.person("Mia", actor.Member)
	ben := d.contact(owner, "ben@fjord.example")
	for name, c := range map[string]struct {
		operation string
		args      map[string]any
		pointer   string
	}{
		"an unknown field":            {"contact.update", map[string]any{"id": ben.ID, "titel": "Buyer", "If-Match": `"1"`}, "/args/titel"},
		"one inside of another":       {"contact.create", map[string]any{"name": "Eva", "emails": []any{map[string]any{"address": "e@fjord.example", "main": true}}}, "/args/emails"},
		"a value of another type":     {"contact.update", map[string]any{"id": ben.ID, "title": 7, "If-Match": `"1"`}, "/args/title"},
		"a missing id":                {"contact.update", map[string]any{"title": "Buyer"}, "/args/id"},
		"a missing field":             {"note.create", map[string]any{"entity": "contact", "entity_id": ben.ID}, "/args/body"},
		"a field where there is none": {"contact.delete", map[string]any{"id": ben.ID, "force": true}, "/args/force"},
	} {
		err := d.call(mia, "approval.create", map[string]any{"operation": c.operation, "args": c.args, "title": "Do it"}, nil)
		p, ok := err.(*problem.Error)
		if !ok || p.Code != "validation_failed" || len(p.Fields) == 0 || !strings.HasPrefix(p.Fields[0].Pointer, c.pointer) {
			t.Errorf("%s: %+v, want validation_failed at %s", name, err, c.pointer)
		}
		raw, _ := json.Marshal(c.args)
		if _, j, err := d.propose(agent("contact", owner), approval.Action{Operation: c.operation, Args: raw, Title: "Do it", Confidence: .9}); err != nil || j.Verdict != approval.Blocked {
			t.Errorf("%s, by an agent: %+v, %v; want it blocked", name, j, err)
		}
	}
	if n := d.count(`SELECT count(*) FROM approvals WHERE workspace_id = $1 AND state = 'pending'`); n != 0 {
		t.Errorf("%d approvals wait, want none", n)
	}
}

// What a person makes of an action is judged again.
func TestAnEditChangesTheBand(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	owner := d.person("Ana", actor.Owner)
	d.person("Ada", actor.Admin)
	ben := d.contact(owner, "ben@fjord.example")
	s := d.asked(agent("contact", owner), "contact.update", map[string]any{"id": ben.ID, "status": "lead", "If-Match": `"1"`})
	if s.Band != "medium" || s.Risk != 20 {
		t.Fatalf("a status is %s, %d; want medium, 20", s.Band, s.Risk)
	}
	var done shown
	err := d.call(owner, "approval.approve", map[string]any{"id": s.ID, "hash": s.Hash, "args": map[string]any{"id": ben.ID, "status": "lead", "title": "Owner", "If-Match": `"1"`}}, &done)
	if err != nil || !done.Edited || done.Risk != 25 || done.State != "done" {
		t.Errorf("edited it is %+v, %v; want it done at 25", done, err)
	}
}

// Whoever might have allowed what was asked may not allow what they made of it,
// once that is of a higher band: then it stays as it was.
func TestAnEditThatCrossesABandNeedsSomebodyElse(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	owner, mia, zoe := d.person("Ana", actor.Owner), d.person("Mia", actor.Member), d.person("Zoe", actor.Member)
	ben := d.contact(owner, "ben@fjord.example")
	d.exec(`UPDATE contacts SET score = 85 WHERE workspace_id = $1 AND id = $2::uuid`, ben.ID)
	var s, done shown
	d.must(mia, "approval.create", map[string]any{"operation": "contact.update", "args": map[string]any{"id": ben.ID, "status": "lead", "If-Match": `"1"`}, "title": "Do it", "why": "So.", "entity": "contact", "entity_id": ben.ID}, &s)
	if s.Risk != 35 || s.Band != "medium" {
		t.Fatalf("a status is %s, %d; want medium, 35", s.Band, s.Risk)
	}
	edit := map[string]any{"id": s.ID, "hash": s.Hash, "args": map[string]any{"id": ben.ID, "title": "Head of sales", "If-Match": `"1"`}}
	if err := d.call(mia, "approval.approve", edit, nil); code(err) != "approval_other" {
		t.Errorf("who asked allowed more than was asked: %v, want approval_other", err)
	}
	var still shown
	d.must(zoe, "approval.get", map[string]any{"id": s.ID}, &still)
	if still.State != "pending" || still.Risk != 35 || still.Edited || still.Hash != s.Hash || d.read(owner, ben.ID).Version != 1 {
		t.Errorf("after the refusal it is %+v, want it as it was", still)
	}
	if err := d.call(zoe, "approval.approve", edit, &done); err != nil || done.State != "done" || done.Risk != 40 || done.Band != "high" || !done.Edited {
		t.Errorf("by somebody else it is %+v, %v; want it done at 40, high", done, err)
	}
}

func TestAFailureSaysWhy(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	owner := d.person("Ana", actor.Owner)
	ben := d.contact(owner, "ben@fjord.example")
	_ = d.contact(owner, "ada@fjord.example")
	s := d.asked(agent("contact", owner), "contact.tag", map[string]any{"id": ben.ID, "tags": []string{"a"}})
	d.exec(`UPDATE contacts SET deleted_at = now() WHERE workspace_id = $1 AND id = $2::uuid`, ben.ID)
	var done shown
	err := d.call(owner, "approval.approve", map[string]any{"id": s.ID, "hash": s.Hash}, &done)
	if err == nil && done.State == "done" {
		t.Errorf("it is %+v, want it not done", done)
	}
	d.must(owner, "approval.get", map[string]any{"id": s.ID}, &done)
	if err == nil && done.Reason == "" {
		t.Errorf("it is %+v without a reason, %v", done, err)
	}
}

func TestWhatWaitsForADayIsToldOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	owner := d.person("Ana", actor.Owner)
	ben := d.contact(owner, "ben@fjord.example")
	d.asked(agent("contact", owner), "contact.tag", map[string]any{"id": ben.ID, "tags": []string{"a"}})
	for _, c := range []struct {
		ahead time.Duration
		want  int64
	}{{23 * time.Hour, 0}, {25 * time.Hour, 1}, {26 * time.Hour, 1}} {
		d.ahead.Store(int64(c.ahead))
		if err := d.service.Sweep(d.as(owner)); err != nil {
			t.Fatal(err)
		}
		if got := d.count(`SELECT count(*) FROM notifications WHERE workspace_id = $1 AND kind = 'approval' AND title LIKE 'Waits%'`); got != c.want {
			t.Errorf("after %v there are %d notices, want %d", c.ahead, got, c.want)
		}
	}
	d.ahead.Store(int64(73 * time.Hour))
	if err := d.service.Sweep(d.as(owner)); err != nil {
		t.Fatal(err)
	}
	if got := d.count(`SELECT count(*) FROM approvals WHERE workspace_id = $1 AND state = 'expired'`); got != 1 {
		t.Errorf("after 73 hours %d are expired, want 1", got)
	}
}

// Twenty actions at once take the five places of a day, no more.
func TestPlacesOfADayAreTakenOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	owner := d.person("Ana", actor.Owner)
	d.policy(owner, "", policy.Charter{Enabled: true, Autonomy: policy.Low, DailyActions: 5})
	ben := d.contact(owner, "ben@fjord.example")
	var all sync.WaitGroup
	verdicts := make(chan approval.Verdict, 20)
	for i := range 20 {
		raw, _ := json.Marshal(map[string]any{"id": ben.ID, "tags": []string{fmt.Sprint(i)}})
		all.Go(func() {
			j, err := d.service.Judge(d.as(agent("contact", owner)), approval.Origin{Agent: "contact"}, approval.Action{Operation: "contact.tag", Args: raw, Confidence: .9, Entity: "contact", ID: ben.ID})
			if err != nil {
				t.Error(err)
			}
			verdicts <- j.Verdict
		})
	}
	all.Wait()
	close(verdicts)
	counts := map[approval.Verdict]int{}
	for v := range verdicts {
		counts[v]++
	}
	if counts[approval.Allowed] != 5 || counts[approval.Blocked] != 15 {
		t.Errorf("of 20 actions: %v, want 5 allowed and 15 blocked", counts)
	}
}

func (d *desk) exec(sql string, args ...any) {
	d.Helper()
	err := d.db.Write(d.as(actor.Actor{Kind: actor.System, WorkspaceID: d.workspace, Role: actor.Owner}), func(tx *pg.Tx) error {
		tx.Queue(sql, append([]any{tx.Workspace()}, args...)...)
		return nil
	})
	if err != nil {
		d.Fatal(err)
	}
}

func (d *desk) count(sql string) (n int64) {
	d.Helper()
	err := d.db.Read(d.as(actor.Actor{Kind: actor.System, WorkspaceID: d.workspace, Role: actor.Owner}), func(tx *pg.Tx) (err error) {
		n, err = pg.Value[int64](tx, sql, tx.Workspace())
		return err
	})
	if err != nil {
		d.Fatal(err)
	}
	return n
}
