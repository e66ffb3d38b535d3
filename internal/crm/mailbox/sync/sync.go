// Package sync works the mailboxes: it reads what is there, newest first, and
// then follows what changes. All that it knows is in rows, so that it may be
// killed at any moment and go on.
package sync

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"rapport/internal/crm/mailbox"
	"rapport/internal/crm/mailbox/reading"
	"rapport/internal/crm/message"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
)

// Options say how mailboxes are worked; what is zero has a default.
type Options struct {
	Poll       time.Duration // between looks at folders that nobody tells of; 2 min
	Rate       int           // messages a second of old mail, for each account; 500
	MaxMessage int64         // bytes of a message above which it is refused; 64 MB
	Working    int           // accounts that read at the same time; 8
	Budget     time.Duration // after which an account that still reads counts as slow, and others read beside it; 2 s
	Accounts   int           // accounts of one process; 5,000
	FirstWait  time.Duration // after a first failure; 5 s, doubled up to 15 min
	// Sole says that no other process works this database, so that accounts
	// which one that was killed has left can be taken at once.
	Sole   bool
	Logger *slog.Logger
}

func (o *Options) complete() {
	o.Poll = cmp.Or(o.Poll, 2*time.Minute)
	o.Rate = cmp.Or(o.Rate, 500)
	o.MaxMessage = cmp.Or(o.MaxMessage, 64<<20)
	o.Working = cmp.Or(o.Working, 8)
	o.Budget = cmp.Or(o.Budget, 2*time.Second)
	o.Accounts = cmp.Or(o.Accounts, 5000)
	o.FirstWait = cmp.Or(o.FirstWait, 5*time.Second)
	o.Logger = cmp.Or(o.Logger, slog.Default())
}

// Service is the supervisor of the accounts of one process.
type Service struct {
	Options
	db       *pg.DB
	accounts *mailbox.Service
	means    reading.Means
	now      func() time.Time
	holder   string
	working  chan struct{}
	slow     chan struct{} // those beyond their budget, so that slow servers hold up nobody
	dialing  chan struct{} // apart, so that dead servers hold up nobody who reads
}

// New returns a supervisor, which works accounts while Run runs.
func New(accounts *mailbox.Service, db *pg.DB, messages *message.Service, blobs *blob.Store, o Options) *Service {
	o.complete()
	means := reading.Means{DB: db, Accounts: accounts, Messages: messages, Blobs: blobs, MaxMessage: o.MaxMessage, Logger: o.Logger, Now: time.Now}
	return &Service{Options: o, db: db, accounts: accounts, means: means, now: time.Now, holder: id.New(),
		working: make(chan struct{}, o.Working), slow: make(chan struct{}, slowAtOnce), dialing: make(chan struct{}, dialsAtOnce)}
}

const (
	round    = 5 * time.Second  // between renewals of the leases
	lapse    = 40 * time.Second // without a renewal after which everything stops
	newcomer = 200              // accounts that begin in one round
	// slowAtOnce is how many slow accounts read beside the others; it bounds the
	// memory that they take.
	slowAtOnce = 48
	// dialsAtOnce is how many connections are being made at the same time.
	dialsAtOnce = 32
)

// running is an account that is being worked.
type running struct {
	change int64
	cancel context.CancelFunc
	done   chan struct{}
}

func (r *running) stop() {
	r.cancel()
	<-r.done
}

// Run works the accounts that nobody else does, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	workers := map[string]*running{}
	defer s.stop(ctx, workers)
	if s.Sole {
		if err := s.accounts.TakeBack(pg.OnWorker(ctx)); err != nil {
			s.Logger.WarnContext(ctx, "mailboxes wait until the leases of a dead process lapse", "error", err)
		}
	}
	tick := time.NewTicker(round)
	defer tick.Stop()
	renewed := s.now()
	for {
		leases, err := s.accounts.Claim(pg.OnWorker(ctx), s.holder, min(newcomer, s.Accounts-len(workers)))
		switch {
		case err == nil:
			renewed = s.now()
			s.follow(ctx, workers, leases)
		case s.now().Sub(renewed) > lapse: // others may have taken them
			s.follow(ctx, workers, nil)
		}
		if err != nil && ctx.Err() == nil {
			s.Logger.WarnContext(ctx, "the leases of mailboxes cannot be renewed", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-s.accounts.Nudged():
		}
	}
}

// follow starts what is new, stops what is gone, and begins anew what changed.
func (s *Service) follow(ctx context.Context, workers map[string]*running, leases []mailbox.Lease) {
	held := map[string]bool{}
	for _, l := range leases {
		held[l.MailboxID] = true
		r := workers[l.MailboxID]
		if r != nil && r.change == l.Change {
			continue
		}
		if r != nil {
			r.stop()
		}
		workers[l.MailboxID] = s.start(ctx, l, r != nil)
	}
	for mailboxID, r := range workers {
		if !held[mailboxID] {
			r.cancel()
		}
	}
	for mailboxID, r := range workers {
		if !held[mailboxID] {
			r.stop()
			delete(workers, mailboxID)
		}
	}
}

// start works an account in a goroutine. At once says that somebody asks for
// it, so that there is no waiting.
func (s *Service) start(ctx context.Context, l mailbox.Lease, atOnce bool) *running {
	own, cancel := context.WithCancel(pg.OnWorker(ctx))
	own = actor.With(own, actor.Actor{Kind: actor.System, Name: "Mailbox", Role: actor.Owner, WorkspaceID: l.Workspace})
	r := &running{change: l.Change, cancel: cancel, done: make(chan struct{})}
	w := newWorker(s, l.MailboxID)
	go func() {
		defer close(r.done)
		defer cancel()
		w.run(own, atOnce)
	}()
	return r
}

func (s *Service) stop(ctx context.Context, workers map[string]*running) {
	for _, r := range workers {
		r.cancel()
	}
	for _, r := range workers {
		<-r.done
	}
	if err := s.accounts.Release(pg.OnWorker(context.WithoutCancel(ctx)), s.holder); err != nil {
		s.Logger.WarnContext(ctx, "the leases of mailboxes lapse by themselves", "error", err)
	}
}
