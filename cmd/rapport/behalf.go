package main

import (
	"context"
	"fmt"
	"strings"

	"rapport/internal/crm/identity"
	"rapport/internal/platform/actor"
)

// actFor has the client act for a person from now on: the one of an address, or
// the only owner. What agents draft for nobody would have no owner.
func (cl *client) actFor(ctx context.Context, workspace, email string) error {
	org, _, err := cl.workspace(ctx, workspace)
	if err != nil {
		return err
	}
	var all struct{ Data []identity.Person }
	if err := cl.call(ctx, "GET", "/v1/organizations/"+org+"/members", nil, &all); err != nil {
		return err
	}
	var owners []string
	for _, m := range all.Data {
		switch {
		case !m.Active:
		case email != "" && strings.EqualFold(m.Email, email):
			cl.as = m.UserID
			return nil
		case m.Role == actor.Owner:
			owners = append(owners, m.Email)
			cl.as = m.UserID
		}
	}
	switch {
	case email != "":
		cl.as = ""
		return fmt.Errorf("%s is no active member of this workspace: see rapport user list", email)
	case len(owners) != 1:
		cl.as = ""
		return fmt.Errorf("say for whom with --as: there are %d owners: %s", len(owners), strings.Join(owners, ", "))
	}
	return nil
}
