package router

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/policy"
	"rapport/internal/ai/traffic"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/problem"
)

// What is refused before anything is sent.
var (
	ErrTainted  = problem.New(problem.Invalid, "ai_schema_needed", "A question that quotes what others wrote needs a schema for its answer.")
	ErrTooLarge = problem.New(problem.TooLarge, "ai_prompt_too_large", "The question is too long for any model that may answer it. Ask about less at once.")
	ErrTooLate  = problem.New(problem.Timeout, "ai_deadline_past", "There was no time left to ask.")
)

// call is one request on its way.
type call struct {
	g      *Gateway
	r      ai.Request
	id     string
	began  time.Time
	bounds Bounds
	nonce  string
	system string
	user   string
	size   int // bytes of all that is sent

	plan       []*option
	local      *option // the stand-in
	configured bool    // a model could have been asked
	tooLarge   bool
	attempts   int
	fixes      int
	refused    int     // times a model declined
	mending    *option // is asked again at once, with a repair
	insisted   bool    // waited for one although another was open
	hasty      bool    // a person shall not wait longer
	last       *option
	lastFault  *ai.Fault
	faults     []error
	waited     time.Duration // since the last attempt
	idle       time.Duration // waited in all
	why        string
	res        ai.Response
	cacheKey   [32]byte
	cached     bool    // cacheKey is set
	out        *outlet // where pieces go; nil: nobody takes them
	end        func(outcome string, res *ai.Response)
}

// option is a candidate with what became of it in this call.
type option struct {
	policy.Candidate
	provider ai.Provider
	model    *catalog.Model
	keys     []ai.Key
	key      int
	most     ai.Nano
	tokens   int           // of the answer, at most
	typical  time.Duration // half of the answers take less; 0: unknown
	usually  time.Duration // all but the slowest take less; 0: unknown
	tried    int
	due      time.Time // not before
	dropped  string    // why it is asked no more
	mended   []ai.Repair
	previous string
	wrong    []ai.Violation
}

func (o *option) live() bool { return o.dropped == "" }

// begin refuses what cannot or must not be asked, and plans the rest.
func (g *Gateway) begin(ctx context.Context, r ai.Request) (*call, context.Context, error) {
	if err := ctx.Err(); err != nil {
		return nil, ctx, tooLate(err)
	}
	if r.Schema == nil && r.Prompt.Tainted() {
		return nil, ctx, ErrTainted
	}
	if r.Prompt.Size() > g.Profile.MaxPrompt {
		return nil, ctx, ErrTooLarge
	}
	rules := g.Policy(ctx)
	r.Prompt = r.Prompt.Redact(rules.Redact)
	c := &call{g: g, r: r, id: id.New(), began: time.Now(), bounds: g.Profile.bounds(r)}
	c.res.CallID = c.id
	c.render()
	if err := c.choose(ctx, rules); err != nil {
		return nil, ctx, err
	}
	if len(c.plan) == 0 && c.local == nil {
		if c.tooLarge {
			return nil, ctx, ErrTooLarge
		}
		return nil, ctx, ai.ErrNoProvider.Because(fmt.Errorf("nobody is configured for %s", r.Task))
	}
	g.noteRequest()
	ctx, c.end = g.signals.Call(ctx, &c.r)
	return c, ctx, nil
}

func tooLate(err error) error {
	if err == context.DeadlineExceeded {
		return ErrTooLate.Because(err)
	}
	return err
}

func (c *call) render() {
	var random [8]byte
	_, _ = rand.Read(random[:]) // it never fails
	c.nonce = hex.EncodeToString(random[:])
	if !c.r.Prompt.Zero() {
		c.system, c.user = c.r.Prompt.Render(c.nonce)
	}
	c.size = len(c.system) + len(c.user)
	if c.r.Schema != nil {
		c.size += len(c.r.Schema.Text)
	}
}

// choose lists the candidates that are there and fit.
func (c *call) choose(ctx context.Context, rules *policy.Policy) error {
	cheap := c.g.Purse != nil && c.g.Purse.Cheap(ctx)
	for _, candidate := range rules.Candidates(c.r.Task, c.r.Class) {
		p, ok := c.g.providers[candidate.Provider]
		if !ok {
			continue
		}
		o := &option{Candidate: candidate, provider: p}
		if p.Local() {
			if c.local == nil && !c.r.NoRules {
				c.local = o
			}
			continue
		}
		if c.system == "" && c.user == "" {
			continue // there is nothing that a model could read
		}
		keys, err := c.g.keys(ctx, p.Name())
		if err != nil {
			return fmt.Errorf("keys of %s: %w", p.Name(), err)
		}
		if len(keys) == 0 {
			continue
		}
		o.keys, c.configured = keys, true
		if why := c.unfit(o, cheap); why != "" {
			c.note(o, why)
			continue
		}
		c.plan = append(c.plan, o)
	}
	return nil
}

func (g *Gateway) keys(ctx context.Context, provider string) ([]ai.Key, error) {
	if g.Keys == nil {
		return []ai.Key{{}}, nil
	}
	return g.Keys.Keys(ctx, provider)
}

// unfit says why a model cannot answer the request, "" if it can.
func (c *call) unfit(o *option, cheap bool) string {
	m, ok := c.g.Catalog.Model(o.Provider, o.Model)
	if !ok {
		return "the catalog does not know this model"
	}
	o.model = m
	o.tokens = c.tokens(o)
	switch {
	case int64(c.size/4+o.tokens) > m.Context: // four bytes or fewer are a token
		c.tooLarge = true
		return "the prompt is longer than this model's context"
	case cheap && !m.Cheap(c.began):
		return "the budget is nearly spent: only cheap models are asked"
	}
	o.most, _ = c.g.Catalog.Most(o.Provider, o.Model, c.size, o.tokens, c.began)
	if o.MaxCost > 0 && o.most > o.MaxCost {
		return "the call may cost more than the policy allows"
	}
	return ""
}

// tokens is how long the answer of o may be.
func (c *call) tokens(o *option) int {
	n := c.r.MaxTokens
	if n == 0 {
		n = o.Params.MaxTokens
	}
	if n == 0 {
		n = c.g.Profile.MaxTokens
	}
	return min(n, o.model.MaxOutput)
}

// note keeps the reason why an engine was not asked.
func (c *call) note(o *option, why string) {
	c.res.Attempts = append(c.res.Attempts, ai.Attempt{Engine: o.Provider, Model: o.Model, Kind: ai.LocalLimit, Error: why, Billed: ai.BilledNo})
}

// claim is what traffic is asked for o.
func (c *call) claim(ctx context.Context, o *option) traffic.Claim {
	return traffic.Claim{
		Lane:        traffic.Lane{Provider: o.Provider, Key: o.keys[o.key].ID, Family: o.model.Family, Model: o.Model},
		Workspace:   actor.Workspace(ctx),
		Interactive: c.r.Interactive,
	}
}
