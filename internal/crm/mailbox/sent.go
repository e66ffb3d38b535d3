package mailbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"rapport/internal/platform/imap"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/problem"
)

var errNoSent = problem.New(problem.Conflict, "no_sent_folder", "The mailbox has no folder for sent mail.")

// errTrouble keeps copies from trying a password that the server refuses until
// the account is locked.
var errTrouble = problem.New(problem.Unavailable, "mailbox_paused", "The mailbox is paused until somebody sees to it.")

// Append puts a copy of sent mail into the folder for it, marked as read,
// unless the provider does so by itself or the copy is there already: the
// answer to an earlier attempt may have been lost.
func (s *Service) Append(ctx context.Context, mailboxID string, raw []byte) error {
	m, err := mail.Parse(bytes.NewReader(raw), nil)
	if err != nil {
		return fmt.Errorf("read sent mail: %w", err)
	}
	return s.inSent(ctx, mailboxID, func(c *imap.Conn, folder string) error {
		if c.KeepsSent() {
			return nil
		}
		there, err := c.Holds(ctx, folder, m.MessageID)
		if there || err != nil && imap.KindOf(err) != imap.Refused {
			return err
		}
		return c.Append(ctx, folder, raw, s.now())
	})
}

// Sent reports whether the folder for sent mail of a mailbox has a message with
// this Message-ID. Where there is no such folder it has none.
func (s *Service) Sent(ctx context.Context, mailboxID, messageID string) (there bool, err error) {
	err = s.inSent(ctx, mailboxID, func(c *imap.Conn, folder string) error {
		there, err = c.Holds(ctx, folder, messageID)
		return err
	})
	if errors.Is(err, errNoSent) {
		return false, nil
	}
	return there, err
}

// inSent connects to a mailbox and does f with its folder for sent mail.
func (s *Service) inSent(ctx context.Context, mailboxID string, f func(c *imap.Conn, folder string) error) error {
	r, err := s.stored(ctx, mailboxID)
	if err != nil {
		return err
	}
	if r.Paused != "" && r.Paused != PausedByHand {
		return errTrouble // whoever asks again does so without a word to the server
	}
	a := &Account{ID: r.ID, Server: imap.Server{Host: r.Host, Port: r.Port, Security: r.Security}, stored: r}
	c, err := s.Dial(ctx, a)
	if err != nil {
		return err
	}
	defer c.Logout(context.WithoutCancel(ctx))
	folders, err := c.Folders(ctx)
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if folder.Kind == "sent" {
			return f(c, folder.Name)
		}
	}
	if c.KeepsSent() {
		return nil // wherever it keeps it
	}
	return errNoSent
}
