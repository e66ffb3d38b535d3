package understanding

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/internal/agents"
	"rapport/internal/agents/email/prompt"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/queue"
)

// Drain is the job that asks again about the messages of a workspace which
// wait for an engine. There is one for a workspace at most, and none where
// nobody waits.
type Drain struct {
	Workspace string `json:"workspace"`
}

// Kind names the job.
func (Drain) Kind() string { return "message.drain" }

// In is the workspace of the messages.
func (d Drain) In() string { return d.Workspace }

const (
	// atOnce is how many questions are on their way at once, at most; it begins
	// with one and doubles while all are answered.
	atOnce = 8
	// shift is how long a job asks before it lets others work.
	shift = 45 * time.Second
	// giveUp is how long a message waits.
	giveUp = 72 * time.Hour
)

// later sees to it that a drain runs. Whoever ends one waits for this
// transaction, or this one finds it gone.
func (s *Service) later(tx *pg.Tx) error {
	added, err := pg.Column[bool](tx, `
		INSERT INTO email_drains AS d (workspace_id, wanted_at) VALUES ($1, $2)
		ON CONFLICT (workspace_id) DO UPDATE SET wanted_at = excluded.wanted_at
		RETURNING xmax = 0`, tx.Workspace(), s.now())
	if err != nil || !added[0] {
		return err
	}
	return s.queue.Add(context.Background(), tx, Drain{Workspace: tx.Workspace()})
}

// drain asks again about what is due, in small batches that grow while they are
// answered, and comes back when more is due. It ends when nobody waits.
func (s *Service) drain(ctx context.Context) error {
	for began := time.Now(); ; {
		next, err := s.again(ctx)
		switch {
		case errors.Is(err, errDrained):
			return nil
		case err != nil:
			return err
		case next > 0:
			return queue.Snooze(next)
		case time.Since(began) > shift:
			return queue.Snooze(time.Second)
		}
	}
}

var errDrained = errors.New("nobody waits")

// again asks about one batch, and returns how long to wait before the next.
func (s *Service) again(ctx context.Context) (time.Duration, error) {
	at := s.now()
	var due []agents.Wait
	var next time.Time
	var size []int
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		if size, err = pg.Column[int](tx, `SELECT size FROM email_drains WHERE workspace_id = $1`, tx.Workspace()); err != nil || len(size) == 0 {
			return err
		}
		due, next, err = s.runner.Due(tx, []string{prompt.TriageAgent, prompt.IntelligenceAgent}, size[0])
		return err
	})
	switch {
	case err != nil:
		return 0, fmt.Errorf("look who waits: %w", err)
	case len(size) == 0:
		return 0, errDrained // a job that is left over
	case next.IsZero():
		return 0, s.end(ctx)
	case len(due) == 0:
		return max(next.Sub(at), time.Second), nil
	}
	return s.ask(ctx, due, size[0])
}

// end takes the drain away unless somebody waits after all.
func (s *Service) end(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *pg.Tx) error {
		if _, err := tx.Exec(`SELECT 1 FROM email_drains WHERE workspace_id = $1 FOR UPDATE`, tx.Workspace()); err != nil {
			return err
		}
		if _, next, err := s.runner.Due(tx, []string{prompt.TriageAgent, prompt.IntelligenceAgent}, 1); err != nil || !next.IsZero() {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM email_drains WHERE workspace_id = $1`, tx.Workspace()); err != nil {
			return err
		}
		return nil
	})
}

// ask asks once more about subjects of one agent. Those that waited for too
// long are asked for the last time.
func (s *Service) ask(ctx context.Context, due []agents.Wait, size int) (time.Duration, error) {
	var old, young []string
	for _, w := range due {
		if s.now().Sub(w.Since) >= giveUp {
			old = append(old, w.SubjectID)
		} else {
			young = append(young, w.SubjectID)
		}
	}
	wait := time.Duration(0)
	for _, part := range []struct {
		ids  []string
		last bool
	}{{young, false}, {old, true}} {
		after, err := s.askAbout(ctx, due[0].Agent, part.ids, part.last)
		if err != nil {
			return 0, err
		}
		wait = max(wait, after)
	}
	if size = min(2*size, atOnce); wait > 0 {
		size = 1
	}
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		tx.Queue(`UPDATE email_drains SET size = $2 WHERE workspace_id = $1`, tx.Workspace(), size)
		return nil
	})
	return wait, err
}

// askAbout runs the agent over messages again, and returns how long its engines
// are away. Messages that are gone, or answered by now, wait no longer.
func (s *Service) askAbout(ctx context.Context, agent string, ids []string, last bool) (time.Duration, error) {
	if len(ids) == 0 {
		return 0, nil
	}
	mails, err := s.load(ctx, ids)
	if err != nil {
		return 0, err
	}
	b := s.triage(mails)
	if agent == prompt.IntelligenceAgent {
		b = s.intelligence(mails)
	}
	b.Flight, b.Last, b.Again, b.NoRules = len(ids), last, !last, !last
	results, err := s.runner.Run(ctx, b)
	away, waits := errors.AsType[*agents.DeferredError](err)
	if err != nil && !waits {
		return 0, err
	}
	if last {
		results = nil // whatever it is now, it stays
	}
	if err := s.forget(ctx, agent, ids, results); err != nil {
		return 0, err
	}
	if err := s.score(ctx, mails); err != nil || !waits {
		return 0, err
	}
	return max(away.After, time.Second), nil
}

// forget ends the waiting of those about whom there was nothing to ask.
func (s *Service) forget(ctx context.Context, agent string, ids []string, results []agents.Result) error {
	asked := map[string]bool{}
	for _, r := range results {
		asked[r.SubjectID] = !(r.Stored && !r.Degraded)
	}
	var idle []string
	for _, id := range ids {
		if !asked[id] {
			idle = append(idle, id)
		}
	}
	if len(idle) == 0 {
		return nil
	}
	return s.db.Write(ctx, func(tx *pg.Tx) error { s.runner.Forget(tx, agent, idle); return nil })
}
