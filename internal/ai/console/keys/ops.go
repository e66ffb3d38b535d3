package keys

import (
	"context"
	"strings"
	"time"

	"rapport/internal/ai/wire"
	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Key is a key as people see it. The key itself is never shown again.
type Key struct {
	ID        string    `json:"id"`
	Provider  string    `json:"provider" enum:"anthropic,gemini,openrouter,compatible"`
	Label     string    `json:"label"`
	BaseURL   string    `json:"base_url" doc:"Where the provider is asked, if not at its own address."`
	Shared    bool      `json:"shared" doc:"Serves the other workspaces of the organization too."`
	CreatedAt time.Time `json:"created_at"`
}

const entity = "ai_key"

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/ai/keys"
	return []op.Operation{
		op.New(op.Meta{Name: "ai.keys.list", Method: "GET", Cached: op.Cached{Never: "Seldom read."}, Path: path, Scope: "ai_key:read", Summary: "List the keys for AI providers of a workspace"}, s.list),
		op.New(op.Meta{Name: "ai.keys.create", Method: "POST", Path: path, Scope: "ai_key:write", Status: 201, Secret: true,
			Summary: "Keep a key for an AI provider", Doc: "The key is sealed and never shown again. Nobody is asked whether it works.",
			Example: map[string]any{"body": map[string]any{"provider": "openrouter", "label": "Team", "secret": "sk-or-v1-0123456789abcdef0123456789abcdef"}}}, s.create),
		op.New(op.Meta{Name: "ai.keys.delete", Method: "DELETE", Path: path + "/{id}", Scope: "ai_key:delete", Status: 204,
			Entities: map[string]string{"id": entity}, Summary: "Forget a key for an AI provider"}, s.remove),
	}
}

const selection = `SELECT id::text, provider, label, base_url, shared, created_at FROM ai_keys WHERE workspace_id = $1`

func (s *Service) list(ctx context.Context, _ *op.InWorkspace) (*op.Body[op.List[Key]], error) {
	var out []Key
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		out, err = pg.All[Key](tx, selection+` ORDER BY provider, created_at, id`, tx.Workspace())
		return err
	})
	return op.Listed(out), err
}

type createInput struct {
	op.InWorkspace
	Body struct {
		Provider string `json:"provider" enum:"anthropic,gemini,openrouter,compatible"`
		Label    string `json:"label,omitempty" maxLength:"100"`
		Secret   string `json:"secret,omitempty" maxLength:"1000" doc:"Never shown again. A server of one's own may need none."`
		BaseURL  string `json:"base_url,omitempty" maxLength:"500" doc:"Another address of the provider; needed for compatible."`
		Private  bool   `json:"private,omitempty" doc:"For this workspace alone; otherwise the whole organization may use it."`
	}
}

// mostKeys is how many keys a workspace may have for one provider.
const mostKeys = 10

func (s *Service) create(ctx context.Context, in *createInput) (*op.Body[Key], error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	b := in.Body
	var out Key
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		keyID := id.New()
		hidden, err := s.seals.Seal([]byte(b.Secret), secretColumn.Context(tx.Workspace(), keyID))
		if err != nil {
			return err
		}
		out, err = pg.One[Key](tx, `
			INSERT INTO ai_keys (workspace_id, id, provider, label, secret, base_url, shared)
			SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM ai_keys WHERE workspace_id = $1 AND provider = $3) < $8
			RETURNING id::text, provider, label, base_url, shared, created_at`,
			tx.Workspace(), keyID, b.Provider, strings.TrimSpace(b.Label), hidden, b.BaseURL, !b.Private, mostKeys)
		if err == pg.ErrNone {
			return problem.Newf(problem.Conflict, "too_many", "A workspace keeps at most %d keys for one provider. Delete one first.", mostKeys)
		}
		if err != nil {
			return err
		}
		tx.AfterCommit(func(context.Context) { s.forget() })
		return event.Record(ctx, tx, event.Happened{Entity: entity, EntityID: keyID, Kind: event.Created,
			Changes: event.Changes{"provider": {nil, b.Provider}, "label": {nil, out.Label}, "base_url": {nil, out.BaseURL}, "shared": {nil, out.Shared}}})
	})
	return &op.Body[Key]{Body: out}, err
}

// check refuses what cannot be a key, before it costs a failed call. It never
// repeats the key.
func (in *createInput) check() error {
	b := in.Body
	var f problem.Fields
	own := b.BaseURL == ""
	f.Check(!strings.ContainsFunc(b.Label, func(c rune) bool { return c < ' ' || c == 0x7f }), "/label", "format", "A label is one line.")
	switch {
	case b.Secret == "":
		f.Check(b.Provider == "compatible", "/secret", "required", "Enter the key.")
	case strings.TrimSpace(b.Secret) != b.Secret:
		f.Check(false, "/secret", "whitespace", "The key begins or ends with a space or a line break. Copy it without.")
	case strings.ContainsFunc(b.Secret, func(c rune) bool { return c <= ' ' || c >= 0x7f }):
		f.Check(false, "/secret", "format", "A key has no spaces, line breaks or special characters.")
	case own && len(b.Secret) < 16:
		f.Check(false, "/secret", "length", "This is too short for a key.")
	case own:
		checkMaker(&f, b.Provider, b.Secret)
	}
	f.Check(b.Provider != "compatible" || !own, "/base_url", "required", "Enter the address of the server, such as http://localhost:11434/v1.")
	f.Check(own || wire.Address(b.BaseURL) == nil, "/base_url", "format",
		"Enter an address that begins with https://, without a user, query or fragment; http:// is for this machine and for addresses in numbers.")
	return f.Err()
}

// makers are how the keys of those begin who mark theirs.
var makers = map[string]string{"anthropic": "sk-ant-", "openrouter": "sk-or-"}

func checkMaker(f *problem.Fields, provider, key string) {
	want := makers[provider]
	f.Check(strings.HasPrefix(key, want), "/secret", "format", "The keys of this provider begin with "+want+".")
	for other, prefix := range makers {
		f.Check(other == provider || !strings.HasPrefix(key, prefix), "/secret", "other_provider", "This is a key of "+other+".")
	}
}

func (s *Service) remove(ctx context.Context, in *op.ByID) (*op.NoContent, error) {
	return nil, s.db.Write(ctx, func(tx *pg.Tx) error {
		gone, err := pg.One[Key](tx, `
			DELETE FROM ai_keys WHERE workspace_id = $1 AND id = $2::uuid RETURNING id::text, provider, label, base_url, shared, created_at`, tx.Workspace(), in.ID)
		if err == pg.ErrNone {
			return problem.Missing("key")
		}
		if err != nil {
			return err
		}
		tx.AfterCommit(func(context.Context) { s.forget() })
		return event.Record(ctx, tx, event.Happened{Entity: entity, EntityID: in.ID, Kind: event.Deleted,
			Changes: event.Changes{"provider": {gone.Provider, nil}, "label": {gone.Label, nil}}})
	})
}
