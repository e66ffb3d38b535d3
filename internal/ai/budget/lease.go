package budget

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rapport/internal/ai"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
)

// ttl is how long a lease lives that nobody renews, idle how long one stays
// that nobody uses.
const (
	ttl  = 2 * time.Minute
	idle = 30 * time.Second
)

// lease is money that is reserved in the database under its id:
// free + held + spent + back of it, where spent and back are not yet accounted.
type lease struct {
	id, agent, person, day string
	turn                   chan struct{} // one at a time asks for more

	mu          sync.Mutex
	free, held  ai.Nano
	spent, back ai.Nano
	calls       int
	last        ai.Nano // what the last call might have cost
	seq         int64
	used        time.Time
	ended       bool
}

// take holds most of what is free, if there is so much.
func (l *lease) take(most ai.Nano) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.free < most || l.ended {
		return false
	}
	l.free -= most
	l.held += most
	l.calls++
	l.last, l.used = most, time.Now()
	return true
}

func (l *lease) missing(most ai.Nano) ai.Nano {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(0, most-l.free)
}

// give adds what was reserved, most of which a call holds at once.
func (l *lease) give(amount, most ai.Nano) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free += amount - most
	l.held += most
	l.calls++
	l.last, l.used = most, time.Now()
}

func (l *lease) over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

// settle turns what a call held into what it spent. What is left beyond the
// next call and one in advance goes back.
func (l *lease) settle(most, spent ai.Nano, durable bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls--
	l.held -= most
	l.spent += spent
	l.free += max(0, most-spent)
	l.used = time.Now()
	keep := 2 * l.last
	if durable {
		keep = 0
	}
	if l.free > keep {
		l.back += l.free - keep
		l.free = keep
	}
}

// hold is the money of one attempt.
type hold struct {
	purse *Purse
	lease *lease
	run   string
	most  ai.Nano
	once  sync.Once
}

// Settle books what the attempt cost.
func (h *hold) Settle(a ai.Attempt) { h.end(spentOn(a, h.most)) }

// Release gives all back.
func (h *hold) Release() { h.end(0) }

func (h *hold) end(spent ai.Nano) {
	h.once.Do(func() {
		h.lease.settle(h.most, spent, h.purse.Durable)
		h.purse.settleRun(h.run, h.most, spent)
	})
}

// spentOn is what an attempt cost: by its usage, or all of what it might have,
// where it may be on the bill and nobody knows.
func spentOn(a ai.Attempt, most ai.Nano) ai.Nano {
	if a.Usage.CostNano > 0 || a.Billed != ai.BilledMaybe {
		return ai.Nano(a.Usage.CostNano)
	}
	return most
}

// free is the hold of a call that costs nothing.
type free struct{}

func (free) Settle(ai.Attempt) {}
func (free) Release()          {}

// debt is what was spent on the allowance, and may still be.
type debt struct{ held, spent ai.Nano }

// loan is the hold of a call that was made while the database was away.
type loan struct {
	purse *Purse
	debt  *debt
	run   string
	most  ai.Nano
	once  sync.Once
}

func (l *loan) Settle(a ai.Attempt) { l.end(spentOn(a, l.most)) }
func (l *loan) Release()            { l.end(0) }

func (l *loan) end(spent ai.Nano) {
	l.once.Do(func() {
		l.purse.mu.Lock()
		l.debt.held -= l.most
		l.debt.spent += spent
		l.purse.mu.Unlock()
		l.purse.settleRun(l.run, l.most, spent)
	})
}

// Run accounts for what was spent, every quarter of a second, until ctx ends;
// then it gives back what is left.
func (p *Purse) Run(ctx context.Context) error {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := p.Account(ctx); err != nil && ctx.Err() == nil {
				p.Log.Warn("What models cost could not be booked yet.", "error", err)
			}
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			return p.Close(last)
		}
	}
}

// Account books what was spent since the last time, renews the leases in use
// and ends those that are idle. What fails is booked the next time.
func (p *Purse) Account(ctx context.Context) error { return p.account(ctx, idle) }

// Close accounts for everything and ends all leases.
func (p *Purse) Close(ctx context.Context) error { return p.account(ctx, 0) }

func (p *Purse) account(ctx context.Context, idle time.Duration) error {
	p.mu.Lock()
	leases := make(map[account]*lease, len(p.leases))
	for a, l := range p.leases {
		leases[a] = l
	}
	p.mu.Unlock()
	var failed []error
	for a, l := range leases {
		in := actor.InWorkspace(pg.OnWorker(ctx), a.workspace)
		ended, err := p.accountFor(in, l, idle)
		if err != nil {
			failed = append(failed, fmt.Errorf("account for a lease of workspace %s: %w", a.workspace, err))
		}
		if ended {
			p.forget(a, l)
		}
	}
	return errors.Join(append(failed, p.repay(ctx))...)
}

// statement is what is told of a lease: the money that was spent and the money
// that is not needed any more.
type statement struct {
	seq         int64
	spent, back ai.Nano
	last        bool // the lease ends with it
}

// state makes the next statement of a lease, if there is anything to tell. An
// idle lease ends with it.
func (l *lease) state(idle time.Duration) (statement, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls == 0 && time.Since(l.used) >= idle {
		l.ended = true
		l.back, l.free = l.back+l.free, 0
	}
	s := statement{seq: l.seq + 1, spent: l.spent, back: l.back, last: l.ended}
	return s, s.last || s.spent+s.back > 0 || l.calls > 0
}

// accounted takes note of a statement. One that was not booked came too late:
// the lease was swept, and serves no further call.
func (l *lease) accounted(s statement, booked bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spent, l.back, l.seq = l.spent-s.spent, l.back-s.back, s.seq
	l.ended = l.ended || !booked
}

// accountFor books a lease, and reports whether it is over.
func (p *Purse) accountFor(ctx context.Context, l *lease, idle time.Duration) (bool, error) {
	l.turn <- struct{}{} // no more is asked for while it may end
	defer func() { <-l.turn }()
	s, news := l.state(idle)
	if !news {
		return false, nil
	}
	booked := true
	err := p.db.Write(ctx, func(tx *pg.Tx) (err error) {
		booked, err = pg.Value[bool](tx, `SELECT ai.account($1, $2, $3, $4, $5)`, l.id, s.seq, s.spent, s.back, ttl)
		if s.last {
			tx.Queue(`SELECT ai.end_lease($1)`, l.id)
		}
		return err
	})
	if err != nil {
		return false, err
	}
	l.accounted(s, booked)
	if !booked {
		p.Log.WarnContext(ctx, "A lease of AI budget ended while it was in use: it was swept and charged in full, or its workspace is gone.", "lease", l.id, "spent_nano", int64(s.spent))
	}
	return s.last, nil
}

func (p *Purse) forget(a account, l *lease) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.leases[a] == l {
		delete(p.leases, a)
	}
}

// repay books what was spent on the allowance.
func (p *Purse) repay(ctx context.Context) error {
	var failed []error
	for a, n := range p.debts() {
		err := p.db.Write(actor.InWorkspace(pg.OnWorker(ctx), a.workspace), func(tx *pg.Tx) error {
			tx.Queue(`SELECT ai.charge($1, $2, $3, $4::date)`, n, a.agent, a.person, today())
			return nil
		})
		if err != nil {
			failed = append(failed, err)
			continue
		}
		p.mu.Lock()
		d := p.loans[a]
		if d.spent -= n; d.spent == 0 && d.held == 0 {
			delete(p.loans, a)
		}
		p.mu.Unlock()
	}
	return errors.Join(failed...)
}

// debts are what is to be repaid.
func (p *Purse) debts() map[account]ai.Nano {
	p.mu.Lock()
	defer p.mu.Unlock()
	due := map[account]ai.Nano{}
	for a, d := range p.loans {
		if d.spent > 0 {
			due[a] = d.spent
		}
	}
	return due
}

// Sweep ends the leases in the workspace of ctx whose processes are gone: those
// that have expired, or all of them before the only process begins. What they
// held counts as spent. It returns how many there were.
func (p *Purse) Sweep(ctx context.Context, all bool) (int64, error) {
	type swept struct{ Leases, Charged int64 }
	var s swept
	err := p.db.Write(ctx, func(tx *pg.Tx) (err error) {
		s, err = pg.One[swept](tx, `SELECT leases, charged FROM ai.sweep($1)`, all)
		return err
	})
	if err == nil && s.Leases > 0 {
		p.Log.WarnContext(ctx, "AI budget of a process that is gone was charged in full.", "leases", s.Leases, "charged_nano", s.Charged)
	}
	return s.Leases, err
}
