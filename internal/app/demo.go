package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"rapport/internal/app/demo"
	"rapport/internal/crm/identity"
)

// The login of the demo workspace. It is printed on start and public.
const (
	DemoEmail    = "demo@rapport.example"
	DemoPassword = "rapport-demo"
)

// demoFile, in the data directory, says that the demo workspace is being
// filled. It goes when all is in; what people then make of the workspace stays.
const demoFile = "demo-unfinished"

const demoMailbox = "northlight.mbox"

// prepareDemo fills an empty installation with the demo workspace, through the
// API at url. Killed at any moment, the next start goes on.
func (a *App) prepareDemo(ctx context.Context, url string) error {
	if !a.Config.Demo {
		return nil
	}
	mark := filepath.Join(a.Config.Data, demoFile)
	taken, err := a.parts.identity.HasUsers(ctx)
	if err != nil {
		return err
	}
	if !taken {
		if err := a.registerDemo(ctx, mark); err != nil {
			return fmt.Errorf("register the demo: %w", err)
		}
	}
	if _, err := os.Stat(mark); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err := fillDemo(ctx, url); err != nil {
		return fmt.Errorf("fill the demo workspace: %w", err)
	}
	return os.Remove(mark)
}

// registerDemo leaves the mark first: without it nothing is ever filled.
func (a *App) registerDemo(ctx context.Context, mark string) error {
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		return err
	}
	_, err := a.parts.identity.Register(ctx, identity.Registration{Email: DemoEmail, Password: DemoPassword,
		Name: "Mara Lindqvist", Organization: "Northlight Studio", TimeZone: demo.Zone})
	return err
}

// fillDemo does what the team of the demo would do, signed in as one of them.
// Each step leaves alone what an earlier start has done.
func fillDemo(ctx context.Context, url string) error {
	c, err := signIn(ctx, url)
	if err != nil {
		return err
	}
	w, err := c.workspace(ctx)
	if err != nil {
		return err
	}
	if err := c.nameTeam(ctx, w); err != nil {
		return err
	}
	if err := c.addRecords(ctx); err != nil {
		return err
	}
	if err := c.importMail(ctx, w); err != nil {
		return err
	}
	return c.call(ctx, "POST", "/v1/auth/logout", nil, nil)
}

// nameTeam says which addresses are the team's, unless that has been said.
func (c *caller) nameTeam(ctx context.Context, w identity.Workspace) error {
	if len(w.OwnAddresses) > 0 {
		return nil
	}
	own := map[string]any{"own_addresses": append(demo.OwnAddresses(), DemoEmail)}
	req, err := c.request(ctx, "PATCH", c.place, own)
	if err != nil {
		return err
	}
	req.Header.Set("If-Match", fmt.Sprintf(`"%d"`, w.Version))
	return c.send(req, nil)
}

// addRecords adds what the team has entered by hand.
func (c *caller) addRecords(ctx context.Context) error {
	records, err := demo.Records()
	if err != nil {
		return err
	}
	companies := map[string]string{}
	for _, r := range records {
		if domain, ok := r.Body["company"]; ok {
			if len(companies) == 0 {
				if companies, err = c.companies(ctx); err != nil {
					return err
				}
			}
			r.Body["company_id"] = companies[fmt.Sprint(domain)]
			delete(r.Body, "company")
		}
		if err := c.call(ctx, "POST", c.place+"/"+r.Path, r.Body, nil); err != nil && !conflict(err) {
			return fmt.Errorf("%s %v: %w", r.Path, r.Body["name"], err)
		}
	}
	return nil
}

// companies returns the ids of companies by domain.
func (c *caller) companies(ctx context.Context) (map[string]string, error) {
	var list struct{ Data []struct{ ID, Domain string } }
	if err := c.call(ctx, "GET", c.place+"/companies?limit=200", nil, &list); err != nil {
		return nil, err
	}
	ids := map[string]string{}
	for _, company := range list.Data {
		ids[company.Domain] = company.ID
	}
	return ids, nil
}

// importMail uploads the mailbox, unless that has been done. It is dated by the
// birth of the workspace, so that each start would send the same bytes.
func (c *caller) importMail(ctx context.Context, w identity.Workspace) error {
	var list struct {
		Data []struct{ Filename, State string }
	}
	if err := c.call(ctx, "GET", c.place+"/imports?limit=200", nil, &list); err != nil {
		return err
	}
	for _, one := range list.Data {
		if one.Filename == demoMailbox && one.State != "failed" && one.State != "receiving" {
			return nil
		}
	}
	var box bytes.Buffer
	if err := demo.Mailbox(&box, w.CreatedAt); err != nil {
		return err
	}
	return c.call(ctx, "POST", c.place+"/imports?filename="+demoMailbox, &box, nil)
}
