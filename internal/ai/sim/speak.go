package sim

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/sim/ask"
	"rapport/internal/ai/sim/content"
	"rapport/internal/ai/sim/play"
	"rapport/internal/ai/sim/reply"
	"rapport/internal/ai/sim/schedule"
)

// tempo is how long an answer takes.
type tempo struct {
	first time.Duration
	speed float64 // tokens a second; 0 is at once
}

func (c *call) pace() tempo {
	if c.o.Scale == 0 {
		return tempo{}
	}
	l := c.o.Schedule.Pace(c.provider, c.ask.Model)
	factor := c.o.Scale
	if h, ok := c.hit("F46"); ok {
		if h.Params.Factor == 0 {
			h.Params.Factor = 8
		}
		factor *= h.Params.Factor
	}
	spread := math.Exp(l.Sigma * schedule.Dice(c.o.Seed, c.event, "latency", 0).NormFloat64())
	return tempo{first: time.Duration(float64(l.First.Duration) * factor * spread), speed: l.PerSecond / factor}
}

func (t tempo) of(tokens int64) time.Duration {
	if t.speed == 0 {
		return 0
	}
	return time.Duration(float64(tokens) / t.speed * float64(time.Second))
}

// speak answers a call that nothing stands against.
func (c *call) speak() *play.Script {
	if c.ask.Resumes && c.ask.Unfilled && c.paused[c.mark()] == "" {
		return c.refuse(*ask.Prefilled())
	}
	sc, limits := c.full()
	if sc != nil {
		return sc
	}
	r, t := c.reply()
	if t != nil {
		return c.refuse(*t)
	}
	c.spend(r.Usage)
	if c.ask.Stream {
		sc = c.stream(r)
	} else {
		sc = c.unary(r)
	}
	for name, values := range limits {
		sc.Header[name] = values
	}
	return sc
}

func (c *call) spend(u ai.Usage) { c.bill.full, c.bill.spent = u, true }

func (c *call) question() content.Question {
	q := content.Question{Provider: c.provider, Model: c.ask.Model, Name: c.ask.SchemaName, System: c.ask.System, User: c.ask.User(), Schema: c.ask.Schema}
	q.Nonce, q.Quotes = content.Quotes(q.User)
	if q.Name == "" {
		var s struct {
			Title string `json:"title"`
		}
		if json.Unmarshal(q.Schema, &s) == nil {
			q.Name = s.Title
		}
	}
	return q
}

// reply is what the model says, or why the provider refuses to ask it.
func (c *call) reply() (reply.Reply, *ask.Trouble) {
	dice := schedule.Dice(c.o.Seed, c.event, "content", 0)
	r := reply.Reply{ID: c.id, Model: c.ask.Model, Created: c.at}
	q := c.question()
	if rest := c.resume(); rest != "" {
		r.Text = rest
	} else if !c.useTool(&r, q, dice) {
		text, err := c.text(q, dice)
		if err != nil {
			return r, &ask.Trouble{Sort: ask.BadSchema, Detail: err.Error(), ID: c.id}
		}
		r.Text = text
	}
	c.distort(&r, q, dice)
	var thoughts int64
	if c.ask.Thinks {
		thoughts = 40 + dice.Int64N(160)
		if c.ask.Shows {
			r.Thought = "The question is read, and what is asked for is looked up in it."
		}
		if c.provider != "openrouter" && c.provider != "compatible" || c.ask.Shows {
			r.Seal = ask.Seal(c.ask)
		}
	}
	out := thoughts + content.Tokens(r.Text)
	for _, k := range r.Calls {
		out += content.Tokens(k.Name) + int64(len(k.Input)+3)/4
	}
	if most := c.ask.MaxTokens; most > 0 && out > most {
		left := max(most-thoughts, 0)
		r.Text = strings.ToValidUTF8(r.Text[:min(int(left)*4, len(r.Text))], "")
		r.Stop, r.Calls, out = reply.MaxTokens, nil, most
	}
	if r.Text == "" && len(r.Calls) == 0 {
		out = thoughts
	}
	r.Usage = c.usage(out)
	r.Usage.ThinkingTokens = min(thoughts, out)
	if !(c.provider == "openrouter" && out == 0) {
		r.Cost = c.price(c.ask.Model, r.Usage)
	}
	if h, ok := c.hit("F44"); ok {
		r.Told = "missing"
		if h.Params.What != "" {
			r.Told = h.Params.What
		}
	}
	c.bill.told = r.Told == ""
	c.remember(&r)
	return r, nil
}

// text is the answer in words, or an instance of the schema.
func (c *call) text(q content.Question, dice *rand.Rand) (string, error) {
	if c.o.Brain != nil {
		if out, ok := c.o.Brain(q); ok {
			return string(out), nil
		}
	}
	if len(q.Schema) == 0 {
		return content.Prose(q.Source(), dice), nil
	}
	out, err := content.Instance(q.Schema, q.Source(), dice)
	return string(out), err
}

// useTool lets the model use a tool that is offered: once, unless it shall never
// end, and when it is told to.
func (c *call) useTool(r *reply.Reply, q content.Question, dice *rand.Rand) bool {
	if len(c.ask.Tools) == 0 {
		return false
	}
	turns := c.ask.Turns
	answered := len(turns) > 0 && len(turns[len(turns)-1].Tools) > 0
	_, endless := c.hit("F51")
	tool := c.ask.Tools[0]
	var names []string
	for _, t := range c.ask.Tools {
		names = append(names, t.Name)
		if t.Name == c.ask.Forced {
			tool = t
		}
	}
	var input json.RawMessage
	if c.obeys() {
		for _, text := range append(texts(q.Quotes), q.User) {
			if name, in, ok := content.Ordered(text, names); ok {
				tool.Name, input, endless = name, in, true
				break
			}
		}
	}
	if answered && !endless && c.ask.Forced == "" {
		return false
	}
	if input == nil {
		out, err := content.Instance(tool.Schema, q.Source(), dice)
		if err != nil {
			out = json.RawMessage(`{}`)
		}
		input = out
	}
	r.Calls = []reply.Call{{ID: c.id, Name: tool.Name, Input: input}}
	r.Stop = reply.ToolUse
	return true
}

func texts(quotes []content.Quote) []string {
	var out []string
	for _, q := range quotes {
		out = append(out, q.Text)
	}
	return out
}

func (c *call) obeys() bool {
	_, hit := c.hit("F50")
	return hit || c.o.Obedient
}

// usage is what the call consumes: of a long prompt that was seen before a part
// is cached, as the vendors do it.
func (c *call) usage(out int64) ai.Usage {
	if c.input == 0 {
		c.input = c.tokens()
	}
	u := ai.Usage{InputTokens: c.input, OutputTokens: out}
	prefix := content.Tokens(c.ask.System)
	asks := c.provider == "anthropic" || strings.HasPrefix(c.ask.Model, "anthropic/")
	if prefix < 1024 || asks && c.ask.Keep == "" || c.provider == "compatible" {
		return u
	}
	sum := sha256.Sum256([]byte(c.provider + "\x00" + c.key + "\x00" + c.ask.Model + "\x00" + c.ask.System))
	id := hex.EncodeToString(sum[:12])
	keep := 5 * time.Minute
	if c.ask.Keep == "1h" {
		keep = time.Hour
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	held := c.at.Before(c.kept[id])
	c.kept[id] = c.at.Add(keep)
	switch {
	case held:
		u.CachedTokens = prefix
	case !asks: // written for nothing
		return u
	case keep == time.Hour:
		u.CacheWriteLongTokens = prefix
	default:
		u.CacheWriteTokens = prefix
	}
	u.InputTokens -= prefix
	return u
}

// mark names the answer that was paused, by the words that came of it.
func (c *call) mark() string {
	if len(c.ask.Turns) == 0 {
		return ""
	}
	return c.provider + "\x00" + c.key + "\x00" + c.ask.Turns[len(c.ask.Turns)-1].Text
}

// resume is the rest of an answer that was paused.
func (c *call) resume() string {
	if !c.ask.Resumes {
		return ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.paused[c.mark()]
}

// remember keeps the answer for those who shall get it by mistake, and the rest
// of one that pauses.
func (c *call) remember(r *reply.Reply) {
	_, mixed := c.hit("F55")
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(r.Calls) == 0 && !mixed {
		c.previous[c.provider] = said{r.ID, r.Model, r.Text}
	}
	if r.Stop == reply.Pause {
		half := len(r.Text) / 2
		for half > 0 && r.Text[half]&0xc0 == 0x80 {
			half--
		}
		c.paused[c.provider+"\x00"+c.key+"\x00"+r.Text[:half]] = r.Text[half:]
		r.Text = r.Text[:half]
	}
}
