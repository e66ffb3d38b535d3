package approval

import (
	"context"

	"rapport/internal/agents/policy"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

var (
	errAgent    = problem.New(problem.Forbidden, "approval_person", "Agents decide nothing. A person does.")
	errPerson   = problem.New(problem.Forbidden, "approval_person", "From a risk of 40 on, a person decides who is signed in.")
	errAdmin    = problem.New(problem.Forbidden, "approval_admin", "From a risk of 70 on, an admin or owner decides.")
	errOther    = problem.New(problem.Forbidden, "approval_other", "You asked for this, or it is done on your behalf: somebody else decides.")
	errPassword = problem.New(problem.Forbidden, "approval_password", "You are the only one who can decide this, and it was asked for on your behalf: enter your password again.")
)

// may says whether the actor of ctx may approve a: below 40 every member; from
// there on no one what they asked for by a client of their own; from 70 on
// admins alone, and not what is done on their behalf. Who is the only one that
// could decide shows their password instead.
func may(ctx context.Context, tx *pg.Tx, a *Approval, proved bool) error {
	who, _ := actor.From(ctx)
	if who.Kind == actor.Agent {
		return errAgent
	}
	if a.Risk < policy.HighFrom {
		return nil
	}
	if who.Kind != actor.User || who.UserID == "" {
		return errPerson
	}
	critical := a.Risk >= policy.CriticalFrom
	if critical && !who.Role.AtLeast(actor.Admin) {
		return errAdmin
	}
	own := a.RequesterID != nil && *a.RequesterID == who.UserID || critical && a.PersonID != nil && *a.PersonID == who.UserID
	if !own {
		return nil
	}
	least := actor.Member
	if critical {
		least = actor.Admin
	}
	others, err := pg.Value[bool](tx, `SELECT EXISTS (SELECT FROM identity.ranked($1) AS t (u) WHERE u <> $2::uuid)`, string(least), who.UserID)
	switch {
	case err != nil:
		return err
	case others:
		return errOther
	case !proved:
		return errPassword
	}
	return nil
}

// behalf is who carries out what was allowed: the agent, or the client that
// asked, on behalf of the person who allowed it, with their rights.
func behalf(who actor.Actor, a *Approval) actor.Actor {
	out := who
	if a.RunID != nil {
		out.RunID = *a.RunID
	}
	switch {
	case a.Agent != "":
		out.Kind, out.ID, out.Name, out.OnBehalfOf = actor.Agent, "", a.Agent, who.Name
	case a.RequesterID == nil || *a.RequesterID != who.UserID:
		out.Kind, out.ID, out.Name, out.OnBehalfOf = a.Requester.Kind, a.Requester.ID, a.Requester.Name, who.Name
	}
	return out
}
