// Package budget is the money for models: reserved before a call is made,
// settled after it, and swept when the process that held it is gone. A call
// that does not fit into every limit that it touches is not made.
package budget

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/router"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Options are the limits where nobody has set others.
type Options struct {
	// Daily and Monthly are what a workspace without limits of its own may
	// spend; PerRun what one run of an agent may. 0 for a run: no limit.
	Daily, Monthly, PerRun ai.Nano
	// Allowance is what the people of a workspace may spend while the database
	// is away. What nobody waits for may spend nothing then.
	Allowance ai.Nano
	// Durable reserves each attempt by itself; else a process keeps a lease of
	// what the next call may cost at most, and most calls ask nobody.
	Durable bool
	// Tell hears, once a period, that a workspace has entered a band: "warn"
	// at 80 %, "soft" at 95 %, "hard" when it is spent. nil: nobody hears.
	Tell func(ctx context.Context, band string)
	Log  *slog.Logger
}

// Purse holds the money of all workspaces, as far as this process has leased
// it. It is a router.Purse.
type Purse struct {
	db *pg.DB
	Options

	mu     sync.Mutex
	leases map[account]*lease
	fill   map[string]filled  // by workspace
	runs   map[string]ai.Nano // held or spent, by run
	loans  map[account]*debt
}

// account is on whose account a lease goes.
type account struct{ workspace, agent, person string }

// filled is how full the fullest limit of a workspace was, in thousandths.
type filled struct {
	permille int
	day      string
}

// New returns a purse over db.
func New(db *pg.DB, o Options) *Purse {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Purse{db: db, Options: o, leases: map[account]*lease{}, fill: map[string]filled{}, runs: map[string]ai.Nano{}, loans: map[account]*debt{}}
}

// cheapFrom is how full a limit is, in thousandths, when only cheap models are
// asked any more.
const cheapFrom = 950

// Cheap reports whether a limit of the workspace is nearly spent.
func (p *Purse) Cheap(ctx context.Context) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.fill[actor.Workspace(ctx)]
	return f.permille >= cheapFrom && f.day == today()
}

// today is the day of all budgets: it begins at midnight UTC.
func today() string { return time.Now().UTC().Format(time.DateOnly) }

// errRun says that one run has spent what a run may.
var errRun = problem.New(problem.PaymentRequired, "ai_run_budget_exhausted", "This run has spent what one run may. What it has done so far is kept.")

// Hold reserves s.Max in every scope, or fails with ai.ErrBudget. A call that
// costs nothing needs no money.
func (p *Purse) Hold(ctx context.Context, s router.Spend) (router.Hold, error) {
	if s.Max <= 0 {
		return free{}, nil
	}
	if err := p.holdRun(s.RunID, s.Max); err != nil {
		return nil, err
	}
	h, err := p.hold(ctx, s)
	if err != nil {
		p.settleRun(s.RunID, s.Max, 0)
		return nil, err
	}
	return h, nil
}

func (p *Purse) hold(ctx context.Context, s router.Spend) (router.Hold, error) {
	who, _ := actor.From(ctx)
	a := account{who.WorkspaceID, s.Agent, who.UserID}
	for {
		l := p.lease(a)
		if !p.Durable && l.take(s.Max) {
			return &hold{purse: p, lease: l, run: s.RunID, most: s.Max}, nil
		}
		err := p.extend(ctx, l, s.Max)
		switch {
		case err == nil:
			return &hold{purse: p, lease: l, run: s.RunID, most: s.Max}, nil
		case pg.Away(err):
			return p.borrow(a, s, err)
		case !errors.Is(err, errEnded):
			return nil, err
		}
	}
}

// lease is the lease of an account for today. One of yesterday, or one that is
// over, stays under a name of its own until its last call is accounted for.
func (p *Purse) lease(a account) *lease {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.leases[a]
	if l != nil && l.day == today() && !l.over() {
		return l
	}
	if l != nil {
		p.leases[account{a.workspace, a.agent + "\x00" + l.id, a.person}] = l
	}
	l = &lease{id: id.New(), agent: a.agent, person: a.person, day: today(), turn: make(chan struct{}, 1)}
	p.leases[a] = l
	return l
}

// errEnded says that a lease is over: the account has a new one.
var errEnded = errors.New("budget: the lease is over")

// extend reserves what is missing for a call of at most most, and the same
// again for the next one if that fits; it takes the call's share.
func (p *Purse) extend(ctx context.Context, l *lease, most ai.Nano) error {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if l.over() {
		return errEnded
	}
	if p.Durable {
		return p.fetch(ctx, l, most, most)
	}
	if l.take(most) { // another call has brought it meanwhile
		return nil
	}
	missing := l.missing(most)
	err := p.fetch(ctx, l, missing+most, most)
	if errors.Is(err, ai.ErrBudget) {
		err = p.fetch(ctx, l, missing, most)
	}
	return err
}

// fetch reserves amount and takes most of it.
func (p *Purse) fetch(ctx context.Context, l *lease, amount, most ai.Nano) error {
	r, err := p.reserve(ctx, l, amount)
	if err != nil {
		return err
	}
	if !r.Granted {
		return r.refusal()
	}
	l.give(amount, most)
	return nil
}

type reservation struct {
	Granted bool
	Scope   string
	Subject string
	Period  string
	Fill    int
	Crossed string
}

func (p *Purse) reserve(ctx context.Context, l *lease, amount ai.Nano) (reservation, error) {
	var r reservation
	err := p.db.Write(ctx, func(tx *pg.Tx) (err error) {
		r, err = pg.One[reservation](tx, `SELECT granted, scope, subject, period, fill, crossed FROM ai.reserve($1, $2, $3, $4, $5::date, $6, $7, $8)`,
			l.id, amount, l.agent, l.person, l.day, ttl, p.Daily, p.Monthly)
		return err
	})
	if err != nil {
		return r, err
	}
	p.mu.Lock()
	p.fill[actor.Workspace(ctx)] = filled{r.Fill, l.day}
	p.mu.Unlock()
	if r.Crossed != "" && p.Tell != nil {
		p.Tell(ctx, r.Crossed)
	}
	return r, nil
}

// refusal says whose budget is spent, and until when.
func (r reservation) refusal() error {
	now := time.Now().UTC()
	name, until := "daily", now.Truncate(24*time.Hour).AddDate(0, 0, 1)
	if r.Period == "month" {
		name, until = "monthly", time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	}
	whose := map[string]string{"organization": "the organization", "workspace": "this workspace", "agent": "this agent", "user": "this person"}[r.Scope]
	return problem.Newf(problem.PaymentRequired, ai.ErrBudget.Code,
		"The %s AI budget of %s is spent. It can be raised in Settings; a new period begins at %s UTC.", name, whose, until.Format("2006-01-02 15:04")).Retry(until.Sub(now))
}

// borrow lets a person on while the database is away, within the allowance.
func (p *Purse) borrow(a account, s router.Spend, cause error) (router.Hold, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var lent ai.Nano
	for of, d := range p.loans {
		if of.workspace == a.workspace {
			lent += d.held + d.spent
		}
	}
	if !s.Interactive || lent+s.Max > p.Allowance {
		return nil, cause
	}
	d := p.loans[a]
	if d == nil {
		d = &debt{}
		p.loans[a] = d
	}
	d.held += s.Max
	p.Log.Warn("The database is away: an AI call goes on the allowance.", "provider", s.Provider, "model", s.Model, "most_nano", int64(s.Max))
	return &loan{purse: p, debt: d, run: s.RunID, most: s.Max}, nil
}

func (p *Purse) holdRun(run string, most ai.Nano) error {
	if run == "" || p.PerRun == 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.runs[run]+most > p.PerRun {
		return errRun
	}
	p.runs[run] += most
	return nil
}

func (p *Purse) settleRun(run string, most, spent ai.Nano) {
	if run == "" || p.PerRun == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.runs[run] += spent - most; p.runs[run] <= 0 {
		delete(p.runs, run)
	}
}
