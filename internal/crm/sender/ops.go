package sender

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"

	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/smtp"
)

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/senders"
	entities := map[string]string{"id": "sender"}
	return []op.Operation{
		op.New(op.Meta{Name: "sender.list", Method: "GET", Cached: op.Cached{On: "sender mailbox outgoing"}, Path: path, Scope: "sender:read", Summary: "List the accounts to send from"}, s.list),
		op.New(op.Meta{Name: "sender.create", Method: "POST", Path: path, Scope: "sender:write", Status: 201,
			Summary: "Add an account to send from", Doc: "Nothing is sent and nobody is asked; test it afterwards.",
			Example: map[string]any{"body": map[string]any{"name": "Ana Duarte", "address": "ana@lumen.example", "signature": "Ana Duarte\nLumen",
				"smtp": map[string]any{"host": "smtp.lumen.example", "port": 587, "security": "starttls", "username": "ana", "password": "secret"}}}}, s.create),
		op.New(op.Meta{Name: "sender.get", Method: "GET", Cached: op.Cached{On: "sender mailbox outgoing"}, Path: path + "/{id}", Scope: "sender:read", Entities: entities, Summary: "Read an account to send from"}, s.get),
		op.New(op.Meta{Name: "sender.update", Method: "PATCH", Path: path + "/{id}", Scope: "sender:write", Entities: entities,
			Summary: "Change an account to send from", Doc: "A new host, port, protection or user name needs the password once more.",
			Example: map[string]any{"If-Match": `"1"`, "body": map[string]any{"signature": "Kind regards\nAna"}}}, s.update),
		op.New(op.Meta{Name: "sender.delete", Method: "DELETE", Path: path + "/{id}", Scope: "sender:delete", Status: 204, Entities: entities,
			Summary: "Remove an account to send from; what waits to be sent from it fails"}, s.remove),
		op.New(op.Meta{Name: "sender.test", Outside: true, Method: "POST", Path: path + "/{id}/test", Scope: "sender:write", Entities: entities, Cost: 5,
			Summary: "Sign in at the server of a sender, and send a mail if an address is given",
			Doc:     "What fails is a 422 whose errors point at the field to mend.",
			Example: map[string]any{"body": map[string]any{}}}, s.test),
	}
}

func (s *Service) list(ctx context.Context, _ *op.InWorkspace) (*op.Body[op.List[Sender]], error) {
	var out []Sender
	err := s.db.Read(ctx, func(tx *pg.Tx) error {
		rows, err := pg.All[row](tx, selection+` ORDER BY is_default DESC, name, id`, tx.Workspace())
		for _, r := range rows {
			out = append(out, r.sender())
		}
		return err
	})
	return op.Listed(out), err
}

func (s *Service) get(ctx context.Context, in *op.ByID) (out *op.Record[Sender], err error) {
	err = s.db.Read(ctx, func(tx *pg.Tx) error {
		r, err := load(tx, in.ID)
		out = op.NewRecord(r.sender(), r.Version)
		return err
	})
	return out, err
}

// serverInput is a server as people describe it.
type serverInput struct {
	Host     string  `json:"host,omitempty" maxLength:"253"`
	Port     int     `json:"port,omitempty" minimum:"0" maximum:"65535" doc:"465 for tls, 587 otherwise, unless said."`
	Security string  `json:"security,omitempty" enum:"tls,starttls,none"`
	Username string  `json:"username,omitempty" maxLength:"320"`
	Password *string `json:"password,omitempty" maxLength:"1000" doc:"Never shown again."`
}

type createInput struct {
	op.InWorkspace
	Body struct {
		Name      string      `json:"name" minLength:"1" maxLength:"100"`
		Address   string      `json:"address" minLength:"3" maxLength:"254"`
		Signature string      `json:"signature,omitempty" maxLength:"5000"`
		MailboxID string      `json:"mailbox_id,omitempty" format:"uuid" doc:"Use the login of this mailbox, unless a password is given, and keep copies in its Sent folder; smtp may be left out then."`
		SMTP      serverInput `json:"smtp,omitempty"`
		IsDefault bool        `json:"is_default,omitempty"`
	}
}

func (s *Service) create(ctx context.Context, in *createInput) (out *op.Record[Sender], err error) {
	b := in.Body
	d := Details{Name: b.Name, Address: b.Address, Signature: b.Signature, MailboxID: op.Given(b.MailboxID),
		Server: Server{b.SMTP.Host, b.SMTP.Port, b.SMTP.Security, b.SMTP.Username}, Password: b.SMTP.Password, IsDefault: b.IsDefault}
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		made, err := s.Add(ctx, tx, d)
		out = op.NewRecord(made, made.Version)
		return err
	})
	return out, err
}

type updateInput struct {
	op.Versioned
	Body struct {
		Name      *string      `json:"name,omitempty" minLength:"1" maxLength:"100"`
		Address   *string      `json:"address,omitempty" minLength:"3" maxLength:"254"`
		Signature *string      `json:"signature,omitempty" maxLength:"5000"`
		SMTP      *serverInput `json:"smtp,omitempty" doc:"Fields that are left out stay."`
		IsDefault *bool        `json:"is_default,omitempty" doc:"true makes it the default; another becomes it when this one is removed."`
	}
}

// onto returns what the change makes of a sender.
func (in *updateInput) onto(r row) Details {
	d := Details{Name: r.Name, Address: r.Address, Signature: r.Signature, MailboxID: r.MailboxID, IsDefault: r.IsDefault, Server: r.sender().SMTP}
	set(&d.Name, in.Body.Name)
	set(&d.Address, in.Body.Address)
	set(&d.Signature, in.Body.Signature)
	d.IsDefault = d.IsDefault || in.Body.IsDefault != nil && *in.Body.IsDefault
	if n := in.Body.SMTP; n != nil {
		d.Password = n.Password
		set(&d.Host, op.Given(n.Host))
		set(&d.Security, op.Given(n.Security))
		set(&d.Username, op.Given(n.Username))
		if n.Port != 0 {
			d.Port = n.Port
		}
	}
	d.normalise()
	return d
}

func set(dst *string, v *string) {
	if v != nil {
		*dst = *v
	}
}

func (s *Service) update(ctx context.Context, in *updateInput) (out *op.Record[Sender], err error) {
	version, err := in.Version()
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		lock(tx)
		r, err := load(tx, in.ID)
		if err != nil {
			return err
		}
		if r.Version != version {
			return op.Stale(r.Version)
		}
		d := in.onto(r)
		var f problem.Fields
		d.check(&f)
		// Or whoever may change a sender could have its password sent to a server of theirs.
		f.Check(r.Password == nil || d.Password != nil || d.Server == r.sender().SMTP, "/smtp/password", "required", "Enter the password once more for the changed server.")
		if err := f.Err(); err != nil {
			return err
		}
		after, err := s.change(ctx, tx, r, d)
		out = op.NewRecord(after, after.Version)
		return err
	})
	return out, err
}

func (s *Service) remove(ctx context.Context, in *op.ByID) (*op.NoContent, error) {
	return nil, s.db.Write(ctx, func(tx *pg.Tx) error {
		lock(tx)
		r, err := load(tx, in.ID)
		if err != nil {
			return err
		}
		tx.Queue(`UPDATE senders SET deleted_at = now(), is_default = false, password = NULL, version = version + 1 WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), r.ID)
		if r.IsDefault {
			tx.Queue(`
				UPDATE senders SET is_default = true, version = version + 1
				WHERE workspace_id = $1 AND id = (SELECT id FROM senders WHERE workspace_id = $1 AND deleted_at IS NULL ORDER BY created_at, id LIMIT 1)`, tx.Workspace())
		}
		return event.Record(ctx, tx, event.Happened{Entity: "sender", EntityID: r.ID, Kind: event.Deleted})
	})
}

type testInput struct {
	op.ByID
	Body struct {
		To string `json:"to,omitempty" maxLength:"254" doc:"Somebody who shall get a mail."`
	}
}

// Tested is the answer of a test that went well.
type Tested struct {
	OK    bool   `json:"ok"`
	Reply string `json:"reply" doc:"What the server said on accepting the mail, if one was sent."`
}

func (s *Service) test(ctx context.Context, in *testInput) (*op.Body[Tested], error) {
	to := address(in.Body.To)
	var f problem.Fields
	f.Check(to == "" || smtp.Deliverable(to), "/to", "format", "Enter a valid email address.")
	if err := f.Err(); err != nil {
		return nil, err
	}
	a, err := s.Open(ctx, in.ID)
	if errors.Is(err, errGone) {
		return nil, problem.Missing("sender")
	}
	if err != nil {
		return nil, err
	}
	out := Tested{OK: true}
	if to == "" {
		err = a.Server.Check(ctx)
	} else {
		out.Reply, err = s.sample(ctx, a, to)
	}
	trouble := ""
	if err != nil {
		trouble = err.Error()
	}
	if e := s.db.Write(context.WithoutCancel(ctx), func(tx *pg.Tx) error { Note(tx, a.ID, trouble); return nil }); e != nil {
		return nil, e
	}
	if err != nil {
		return nil, explain(err)
	}
	return &op.Body[Tested]{Body: out}, nil
}

func (s *Service) sample(ctx context.Context, a Account, to string) (string, error) {
	m := smtp.Message{From: a.From(), To: []mail.Address{{Address: to}}, Subject: "A test from Rapport", Date: s.now(),
		MessageID: strings.ToLower(rand.Text()) + a.Address[strings.LastIndexByte(a.Address, '@'):],
		Text:      "This mail was sent to see whether it arrives. It did.\n", Automatic: true}
	var b strings.Builder
	if err := m.Write(&b); err != nil {
		return "", err
	}
	return a.Server.Deliver(ctx, smtp.Envelope{From: a.Address, To: []string{to}, Size: int64(b.Len())}, strings.NewReader(b.String()), func() error { return nil })
}

// explain points at the field that has to be mended.
func explain(err error) error {
	f, ok := errors.AsType[*smtp.Failure](err)
	if !ok {
		return err
	}
	pointers := map[smtp.Stage]string{smtp.Connect: "/smtp/host", smtp.Encrypt: "/smtp/security", smtp.SignIn: "/smtp/password",
		smtp.Sender: "/address", smtp.Recipients: "/to", smtp.Content: "/to", smtp.Answer: "/to"}
	return &problem.Error{Kind: problem.Invalid, Code: "smtp_failed", Detail: f.Error(),
		Fields: []problem.Field{{Pointer: pointers[f.Stage], Code: string(f.Stage), Message: f.Error()}}}
}
