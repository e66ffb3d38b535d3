package understanding_test

import (
	"fmt"
	"testing"
	"time"

	"rapport/internal/agents/email/understanding"
)

// TestTwoHoursWithoutProvidersLoseNothingAndPayNothingTwice lets mail come in
// all through an outage of two hours, in virtual time: the runner, the rules and
// the database are the real ones.
func TestTwoHoursWithoutProvidersLoseNothingAndPayNothingTwice(t *testing.T) {
	t.Parallel()
	s := stationed(t)
	s.gateway.after = 7 * time.Minute
	const every, outage = 4 * time.Minute, 2 * time.Hour
	count, next := 0, s.at
	for over := s.at.Add(outage); s.at.Before(over); s.at = s.at.Add(every) {
		s.arrive(s.store(mail{subject: fmt.Sprintf("Mail %02d", count), body: question, sentAt: s.at}))
		count++
		if !s.at.Before(next) { // as the job snoozes
			at := s.at
			naps := s.drain(s.ctx, 1)
			if s.at = at; len(naps) != 1 {
				t.Fatalf("after %v the job has nothing left to wait for", s.at.Sub(now))
			}
			next = s.at.Add(naps[0])
		}
		if got, want := s.value(`SELECT count(*)::text FROM email_triage WHERE workspace_id = $1 AND state = 'done' AND engine = 'rules' AND degraded`), fmt.Sprint(count); got != want {
			t.Fatalf("after %v: %s mails are triaged by rules, want %s", s.at.Sub(now), got, want)
		}
	}
	if len(s.gateway.asked) != 0 || s.jobs() != "1" {
		t.Fatalf("during the outage: %d answers, %s jobs; want none and one", len(s.gateway.asked), s.jobs())
	}
	s.at = s.at.Add(s.gateway.after) // then everything is due, and goes by its priority
	s.gateway.away, s.gateway.max = false, 0
	s.drain(s.ctx, 200)
	s.checkOrder(count) // triage before intelligence, the latest first, each once
	per := map[string]int{}
	for _, one := range s.gateway.asked {
		per[one]++
	}
	for one, n := range per {
		if n != 1 {
			t.Errorf("%s was paid for %d times, want once", one, n)
		}
	}
	if len(per) != 2*count {
		t.Errorf("%d answers of the model, want two for each of %d mails", len(per), count)
	}
	if got, want := s.value(engines), "intelligence|vendor|f, triage|vendor|f"; got != want {
		t.Errorf("after the outage: %s; want %s", got, want)
	}
	if got := s.value(waiting) + s.value(`SELECT 'a drain' FROM email_drains WHERE workspace_id = $1`); got != "" {
		t.Errorf("left over: %s", got)
	}
	runs := s.value(`SELECT concat_ws(' ', agent, state, count(*), count(DISTINCT subject_id)) FROM agent_runs WHERE workspace_id = $1 GROUP BY agent, state ORDER BY agent`)
	if want := fmt.Sprintf("email.intelligence done %[1]d %[1]d, email.triage done %[1]d %[1]d", count); runs != want {
		t.Errorf("runs: %s; want %s", runs, want)
	}
	if s.gateway.max > understanding.AtOnce {
		t.Errorf("%d questions were on their way at once, want at most %d", s.gateway.max, understanding.AtOnce)
	}
}
