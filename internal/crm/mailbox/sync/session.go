package sync

import (
	"context"
	"fmt"
	"time"

	"rapport/internal/crm/mailbox"
	"rapport/internal/platform/imap"
)

// session is the work on an account over one connection.
type session struct {
	*worker
	account *mailbox.Account
	conn    *imap.Conn
	own     []string // addresses that are ours
	health  *health
	places  []*place
	open    *place // the folder that is selected
	listed  time.Time
}

// place is a folder with what is known of it.
type place struct {
	mailbox.Place
	progress
	cursor uint32 // place of the newest message below bottom, while selected
}

const (
	relist   = time.Hour        // between looks at which folders there are
	pushTime = 15 * time.Second // between looks at what was read here
)

// list finds the folders and what is known of them.
func (s *session) list(ctx context.Context) error {
	folders, err := s.conn.Folders(ctx)
	if err != nil {
		return err
	}
	chosen, err := s.accounts.Settle(ctx, s.mailboxID, folders)
	if err != nil {
		return err
	}
	known, err := s.progresses(ctx, chosen)
	if err != nil {
		return err
	}
	s.places, s.open, s.listed = nil, nil, s.now()
	for _, f := range chosen {
		s.places = append(s.places, &place{Place: f, progress: known[f.ID]})
	}
	return nil
}

// work looks at all folders, reads what is old between looks, and waits when
// nothing is left.
func (s *session) work(ctx context.Context) error {
	if err := s.say(ctx, "syncing"); err != nil {
		return err
	}
	if err := s.look(ctx, s.places); err != nil {
		return err
	}
	looked := s.now()
	if err := s.again(ctx); err != nil {
		return err
	}
	for {
		if s.now().Sub(s.listed) > relist {
			if err := s.list(ctx); err != nil {
				return err
			}
		}
		p := s.backlog()
		if p != nil {
			if err := s.readOld(ctx, p); err != nil {
				return err
			}
		} else if err := s.succeeded(ctx, "live"); err != nil {
			return err
		}
		which, err := s.next(ctx, looked, p != nil)
		if err != nil {
			return err
		}
		if len(which) == len(s.places) {
			looked = s.now()
		}
		if err := s.look(ctx, which); err != nil {
			return err
		}
		if err := s.push(ctx); err != nil {
			return err
		}
	}
}

// next says which folders to look at now: the inbox when the server told of a
// change there, all when it is time. With nothing else to do it waits for that.
func (s *session) next(ctx context.Context, looked time.Time, busy bool) ([]*place, error) {
	left := s.Poll - s.now().Sub(looked)
	if left <= 0 {
		return s.places, ctx.Err()
	}
	if busy {
		left = 0
	}
	if s.account.MarkSeen {
		left = min(left, pushTime)
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-s.wake:
		if len(s.places) > 0 {
			return s.places[:1], nil
		}
	case <-timer.C:
	}
	if s.now().Sub(looked) >= s.Poll {
		return s.places, nil
	}
	return nil, nil
}

// backlog is the folder whose unread past is the most recent, so that the
// account as a whole is read newest first.
func (s *session) backlog() *place {
	var first *place
	for _, p := range s.places {
		if p.Complete || p.Validity == 0 {
			continue
		}
		if first == nil || first.Reached != nil && (p.Reached == nil || p.Reached.After(*first.Reached)) {
			first = p
		}
	}
	return first
}

// look finds what is new in folders. One that the server refuses to open is
// passed over with a note.
func (s *session) look(ctx context.Context, places []*place) error {
	for _, p := range places {
		err := s.turn(ctx, func() error { return s.lookAt(ctx, p) })
		if imap.KindOf(err) == imap.Refused {
			err = s.trouble(ctx, p, sentence(err))
		}
		if err != nil {
			return fmt.Errorf("look at a folder: %w", err)
		}
	}
	return nil
}

// turn waits for one of the places of those who read at the same time.
func (s *session) turn(ctx context.Context, f func() error) error {
	select {
	case s.working <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.working }()
	return f()
}

// again asks once more for messages that were refused, where somebody wants that.
func (s *session) again(ctx context.Context) error {
	for _, p := range s.places {
		uids, err := s.refusedBefore(ctx, p)
		if err != nil {
			return err
		}
		if len(uids) == 0 {
			continue
		}
		state, err := s.enter(ctx, p)
		if err != nil || int64(state.Validity) != p.Validity {
			return err
		}
		heads, err := s.conn.Find(ctx, uids)
		if err != nil {
			return err
		}
		if err := s.take(ctx, p, heads); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) lookAt(ctx context.Context, p *place) error {
	state, err := s.state(ctx, p)
	if err != nil {
		return err
	}
	if p.Validity != 0 && p.Validity != int64(state.Validity) || !p.sinceIs(s.account.Since) {
		if err := s.forget(ctx, p, state); err != nil {
			return err
		}
	}
	if p.Validity != 0 && p.Next == int64(state.Next) && p.Counted == int64(state.Exists) && p.ModSeq == int64(state.ModSeq) {
		return nil
	}
	if s.open != p {
		if state, err = s.enter(ctx, p); err != nil {
			return err
		}
	}
	return s.readNew(ctx, p, state)
}

// state asks how a folder is; the selected one is selected again, since
// servers need not answer for it otherwise.
func (s *session) state(ctx context.Context, p *place) (imap.State, error) {
	if s.open == p {
		return s.enter(ctx, p)
	}
	return s.conn.Status(ctx, p.Name)
}

// enter selects a folder.
func (s *session) enter(ctx context.Context, p *place) (imap.State, error) {
	s.open = nil
	state, err := s.conn.Open(ctx, p.Name, false)
	if err != nil {
		return state, err
	}
	s.open, p.cursor = p, 0
	return state, nil
}
