package app

import (
	"context"
	"encoding/json"
	"fmt"

	"rapport/internal/api/op"
	"rapport/internal/crm/mailbox"
	"rapport/internal/crm/notification"
	"rapport/internal/crm/outbox"
	"rapport/internal/crm/sender"
	"rapport/internal/platform/pg"
)

// lend lets senders use the logins of mailboxes.
func lend(m *mailbox.Service) sender.Accounts {
	return func(ctx context.Context, mailboxID string) (sender.Login, error) {
		l, err := m.Credentials(ctx, mailboxID)
		return sender.Login(l), err
	}
}

// accompany makes the sender that belongs to a new mailbox. Without a password
// of its own it uses the mailbox's login.
func accompany(s *sender.Service) mailbox.Outgoing {
	return func(ctx context.Context, tx *pg.Tx, m *mailbox.Mailbox, o *mailbox.SMTP) error {
		d := sender.Details{Name: m.Name, Address: m.Address, Server: sender.Server{Host: o.Host, Port: o.Port, Security: o.Security, Username: o.Username}}
		d.MailboxID = &m.ID // whose Sent folder gets the copies
		if d.Password = op.Given(o.Password); d.Password == nil {
			d.Username = ""
		} else if d.Username == "" {
			d.Username = m.Address
		}
		_, err := s.Add(ctx, tx, d)
		return err
	}
}

// tellAuthor notifies who wrote a mail that was not sent.
func tellAuthor(ctx context.Context, tx *pg.Tx, t outbox.Trouble) error {
	return notification.Notify(ctx, tx, notification.New{UserID: t.AuthorID, Kind: notification.MailFailed, Title: t.Title, Body: t.Reason,
		Link: "inbox", Entity: "outgoing", EntityID: t.ID})
}

// post hands a mail over to the outbox, as the actor of ctx and within its
// transaction.
func (a *App) post(ctx context.Context, args json.RawMessage) (string, error) {
	answer, err := a.API.Call(ctx, "message.send", args)
	if err != nil {
		return "", err
	}
	var mail struct{ ID string }
	if err := json.Unmarshal(answer, &mail); err != nil {
		return "", fmt.Errorf("read the mail that was made: %w", err)
	}
	return mail.ID, nil
}
