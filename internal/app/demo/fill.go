package demo

import (
	"bytes"
	"context"
	"fmt"

	"rapport/internal/crm/identity"
)

const mailboxName = "northlight.mbox"

// fill does through the API what the team of the demo would do. Each step
// leaves alone what an earlier try has done.
func (c *caller) fill(ctx context.Context) error {
	w, err := c.workspace(ctx)
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context, identity.Workspace) error{c.nameTeam, c.addRecords, c.importMail, c.deeds} {
		if err := step(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// nameTeam says which addresses are the team's, unless that has been said.
func (c *caller) nameTeam(ctx context.Context, w identity.Workspace) error {
	if len(w.OwnAddresses) > 0 {
		return nil
	}
	req, err := c.request(ctx, "PATCH", "", map[string]any{"own_addresses": append(OwnAddresses(), Email)})
	if err != nil {
		return err
	}
	req.Header.Set("If-Match", fmt.Sprintf(`"%d"`, w.Version))
	return c.send(req, nil)
}

// addRecords adds what the team has entered by hand.
func (c *caller) addRecords(ctx context.Context, _ identity.Workspace) error {
	records, err := Records()
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
		if err := c.call(ctx, "POST", "/"+r.Path, r.Body, nil); err != nil && !conflict(err) {
			return fmt.Errorf("%s %v: %w", r.Path, r.Body["name"], err)
		}
	}
	return nil
}

// companies returns the ids of companies by domain.
func (c *caller) companies(ctx context.Context) (map[string]string, error) {
	var list struct{ Data []struct{ ID, Domain string } }
	if err := c.call(ctx, "GET", "/companies?limit=200", nil, &list); err != nil {
		return nil, err
	}
	ids := map[string]string{}
	for _, company := range list.Data {
		ids[company.Domain] = company.ID
	}
	return ids, nil
}

// importMail uploads the mailbox, unless that has been done. It is dated by the
// birth of the workspace, so that each try would send the same bytes.
func (c *caller) importMail(ctx context.Context, w identity.Workspace) error {
	var list struct {
		Data []struct{ Filename, State string }
	}
	if err := c.call(ctx, "GET", "/imports?limit=200", nil, &list); err != nil {
		return err
	}
	for _, one := range list.Data {
		if one.Filename == mailboxName && one.State != "failed" && one.State != "receiving" {
			return nil
		}
	}
	var box bytes.Buffer
	if err := Mailbox(&box, w.CreatedAt); err != nil {
		return err
	}
	return c.call(ctx, "POST", "/imports?filename="+mailboxName, &box, nil)
}
