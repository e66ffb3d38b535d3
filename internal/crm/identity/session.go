package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/secret"
)

// Session is a browser in which a person is signed in.
type Session struct {
	ID         string    `json:"id"`
	CreatedAt  time.Time `json:"created_at"`
	LastSeenAt time.Time `json:"last_seen_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	IP         string    `json:"ip"`
	UserAgent  string    `json:"user_agent"`
	Current    bool      `json:"current" db:"-"`
}

// SignedIn is the answer that carries the session.
type SignedIn struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      Me
}

// SignIn starts a session of a person who has proved who they are, and answers
// with its cookies. Its token is always a new one, whatever the caller sent.
func (s *Service) SignIn(ctx context.Context, uid string) (*SignedIn, error) {
	token := secret.Token("rs_")
	ip, agent, secure := op.Client(ctx)
	arg, err := json.Marshal(map[string]any{"id": id.New(), "user_id": uid, "ip": ip, "user_agent": agent, "expires_at": s.now().Add(SessionLife)})
	if err != nil {
		return nil, fmt.Errorf("encode the session: %w", err)
	}
	err = s.db.Global(ctx, func(tx *pg.Tx) error {
		_, err := tx.Exec(`SELECT identity.session_start($1, $2)`, arg, secret.Digest(token))
		return err
	})
	if err != nil {
		return nil, err
	}
	me, err := s.Me(ctx, uid)
	if err != nil {
		return nil, err
	}
	return &SignedIn{SetCookie: cookies(token, secure, int(SessionLife.Seconds())), Body: me}, nil
}

func cookies(token string, secure bool, age int) []http.Cookie {
	session := http.Cookie{Name: op.SessionCookie, Value: token, Path: "/", MaxAge: age, HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode}
	csrf := http.Cookie{Name: op.CSRFCookie, Value: op.CSRFToken(token), Path: "/", MaxAge: age, Secure: secure, SameSite: http.SameSiteLaxMode}
	return []http.Cookie{session, csrf}
}

type signedOut struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

func (s *Service) logout(ctx context.Context, _ *struct{}) (*signedOut, error) {
	who, _ := actor.From(ctx)
	if who.Kind == actor.User {
		if err := s.endSession(ctx, who.UserID, who.Credential); err != nil {
			return nil, err
		}
	}
	_, _, secure := op.Client(ctx)
	return &signedOut{SetCookie: cookies("", secure, -1)}, nil
}

func (s *Service) endSession(ctx context.Context, uid, session string) error {
	defer s.auth.Forget()
	return s.db.Global(ctx, func(tx *pg.Tx) error {
		n, err := pg.Value[int32](tx, `SELECT identity.session_end($1::uuid, $2::uuid)`, uid, session)
		if err == nil && n == 0 {
			return problem.Missing("session")
		}
		return err
	})
}

var errNobody = problem.New(problem.Forbidden, "forbidden", "Only a person who is signed in may do this.")

// Signed returns the person who acts; accounts and sessions are no business of
// a key.
func Signed(ctx context.Context) (actor.Actor, error) {
	who, _ := actor.From(ctx)
	if who.Kind != actor.User {
		return who, errNobody
	}
	return who, nil
}

func (s *Service) sessions(ctx context.Context, _ *struct{}) (*op.Body[op.List[Session]], error) {
	who, err := Signed(ctx)
	if err != nil {
		return nil, err
	}
	out, err := global[Session](ctx, s.db, `
		SELECT id::text, created_at, last_seen_at, expires_at, ip, user_agent FROM identity.sessions_of($1::uuid)`, who.UserID)
	for i := range out {
		out[i].Current = out[i].ID == who.Credential
	}
	return op.Listed(out), err
}

// global runs one query that is bound to no workspace.
func global[T any](ctx context.Context, db *pg.DB, sql string, args ...any) (out []T, err error) {
	err = db.Global(ctx, func(tx *pg.Tx) (err error) {
		out, err = pg.All[T](tx, sql, args...)
		return err
	})
	return out, err
}

type sessionInput struct {
	Session string `path:"session"`
}

func (s *Service) revokeSession(ctx context.Context, in *sessionInput) (*op.NoContent, error) {
	who, err := Signed(ctx)
	if err != nil {
		return nil, err
	}
	return nil, s.endSession(ctx, who.UserID, in.Session)
}

// revokeOthers leaves the session that asks, and no other.
func (s *Service) revokeOthers(ctx context.Context, _ *struct{}) (*op.NoContent, error) {
	who, err := Signed(ctx)
	if err != nil {
		return nil, err
	}
	defer s.auth.Forget()
	return nil, s.db.Global(ctx, func(tx *pg.Tx) error {
		n, err := pg.Value[int32](tx, `SELECT identity.sessions_end($1::uuid, $2::uuid)`, who.UserID, who.Credential)
		if n > 0 {
			Note(ctx, tx, Noted{User: who.UserID, Action: "sessions.ended", Detail: fmt.Sprintf("%d elsewhere", n)})
		}
		return err
	})
}
