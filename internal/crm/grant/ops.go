package grant

import (
	"context"
	"strings"

	"rapport/internal/api/op"
	"rapport/internal/platform/pg"
)

type example = map[string]any

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/oauth"
	return []op.Operation{
		op.New(op.Meta{Name: "oauth.providers", Method: "GET", Cached: op.Cached{Never: "The process knows it."}, Path: path + "/providers", Scope: "mailbox:read",
			Summary: "List the identity providers, and whether they are configured"}, s.list),
		op.New(op.Meta{Name: "oauth.grants", Method: "GET", Cached: op.Cached{Never: "Seldom read."}, Path: path + "/grants", Scope: "mailbox:read",
			Summary: "List the accounts that were connected through a provider"}, s.grants),
		op.New(op.Meta{Name: "oauth.start", Method: "POST", Path: path + "/{provider}/start", Scope: "mailbox:write", Secret: true,
			Summary: "Begin to connect an account", Doc: "Send the person's browser to the address; they come back to the settings page of mailboxes within ten minutes.",
			Example: example{"provider": "google", "body": example{"purpose": "mailbox"}}}, s.start),
		op.New(op.Meta{Name: "oauth.callback", Outside: true, Method: "GET", Cached: op.Cached{Never: "A step of a sign-in."}, Path: "/v1/oauth/callback", Scope: op.Public, Effect: op.Write, Secret: true, Status: 303,
			Summary: "Where a provider sends the person back to", Doc: "Answers with a redirect to the settings page, with the grant or the code of a problem.",
			Example: example{"state": "none", "error": "access_denied"}}, s.callback),
	}
}

func (s *Service) list(_ context.Context, _ *op.InWorkspace) (*op.Body[op.List[Provider]], error) {
	var out []Provider
	for _, p := range s.providers {
		prefix := "RAPPORT_" + strings.ToUpper(p.Name)
		out = append(out, Provider{Provider: p.Name, Title: p.Title, Configured: p.Configured(), RedirectURL: p.RedirectURL(),
			Settings: []string{prefix + "_CLIENT_ID", prefix + "_CLIENT_SECRET"}})
	}
	return op.Listed(out), nil
}

func (s *Service) grants(ctx context.Context, _ *op.InWorkspace) (*op.Body[op.List[Grant]], error) {
	var out []Grant
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		out, err = pg.All[Grant](tx, `
			SELECT id::text, provider, address, state, created_at, updated_at
			FROM oauth_grants WHERE workspace_id = $1 ORDER BY address, provider, id LIMIT 500`, tx.Workspace())
		return err
	})
	return op.Listed(out), err
}
