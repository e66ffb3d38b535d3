package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"rapport/internal/platform/smtp/smtptest"
)

// says fails unless each word is in the text.
func says(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in:\n%s", w, text)
		}
	}
}

func TestAgentsWorkAtTheCommandLine(t *testing.T) {
	t.Parallel()
	s := newShared(t, "RAPPORT_AI=off")
	s.account("Lumen")
	p := s.serve()
	sink := smtptest.New(t, smtptest.Options{User: "ana", Password: "s3cret"})
	var made struct{ ID string }
	if p.post(p.workspace()+"/senders", map[string]any{"name": "Ana Duarte", "address": "ana@lumen.example",
		"smtp": map[string]any{"host": sink.Host, "port": sink.Port, "security": "none", "username": "ana", "password": "s3cret"}}, &made) != 201 {
		t.Fatal("there is no sender")
	}
	s.must("import", "mail", s.file("two.mbox", mbox(2)))
	var people struct{ Data []struct{ ID string } }
	var waiting struct{ Data []struct{ ID string } }
	eventually(t, "the mail is understood", func() bool {
		p.get(p.workspace()+"/contacts", &people)
		p.get(p.workspace()+"/threads?folder=needs_reply", &waiting)
		return len(people.Data) == 2 && len(waiting.Data) == 2
	})
	says(t, s.must("agent", "list"), "NAME", "AUTONOMY", "SUCCESS", "email/1", "contact", "content/1", "orchestrator", "yes  ")

	out := s.must("agent", "run", "contact", "--limit", "1")
	says(t, out, "Assess Bea Holm: ", " done", "RUN", "STATE", "COST")
	if strings.Count(out, "Bea Holm  ") != 1 {
		t.Errorf("want one run with --limit 1:\n%s", out)
	}
	s.must("agent", "run", "contact", "--once")
	var runs struct{ Data []struct{ Person *string } }
	p.get(p.workspace()+"/runs?program=true&agent=contact", &runs)
	for _, r := range runs.Data {
		if r.Person == nil {
			t.Error("a run of the command line is for nobody, want it for the owner")
		}
	}
	says(t, s.must("agent", "run", "contact"), "nothing to do")
	says(t, s.must("agent", "run", "contact", "--contact", people.Data[0].ID), "done")

	// The draft is the owner's, for whom the command line acts.
	says(t, s.must("agent", "run", "email", "--thread", waiting.Data[0].ID), "Drafted an answer to Bea Holm.")
	says(t, s.must("agent", "run", "email"), "Drafted an answer to") // the thread that had none
	says(t, s.must("agent", "run", "email"), "nothing to do")

	says(t, s.must("agent", "run", "content", "--kind", "social_post", "--topic", "Calm mornings", "--instructions", "One post."),
		"keep done", "Wrote")
	says(t, s.must("agent", "run", "content", "--input", `{"kind": "seo", "topic": "Calm mornings"}`), "RESULT")
	out = s.must("agent", "run", "orchestrator", "--goal", "weekly_report", "--argument", "weeks_back=0")
	says(t, out, "Count the week done", "done", "# ")
	says(t, s.must("agent", "run", "orchestrator", "--goal", "please write a week of posts", "--argument", "topic=Calm mornings"), "waits for a person", "approval ", p.url+"/w/", "/approvals?id=", "Begin the plan")
}

func TestAgentsRefuseAtTheCommandLineWhatTheyCannotDo(t *testing.T) {
	t.Parallel()
	s := newShared(t, "RAPPORT_AI=off")
	s.account("Lumen")
	p := s.serve()
	says(t, s.must("agent", "run", "email"), "nothing to do")
	s.refuses([]string{"eve@other.example is no active member"}, "agent", "run", "email", "--as", "eve@other.example")
	s.refuses([]string{"take longer than --timeout", "goes on with 1 of them"}, "agent", "run", "content", "--kind", "seo", "--topic", "Calm", "--timeout", "1ns")
	s.refuses([]string{"unknown command", "calendar"}, "agent", "run", "calendar")
	s.refuses([]string{"--kind"}, "agent", "run", "content")
	s.refuses([]string{"--input is not JSON"}, "agent", "run", "content", "--input", "{")
	s.refuses([]string{"--watch"}, "agent", "run", "email", "--watch", "--thread", "x")
	s.refuses([]string{"once", "watch"}, "agent", "run", "email", "--watch", "--once")
	s.refuses([]string{"--goal"}, "agent", "run", "orchestrator")
	s.refuses([]string{"name=value"}, "agent", "run", "orchestrator", "--goal", "weekly_report", "--argument", "weeks")
	s.refuses([]string{"unknown_goal"}, "agent", "run", "orchestrator", "--goal", "frobnicate")
	s.refuses([]string{"goal_unavailable"}, "agent", "run", "orchestrator", "--goal", "campaign_postmortem")
	s.refuses([]string{"contact_id"}, "agent", "run", "contact", "--contact", "nobody")
	s.refuses([]string{"a run has failed: 1 of 1"}, "agent", "run", "contact", "--contact", "0190d8a0-0000-7000-8000-000000000000")
	off, err := json.Marshal(map[string]bool{"enabled": false})
	if err != nil {
		t.Fatal(err)
	}
	if a := p.ask(p.key, "PATCH", p.workspace()+"/agents/content", strings.NewReader(string(off))); a.status != 200 {
		t.Fatalf("switching off: %d %s", a.status, a.body)
	}
	s.refuses([]string{"agent_off"}, "agent", "run", "content", "--kind", "seo", "--topic", "Calm")
	s.must("user", "add", "ben@lumen.example", "--role", "owner", "--password", "correct horse battery")
	s.refuses([]string{"--as", "2 owners", "ben@lumen.example"}, "agent", "run", "email")
	says(t, s.must("agent", "run", "email", "--as", "BEN@lumen.example"), "nothing to do")
}

func TestAnAgentIsWatchedAsNewWorkComes(t *testing.T) {
	t.Parallel()
	s := newShared(t, "RAPPORT_AI=off")
	s.account("Lumen")
	p := s.serve()
	w := &process{t: t, cmd: s.command("agent", "run", "contact", "--watch"), log: &buffer{}, done: make(chan struct{})}
	w.cmd.Stdout, w.cmd.Stderr = w.log, w.log
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(w.done)
		_ = w.cmd.Wait() // the state says it
	}()
	t.Cleanup(w.kill)
	eventually(t, "it says that there is nothing", func() bool { return strings.Contains(w.log.String(), "nothing to do") })
	for _, name := range []string{"Ada Berg", "Ben Ode"} {
		var made struct{ ID string }
		if p.post(p.workspace()+"/contacts", map[string]any{"name": name}, &made) != 201 {
			t.Fatal("no contact was made")
		}
		eventually(t, "the new contact is assessed", func() bool { return strings.Contains(w.log.String(), "Assess "+name+": assessment done") })
	}
	if code := w.stop(os.Interrupt); code != 130 {
		t.Errorf("after Ctrl-C it ends with %d, want 130:\n%s", code, w.log)
	}
	if n := strings.Count(w.log.String(), "Assess Ada Berg: assessment done"); n != 1 {
		t.Errorf("Ada was assessed %d times, want once:\n%s", n, w.log)
	}
}
