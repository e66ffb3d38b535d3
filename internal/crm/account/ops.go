package account

import "rapport/internal/api/op"

type example = map[string]any

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const password = "correct horse battery"
	person := example{"email": "ana@example.com", "password": password, "name": "Ana Duarte", "organization": "Lumen"}
	return []op.Operation{
		op.New(op.Meta{Name: "auth.register", Method: "POST", Path: "/v1/auth/register", Scope: op.Public, Guarded: true, Status: 201, Secret: true,
			Summary: "Make an account with an organization and a workspace", Example: example{"body": person}}, s.register),
		op.New(op.Meta{Name: "auth.registration", Method: "GET", Cached: op.Cached{Never: "The process knows it."}, Path: "/v1/auth/registration", Scope: op.Public,
			Summary: "Whether somebody who is not signed in may make an account"}, s.registration),
		op.New(op.Meta{Name: "auth.login", Method: "POST", Path: "/v1/auth/login", Scope: op.Public, Guarded: true, Secret: true,
			Summary: "Sign in", Example: example{"body": example{"email": "ana@example.com", "password": password}}}, s.login),
		op.New(op.Meta{Name: "password.forgot", Method: "POST", Path: "/v1/auth/password/forgot", Scope: op.Public, Guarded: true, Status: 202, Secret: true,
			Summary: "Send a link that resets a password, if the address has an account; the answer does not say",
			Example: example{"body": example{"email": "ana@example.com"}}}, s.forgot),
		op.New(op.Meta{Name: "password.reset", Method: "POST", Path: "/v1/auth/password/reset", Scope: op.Public, Guarded: true, Secret: true,
			Summary: "Set a password with the token of a link, end every session and sign in",
			Example: example{"body": example{"token": "{reset_token}", "password": "tideline magnet forty"}}}, s.reset),
		op.New(op.Meta{Name: "address.verify", Method: "POST", Path: "/v1/auth/verify", Scope: op.Public, Guarded: true, Secret: true,
			Summary: "Confirm an address with the token of a link", Example: example{"body": example{"token": "{verify_token}"}}}, s.verify),
		op.New(op.Meta{Name: "address.change", Method: "POST", Path: "/v1/me/email", Scope: op.Anyone, Status: 202, Secret: true,
			Summary: "Use another address; a link to it makes the change", Example: example{"body": example{"email": "ana.duarte@moved.example", "password": password}}}, s.move),
		op.New(op.Meta{Name: "address.remind", Method: "POST", Path: "/v1/me/verification", Scope: op.Anyone, Status: 202, Secret: true,
			Summary: "Send the link that confirms one's address again"}, s.verifyAgain),
		op.New(op.Meta{Name: "me.update", Method: "PATCH", Path: "/v1/me", Scope: op.Anyone, Secret: true,
			Summary: "Change one's name or time zone", Example: example{"body": example{"name": "Ana Duarte", "time_zone": "Europe/Lisbon"}}}, s.update),
		op.New(op.Meta{Name: "password.change", Method: "POST", Path: "/v1/me/password", Scope: op.Anyone, Status: 204, Secret: true,
			Summary: "Change one's password and end one's other sessions", Example: example{"body": example{"current": password, "new": "tideline magnet forty"}}}, s.change),
		op.New(op.Meta{Name: "account.password", Method: "PUT", Path: "/v1/ops/passwords", Scope: op.Operator, Status: 204, Secret: true,
			Summary: "Set somebody's password and end their sessions", Example: example{"body": example{"email": "ana@example.com", "password": "tideline magnet forty"}}}, s.breakGlass),
	}
}
