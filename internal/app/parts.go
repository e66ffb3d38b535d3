package app

import (
	"log/slog"
	"time"

	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/crm/change"
	"rapport/internal/crm/company"
	"rapport/internal/crm/contact"
	"rapport/internal/crm/field"
	"rapport/internal/crm/idempotent"
	"rapport/internal/crm/identity"
	"rapport/internal/crm/search"
	"rapport/internal/crm/tag"
	"rapport/internal/crm/timeline"
	"rapport/internal/platform/secret"
)

// parts are the features.
type parts struct {
	auth      *identity.Auth
	identity  *identity.Service
	fields    *field.Service
	tags      *tag.Service
	companies *company.Service
	contacts  *contact.Service
	search    *search.Service
	changes   *change.Service
	timelines *timeline.Service
}

func (a *App) build(local string) error {
	now := time.Now
	p := &parts{auth: identity.NewAuth(a.DB, local)}
	p.identity = identity.New(a.DB, p.auth, secret.NewHasher(a.Config.PasswordMemory, 2), a.Config.Registration == "open", now)
	p.fields = field.New(a.DB)
	p.tags = tag.New(a.DB)
	p.companies = company.New(a.DB, now)
	p.contacts = contact.New(a.DB, now)
	p.search = search.New(a.DB)
	p.timelines = timeline.New(a.DB)
	p.changes = change.New(a.DB, map[string]change.Target{"contact": p.contacts, "company": p.companies})
	a.parts = p
	all := p.ops()
	p.identity.Offer(op.Scopes(all))
	a.API = httpapi.New(all, op.Door{Auth: p.auth, Idempotency: idempotent.New(a.DB)}, a.log)
	return a.routes()
}

// ops lists every operation of Rapport, in the order of the contract.
func (p *parts) ops() []op.Operation {
	var all []op.Operation
	for _, feature := range []interface{ Ops() []op.Operation }{
		p.identity, p.fields, p.tags, p.companies, p.contacts, p.timelines, p.changes, p.search,
	} {
		all = append(all, feature.Ops()...)
	}
	return all
}

// Ops lists every operation.
func (a *App) Ops() []op.Operation { return a.parts.ops() }

// Contract builds the operations over nothing, for those who only want to list
// or describe them.
func Contract() *App {
	a := &App{log: slog.New(slog.DiscardHandler)}
	_ = a.build("") // builds without asking anything
	return a
}
