package grant

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/oauth"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/secret"
)

// journeyTime is how long a person may take at the provider.
const journeyTime = 10 * time.Minute

type departure struct {
	op.InWorkspace
	Provider string `path:"provider" enum:"google,microsoft"`
	Body     struct {
		Purpose   string  `json:"purpose" enum:"mailbox" doc:"What the account is for."`
		MailboxID *string `json:"mailbox_id,omitempty" format:"uuid" doc:"The mailbox that is to be connected again."`
		Address   string  `json:"address,omitempty" maxLength:"254" doc:"The account to preselect at the provider."`
	}
}

// Departure is where the browser goes next.
type Departure struct {
	URL string `json:"url"`
}

// start keeps what the way back must match, and answers the way there.
func (s *Service) start(ctx context.Context, in *departure) (*op.Body[Departure], error) {
	who, _ := actor.From(ctx)
	if who.Kind != actor.User {
		return nil, errBrowser
	}
	p, err := s.provider(in.Provider)
	if err != nil {
		return nil, err
	}
	state, err := newState(who.WorkspaceID)
	if err != nil {
		return nil, err
	}
	pkce, row := oauth.NewVerifier(), id.New()
	sealed, err := s.ring.Seal([]byte(pkce), verifier.Context(who.WorkspaceID, row))
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *pg.Tx) error {
		tx.Queue(`DELETE FROM oauth_states WHERE workspace_id = $1 AND expires_at < $2`, tx.Workspace(), s.now())
		tx.Queue(`
			INSERT INTO oauth_states (workspace_id, id, state_hash, provider, purpose, user_id, session_id, mailbox_id, verifier, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, tx.Workspace(), row, secret.Digest(state), p.Name, in.Body.Purpose,
			who.UserID, who.Credential, in.Body.MailboxID, sealed, s.now().Add(journeyTime))
		return nil
	})
	return &op.Body[Departure]{Body: Departure{URL: p.AuthURL(state, pkce, in.Body.Address)}}, err
}

// newState returns a token that says in which workspace it is kept. Only the
// holder of the session that began may use it there.
func newState(workspace string) (string, error) {
	w, err := uuid.Parse(workspace)
	if err != nil {
		return "", fmt.Errorf("workspace %q: %w", workspace, err)
	}
	return base64.RawURLEncoding.EncodeToString(w[:]) + "." + secret.Token(""), nil
}

func workspaceOf(state string) (string, error) {
	head, _, _ := strings.Cut(state, ".")
	b, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil || len(b) != 16 {
		return "", errState
	}
	return uuid.UUID(b).String(), nil
}

// arrival takes whatever a provider adds, such as scope, iss or hd.
type arrival struct {
	Session     string `cookie:"rapport_session"`
	State       string `query:"state" maxLength:"200"`
	Code        string `query:"code" maxLength:"4000"`
	Error       string `query:"error" maxLength:"200"`
	Description string `query:"error_description"`
	ErrorURI    string `query:"error_uri"`
	Subcode     string `query:"error_subcode"`
	Scope       string `query:"scope"`
	Issuer      string `query:"iss"`
	AuthUser    string `query:"authuser"`
	Domain      string `query:"hd"`
	Prompt      string `query:"prompt"`
	SessionHint string `query:"session_state"`
	ClientInfo  string `query:"client_info"`
}

// onward sends the browser back into the UI. The address it came by holds the
// code: it goes to nobody, and into no cache.
type onward struct {
	Location string `header:"Location"`
	Referrer string `header:"Referrer-Policy"`
	Cache    string `header:"Cache-Control"`
}

// callback ends the journey: whatever happened is told by the settings page.
func (s *Service) callback(ctx context.Context, in *arrival) (*onward, error) {
	told := url.Values{}
	if workspace, err := workspaceOf(in.State); err == nil {
		told.Set("workspace", workspace)
	}
	j, granted, err := s.arrive(ctx, in)
	if err != nil {
		p, ok := errors.AsType[*problem.Error](err)
		if !ok {
			return nil, err
		}
		told.Set("problem", p.Code)
		if p.Code == errRefused.Code {
			told.Set("reason", word(in.Error))
		}
	} else {
		told.Set("grant", granted)
	}
	if j.MailboxID != nil {
		told.Set("mailbox", *j.MailboxID)
	}
	return &onward{Location: "/settings/mailboxes?" + told.Encode(), Referrer: "no-referrer", Cache: "no-store"}, nil
}

// word keeps what an OAuth error code is made of.
func word(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, s[:min(len(s), 40)])
}

// journey is what was kept when the person left.
type journey struct {
	ID, Provider, UserID, SessionID string
	MailboxID                       *string
	Verifier                        []byte
	ExpiresAt                       time.Time
}

func (s *Service) arrive(ctx context.Context, in *arrival) (j journey, granted string, err error) {
	ctx, err = s.recognise(ctx, in)
	if err != nil {
		return j, "", err
	}
	if j, err = s.take(ctx, in.State); err != nil {
		return journey{}, "", err
	}
	switch {
	case in.Error == "access_denied" || in.Error == "consent_required":
		return j, "", errDenied
	case in.Error != "":
		return j, "", errRefused
	case in.Code == "":
		return j, "", errState
	}
	t, err := s.exchange(ctx, j, in.Code)
	if err != nil {
		return j, "", err
	}
	granted, err = s.keep(ctx, j, t)
	if pg.Violates(err, "oauth_grants_account_key") { // connected twice at once
		granted, err = s.keep(ctx, j, t)
	}
	return j, granted, err
}

// recognise finds who comes back, in the workspace that the state names, and
// whether they may still connect accounts there.
func (s *Service) recognise(ctx context.Context, in *arrival) (context.Context, error) {
	workspace, err := workspaceOf(in.State)
	if err != nil {
		return ctx, err
	}
	who, err := s.auth.Authenticate(ctx, op.Credential{Token: in.Session, Cookie: true}, op.Place{Workspace: workspace})
	if problem.KindOf(err) == problem.NotFound {
		return ctx, errState
	}
	if err != nil {
		return ctx, err
	}
	ctx = actor.With(ctx, who)
	return ctx, op.Allowed(ctx, "mailbox:write")
}

// take uses a state up, whoever of the workspace shows it, and answers what it stood for if it
// is this session's and in time.
func (s *Service) take(ctx context.Context, state string) (journey, error) {
	who, _ := actor.From(ctx)
	var j journey
	err := s.db.Write(ctx, func(tx *pg.Tx) (err error) {
		j, err = pg.One[journey](tx, `
			DELETE FROM oauth_states WHERE workspace_id = $1 AND state_hash = $2
			RETURNING id::text, provider, user_id::text, session_id::text, mailbox_id::text, verifier, expires_at`, tx.Workspace(), secret.Digest(state))
		if errors.Is(err, pg.ErrNone) {
			return errState
		}
		return err
	})
	if err != nil {
		return journey{}, err
	}
	if j.UserID != who.UserID || j.SessionID != who.Credential || !j.ExpiresAt.After(s.now()) {
		return journey{}, errState
	}
	return j, nil
}

func (s *Service) exchange(ctx context.Context, j journey, code string) (oauth.Token, error) {
	p, err := s.provider(j.Provider)
	if err != nil {
		return oauth.Token{}, err
	}
	pkce, err := s.ring.Open(j.Verifier, verifier.Context(actor.Workspace(ctx), j.ID))
	if err != nil {
		return oauth.Token{}, errState.Because(err)
	}
	t, err := p.Exchange(ctx, code, string(pkce))
	for _, known := range []struct {
		err error
		is  *problem.Error
	}{{oauth.ErrRevoked, errState}, {oauth.ErrMisconfigured, errMisconfigured}, {oauth.ErrIncomplete, errIncomplete}, {oauth.ErrUnavailable, errUnavailable}} {
		if errors.Is(err, known.err) {
			return t, known.is.Because(err)
		}
	}
	return t, err
}
