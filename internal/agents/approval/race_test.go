package approval_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rapport/internal/agents/approval"
	"rapport/internal/agents/policy"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

var cases = flag.Int("cases", 500, "how many random cases of approvals to play")

// Whatever happens to an approval at the same time, its action is carried out
// once at most, and only the way that whoever allowed it saw or made it, while
// nothing it relies on had changed and its time was not over.
func TestAnApprovalIsCarriedOutAsItWasSeenOrNotAtAll(t *testing.T) {
	t.Parallel()
	r := &races{desk: newDesk(t)}
	r.owner, r.member = r.person("Ana", actor.Owner), r.person("Mia", actor.Member)
	r.policy(r.owner, "", policy.Charter{Enabled: true, Autonomy: policy.Low, DailyActions: 200})
	began := time.Now()
	next := atomic.Int64{}
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			for n := next.Add(1); n <= int64(*cases) && !t.Failed(); n = next.Add(1) {
				if err := r.play(n); err != nil {
					t.Errorf("case %d: %v", n, err)
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d cases in %v: %d done, %d rejected, %d stale, %d expired, %d failed, %d cancelled, %d left pending; %d moves",
		*cases, time.Since(began).Round(time.Second), r.ended("done"), r.ended("rejected"), r.ended("stale"), r.ended("expired"), r.ended("failed"), r.ended("cancelled"), r.ended("pending"), r.moves.Load())
	for _, state := range []string{"done", "rejected", "stale", "expired"} {
		if r.ended(state) == 0 {
			t.Errorf("no case ended %s: the test does not try what it says", state)
		}
	}
}

type races struct {
	*desk
	owner, member actor.Actor
	ends          sync.Map
	moves         atomic.Int64
}

func (r *races) ended(state string) int64 {
	n, _ := r.ends.LoadOrStore(state, new(atomic.Int64))
	return n.(*atomic.Int64).Load()
}

// scene is one approval and what is done to it at once.
type scene struct {
	sweeps bool
	*races
	rnd       *rand.Rand
	n         int64
	contactID string
	approval  shown
	tagging   bool
	// allowed are the values that somebody has seen or typed, won how often
	// somebody was told that it was done.
	mu      sync.Mutex
	allowed []string
	won     int
}

func (r *races) play(n int64) error {
	s := &scene{races: r, n: n, rnd: rand.New(rand.NewPCG(uint64(n), 7))}
	if err := s.begin(); err != nil {
		return err
	}
	moves := []func() error{s.approve, s.approve, s.approveEdited, s.approveUnseen, s.reject, s.group, s.change, s.expire, s.tamper, s.sweep, s.cancel}
	s.sweeps = s.rnd.IntN(8) == 0 // it is of all cases
	start, count := make(chan struct{}), 2+s.rnd.IntN(4)
	errs := make(chan error, count)
	for range count {
		move := moves[s.rnd.IntN(len(moves))]
		r.moves.Add(1)
		go func() { <-start; errs <- move() }()
	}
	close(start)
	for range count {
		if err := <-errs; err != nil {
			return err
		}
	}
	return s.check()
}

func (s *scene) begin() error {
	var made person
	err := s.call(s.owner, "contact.create", map[string]any{"name": "Ben Ode", "email": fmt.Sprintf("p%d@fjord.example", s.n), "title": "Buyer"}, &made)
	if err != nil {
		return err
	}
	s.contactID, s.tagging = made.ID, s.rnd.IntN(2) == 0
	s.allowed = []string{s.value("agent")}
	raw, err := json.Marshal(s.args(s.value("agent")))
	if err != nil {
		return err
	}
	operation := "contact.update"
	if s.tagging {
		operation = "contact.tag"
	}
	approvalID, j, err := s.propose(agent(fmt.Sprintf("contact %d", s.n/200), s.owner), approval.Action{Operation: operation, Args: raw, Title: "Case", Confidence: .9, Ask: true})
	if err != nil || j.Verdict != approval.Asked && j.Verdict != approval.Blocked {
		return fmt.Errorf("judged %+v: %w", j, err)
	}
	if j.Verdict == approval.Blocked {
		return fmt.Errorf("blocked: %s", j.Reason)
	}
	return s.call(s.owner, "approval.get", map[string]any{"id": approvalID}, &s.approval)
}

func (s *scene) value(who string) string { return fmt.Sprintf("%s-%d", who, s.n) }

func (s *scene) args(value string) map[string]any {
	if s.tagging {
		return map[string]any{"id": s.contactID, "tags": []string{value}}
	}
	return map[string]any{"id": s.contactID, "title": value, "If-Match": `"1"`}
}

// tell takes what an approval answered: an error is one of those that decide
// nothing.
func (s *scene) tell(a shown, err error) error {
	switch c := code(err); {
	case err == nil && a.State == "done":
		s.mu.Lock()
		defer s.mu.Unlock()
		s.won++
		return nil
	case err == nil && (a.State == "stale" || a.State == "expired" || a.State == "failed"):
		return nil
	case c == "approval_decided", c == "approval_changed", c == "database_busy":
		return nil
	}
	return fmt.Errorf("an approval answered %+v, %w", a, err)
}

func (s *scene) approve() error {
	return s.tell(s.decide(s.approval.Hash, nil))
}

func (s *scene) approveEdited() error {
	value := s.value("edited" + id.New()[30:])
	s.mu.Lock()
	s.allowed = append(s.allowed, value)
	s.mu.Unlock()
	return s.tell(s.decide(s.approval.Hash, s.args(value)))
}

// approveUnseen sends a hash of something else; it must never come through.
func (s *scene) approveUnseen() error {
	a, err := s.decide(strings.Repeat("0", 64), s.args(s.value("unseen")))
	if err == nil {
		return fmt.Errorf("what was not seen was answered with %+v", a)
	}
	return s.tell(a, err)
}

func (s *scene) decide(hash string, args map[string]any) (a shown, err error) {
	in := map[string]any{"id": s.approval.ID, "hash": hash}
	if args != nil {
		in["args"] = args
	}
	err = s.call(s.member, "approval.approve", in, &a)
	return a, err
}

func (s *scene) group() error {
	item := map[string]any{"id": s.approval.ID, "hash": s.approval.Hash}
	var out struct {
		Data []struct{ State, Code, Reason string }
	}
	if err := s.call(s.owner, "approval.approve_group", map[string]any{"items": []any{item, item}}, &out); err != nil {
		return err
	}
	for _, o := range out.Data {
		var err error
		if o.Code != "" {
			err = problem.New(problem.Conflict, o.Code, o.Reason)
		}
		if err := s.tell(shown{State: o.State}, err); err != nil {
			return err
		}
	}
	return nil
}

func (s *scene) reject() error {
	var a shown
	err := s.call(s.member, "approval.reject", map[string]any{"id": s.approval.ID, "reason": "No."}, &a)
	if err == nil && a.State == "rejected" {
		return nil
	}
	return s.tell(a, err)
}

// change has a person change the same field.
func (s *scene) change() error {
	if s.tagging {
		return s.call(s.owner, "contact.tag", map[string]any{"id": s.contactID, "tags": []string{s.value("person")}}, nil)
	}
	err := s.call(s.owner, "contact.update", map[string]any{"id": s.contactID, "title": s.value("person"), "If-Match": `"1"`}, nil)
	if code(err) == "stale" {
		return nil
	}
	return err
}

// expire lets the time of the approval be over.
func (s *scene) expire() error {
	return s.by(`UPDATE approvals SET expires_at = now() - interval '1 second' WHERE workspace_id = $1 AND id = $2::uuid AND state = 'pending'`)
}

// tamper changes the row by hand.
func (s *scene) tamper() error {
	field := "title"
	if s.tagging {
		field = "tags"
	}
	return s.by(`UPDATE approvals SET args = json_build_object('id', args->>'id', 'If-Match', args->>'If-Match', '` + field + `', 'tampered') WHERE workspace_id = $1 AND id = $2::uuid AND state = 'pending'`)
}

func (s *scene) by(sql string) error {
	return s.db.Write(s.as(s.owner), func(tx *pg.Tx) error {
		tx.Queue(sql, tx.Workspace(), s.approval.ID)
		return nil
	})
}

func (s *scene) sweep() error {
	if !s.sweeps {
		return nil
	}
	return s.service.Sweep(s.as(s.owner))
}

func (s *scene) cancel() error {
	return s.by(`UPDATE approvals SET state = 'cancelled', decided_at = now() WHERE workspace_id = $1 AND id = $2::uuid AND state = 'pending'`)
}

type done struct {
	Changes json.RawMessage
	Kind    string
}

// check compares what happened to the contact with what became of the approval.
func (s *scene) check() error {
	var state string
	var late bool
	var acts []done
	err := s.db.Read(s.as(s.owner), func(tx *pg.Tx) error {
		type row struct {
			State string
			Late  bool
		}
		var rows []row
		pg.Later(tx, &rows, `SELECT state, coalesce(expires_at <= decided_at, false) AS late FROM approvals WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), s.approval.ID)
		pg.Later(tx, &acts, `SELECT changes, actor->>'kind' AS kind FROM events WHERE workspace_id = $1 AND entity_id = $2::uuid AND kind = 'updated' AND actor->>'kind' = 'agent' ORDER BY id`, tx.Workspace(), s.contactID)
		if err := tx.Flush(); err != nil {
			return err
		}
		state, late = rows[0].State, rows[0].Late
		return nil
	})
	if err != nil {
		return err
	}
	n, _ := s.ends.LoadOrStore(state, new(atomic.Int64))
	n.(*atomic.Int64).Add(1)
	switch {
	case len(acts) > 1:
		return fmt.Errorf("it was carried out %d times, want once", len(acts))
	case (state == "done") != (len(acts) == 1) || s.won != len(acts):
		return fmt.Errorf("the approval is %s, it was carried out %d times, and %d were told so", state, len(acts), s.won)
	case len(acts) == 0:
		return nil
	case late:
		return fmt.Errorf("it was carried out when its time was over")
	}
	return s.asSeen(acts[0].Changes)
}

// asSeen compares what was carried out with what somebody saw or typed, and
// what was there before with what was there when it was proposed.
func (s *scene) asSeen(changes json.RawMessage) error {
	text := string(changes)
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := false
	for _, v := range s.allowed {
		seen = seen || strings.Contains(text, `"`+v+`"`)
	}
	if !seen || strings.Contains(text, "tampered") || strings.Contains(text, "unseen") {
		return fmt.Errorf("it was carried out as %s, want one of %v", text, s.allowed)
	}
	if strings.Contains(text, "person-") {
		return fmt.Errorf("it was carried out over what a person had changed: %s", text)
	}
	return nil
}
