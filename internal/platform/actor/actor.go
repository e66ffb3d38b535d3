// Package actor says who acts, where, and with which rights. The actor travels
// in the context and is the only source of the workspace of a transaction.
package actor

import (
	"context"
	"slices"
	"time"
)

// Kind is what sort of actor acts.
type Kind string

// The kinds of actor. An agent acts on behalf of whoever started it.
const (
	User   Kind = "user"
	APIKey Kind = "api_key"
	Agent  Kind = "agent"
	Import Kind = "import"
	System Kind = "system"
)

// Role is a member's rank in an organization, each containing the one before.
type Role string

// The roles, lowest first.
const (
	Viewer Role = "viewer"
	Member Role = "member"
	Admin  Role = "admin"
	Owner  Role = "owner"
)

var ranks = []Role{Viewer, Member, Admin, Owner}

// AtLeast reports whether r is min or above it.
func (r Role) AtLeast(min Role) bool {
	return slices.Index(ranks, r) >= slices.Index(ranks, min) && slices.Contains(ranks, min)
}

// Valid reports whether r is one of the roles.
func (r Role) Valid() bool { return slices.Contains(ranks, r) }

// Actor is who acts. The zero value may do nothing.
type Actor struct {
	Kind           Kind   `json:"kind"`
	ID             string `json:"id,omitempty"`
	Name           string `json:"name,omitempty"`
	OnBehalfOf     string `json:"on_behalf_of,omitempty"`
	UserID         string `json:"-"`
	OrganizationID string `json:"-"`
	WorkspaceID    string `json:"-"`
	TimeZone       string `json:"-"`
	Role           Role   `json:"-"`
	// Scopes limits what the role allows; nil means everything that it allows.
	Scopes   []string `json:"-"`
	Operator bool     `json:"-"`
	// Credential identifies the session or key, for limits and the log.
	Credential string `json:"-"`
	RunID      string `json:"-"`
	BatchID    string `json:"-"`
}

// Zone is the time zone of the actor, UTC if there is none.
func (a Actor) Zone() *time.Location {
	if l, err := time.LoadLocation(a.TimeZone); err == nil {
		return l
	}
	return time.UTC
}

// Key is what a context answers with the *Actor that acts in it: for those that
// hold more than one value.
type Key struct{}

// With returns a context in which a acts.
func With(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, Key{}, &a)
}

// From returns who acts in ctx, and whether anybody does.
func From(ctx context.Context) (Actor, bool) {
	if a, ok := ctx.Value(Key{}).(*Actor); ok {
		return *a, true
	}
	return Actor{}, false
}

// Workspace returns the workspace of the actor in ctx, "" if there is none.
func Workspace(ctx context.Context) string {
	if a, ok := ctx.Value(Key{}).(*Actor); ok {
		return a.WorkspaceID
	}
	return ""
}

// InWorkspace returns ctx with the same actor, moved into workspace; without
// an actor, the system acts.
func InWorkspace(ctx context.Context, workspace string) context.Context {
	a, ok := From(ctx)
	if !ok {
		a = Actor{Kind: System, Role: Owner}
	}
	a.WorkspaceID = workspace
	return With(ctx, a)
}
