// Package reading reads the folders of an account, newest first, and follows
// what changes in them. Its progress is in rows: whatever ends it, the next
// Reader goes on.
package reading

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"rapport/internal/crm/mailbox"
	"rapport/internal/crm/message"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/imap"
	"rapport/internal/platform/pg"
)

// Means are what all Readers share.
type Means struct {
	DB         *pg.DB
	Accounts   *mailbox.Service
	Messages   *message.Service
	Blobs      *blob.Store
	MaxMessage int64 // bytes above which a message is refused
	Logger     *slog.Logger
	Now        func() time.Time
}

// Reader reads one account over one connection. An error ends it, and the
// connection with it.
type Reader struct {
	*Means
	account *mailbox.Account
	conn    *imap.Conn
	own     []string // addresses that are ours
	places  []*place
	open    *place // the folder that is selected
	hinted  time.Time
}

// place is a folder with what is known of it.
type place struct {
	mailbox.Place
	progress
	cursor uint32 // place of the newest message below bottom, while selected
	// skipped leaves its past out until the folders are listed again. It is not
	// stored: what was not read is not complete.
	skipped bool
}

// New returns a Reader over c, which it does not close. List comes first.
func New(m *Means, a *mailbox.Account, c *imap.Conn) *Reader {
	return &Reader{Means: m, account: a, conn: c}
}

// List finds the folders and what is known of them.
func (s *Reader) List(ctx context.Context) error {
	folders, err := s.conn.Folders(ctx)
	if err != nil {
		return err
	}
	chosen, err := s.Accounts.Settle(ctx, s.account.ID, folders)
	if err != nil {
		return err
	}
	known, err := s.progresses(ctx, chosen)
	if err != nil {
		return err
	}
	if s.own, err = s.addresses(ctx); err != nil {
		return err
	}
	s.places, s.open = nil, nil
	for _, f := range chosen {
		s.places = append(s.places, &place{Place: f, progress: known[f.ID]})
	}
	return nil
}

// Inbox is the name of the inbox, "" where it is not read.
func (s *Reader) Inbox() string {
	if len(s.places) == 0 || s.places[0].Kind != "inbox" {
		return ""
	}
	return s.places[0].Name
}

// LookInto finds what is new in the inbox.
func (s *Reader) LookInto(ctx context.Context) error {
	if s.Inbox() == "" {
		return nil
	}
	return s.look(ctx, s.places[0])
}

// Look finds what is new in all folders.
func (s *Reader) Look(ctx context.Context) error {
	for _, p := range s.places {
		if err := s.look(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// look finds what is new in a folder. One that the server refuses to open is
// passed over with a note.
func (s *Reader) look(ctx context.Context, p *place) error {
	err := s.lookAt(ctx, p)
	if err == nil && s.open == p && p.shut() {
		p.skipped, p.Trouble = false, ""
		err = s.save(ctx, p)
	}
	if err := s.passOver(ctx, p, err); err != nil {
		return fmt.Errorf("look at a folder: %w", err)
	}
	return nil
}

// backlog is the folder whose unread past is the most recent, so that the
// account as a whole is read newest first.
func (s *Reader) backlog() *place {
	var first *place
	for _, p := range s.places {
		if p.Complete || p.skipped || p.Validity == 0 {
			continue
		}
		if first == nil || first.Reached != nil && (p.Reached == nil || p.Reached.After(*first.Reached)) {
			first = p
		}
	}
	return first
}

// Again asks once more for messages that were refused, where somebody wants that.
func (s *Reader) Again(ctx context.Context) error {
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

func (s *Reader) lookAt(ctx context.Context, p *place) error {
	state, err := s.state(ctx, p)
	if err != nil {
		return err
	}
	if p.Validity != 0 && p.Validity != int64(state.Validity) || !p.sinceIs(s.account.Since) {
		if err := s.forget(ctx, p, state); err != nil {
			return err
		}
	}
	if p.Validity != 0 && p.Next == int64(state.Next) && p.Counted == int64(state.Exists) && p.ModSeq == int64(state.ModSeq) && !p.shut() {
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
func (s *Reader) state(ctx context.Context, p *place) (imap.State, error) {
	if s.open == p {
		return s.enter(ctx, p)
	}
	return s.conn.Status(ctx, p.Name)
}

// enter selects a folder.
func (s *Reader) enter(ctx context.Context, p *place) (imap.State, error) {
	s.open = nil
	state, err := s.conn.Open(ctx, p.Name, false)
	if err != nil {
		return state, err
	}
	s.open, p.cursor = p, 0
	return state, nil
}
