package mailbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/id"
	"rapport/internal/platform/imap"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Connection is an account to be connected.
type Connection struct {
	op.InWorkspace
	Body Details
}

// Details are what somebody says of an account.
type Details struct {
	Name     string    `json:"name,omitempty" maxLength:"200" doc:"The address unless said."`
	Address  string    `json:"address" minLength:"3" maxLength:"320" doc:"Mail from it is ours."`
	Auth     string    `json:"auth,omitempty" enum:"password,google,microsoft" default:"password"`
	Username string    `json:"username,omitempty" maxLength:"320" doc:"The address unless said."`
	Password string    `json:"password,omitempty" maxLength:"1000"`
	GrantID  string    `json:"grant_id,omitempty" doc:"For google and microsoft: the access that was granted." format:"uuid"`
	IMAP     Server    `json:"imap"`
	SMTP     *SMTP     `json:"smtp,omitempty" doc:"Makes a sender beside it."`
	Folders  *[]string `json:"folders,omitempty" nullable:"true" maxItems:"1000" doc:"Names of the folders to read; all that matter unless said."`
	Since    *string   `json:"since,omitempty" format:"date" doc:"Mail that the server received before stays out."`
	MarkSeen bool      `json:"mark_seen,omitempty" doc:"What is read here is marked as read on the server."`
}

func (d *Details) complete() {
	d.Address = strings.TrimSpace(d.Address)
	if d.Name = strings.TrimSpace(d.Name); d.Name == "" {
		d.Name = d.Address
	}
	if d.Username == "" {
		d.Username = d.Address
	}
	d.IMAP.complete()
}

func (s *Server) complete() {
	s.Host = strings.ToLower(strings.TrimSpace(s.Host))
	if s.Security == "" {
		s.Security = "tls"
	}
	if s.Port == 0 {
		s.Port = 143
		if s.Security == "tls" {
			s.Port = 993
		}
	}
}

func (d *Details) check(outgoing bool) error {
	var f problem.Fields
	f.Check(mail.AddressKey(d.Address) != "", "/address", "format", "Enter a valid email address.")
	f.Check(plain(d.Name), "/name", "format", "A name has no control characters.")
	f.Check(plain(d.Username), "/username", "format", "A user name has no control characters.")
	f.Check(plain(d.Password), "/password", "format", "A password has no control characters.")
	f.Check(d.Auth != "password" || d.Password != "", "/password", "required", "Enter the password, or an app password where the provider has them.")
	f.Check(d.Auth == "password" || d.GrantID != "", "/grant_id", "required", "Connect the account with the provider first.")
	f.Check(!strings.ContainsAny(d.IMAP.Host, "/: \t@"), "/imap/host", "format", "Enter the name of the server alone, such as imap.example.com.")
	f.Check(d.SMTP == nil || outgoing, "/smtp", "not_allowed", "Add the sender by itself, once the mailbox is connected.")
	_, err := day(d.Since)
	f.Check(err == nil, "/since", "format", "Enter a date such as 2026-01-31.")
	return f.Err()
}

func plain(s string) bool {
	return strings.ToValidUTF8(s, "") == s && !strings.ContainsFunc(s, unicode.IsControl)
}

func day(s *string) (*time.Time, error) {
	if s == nil {
		return nil, nil
	}
	at, err := time.Parse(time.DateOnly, *s)
	return &at, err
}

// Attempt is the answer to a try.
type Attempt struct {
	OK      bool            `json:"ok"`
	Folders []AttemptFolder `json:"folders"`
}

// AttemptFolder is a folder that was seen.
type AttemptFolder struct {
	Name string `json:"name"`
	Kind string `json:"kind" enum:"inbox,sent,drafts,trash,junk,archive,all,other"`
}

func (s *Service) test(ctx context.Context, in *Connection) (*op.Body[Attempt], error) {
	in.Body.complete()
	if err := in.Body.check(s.outgoing != nil); err != nil {
		return nil, err
	}
	folders, err := s.try(ctx, &in.Body)
	if err != nil {
		return nil, err
	}
	a := Attempt{OK: true, Folders: []AttemptFolder{}}
	for _, f := range folders {
		a.Folders = append(a.Folders, AttemptFolder(f))
	}
	return &op.Body[Attempt]{Body: a}, nil
}

// try connects and lists the folders; what the server does not like is a
// problem that names the field.
func (s *Service) try(ctx context.Context, d *Details) ([]imap.Folder, error) {
	login := imap.Login{Username: d.Username, Password: d.Password}
	if d.Auth != "password" {
		var err error
		if login, err = s.granted(ctx, d.GrantID, d.Username); err != nil {
			return nil, err
		}
	}
	c, err := s.dialer.Dial(ctx, imap.Server(d.IMAP), login)
	if err != nil {
		return nil, explain(err, d.Auth)
	}
	defer c.Logout(context.WithoutCancel(ctx))
	folders, err := c.Folders(ctx)
	if err != nil {
		return nil, explain(err, d.Auth)
	}
	if d.Folders == nil {
		return folders, nil
	}
	names := make([]string, len(folders))
	for i, f := range folders {
		names[i] = f.Name
	}
	return folders, allKnown("/folders", *d.Folders, names)
}

func allKnown(pointer string, chosen, known []string) error {
	var f problem.Fields
	for i, name := range chosen {
		f.Check(slices.Contains(known, name), fmt.Sprintf("%s/%d", pointer, i), "not_allowed", "There is no such folder in this mailbox.")
	}
	return f.Err()
}

// explain puts a fault of the server at the field that can mend it.
func explain(err error, auth string) error {
	fault, ok := errors.AsType[*imap.Fault](err)
	if !ok {
		return err
	}
	pointer := "/imap/host"
	switch fault.Kind {
	case imap.Credentials:
		if pointer = "/password"; auth != "password" {
			pointer = "/grant_id"
		}
	case imap.NoTLS:
		pointer = "/imap/security"
	case imap.Unreachable, imap.Protocol, imap.Slow:
		pointer = "/imap/port"
	}
	p := problem.New(problem.Invalid, "mailbox_unreachable", "The mailbox cannot be opened; errors says why.")
	p.Fields = problem.Fields{{Pointer: pointer, Code: string(fault.Kind), Message: fault.Sentence()}}
	return p.Because(err)
}

// Connect tries an account and stores it; its mail begins to come in.
func (s *Service) Connect(ctx context.Context, in *Connection) (*op.Record[Mailbox], error) {
	d := &in.Body
	d.complete()
	if err := d.check(s.outgoing != nil); err != nil {
		return nil, err
	}
	folders, err := s.try(ctx, d)
	if err != nil {
		return nil, err
	}
	mailboxID := id.New()
	if err := s.db.Write(ctx, func(tx *pg.Tx) error { return s.add(ctx, tx, mailboxID, d, folders) }); err != nil {
		return nil, taken(err)
	}
	return s.record(ctx, mailboxID)
}

func (s *Service) add(ctx context.Context, tx *pg.Tx, mailboxID string, d *Details, folders []imap.Folder) error {
	since, err := day(d.Since)
	if err != nil {
		return err
	}
	sealed, err := s.seal(tx.Workspace(), mailboxID, d.Password)
	if err != nil {
		return err
	}
	tx.Queue(`
		INSERT INTO mailboxes (workspace_id, id, name, address, auth, grant_id, username, password, host, port, security, chosen, since, mark_seen)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		tx.Workspace(), mailboxID, d.Name, d.Address, d.Auth, op.Given(d.GrantID), d.Username, sealed, d.IMAP.Host, d.IMAP.Port, d.IMAP.Security, d.Folders, since, d.MarkSeen)
	queueFolders(tx, mailboxID, folders)
	s.enlist(tx, mailboxID)
	if d.SMTP != nil {
		m := &Mailbox{ID: mailboxID, Name: d.Name, Address: d.Address, Username: d.Username, Auth: d.Auth}
		if err := s.outgoing(ctx, tx, m, d.SMTP); err != nil {
			return err
		}
	}
	return event.Record(ctx, tx, event.Happened{Entity: "mailbox", EntityID: mailboxID, Kind: event.Created, Changes: event.Changes{"address": {nil, d.Address}}})
}

// seal returns nil for no password.
func (s *Service) seal(workspace, mailboxID, password string) ([]byte, error) {
	if password == "" {
		return nil, nil
	}
	sealed, err := s.keys.Seal([]byte(password), passwordColumn.Context(workspace, mailboxID))
	if err != nil {
		return nil, fmt.Errorf("seal a password: %w", err)
	}
	return sealed, nil
}

func taken(err error) error {
	if pg.Violates(err, "mailboxes_account_key") {
		return &problem.Error{Kind: problem.Conflict, Code: "duplicate", Detail: "This account is connected already.",
			Fields: []problem.Field{{Pointer: "/username", Code: "duplicate", Message: "Another mailbox of this workspace has this user name on this server."}}}
	}
	return err
}
