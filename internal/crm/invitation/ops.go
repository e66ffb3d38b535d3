package invitation

import "rapport/internal/api/op"

type example = map[string]any

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const all = "/v1/organizations/{organization}/invitations"
	entities := map[string]string{"organization": "organization", "id": "invitation", "token": "invitation_token"}
	return []op.Operation{
		op.New(op.Meta{Name: "invitation.list", Method: "GET", Cached: op.Cached{Never: "Of the organization, which has no log of its own."}, Path: all, Scope: "invitation:read", Entities: entities,
			Summary: "List the invitations that wait"}, s.list),
		op.New(op.Meta{Name: "invitation.create", Method: "POST", Path: all, Scope: "invitation:write", Status: 201, Secret: true, Entities: entities,
			Summary: "Invite somebody; the link is mailed, or answered to be handed over", Example: example{"body": example{"email": "cleo@example.com", "role": "member"}}}, s.invite),
		op.New(op.Meta{Name: "invitation.resend", Method: "POST", Path: all + "/{id}/resend", Scope: "invitation:write", Secret: true, Entities: entities,
			Summary: "Make a new link for an invitation, which replaces the one before"}, s.resend),
		op.New(op.Meta{Name: "invitation.revoke", Method: "DELETE", Path: all + "/{id}", Scope: "invitation:delete", Status: 204, Entities: entities,
			Summary: "Take an invitation back"}, s.revoke),
		op.New(op.Meta{Name: "invitation.read", Method: "GET", Cached: op.Cached{Never: "A secret link, read once."}, Path: "/v1/invitations/{token}", Scope: op.Public, Entities: entities,
			Summary: "Who invites whom to what, for whoever holds the link"}, s.read),
		op.New(op.Meta{Name: "invitation.accept", Method: "POST", Path: "/v1/invitations/{token}/accept", Scope: op.Public, Guarded: true, Secret: true, Entities: entities,
			Summary: "Become a member, with a new account or that of the address, and sign in", Example: example{"body": example{"name": "Cleo Marsh", "password": "tideline magnet forty"}}}, s.accept),
		op.New(op.Meta{Name: "invitation.join", Method: "POST", Path: "/v1/me/invitations", Scope: op.Anyone, Secret: true,
			Summary: "Become a member, signed in with the address that was invited", Example: example{"body": example{"token": "{join_token}"}}}, s.joinSigned),
	}
}
