package sim

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/sim/meter"
	"rapport/internal/ai/sim/reply"
)

// script is what happens on the wire, for both faces.
type script struct {
	// wait is how long it takes until there are headers, or until it fails.
	wait   time.Duration
	fail   error // instead of headers
	status int
	header http.Header
	// length is what Content-Length says; -1 says nothing.
	length int64
	pieces []piece
	end    ending
	// zipped bodies are compressed on a socket, and cut there.
	zipped bool
	bill   *bill
	// first and speed are how a whole answer comes to be before its headers.
	first time.Duration
	speed float64
	made  int64 // tokens of output that exist before the headers
}

// piece is a part of the body, so long after the one before.
type piece struct {
	wait   time.Duration
	data   []byte
	tokens int64
}

type ending int

const (
	clean  ending = iota
	reset         // by the peer
	cut           // shorter than was said
	silent        // nothing more comes
	never         // not even headers
)

// whole is the script of an answer that is there at once.
func whole(r reply.Response) *script {
	s := &script{status: r.Status, header: r.Header, length: int64(len(r.Body))}
	if len(r.Body) > 0 {
		s.pieces = []piece{{data: r.Body}}
	}
	return s
}

// body is all that is sent.
func (s *script) body() []byte {
	var b bytes.Buffer
	for _, p := range s.pieces {
		b.Write(p.data)
	}
	return b.Bytes()
}

// replace sends something else, at the times of what was to be sent.
func (s *script) replace(body []byte) {
	s.pieces = []piece{{data: body}}
	if s.length >= 0 {
		s.length = int64(len(body))
	}
}

// stamp sets the headers that depend on the moment.
func (s *script) stamp() {
	if s.header.Get("Date") == "" {
		s.header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
	if s.length >= 0 {
		s.header.Set("Content-Length", strconv.FormatInt(s.length, 10))
	}
}

// produced is how many tokens of output the model has made so long after the
// headers, or, before them, so long after the request.
func (s *script) produced(since time.Duration, headers bool) int64 {
	if !headers {
		if s.speed <= 0 || since <= s.first {
			return 0
		}
		return int64((since - s.first).Seconds() * s.speed)
	}
	n := s.made
	for _, p := range s.pieces {
		since -= p.wait
		if since < 0 {
			break
		}
		n += p.tokens
	}
	return n
}

// bill is what a call will have cost, settled once.
type bill struct {
	call  *call
	line  meter.Line
	once  sync.Once
	full  ai.Usage
	told  bool
	spent bool // something is due, because a model was at work
}

// settle ends the call: outcome is that of a meter.Line, made the tokens of
// output that exist by then. A provider that cannot stop a model bills all.
func (b *bill) settle(outcome string, made int64) {
	if b == nil {
		return
	}
	b.once.Do(func() {
		b.line.Outcome = outcome
		if b.spent {
			b.line.Usage = b.due(outcome, made)
		}
		c := b.call
		b.line.Nano = c.price(c.ask.Model, b.line.Usage)
		b.line.Usage.CostNano = int64(b.line.Nano)
		b.line.Told = b.told && outcome == "answered" || b.line.Nano == 0
		c.Sim.bill.Add(b.line)
		c.manners.Leave(c.provider)
	})
}

func (b *bill) due(outcome string, made int64) ai.Usage {
	u := b.full
	if outcome != "answered" && !b.call.model.Owed {
		u.OutputTokens = min(made, u.OutputTokens)
		u.ThinkingTokens = min(u.ThinkingTokens, u.OutputTokens)
	}
	if b.call.provider == "openrouter" && u.OutputTokens == 0 { // an empty answer is free
		return ai.Usage{}
	}
	return u
}
