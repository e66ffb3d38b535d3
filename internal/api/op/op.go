// Package op declares what Rapport can do. An operation is described once,
// with types; HTTP, OpenAPI, tools for agents and the command line are
// projections of it.
package op

import (
	"context"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Effect is what an operation does to the data.
type Effect string

// The effects. What destroys can be undone, but asks first when an agent acts.
const (
	Read    Effect = "read"
	Write   Effect = "write"
	Destroy Effect = "destroy"
)

// Public is the scope of an operation that needs no credential; Anyone that
// of one which needs a credential and nothing else; Operator that of one for
// the people who run the installation.
const (
	Public   = "-"
	Anyone   = "*"
	Operator = "operator"
)

// Meta describes an operation. Name is "contact.list"; Scope is a noun with a
// verb, "contact:read", or one of the constants.
type Meta struct {
	Name    string
	Method  string
	Path    string
	Summary string
	Doc     string
	Scope   string
	Effect  Effect
	// Cost in tokens of the rate limit: 1 for a read, 2 for a write, 10 for what
	// asks models unless said.
	Cost int
	// AI says that the operation asks models, now or later: its cost counts
	// towards what a workspace has of that a day, and comes back if they fail.
	AI bool
	// Guarded is public and worth guessing at, or sends mail to strangers: the
	// limit of an address is much lower.
	Guarded bool
	// Class says how much it matters under overload: by scope and effect unless said.
	Class Class
	// Status of success; 200 unless said.
	Status int
	// Example is an input that works: path and query parameters by name, the
	// body under "body". OpenAPI shows it and the guard test sends it.
	Example map[string]any
	// Entities names the entity that each id parameter belongs to.
	Entities map[string]string
	// Secret keeps the answer out of the idempotency store.
	Secret bool
	// Stream says that the body is read by the operation itself.
	Stream bool
	// Media is the content type of an answer that is not JSON.
	Media string
	// Outside says that it waits for somebody else, such as a model or a mail
	// server. It keeps no place under load and no transaction meanwhile, so it
	// cannot be repeated by key.
	Outside bool
	// Within is how long the work may take, by class unless said.
	Within time.Duration
	// Cached says how answers are remembered, or for a GET why they are not.
	Cached Cached
}

// Operation is one thing that Rapport can do. Make it with New.
type Operation struct {
	Meta
	In, Out  reflect.Type
	register func(api huma.API, d *Door, h huma.Operation)
}

// New declares an operation. I and O are shaped as huma wants them: path,
// query and header fields beside a Body.
func New[I, O any](m Meta, f func(context.Context, *I) (*O, error)) Operation {
	complete(&m)
	return Operation{
		Meta: m,
		In:   reflect.TypeFor[I](),
		Out:  reflect.TypeFor[O](),
		register: func(api huma.API, d *Door, h huma.Operation) {
			huma.Register(api, h, handler(m, d, f))
		},
	}
}

func complete(m *Meta) {
	if m.Effect == "" {
		m.Effect = effects[m.Method]
	}
	if m.Cost == 0 {
		m.Cost = costOf(*m)
	}
	if m.Status == 0 {
		m.Status = 200
	}
	if m.Class == 0 {
		m.Class = classOf(*m)
	}
}

func costOf(m Meta) int {
	switch {
	case m.AI:
		return 10
	case m.Effect == Read:
		return 1
	}
	return 2
}

// limit names what the cost is taken from.
func (m Meta) limit() string {
	switch {
	case m.Guarded:
		return "auth"
	case m.Scope == Public:
		return "public"
	case m.Scope == Operator:
		return "operator"
	case m.AI:
		return "ai"
	}
	return "tier"
}

func classOf(m Meta) Class {
	switch {
	case m.Scope == Public:
		return Entry
	case m.Scope == Operator:
		return Vital
	case m.Effect == Read:
		return Browsing
	}
	return Interactive
}

var effects = map[string]Effect{"GET": Read, "POST": Write, "PUT": Write, "PATCH": Write, "DELETE": Destroy}

// handler is the only way into an operation's function.
func handler[I, O any](m Meta, d *Door, f func(context.Context, *I) (*O, error)) func(context.Context, *I) (*O, error) {
	once := repeatable(m, d, f)
	return func(ctx context.Context, in *I) (*O, error) {
		out, err := once(ctx, in)
		if err != nil {
			return nil, d.Answer(ctx, err)
		}
		return out, nil
	}
}

// repeatable reports whether a call of m takes an Idempotency-Key.
func (m Meta) repeatable() bool {
	return m.Effect != Read && !m.Secret && !m.Stream && !m.Outside && m.Scope != Public
}

// repeatable lets a call with an Idempotency-Key have its effect once.
func repeatable[I, O any](m Meta, d *Door, f func(context.Context, *I) (*O, error)) func(context.Context, *I) (*O, error) {
	return func(ctx context.Context, in *I) (*O, error) {
		call := callFrom(ctx)
		if call == nil || call.key == "" || !m.repeatable() || d.Idempotency == nil {
			return f(ctx, in)
		}
		out := new(O)
		err := d.Idempotency.Once(ctx, Attempt{Key: call.key, Operation: m.Name, Hash: call.hash(in)}, out, func(ctx context.Context) error {
			answer, err := f(ctx, in)
			if err == nil && answer != nil {
				*out = *answer
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		return out, nil
	}
}
