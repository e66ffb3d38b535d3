// Package letter sends the mail of the installation itself: invitations, links
// to reset a password, notifications. A letter is queued in the transaction of
// its cause and sent by a job, at most once.
package letter

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"rapport/internal/platform/id"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
	"rapport/internal/platform/smtp"
)

// Letter is a mail to one person. Key names its cause, such as
// "invitation/<id>/2": a second letter with the same key is not sent. HTML may
// be empty; Text may not.
type Letter struct {
	Key, To, Subject, Text, HTML string
}

// Config is where letters are handed over, and from whom they are. Without a
// host nothing can be sent.
type Config struct {
	Server smtp.Server
	From   mail.Address
	Mailed func(outcome string) // hears of each attempt; nil: nobody does
}

// Post queues letters and sends them.
type Post struct {
	db    *pg.DB
	queue *queue.Queue
	log   *slog.Logger
	Config
	now func() time.Time
}

// New returns the post office over db.
func New(db *pg.DB, q *queue.Queue, c Config, log *slog.Logger, now func() time.Time) *Post {
	return &Post{db: db, queue: q, log: log, Config: c, now: now}
}

// ErrUnconfigured answers letters where no server is configured.
var ErrUnconfigured = problem.New(problem.Unavailable, "mail_not_configured",
	"This installation cannot send mail: its operator sets RAPPORT_SMTP_URL and RAPPORT_SMTP_FROM.")

// Configured reports whether letters can be sent.
func (p *Post) Configured() bool { return p.Server.Host != "" }

const (
	maxSubject = 500
	maxKey     = 255
)

// Queue queues l within tx, which may be bound to a workspace or to none. It
// is ErrUnconfigured where nothing can be sent.
func (p *Post) Queue(tx *pg.Tx, l Letter) error {
	if !p.Configured() {
		return ErrUnconfigured
	}
	var f problem.Fields
	f.Check(smtp.Deliverable(l.To), "/email", "format", "Mail cannot be sent to this address.")
	if err := f.Err(); err != nil {
		return err
	}
	if l.Key == "" || len(l.Key) > maxKey || l.Text == "" || len(l.Subject) > maxSubject {
		return fmt.Errorf("letter %q: key, text or subject is missing or too long", l.Key)
	}
	letterID := id.New()
	row, err := json.Marshal(map[string]string{"id": letterID, "key": l.Key, "to": l.To, "subject": l.Subject, "text": l.Text, "html": l.HTML})
	if err != nil {
		return fmt.Errorf("encode a letter: %w", err)
	}
	fresh, err := pg.Value[bool](tx, `SELECT identity.letter_add($1::jsonb)`, string(row))
	if err != nil || !fresh {
		return err
	}
	return p.queue.Add(tx.Context(), tx, Send{letterID})
}

// Send is the job that sends one letter.
type Send struct {
	ID string `json:"id"`
}

// Kind names the job.
func (Send) Kind() string { return "letter.send" }

// In is no workspace: letters are the installation's.
func (Send) In() string { return "" }

// Limit is the time that a slow server may take.
func (Send) Limit() time.Duration { return 10 * time.Minute }

// Handle says who works the jobs.
func (p *Post) Handle(q *queue.Queue) {
	queue.Handle(q, func(ctx context.Context, j Send) error { return p.send(ctx, j.ID) })
}

// row is a letter as a job gets it.
type row struct {
	State, Key, Recipient, Subject, Body, HTML string
	Attempts                                   int32
	NextTryAt, CreatedAt                       time.Time
}

// send makes one attempt. What it is about to do is written down before the
// network is touched, and what came of it after.
func (p *Post) send(ctx context.Context, letterID string) error {
	claim := id.New()
	r, err := p.claim(ctx, letterID, claim)
	if err != nil {
		return err
	}
	switch r.State {
	case "sending":
	case "queued":
		return queue.Snooze(max(r.NextTryAt.Sub(p.now()), time.Second))
	case "uncertain":
		p.log.ErrorContext(ctx, "a letter may or may not have been sent", "letter", letterID)
		return nil
	default:
		return nil
	}
	_, sending := p.deliver(ctx, r, func() error { return p.handOver(ctx, letterID, claim) })
	// Whatever happens now, what came of it is written down.
	return p.settle(context.WithoutCancel(ctx), letterID, claim, r, sending)
}

func (p *Post) claim(ctx context.Context, letterID, claim string) (r row, err error) {
	err = p.db.Global(ctx, func(tx *pg.Tx) error {
		rows, err := pg.All[row](tx, `SELECT * FROM identity.letter_claim($1::uuid, $2::uuid)`, letterID, claim)
		if err == nil && len(rows) > 0 {
			r = rows[0]
		}
		return err
	})
	return r, err
}

func (p *Post) deliver(ctx context.Context, r row, handOver func() error) (string, error) {
	if !p.Configured() {
		return "", ErrUnconfigured
	}
	m := smtp.Message{From: p.From, To: []mail.Address{{Address: r.Recipient}}, Subject: r.Subject, Date: r.CreatedAt, Text: r.Body, HTML: r.HTML,
		MessageID: messageID(r.Key, p.From.Address), Automatic: true}
	var b strings.Builder
	if err := m.Write(&b); err != nil {
		return "", err
	}
	return p.Server.Deliver(ctx, smtp.Envelope{From: p.From.Address, To: []string{r.Recipient}, Size: int64(b.Len())}, strings.NewReader(b.String()), handOver)
}

// messageID is the same for each attempt, so that a server that gets a letter
// twice can know it.
func messageID(key, from string) string {
	sum := sha256.Sum256([]byte("letter\x00" + key))
	return hex.EncodeToString(sum[:16]) + from[strings.LastIndexByte(from, '@'):]
}

func (p *Post) handOver(ctx context.Context, letterID, claim string) error {
	return p.db.Global(ctx, func(tx *pg.Tx) error {
		ours, err := pg.Value[bool](tx, `SELECT identity.letter_hand_over($1::uuid, $2::uuid)`, letterID, claim)
		if err == nil && !ours {
			err = errLostClaim
		}
		return err
	})
}

var errLostClaim = errors.New("another job has the letter")

// settle writes down what became of an attempt.
func (p *Post) settle(ctx context.Context, letterID, claim string, r row, err error) error {
	v := smtp.Judge(err, int(r.Attempts), r.CreatedAt, p.now())
	if p.Mailed != nil {
		p.Mailed(v.Outcome())
	}
	state, again := v.Outcome(), &v.Again
	if v.Again.IsZero() {
		again = nil
	}
	if state == smtp.Deferred {
		state = "queued"
	}
	if state != "sent" {
		p.log.WarnContext(ctx, "a letter was not sent", "letter", letterID, "state", state, "attempt", r.Attempts, "error", err)
	}
	err = pg.Persist(ctx, func() error {
		return p.db.Global(ctx, func(tx *pg.Tx) error {
			_, err := pg.Value[bool](tx, `SELECT identity.letter_end($1::uuid, $2::uuid, $3, $4, $5)`, letterID, claim, state, v.Reason, again)
			return err
		})
	})
	if err != nil || again == nil {
		return err
	}
	return queue.Snooze(again.Sub(p.now()))
}

// Sweep finds letters that a lost job has left, gives them another, and
// forgets old ones. Call it hourly.
func (p *Post) Sweep(tx *pg.Tx) error {
	left, err := pg.Column[string](tx, `SELECT id::text FROM identity.letters_stranded()`)
	if err != nil || len(left) == 0 {
		return err
	}
	jobs := make([]queue.Args, len(left))
	for i, letterID := range left {
		jobs[i] = Send{letterID}
	}
	return p.queue.Add(tx.Context(), tx, jobs...)
}
