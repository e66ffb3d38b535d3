package sim

import (
	"net/http"
	"time"

	"rapport/internal/ai/sim/play"
	"rapport/internal/ai/sim/reply"
	"rapport/internal/ai/sim/schedule"
)

// unary is the script of a whole answer: it is there when all of it is.
func (c *call) unary(r reply.Reply) *play.Script {
	t := c.pace()
	sc := play.Whole(c.form.Unary(r))
	sc.First, sc.Speed, sc.Made = t.first, t.speed, r.Usage.OutputTokens
	sc.Wait = t.first + t.of(r.Usage.OutputTokens)
	c.spoilBill()
	for _, h := range c.hits {
		switch what := h.Params.What; h.Fault {
		case "F28":
			sc.Half(play.Reset)
		case "F30":
			sc.Drip()
		case "F31":
			sc.Half(play.Silent)
		case "F35":
			sc.Distort(what, h.Params.Bytes)
		case "F36":
			sc.Replace(c.form.Refuse(inner(h, c.id)).Body)
		case "F37":
			sc.Replace(nil)
			if what != "empty" {
				sc.Replace(reply.Empty(c.provider, r))
			}
			c.bill.full.OutputTokens, c.bill.full.ThinkingTokens = 0, 0
		case "F38":
			sc.Truncate(what)
		}
	}
	return sc
}

// spoilBill says how an answer is billed that arrives and is none: what was made
// of it is due, unless it is an error.
func (c *call) spoilBill() {
	for _, h := range c.hits {
		switch h.Fault {
		case "F36":
			c.bill.spent, c.bill.instead = false, "refused"
		case "F33", "F34", "F38":
			c.bill.told, c.bill.instead = false, "broken"
		case "F35":
			c.bill.told = c.bill.told && h.Params.What != "" && h.Params.What != "garbage"
		}
	}
}

// stream is the script of an answer in events.
func (c *call) stream(r reply.Reply) *play.Script {
	t := c.pace()
	frames := c.form.Stream(r)
	hidden := r.Usage.OutputTokens // what is thought in secret takes its time, too
	for _, f := range frames {
		hidden -= f.Tokens
	}
	sc := &play.Script{Status: http.StatusOK, Length: -1, First: t.first, Header: http.Header{"Content-Type": {"text/event-stream"}, "Cache-Control": {"no-cache"}}}
	for name, values := range c.form.Unary(reply.Reply{ID: r.ID, Model: r.Model, Created: r.Created}).Header {
		if name != "Content-Type" {
			sc.Header[name] = values
		}
	}
	if c.provider == "anthropic" {
		sc.Header["Content-Type"] = []string{"text/event-stream; charset=utf-8"}
	}
	for _, h := range c.hits {
		frames = c.spoilFrames(sc, h, r, frames)
	}
	c.spoilBill()
	perform(sc, frames, t, max(hidden, 0))
	for _, h := range c.hits {
		switch h.Fault {
		case "F30":
			sc.Drip()
		case "F32":
			sc.Live(c.sign())
		case "F35":
			sc.Distort(h.Params.What, h.Params.Bytes)
		case "F38":
			sc.Truncate(h.Params.What)
		}
	}
	return sc
}

// perform gives each frame its time, and the tokens that none shows to the first
// that a model makes.
func perform(sc *play.Script, frames []reply.Frame, t tempo, hidden int64) {
	alive := 0 // signs of life before the first token
	for alive < len(frames) && frames[alive].Part == reply.Keepalive {
		alive++
	}
	step := t.first / time.Duration(alive+1)
	sc.Wait = step
	for i, f := range frames {
		p := play.Piece{Data: f.Data, Tokens: f.Tokens}
		if f.Part != reply.Keepalive && f.Part != reply.Preamble {
			p.Tokens, hidden = p.Tokens+hidden, 0
		}
		p.Wait = t.of(p.Tokens)
		if i > 0 && i <= alive {
			p.Wait += step
		}
		sc.Pieces = append(sc.Pieces, p)
	}
}

// spoilFrames lets a fault happen to the events of a stream.
func (c *call) spoilFrames(sc *play.Script, h schedule.Hit, r reply.Reply, frames []reply.Frame) []reply.Frame {
	what := h.Params.What
	switch h.Fault {
	case "F28":
		sc.End = play.Reset
		return head(frames, h.Params.After)
	case "F31":
		sc.End = play.Silent
		return head(frames, h.Params.After)
	case "F33":
		if h.Params.After > 0 {
			return head(frames, h.Params.After)
		}
		return without(frames, reply.Terminal)
	case "F34":
		return append(head(frames, h.Params.After), reply.Frame{Part: reply.Terminal, Data: c.form.Inline(inner(h, c.id))})
	case "F36":
		return []reply.Frame{{Part: reply.Terminal, Data: c.form.Inline(inner(h, c.id))}}
	case "F37":
		c.bill.full.OutputTokens, c.bill.full.ThinkingTokens = 0, 0
		if what == "empty" {
			return nil
		}
		r.Text, r.Thought, r.Calls, r.Seal = "", "", nil, ""
		r.Usage.OutputTokens, r.Usage.ThinkingTokens, r.Cost = 0, 0, c.price(c.ask.Model, c.bill.full)
		if c.provider == "openrouter" {
			r.Cost = 0
		}
		return c.form.Stream(r)
	case "F45":
		return twice(frames, what)
	}
	return frames
}

// head is the beginning of a stream, up to so many deltas, at least one.
func head(frames []reply.Frame, deltas int) []reply.Frame {
	deltas = max(deltas, 1)
	for i, f := range frames {
		if f.Part == reply.Terminal {
			return frames[:i:i]
		}
		if f.Part == reply.Delta {
			if deltas--; deltas == 0 {
				return frames[: i+1 : i+1]
			}
		}
	}
	return frames
}

func without(frames []reply.Frame, p reply.Part) []reply.Frame {
	var out []reply.Frame
	for _, f := range frames {
		if f.Part != p {
			out = append(out, f)
		}
	}
	return out
}

// twice doubles the last events, the first ones, or all words.
func twice(frames []reply.Frame, what string) []reply.Frame {
	part := map[string]reply.Part{"": reply.Terminal, "terminal": reply.Terminal, "start": reply.Preamble, "deltas": reply.Delta}
	p, ok := part[what]
	if !ok {
		return frames
	}
	var out []reply.Frame
	for _, f := range frames {
		out = append(out, f)
		if f.Part == p {
			f.Tokens = 0
			out = append(out, f)
		}
	}
	return out
}

// sign is what a provider sends to show that it lives.
func (c *call) sign() []byte {
	if c.provider == "anthropic" {
		return []byte("event: ping\ndata: {\"type\":\"ping\"}\n\n")
	}
	return []byte(": OPENROUTER PROCESSING\n\n")
}
