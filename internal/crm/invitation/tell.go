package invitation

import (
	"context"

	"rapport/internal/crm/notification"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
)

// Accepted is the job that tells whoever invited that somebody has come.
type Accepted struct {
	ID string `json:"id"`
}

// Kind names the job.
func (Accepted) Kind() string { return "invitation.accepted" }

// In is no workspace: the inviter may be in several.
func (Accepted) In() string { return "" }

type arrival struct {
	InviterID, UserID, Name, Email, Role string
	Workspaces                           []string
}

func (s *Service) tell(ctx context.Context, j Accepted) error {
	var found []arrival
	err := s.db.Global(ctx, func(tx *pg.Tx) (err error) {
		found, err = pg.All[arrival](tx, `SELECT inviter_id::text, user_id::text, name, email, role, workspaces FROM identity.invitation_came($1::uuid)`, j.ID)
		return err
	})
	if err != nil || len(found) == 0 {
		return err
	}
	a := found[0]
	for _, workspace := range a.Workspaces {
		err := s.db.Write(actor.InWorkspace(ctx, workspace), func(tx *pg.Tx) error {
			return notification.Notify(tx.Context(), tx, notification.New{UserID: a.InviterID, Kind: notification.InvitationAccepted,
				Title: a.Name + " accepted your invitation", Body: a.Email + " is in as " + a.Role + ".", Link: "settings/members", Entity: "user", EntityID: a.UserID})
		})
		if err != nil {
			return err
		}
	}
	return nil
}
