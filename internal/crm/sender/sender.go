// Package sender keeps the accounts from which people send: who a mail is
// from, and the server that takes it.
package sender

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/secret"
	"rapport/internal/platform/smtp"
)

// Sender is a sending account.
type Sender struct {
	ID        string    `json:"id"`
	Name      string    `json:"name" doc:"The name that recipients see."`
	Address   string    `json:"address"`
	Signature string    `json:"signature"`
	MailboxID *string   `json:"mailbox_id" doc:"The mailbox whose Sent folder gets a copy, and whose login it uses unless it has a password of its own."`
	SMTP      Server    `json:"smtp"`
	IsDefault bool      `json:"is_default"`
	State     string    `json:"state" enum:"ready,trouble"`
	LastError string    `json:"last_error"`
	Version   int64     `json:"version"`
	CreatedAt time.Time `json:"created_at"`
}

// Server is where a sender's mail is handed over. Its password is never shown.
type Server struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Security string `json:"security" enum:"tls,starttls,none"`
	Username string `json:"username"`
}

// Login is how the account of a mailbox opens.
type Login struct{ Username, Password, Token, Address, Host string }

// Accounts returns the login of a mailbox. It may ask a provider.
type Accounts func(ctx context.Context, mailboxID string) (Login, error)

// Sealer seals passwords; secret.Keyring does.
type Sealer interface {
	Seal(plain []byte, context string) ([]byte, error)
	Open(sealed []byte, context string) ([]byte, error)
}

var passwordColumn = secret.Column{Table: "senders", Name: "password"}

// Sealed lists the columns whose values are sealed, for rotation.
func Sealed() []secret.Column { return []secret.Column{passwordColumn} }

// Service offers senders as operations and opens them for the outbox.
type Service struct {
	db         *pg.DB
	keys       Sealer
	accounts   Accounts
	publicOnly bool
	now        func() time.Time
}

// New returns the service over db. With publicOnly no server of the inner
// network is reached.
func New(db *pg.DB, keys Sealer, accounts Accounts, publicOnly bool, now func() time.Time) *Service {
	return &Service{db: db, keys: keys, accounts: accounts, publicOnly: publicOnly, now: now}
}

// Details describe a sender. Password nil keeps what is stored.
type Details struct {
	Name, Address, Signature string
	MailboxID                *string
	Server
	Password  *string
	IsDefault bool
}

const (
	maxName      = 100
	maxSignature = 5000
)

// normalise trims what people type and fills in what follows from the rest.
func (d *Details) normalise() {
	d.Name, d.Address = strings.TrimSpace(d.Name), address(d.Address)
	d.Host, d.Username = strings.ToLower(strings.TrimSpace(d.Host)), strings.TrimSpace(d.Username)
	d.Signature = strings.ReplaceAll(d.Signature, "\r\n", "\n")
	if d.Security == "" {
		d.Security = string(smtp.StartTLS)
		if d.Port == 465 {
			d.Security = string(smtp.TLS)
		}
	}
	if d.Port == 0 {
		d.Port = smtp.Security(d.Security).DefaultPort()
	}
}

// address writes the domain as servers know it.
func address(s string) string {
	s = strings.TrimSpace(s)
	local, _, ok := strings.Cut(s, "@")
	if domain := mail.Domain(s); ok && domain != "" {
		return local + "@" + domain
	}
	return s
}

func (d *Details) check(f *problem.Fields) {
	f.Check(d.Name != "" && len([]rune(d.Name)) <= maxName && plain(d.Name), "/name", "format", "Enter a name of 1 to 100 characters on one line.")
	f.Check(smtp.Deliverable(d.Address), "/address", "format", "Enter a valid email address.")
	f.Check(len([]rune(d.Signature)) <= maxSignature && !strings.ContainsRune(d.Signature, 0), "/signature", "length", "A signature has at most 5,000 characters.")
	f.Check(hostName(d.Host), "/smtp/host", "format", "Enter the name of the server alone, such as smtp.example.com.")
	f.Check(plain(d.Username) && len(d.Username) <= 320, "/smtp/username", "format", "A user name is one line.")
	f.Check(d.Password == nil || plain(*d.Password) && len(*d.Password) <= 1000, "/smtp/password", "format", "A password is one line.")
}

// plain reports whether s is one line without anything that cannot be seen.
func plain(s string) bool { return !strings.ContainsFunc(s, unicode.IsControl) }

func hostName(s string) bool {
	return s != "" && len(s) <= 253 && !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("-._:", c)
	})
}

// provider is the submission server of a mailbox whose owner names none.
func provider(imapHost string) Server {
	known := map[string]Server{
		"imap.gmail.com":        {Host: "smtp.gmail.com", Port: 465, Security: "tls"},
		"outlook.office365.com": {Host: "smtp.office365.com", Port: 587, Security: "starttls"},
		"imap-mail.outlook.com": {Host: "smtp-mail.outlook.com", Port: 587, Security: "starttls"},
		"imap.mail.me.com":      {Host: "smtp.mail.me.com", Port: 587, Security: "starttls"},
	}
	if s, ok := known[imapHost]; ok {
		return s
	}
	if rest, ok := strings.CutPrefix(imapHost, "imap."); ok {
		return Server{Host: "smtp." + rest, Port: 465, Security: "tls"}
	}
	return Server{Host: imapHost, Port: 465, Security: "tls"}
}

// Account is a sender that is opened: ready to send.
type Account struct {
	Sender
	Server smtp.Server
}

// From is what its mail carries.
func (a Account) From() mail.Address { return mail.Address{Name: a.Name, Address: a.Address} }

// ErrNone says that there is nobody to send as.
var ErrNone = problem.New(problem.Conflict, "no_sender", "There is no account to send from. An admin adds one in the settings.")

// errGone is for mail whose sender was deleted while it waited.
var errGone = problem.New(problem.Conflict, "sender_gone", "The account that this was to be sent from was deleted. Choose another and send again.")

// Open returns a sender with its login. It may ask a provider for a fresh
// token, so call it outside of other transactions.
func (s *Service) Open(ctx context.Context, senderID string) (a Account, err error) {
	var r row
	err = s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		r, err = load(tx, senderID)
		return err
	})
	if problem.KindOf(err) == problem.NotFound {
		return a, errGone
	}
	if err != nil {
		return a, err
	}
	a = Account{Sender: r.sender()}
	a.Server, err = s.login(ctx, r)
	return a, err
}

// login completes a server with what opens it. No connection to the database is
// held meanwhile.
func (s *Service) login(ctx context.Context, r row) (smtp.Server, error) {
	out := smtp.Server{Host: r.Host, Port: int(r.Port), Security: smtp.Security(r.Security), Username: r.Username, PublicOnly: s.publicOnly}
	if r.MailboxID != nil && r.Password == nil {
		l, err := s.accounts(ctx, *r.MailboxID)
		out.Username, out.Password, out.Token = l.Username, l.Password, l.Token
		return out, err
	}
	if r.Password == nil {
		return out, nil
	}
	plain, err := s.keys.Open(r.Password, passwordColumn.Context(actor.Workspace(ctx), r.ID))
	if errors.Is(err, secret.ErrNoKey) || errors.Is(err, secret.ErrDamaged) {
		return out, errSealed.Because(err)
	}
	out.Password = string(plain)
	return out, err
}

var errSealed = problem.New(problem.Conflict, "secret_lost", "The stored password cannot be opened: the key of the installation has changed. Enter the password again.")

// Choose returns the sender of an id, or the default one for "". A sender that
// is not there is ErrNone for "", else an error of kind NotFound.
func Choose(tx *pg.Tx, senderID string) (Sender, error) {
	sql, args := selection+` AND is_default`, []any{tx.Workspace()}
	if senderID != "" {
		sql, args = selection+` AND id = $2::uuid`, append(args, senderID)
	}
	r, err := pg.One[row](tx, sql, args...)
	if err == pg.ErrNone && senderID == "" {
		return Sender{}, ErrNone
	}
	if err == pg.ErrNone {
		return Sender{}, problem.Missing("sender")
	}
	return r.sender(), err
}

// OwnLater queues the read of every address that is ours: of senders and of
// the workspace.
func OwnLater(tx *pg.Tx, dst *[]string) {
	pg.LaterColumn(tx, dst, `
		SELECT address FROM senders WHERE workspace_id = $1 AND deleted_at IS NULL
		UNION SELECT unnest(own_addresses) FROM identity.workspace()`, tx.Workspace())
}

// Note writes down how the last attempt with a sender went; "" for well.
func Note(tx *pg.Tx, senderID, trouble string) {
	state := "ready"
	if trouble != "" {
		state = "trouble"
	}
	tx.Queue(`
		UPDATE senders SET state = $3, last_error = $4, updated_at = now()
		WHERE workspace_id = $1 AND id = $2::uuid AND (state, last_error) IS DISTINCT FROM ($3, $4)`, tx.Workspace(), senderID, state, trouble)
}
