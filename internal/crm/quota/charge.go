package quota

import (
	"context"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/limit"
	"rapport/internal/platform/problem"
)

// Take implements op.Limiter. People and keys are charged with their
// workspace, beside themselves; who is nobody by address. The program's own
// work is not limited.
func (s *Service) Take(ctx context.Context, m op.Meta) (op.Charge, error) {
	who, known := actor.From(ctx)
	if known && who.Kind == actor.System && who.Credential == "" {
		return nil, nil
	}
	c := &charge{s: s, ai: m.AI}
	c.ticket = limit.Ticket{Operation: m.Name, Cost: limit.Cost{Tokens: int64(m.Cost)}, Brief: m.Media == "text/event-stream"}
	if m.AI {
		c.ticket.Cost.AI = c.ticket.Cost.Tokens
	}
	if !known || m.Scope == op.Public {
		c.stranger(ctx, m)
	} else {
		c.member(who, m)
	}
	c.decision = s.store.Take(ctx, &c.ticket)
	if !c.decision.Allowed {
		return c, c.refusal()
	}
	return c, nil
}

// charge is what one call takes.
type charge struct {
	s        *Service
	ticket   limit.Ticket
	decision limit.Decision
	ai       bool
	settled  bool
}

// stranger charges an address.
func (c *charge) stranger(ctx context.Context, m op.Meta) {
	ip, _, _ := op.Client(ctx)
	p := c.s.public
	if m.Guarded {
		p = c.s.auth
	}
	c.ticket.Demands[0] = limit.Demand{Key: limit.Key{Kind: limit.Address, Owner: network(ip), Part: p.Name}, Policy: p}
}

// network is what one subscriber has of addresses: one of the old ones, a /64
// of the new.
func network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil || a.Is4() {
		return ip
	}
	p, err := a.Prefix(64)
	if err != nil {
		return ip
	}
	return p.String()
}

// member charges a workspace and whoever acts in it.
func (c *charge) member(who actor.Actor, m op.Meta) {
	self, d := self(who), &c.ticket.Demands
	switch {
	case m.Scope == op.Operator:
		d[0] = limit.Demand{Key: limit.Key{Kind: limit.Credential, Owner: self, Part: "operator"}, Policy: c.s.operator}
	case who.WorkspaceID == "":
		d[0] = limit.Demand{Key: limit.Key{Kind: limit.Credential, Owner: self}, Policy: c.s.tiers[c.s.o.Tier].credential}
	default:
		plan := c.s.of(who.WorkspaceID)
		d[0] = limit.Demand{Key: limit.Key{Kind: limit.Workspace, Owner: who.WorkspaceID}, Policy: plan.workspace}
		if self != "" { // an agent is the workspace's alone
			d[1] = limit.Demand{Key: limit.Key{Kind: limit.Credential, Owner: who.WorkspaceID, Part: self}, Policy: plan.credential}
		}
	}
}

// self is what somebody is charged by: a key, or a person in all browsers.
func self(who actor.Actor) string {
	if who.Kind == actor.User && who.UserID != "" {
		return who.UserID
	}
	return who.Credential
}

// More implements op.Charge.
func (c *charge) More(ctx context.Context, tokens int) error {
	cost := limit.Cost{Tokens: int64(tokens)}
	if c.ai {
		cost.AI = cost.Tokens
	}
	c.decision = c.s.store.More(ctx, &c.ticket, cost)
	if !c.decision.Allowed {
		c.ticket.Cost.Tokens += cost.Tokens // as the headers say
		return c.refusal()
	}
	return nil
}

// Settle implements op.Charge. What asked models comes back when they failed,
// and all but the price of a look when the call was refused for what it said.
func (c *charge) Settle(status int) {
	if c.settled {
		return
	}
	c.settled = true
	keep := c.ticket.Cost
	switch {
	case status >= 500 && c.ai:
		keep = limit.Cost{}
	case status >= 400 && c.ai:
		keep = limit.Cost{Tokens: 1}
	case status >= 400:
		keep.Tokens = min(keep.Tokens, 2)
	}
	c.s.store.Done(&c.ticket, keep)
}

// Headers implements op.Charge. The names are as net/http spells them.
func (c *charge) Headers(h op.Header) {
	d := c.decision
	if d.Policy == nil {
		return
	}
	reset := seconds(d.Reset)
	h.SetHeader("X-Ratelimit-Limit", strconv.FormatInt(d.Limit, 10))
	h.SetHeader("X-Ratelimit-Remaining", strconv.FormatInt(d.Left, 10))
	h.SetHeader("X-Ratelimit-Reset", reset)
	h.SetHeader("X-Ratelimit-Cost", strconv.FormatInt(c.ticket.Cost.Tokens, 10))
	h.SetHeader("Ratelimit", `"`+windowName(d.Window)+`";r=`+strconv.FormatInt(d.Left, 10)+`;t=`+reset)
	h.SetHeader("Ratelimit-Policy", d.Policy.Header())
}

func windowName(w int) string {
	if w == limit.Windows {
		return "concurrent"
	}
	return limit.Names()[w]
}

// seconds rounds up: who comes then is not too early.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

// refusal says what is used up, and when to come again.
func (c *charge) refusal() error {
	d := c.decision
	wait := max(d.Retry, time.Second)
	if c.s.o.Refused != nil {
		c.s.o.Refused(d.Policy.Name, windowName(d.Window))
	}
	if d.Window == limit.Windows {
		return problem.Newf(problem.TooMany, "too_many_at_once", "The limit %s allows %d calls at a time. Wait for some of them to end.", d.Policy.Name, d.Policy.Concurrent).Retry(wait)
	}
	q := d.Policy.Quotas[d.Window]
	return problem.Newf(problem.TooMany, "rate_limited", "The limit %s allows %d tokens per %s, %d of them at once; this call costs %d, and %d are left. Wait %s s.%s",
		d.Policy.Name, q.Tokens, strings.Replace(windowName(d.Window), "ai_day", "day for AI", 1), q.Burst, c.ticket.Cost.Tokens, d.Left, seconds(wait), c.advice()).Retry(wait)
}

// advice is where there is more to be had.
func (c *charge) advice() string {
	switch c.ticket.Demands[0].Key.Kind {
	case limit.Workspace:
		return " The page Usage of the settings says what the workspace spends them on; an operator can raise its tier."
	case limit.Address:
		return " The limit is that of your address."
	}
	return ""
}
