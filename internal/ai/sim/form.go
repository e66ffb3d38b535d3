package sim

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"rapport/internal/ai/sim/reply"
	"rapport/internal/ai/sim/schedule"
)

// unary is the script of a whole answer: it is there when all of it is.
func (c *call) unary(r reply.Reply) *script {
	t := c.pace()
	answer := c.form.Unary(r)
	sc := whole(answer)
	sc.first, sc.speed, sc.wait = t.first, t.speed, t.first+t.of(r.Usage.OutputTokens)
	sc.made = r.Usage.OutputTokens
	for _, h := range c.hits {
		c.spoilWhole(sc, h, r)
	}
	return sc
}

// spoilWhole lets a fault happen to a whole answer.
func (c *call) spoilWhole(sc *script, h schedule.Hit, r reply.Reply) {
	body := sc.body()
	what := h.Params.What
	switch h.Fault {
	case "F28":
		sc.replace(body[:len(body)/2])
		sc.length, sc.end = int64(len(body)), reset
	case "F30":
		sc.drip(body)
	case "F31":
		sc.replace(body[:len(body)/2])
		sc.length, sc.end = int64(len(body)), silent
	case "F35":
		sc.replace(odd(body, what, h.Params.Bytes))
		if what == "utf8" {
			sc.crumble()
		}
	case "F36":
		sc.replace(c.form.Refuse(inner(h, c.id)).Body)
		c.bill.spent = false
	case "F37":
		sc.replace(nil)
		if what != "empty" {
			sc.replace(reply.Empty(c.provider, r))
		}
		c.bill.full.OutputTokens, c.bill.full.ThinkingTokens = 0, 0
	case "F38":
		switch what {
		case "length":
			sc.replace(body[:len(body)*2/3])
			sc.length, sc.end = int64(len(body)), cut
		case "gzip":
			sc.replace(body[:len(body)*2/3])
			sc.length, sc.end, sc.zipped = -1, cut, true
		default:
			sc.replace(body[:len(body)*2/3])
		}
		c.bill.told = false
	}
}

// stream is the script of an answer in events.
func (c *call) stream(r reply.Reply) *script {
	t := c.pace()
	frames := c.form.Stream(r)
	sc := &script{status: http.StatusOK, length: -1, first: t.first, header: http.Header{"Content-Type": {"text/event-stream"}, "Cache-Control": {"no-cache"}}}
	for name, values := range c.form.Unary(reply.Reply{ID: r.ID, Model: r.Model, Created: r.Created}).Header {
		if name != "Content-Type" {
			sc.header[name] = values
		}
	}
	if c.provider == "anthropic" {
		sc.header["Content-Type"] = []string{"text/event-stream; charset=utf-8"}
	}
	for _, h := range c.hits {
		frames = c.spoilFrames(sc, h, r, frames)
	}
	sc.play(frames, t, r.Usage.OutputTokens)
	if _, ok := c.hit("F32"); ok {
		sc.live()
	}
	for _, h := range c.hits {
		sc.spoil(h)
	}
	return sc
}

// play gives each frame its time. What a model thinks in secret takes time, too.
func (s *script) play(frames []reply.Frame, t tempo, out int64) {
	alive := 0 // signs of life before the first token
	for alive < len(frames) && frames[alive].Part == reply.Keepalive {
		alive++
	}
	step := t.first / time.Duration(alive+1)
	s.wait = step
	for _, f := range frames {
		out -= f.Tokens
	}
	hidden := max(out, 0)
	for i, f := range frames {
		p := piece{data: f.Data, tokens: f.Tokens}
		if f.Part != reply.Keepalive && f.Part != reply.Preamble {
			p.tokens, hidden = p.tokens+hidden, 0
		}
		p.wait = t.of(p.tokens)
		if i > 0 && i <= alive {
			p.wait += step
		}
		s.pieces = append(s.pieces, p)
	}
}

// spoilFrames lets a fault happen to the events of a stream.
func (c *call) spoilFrames(sc *script, h schedule.Hit, r reply.Reply, frames []reply.Frame) []reply.Frame {
	what := h.Params.What
	switch h.Fault {
	case "F28":
		sc.end = reset
		return head(frames, h.Params.After)
	case "F31":
		sc.end = silent
		return head(frames, h.Params.After)
	case "F32":
		sc.end = silent
		return c.alive()
	case "F33":
		if h.Params.After > 0 {
			return head(frames, h.Params.After)
		}
		return without(frames, reply.Terminal)
	case "F34":
		return append(head(frames, h.Params.After), reply.Frame{Part: reply.Terminal, Data: c.form.Inline(inner(h, c.id))})
	case "F36":
		c.bill.spent = false
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

// spoil lets a fault happen to the bytes of a stream.
func (s *script) spoil(h schedule.Hit) {
	what := h.Params.What
	switch h.Fault {
	case "F30":
		s.drip(s.body())
	case "F35":
		s.odd(what, h.Params.Bytes)
	case "F38":
		i := len(s.pieces) / 2
		if i == 0 {
			return
		}
		last := s.pieces[i]
		last.data = last.data[:len(last.data)/2]
		s.pieces = append(s.pieces[:i:i], last)
		switch what {
		case "length":
			s.end = cut
		case "gzip":
			s.end, s.zipped = cut, true
		}
	}
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

// alive is a sign of life.
func (c *call) alive() []reply.Frame {
	one := reply.Frame{Part: reply.Keepalive, Data: []byte(": OPENROUTER PROCESSING\n\n")}
	if c.provider == "anthropic" {
		one.Data = []byte("event: ping\ndata: {\"type\":\"ping\"}\n\n")
	}
	return []reply.Frame{one}
}

// live repeats a sign of life for ten minutes.
func (s *script) live() {
	one := s.pieces[0]
	s.pieces = nil
	for range 120 {
		s.pieces = append(s.pieces, piece{wait: 5 * time.Second, data: one.data})
	}
}

// drip sends one byte a second.
func (s *script) drip(all []byte) {
	s.pieces = make([]piece, 0, len(all))
	for i := range all {
		s.pieces = append(s.pieces, piece{wait: time.Second, data: all[i : i+1]})
	}
}

// crumble sends three bytes at a time, so that characters and lines are split.
func (s *script) crumble() {
	var out []piece
	for _, p := range s.pieces {
		wait, tokens := p.wait, p.tokens
		for part := range chunks(p.data, 3) {
			out = append(out, piece{wait: wait, data: part, tokens: tokens})
			wait, tokens = 0, 0
		}
	}
	s.pieces = out
}

func chunks(b []byte, n int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(b) > 0 {
			k := min(n, len(b))
			if !yield(b[:k]) {
				return
			}
			b = b[k:]
		}
	}
}

// odd makes a stream strange or broken.
func (s *script) odd(what string, size int) {
	switch what {
	case "utf8":
		s.crumble()
	case "crlf":
		for i := range s.pieces {
			plain := bytes.ReplaceAll(s.pieces[i].data, []byte("\r\n"), []byte("\n"))
			s.pieces[i].data = bytes.ReplaceAll(plain, []byte("\n"), []byte("\r\n"))
		}
	case "bom":
		if len(s.pieces) > 0 {
			s.pieces[0].data = append([]byte("\xef\xbb\xbf"), s.pieces[0].data...)
		}
	case "giant":
		if i := len(s.pieces) / 2; i < len(s.pieces) {
			s.pieces[i].data = bytes.Replace(s.pieces[i].data, []byte("data: {"), []byte(`data: {"pad":"`+strings.Repeat("x", giant(size))+`",`), 1)
		}
	default:
		i := len(s.pieces) / 2
		garbage := piece{data: []byte("data: {\"half\": <html>\n\n")}
		s.pieces = append(s.pieces[:i:i], append([]piece{garbage}, s.pieces[i:]...)...)
	}
}

func giant(size int) int {
	if size == 0 {
		return 8 << 20
	}
	return size
}

// odd makes a whole body strange or broken.
func odd(body []byte, what string, size int) []byte {
	switch what {
	case "utf8":
		return body
	case "crlf":
		return append([]byte("\r\n \r\n"), bytes.ReplaceAll(body, []byte("\n"), []byte("\r\n"))...)
	case "bom":
		return append([]byte("\xef\xbb\xbf"), body...)
	case "giant":
		return bytes.Replace(body, []byte("{"), []byte(`{"pad":"`+strings.Repeat("x", giant(size))+`",`), 1)
	}
	return []byte("{\"half\": <html>")
}
