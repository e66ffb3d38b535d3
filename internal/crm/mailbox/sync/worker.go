package sync

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"rapport/internal/crm/mailbox"
	"rapport/internal/crm/mailbox/reading"
	"rapport/internal/platform/imap"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// worker works one account.
type worker struct {
	*Service
	mailboxID string
	wake      chan struct{} // the server told of a change in the inbox
	idle      atomic.Bool
	noted     noted
}

func newWorker(s *Service, mailboxID string) *worker {
	return &worker{Service: s, mailboxID: mailboxID, wake: make(chan struct{}, 1)}
}

// run works the account until ctx ends or there is nothing to do for it.
func (w *worker) run(ctx context.Context, atOnce bool) {
	h, err := w.health(ctx)
	for pg.Away(err) && w.wait(ctx, w.FirstWait) {
		h, err = w.health(ctx)
	}
	if err != nil {
		w.complain(ctx, "a mailbox cannot be begun", err)
		return
	}
	if atOnce {
		h = health{}
		if err := w.db.Write(ctx, func(tx *pg.Tx) error { reading.AskAgain(tx, w.mailboxID); return nil }); err != nil {
			w.complain(ctx, "refused messages are not asked for again", err)
		}
	} else if h.NextTryAt != nil && !w.wait(ctx, h.NextTryAt.Sub(w.now())) {
		return
	}
	for ctx.Err() == nil {
		err := w.session(ctx, &h)
		if ctx.Err() != nil {
			return
		}
		pause, on := w.failed(ctx, &h, err)
		if !on || !w.wait(ctx, pause) {
			return
		}
	}
}

func (w *worker) complain(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		w.Logger.ErrorContext(ctx, what, "mailbox", w.mailboxID, "error", err)
	}
}

// wait reports whether ctx still goes on after d.
func (w *worker) wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

const (
	refusalsAllowed = 3
	longestWait     = 15 * time.Minute
	// databaseWait is not the account's fault and does not grow.
	databaseWait = 3 * time.Second
)

// failed notes why a session ended and says how long to wait, or that there is
// nothing to wait for.
func (w *worker) failed(ctx context.Context, h *health, cause error) (pause time.Duration, on bool) {
	if errors.Is(cause, mailbox.ErrGone) {
		return 0, false
	}
	if pg.Away(cause) {
		return databaseWait, true
	}
	reason := sentence(cause)
	h.Failures++
	switch {
	case errors.Is(cause, mailbox.ErrRevoked):
		return 0, w.pause(ctx, mailbox.ErrRevoked.Detail)
	case imap.KindOf(cause) == imap.Credentials:
		if h.Refusals++; h.Refusals >= refusalsAllowed {
			return 0, w.pause(ctx, reason+" Rapport has stopped trying, so that the account is not locked: enter the password again, or resume when the server has been mended.")
		}
	case imap.KindOf(cause) == "":
		w.Logger.ErrorContext(ctx, "the work on a mailbox broke off", "mailbox", w.mailboxID, "error", cause)
	default:
		w.Logger.InfoContext(ctx, "a mailbox waits", "mailbox", w.mailboxID, "error", cause)
	}
	pause = w.backoff(h.Failures)
	at := w.now().Add(pause)
	h.NextTryAt, h.LastError, h.State = &at, reason, "waiting"
	if err := w.note(ctx, *h); err != nil {
		w.complain(ctx, "the state of a mailbox is not noted", err)
	}
	return pause, true
}

// backoff doubles up to a quarter of an hour, a fifth of it left to chance.
func (w *worker) backoff(failures int) time.Duration {
	d := w.FirstWait << min(failures-1, 20)
	if d > longestWait || d <= 0 {
		d = longestWait
	}
	return d - d/10 + rand.N(d/5+1)
}

// sentence is what a person reads about a cause.
func sentence(err error) string {
	if f, ok := errors.AsType[*imap.Fault](err); ok {
		return f.Sentence()
	}
	if p, ok := errors.AsType[*problem.Error](err); ok && p.Kind != problem.Internal {
		return p.Detail
	}
	return "Something went wrong on our side; the server's log says what."
}

// pause stops the account with a reason, for a person to see to. It reports
// whether the work goes on, which it does only if that cannot be stored.
func (w *worker) pause(ctx context.Context, reason string) (on bool) {
	err := w.stopFor(ctx, reason)
	w.Logger.WarnContext(ctx, "a mailbox is paused", "mailbox", w.mailboxID, "reason", reason, "error", err)
	return err != nil && w.wait(ctx, databaseWait)
}

// session connects and works until something breaks.
func (w *worker) session(ctx context.Context, h *health) (err error) {
	defer func() {
		if v := recover(); v != nil {
			w.Logger.ErrorContext(ctx, "the session of a mailbox panicked", "mailbox", w.mailboxID, "value", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	a, err := w.accounts.Account(ctx, w.mailboxID)
	if err != nil {
		return err
	}
	c, err := w.connect(ctx, a)
	if err != nil {
		return err
	}
	defer c.Logout(context.WithoutCancel(ctx))
	inner, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel(nil)
	s := &session{worker: w, account: a, reader: reading.New(&w.means, a, c), health: h, listed: w.now()}
	if err := s.reader.List(ctx); err != nil {
		return err
	}
	if inbox := s.reader.Inbox(); inbox != "" && c.CanIdle() {
		wg.Go(func() { cancel(w.listen(inner, a, inbox)) })
	}
	err = s.work(inner)
	if ctx.Err() == nil && inner.Err() != nil {
		return context.Cause(inner)
	}
	return err
}

// connect opens the connection that reads.
func (w *worker) connect(ctx context.Context, a *mailbox.Account) (*imap.Conn, error) {
	select { // many accounts at once are let in by and by
	case w.dialing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-w.dialing }()
	return w.accounts.Dial(ctx, a)
}

// idleTime is how long the server is asked to tell of changes before we ask
// again; many forget a silent client after half an hour, routers sooner.
const idleTime = 9 * time.Minute

// listen keeps a connection on which the server tells of new mail. While there
// is none, the inbox is looked at in turns as all other folders. It returns
// when the account is no longer let in, which ends the session.
func (w *worker) listen(ctx context.Context, a *mailbox.Account, inbox string) error {
	for failures := 1; ctx.Err() == nil; failures++ {
		begun := w.now()
		err := w.hear(ctx, a, inbox)
		w.idle.Store(false)
		if w.now().Sub(begun) > idleTime {
			failures = 1
		}
		if imap.KindOf(err) == imap.Credentials || errors.Is(err, mailbox.ErrRevoked) {
			return err
		}
		if ctx.Err() == nil {
			w.Logger.DebugContext(ctx, "a mailbox is not listened to", "mailbox", w.mailboxID, "error", err)
		}
		if !w.wait(ctx, w.backoff(failures)) {
			break
		}
	}
	return ctx.Err()
}

func (w *worker) hear(ctx context.Context, a *mailbox.Account, inbox string) error {
	c, err := w.connect(ctx, a)
	if err != nil {
		return err
	}
	defer c.Logout(context.WithoutCancel(ctx))
	if _, err := c.Open(ctx, inbox, false); err != nil {
		return err
	}
	for changed := true; ; {
		if changed { // the first time for what came before we listened
			w.rouse()
		}
		w.idle.Store(true)
		if changed, err = c.Idle(ctx, idleTime); err != nil || ctx.Err() != nil {
			return err
		}
	}
}

func (w *worker) rouse() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}
