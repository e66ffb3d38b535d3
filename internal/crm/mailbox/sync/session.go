package sync

import (
	"context"
	"time"

	"rapport/internal/crm/mailbox"
	"rapport/internal/crm/mailbox/reading"
	"rapport/internal/platform/imap"
)

// session is the work on an account over one connection.
type session struct {
	*worker
	account *mailbox.Account
	reader  *reading.Reader
	health  *health
	looked  time.Time // at all folders
	listed  time.Time
}

const (
	relist   = time.Hour        // between looks at which folders there are
	pushTime = 15 * time.Second // between looks at what was read here
	turnTime = 10 * time.Minute // after which others come first
)

// work looks at all folders, reads what is old between looks, and waits when
// nothing is left.
func (s *session) work(ctx context.Context) error {
	if err := s.say(ctx, "syncing"); err != nil {
		return err
	}
	if err := s.turn(ctx, s.lookAtAll); err != nil {
		return err
	}
	if err := s.turn(ctx, s.reader.Again); err != nil {
		return err
	}
	for {
		begun, n, more := s.now(), 0, false
		err := s.turn(ctx, func(ctx context.Context) (err error) {
			n, more, err = s.reader.ReadOld(ctx)
			return err
		})
		if err != nil {
			return err
		}
		state := "live"
		if more {
			state = "syncing"
		}
		if err := s.succeeded(ctx, state); err != nil {
			return err
		}
		look := s.next(ctx, s.pause(begun, n, more))
		if err := s.turn(ctx, look); err != nil {
			return err
		}
		if err := s.push(ctx); err != nil {
			return err
		}
	}
}

// pause is how long to wait for news: old mail comes at its rate, and when all
// has been read it is until the next look.
func (s *session) pause(begun time.Time, n int, more bool) time.Duration {
	left := s.Poll - s.now().Sub(s.looked)
	if more {
		return min(left, time.Duration(n)*time.Second/time.Duration(s.Rate)-s.now().Sub(begun))
	}
	if s.account.MarkSeen {
		left = min(left, pushTime)
	}
	return left
}

// next says where to look now: into the inbox when the server told of a change
// there, into all folders when it is time, else nowhere.
func (s *session) next(ctx context.Context, wait time.Duration) func(context.Context) error {
	timer := time.NewTimer(max(wait, 0))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return func(ctx context.Context) error { return ctx.Err() }
	case <-s.wake:
		return s.reader.LookInto
	case <-timer.C:
	}
	if s.now().Sub(s.looked) >= s.Poll {
		return s.lookAtAll
	}
	return func(context.Context) error { return nil }
}

func (s *session) lookAtAll(ctx context.Context) error {
	s.looked = s.now()
	if s.now().Sub(s.listed) > relist {
		s.listed = s.now()
		if err := s.reader.List(ctx); err != nil {
			return err
		}
	}
	return s.reader.Look(ctx)
}

func (s *session) push(ctx context.Context) error {
	if !s.account.MarkSeen {
		return nil
	}
	return s.turn(ctx, s.reader.Push)
}

// turn waits for one of the places of those who read at the same time.
func (s *session) turn(ctx context.Context, f func(context.Context) error) error {
	select {
	case s.working <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer s.yield()()
	bounded, cancel := context.WithTimeout(ctx, turnTime)
	defer cancel()
	err := f(bounded)
	if err != nil && ctx.Err() == nil && bounded.Err() != nil {
		return &imap.Fault{Kind: imap.Slow, Detail: s.account.Server.Host + " is too slow."}
	}
	return err
}

// yield gives the place of this account to another when its budget is used up,
// as long as there is room among the slow. What it returns ends the turn.
func (s *session) yield() (end func()) {
	over, moved := make(chan struct{}), make(chan bool, 1)
	go func() {
		budget := time.NewTimer(s.Budget)
		defer budget.Stop()
		select {
		case <-over:
			moved <- false
			return
		case <-budget.C:
		}
		select {
		case <-over:
			moved <- false
		case s.slow <- struct{}{}:
			<-s.working
			moved <- true
		}
	}()
	return func() {
		close(over)
		if <-moved {
			<-s.slow
		} else {
			<-s.working
		}
	}
}
