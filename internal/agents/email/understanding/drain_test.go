package understanding_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"rapport/internal/agents"
	"rapport/internal/agents/email"
	"rapport/internal/agents/email/prompt"
	"rapport/internal/agents/email/understanding"
	"rapport/internal/ai"
	"rapport/internal/ai/guard"
	"rapport/internal/platform/actor"
)

// outage is a gateway whose model is away until it is told otherwise.
type outage struct {
	mu       sync.Mutex
	away     bool
	noRules  bool // rules do not stand in: there are tickets
	refuses  bool // the model declines
	after    time.Duration
	stop     func() // once stopAt questions were answered
	stopAt   int
	asked    []string // subjects of mail that the model answered, by agent
	now, max int      // on their way
	trouble  []string
}

func (g *outage) Do(ctx context.Context, r ai.Request) (ai.Response, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now++
	g.max = max(g.max, g.now)
	g.mu.Unlock()
	_, user := r.Prompt.Render("0011223344556677")
	output, ok := prompt.Brain(r.Task, guard.Sections(user))
	g.mu.Lock()
	g.now--
	if !ok || r.Agent != r.Task || r.RunID == "" || r.Verify == nil || r.Class == "" {
		g.trouble = append(g.trouble, fmt.Sprintf("%+v", r))
	}
	if g.stop != nil && len(g.asked) >= g.stopAt {
		g.stop()
	}
	switch {
	case ctx.Err() != nil:
		return ai.Response{}, ctx.Err()
	case g.refuses:
		return ai.Response{}, &ai.Fault{Kind: ai.PolicyRefused, Err: errors.New("declined")}
	case g.away && (g.noRules || r.NoRules):
		return ai.Response{Deferred: &ai.Ticket{After: g.after, Reason: "overloaded"}}, nil
	}
	output, err := r.Verify(output)
	if err != nil {
		return ai.Response{}, err
	}
	if g.away {
		return ai.Response{Output: output, Engine: "rules", Version: email.RulesVersion, Degraded: true, Upgrade: g.after}, nil
	}
	g.asked = append(g.asked, r.Task+" "+guard.Sections(user)["subject"])
	return ai.Response{Output: output, Engine: "vendor", Version: "v1"}, nil
}

// station is a desk whose gateway and clock a test holds.
type station struct {
	*desk
	gateway *outage
	at      time.Time
}

func stationed(t *testing.T) *station {
	t.Helper()
	s := &station{desk: open(t), gateway: &outage{away: true, after: time.Minute}, at: now}
	clock := func() time.Time { return s.at }
	s.s = understanding.New(s.db, s.queue, agents.New(s.db, s.gateway, clock), clock)
	t.Cleanup(func() {
		if len(s.gateway.trouble) > 0 {
			t.Errorf("asked wrongly: %s", s.gateway.trouble[0])
		}
	})
	return s
}

// drain does what the job does until it has nothing left, at most so often, and
// lets time pass as it asks for. It returns how long it snoozed each time.
func (s *station) drain(ctx context.Context, times int) (naps []time.Duration) {
	s.t.Helper()
	for range times {
		err := understanding.DrainNow(s.s, ctx)
		nap, ok := errors.AsType[*river.JobSnoozeError](err)
		if err != nil && !ok {
			s.t.Fatalf("drain: %v", err)
		}
		if err == nil {
			return naps
		}
		naps = append(naps, nap.Duration)
		s.at = s.at.Add(nap.Duration)
	}
	return naps
}

func (s *station) jobs() string {
	s.t.Helper()
	var n string
	if err := s.db.Session().QueryRow(s.t.Context(), `SELECT count(*)::text FROM river.river_job WHERE kind = 'message.drain' AND args ->> 'workspace' = $1`, actor.Workspace(s.ctx)).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// mailbox stores n messages, the first of which is the oldest.
func (s *station) mailbox(n int) (ids []string) {
	for i := range n {
		ids = append(ids, s.store(mail{subject: fmt.Sprintf("Mail %02d", i), body: question, sentAt: now.Add(time.Duration(i-n) * time.Minute)}))
	}
	return ids
}

const (
	engines = `SELECT DISTINCT concat_ws('|', 'triage', engine, degraded) FROM email_triage WHERE workspace_id = $1 UNION SELECT DISTINCT concat_ws('|', 'intelligence', engine, degraded) FROM email_intelligence WHERE workspace_id = $1 ORDER BY 1`
	waiting = `SELECT agent || ' ' || count(*) FROM agent_waits WHERE workspace_id = $1 GROUP BY agent ORDER BY agent`
)

func TestAfterAnOutageEverythingIsUpgradedOnceLatestFirst(t *testing.T) {
	t.Parallel()
	s := stationed(t)
	ids := s.mailbox(12)
	s.arrive(ids[:6]...)
	s.arrive(ids[6:]...)
	if got, want := s.value(engines), "intelligence|rules|t, triage|rules|t"; got != want {
		t.Fatalf("during the outage: %s; want %s", got, want)
	}
	if got, want := s.value(waiting), "email.intelligence 12, email.triage 12"; got != want || s.jobs() != "1" {
		t.Fatalf("waiting: %s in %s jobs; want %s in one", got, s.jobs(), want)
	}
	if naps := s.drain(s.ctx, 3); len(naps) != 3 || naps[0] != time.Minute || naps[1] != time.Minute {
		t.Errorf("the job naps %v while the engine is away, want a minute each", naps)
	}
	if got, want := s.value(engines), "intelligence|rules|t, triage|rules|t"; got != want || len(s.gateway.asked) != 0 {
		t.Fatalf("still during the outage: %s; want %s", got, want)
	}
	s.gateway.away, s.gateway.max = false, 0
	s.drain(s.ctx, 100)
	if got, want := s.value(engines), "intelligence|vendor|f, triage|vendor|f"; got != want {
		t.Errorf("after the outage: %s; want %s", got, want)
	}
	if got := s.value(waiting) + s.value(`SELECT 'a drain' FROM email_drains WHERE workspace_id = $1`); got != "" {
		t.Errorf("left over: %s", got)
	}
	s.checkOrder(12)
	if s.gateway.max > understanding.AtOnce {
		t.Errorf("%d questions were on their way at once, want at most %d", s.gateway.max, understanding.AtOnce)
	}
	steps := s.value(`SELECT DISTINCT concat_ws(' ', n.input ->> 'supersedes', o.output ->> 'superseded_by', n.seq, o.output ->> 'engine') FROM agent_steps n
		JOIN agent_steps o ON o.workspace_id = n.workspace_id AND o.run_id = n.run_id AND o.seq = (n.input ->> 'supersedes')::integer
		WHERE n.workspace_id = $1 AND n.kind = 'model' AND n.state = 'done'`)
	for _, one := range strings.Split(steps, ", ") {
		f := strings.Fields(one)
		if len(f) != 4 || f[0] != "1" || f[1] != f[2] || f[3] != "rules" {
			t.Errorf("supersedes, superseded by, step, engine: %q", one)
		}
	}
}

// checkOrder checks that the model answered triage for all, then intelligence,
// each from the latest mail on but for those that were asked at once.
func (s *station) checkOrder(n int) {
	s.t.Helper()
	var want []string
	for _, agent := range []string{"email.triage", "email.intelligence"} {
		for i := n - 1; i >= 0; i-- {
			want = append(want, fmt.Sprintf("%s Mail %02d", agent, i))
		}
	}
	got := s.gateway.asked
	if len(got) != len(want) {
		s.t.Fatalf("the model answered %d times, want %d: %v", len(got), len(want), got)
	}
	for i, one := range want {
		if at := slices.Index(got, one); at < 0 || at-i > understanding.AtOnce || i-at > understanding.AtOnce {
			s.t.Errorf("%s was answered as number %d, want about %d", one, at, i)
		}
	}
}

func TestAnUpgradeThatIsKilledGoesOnAndPaysNothingTwice(t *testing.T) {
	t.Parallel()
	s := stationed(t)
	s.arrive(s.mailbox(9)...)
	s.at = s.at.Add(time.Minute)
	s.gateway.away = false
	dying, kill := context.WithCancel(s.ctx)
	s.gateway.stop, s.gateway.stopAt = kill, 5
	if err := understanding.DrainNow(s.s, dying); !errors.Is(err, context.Canceled) {
		t.Fatalf("drain of a dying process: %v", err)
	}
	if got := s.value(`SELECT count(*)::text FROM email_triage WHERE workspace_id = $1 AND NOT degraded`); got == "0" || got == "9" {
		t.Fatalf("%s triages are upgraded by a process that died, want some", got)
	}
	s.gateway.stop = nil
	s.drain(s.ctx, 100)
	if got, want := s.value(engines), "intelligence|vendor|f, triage|vendor|f"; got != want || len(s.gateway.asked) != 18 {
		t.Errorf("%s after %d answers; want %s after 18", got, len(s.gateway.asked), want)
	}
}

func TestDeferredMailIsAskedAboutInTheSameWay(t *testing.T) {
	t.Parallel()
	s := stationed(t)
	s.gateway.noRules = true
	s.arrive(s.mailbox(3)...)
	if got, want := s.value(waiting), "email.intelligence 3, email.triage 3"; got != want || s.jobs() != "1" {
		t.Fatalf("waiting: %s; want %s", got, want)
	}
	if got := s.value(engines); got != "" {
		t.Fatalf("stored: %s; want nothing", got)
	}
	s.gateway.away, s.at = false, s.at.Add(time.Minute)
	s.drain(s.ctx, 100)
	if got, want := s.value(engines), "intelligence|vendor|f, triage|vendor|f"; got != want {
		t.Errorf("after the outage: %s; want %s", got, want)
	}
	s.checkOrder(3)
}

func TestAModelThatDeclinesLeavesTheDegradedAnswerAndIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	s := stationed(t)
	m := s.mailbox(1)
	s.arrive(m...)
	s.gateway.refuses, s.at = true, s.at.Add(time.Minute)
	s.drain(s.ctx, 100)
	if got, want := s.value(engines), "intelligence|rules|t, triage|rules|t"; got != want || s.value(waiting) != "" {
		t.Errorf("stored: %s, waiting %q; want %s and nobody", got, s.value(waiting), want)
	}
	if got, want := s.value(`SELECT DISTINCT concat_ws(' ', state, engine, degraded, error) FROM agent_runs WHERE workspace_id = $1`), "done rules t "; got != want {
		t.Errorf("runs: %q; want %q", got, want)
	}
	if got, want := s.value(`SELECT DISTINCT error FROM agent_steps WHERE workspace_id = $1 AND state = 'failed'`), "policy_refused: declined"; got != want {
		t.Errorf("failed steps say %q, want %q", got, want)
	}
}

func TestAfterThreeDaysNobodyWaits(t *testing.T) {
	t.Parallel()
	s := stationed(t)
	s.arrive(s.mailbox(2)...)
	s.gateway.noRules, s.gateway.after = true, 6*time.Hour
	s.arrive(s.store(mail{subject: "Late", body: question}))
	naps := s.drain(s.ctx, 100)
	var all time.Duration
	for _, n := range naps {
		all += n
	}
	if s.value(waiting) != "" || all < 72*time.Hour || all > 90*time.Hour {
		t.Errorf("waiting: %q after %v; want nobody after three days", s.value(waiting), all)
	}
	if got, want := s.value(`SELECT DISTINCT concat_ws(' ', state, engine) FROM agent_runs WHERE workspace_id = $1 ORDER BY 1`), "done rules, failed "; got != want {
		t.Errorf("runs: %q; want %q", got, want)
	}
	s.gateway.away, s.gateway.noRules = true, false
	s.arrive(s.store(mail{subject: "Next", body: question}))
	if s.jobs() != "2" {
		t.Errorf("%s jobs were added in all, want a second one for a second outage", s.jobs())
	}
}
