package sim

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"rapport/internal/ai/sim/ask"
	"rapport/internal/ai/sim/play"
	"rapport/internal/ai/sim/schedule"
)

// room is what is left of a capacity. It refills all the time.
type room struct {
	requests bucket
	tokens   bucket
}

type bucket struct {
	limit float64 // a minute; 0 is none
	left  float64
	at    time.Time
}

func (b *bucket) refill(now time.Time) {
	b.left = min(b.limit, b.left+b.limit*now.Sub(b.at).Minutes())
	b.at = now
}

// wait is how long it takes until n are there.
func (b *bucket) wait(n float64) time.Duration {
	if b.limit == 0 || b.left+1e-9 >= n {
		return 0
	}
	return time.Duration(math.Ceil((min(n, b.limit) - b.left) / b.limit * 60 * 1e9))
}

// enter takes the call's place in the capacity of its key and family, or says
// how long there is none, and for want of what.
func (c *call) enter() (limits http.Header, wait time.Duration, what string) {
	limit := c.o.Schedule.Room(c.provider, c.ask.Model)
	if limit == nil {
		return nil, 0, ""
	}
	at := line{c.provider, c.model.Family, c.key}
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.rooms[at]
	if r == nil {
		q, t := float64(limit.RequestsPerMin), float64(limit.TokensPerMin)
		r = &room{bucket{q, q, c.at}, bucket{t, t, c.at}}
		c.rooms[at] = r
	}
	r.requests.refill(c.at)
	r.tokens.refill(c.at)
	wait, what = r.requests.wait(1), "requests"
	if w := r.tokens.wait(float64(c.input)); w > wait {
		wait, what = w, "tokens"
	}
	if wait == 0 {
		r.requests.left--
		r.tokens.left -= float64(c.input)
	}
	return c.limits(r, limit), wait, what
}

// limits are the headers of the vendor about what is left.
func (c *call) limits(r *room, limit *schedule.Capacity) http.Header {
	h := http.Header{}
	if c.provider != "anthropic" {
		return h
	}
	tell := func(name string, b bucket) {
		if b.limit == 0 {
			return
		}
		missing := time.Duration((b.limit - b.left) / b.limit * float64(time.Minute))
		h.Set("Anthropic-Ratelimit-"+name+"-Limit", strconv.FormatInt(int64(b.limit), 10))
		h.Set("Anthropic-Ratelimit-"+name+"-Remaining", strconv.FormatInt(int64(max(b.left, 0)), 10))
		h.Set("Anthropic-Ratelimit-"+name+"-Reset", c.at.Add(missing).UTC().Truncate(time.Second).Add(time.Second).Format(time.RFC3339))
	}
	tell("Requests", r.requests)
	tell("Input-Tokens", r.tokens)
	return h
}

// full is the script of a call that finds no room, or nil; and the headers for
// a call that does.
func (c *call) full() (*play.Script, http.Header) {
	limits, wait, what := c.enter()
	if wait == 0 {
		return nil, limits
	}
	seconds := strconv.FormatInt(int64(math.Ceil(wait.Seconds())), 10)
	t := ask.Trouble{Sort: ask.RateLimit, Detail: what, Wait: seconds, ID: c.id}
	sc := c.refuse(t)
	for name, values := range limits {
		sc.Header[name] = values
	}
	if limit := c.o.Schedule.Room(c.provider, c.ask.Model); c.provider == "openrouter" {
		sc.Header["X-Ratelimit-Limit"] = []string{strconv.FormatInt(limit.RequestsPerMin, 10)}
		sc.Header["X-Ratelimit-Remaining"] = []string{"0"}
		sc.Header["X-Ratelimit-Reset"] = []string{strconv.FormatInt(c.at.Add(wait).UnixMilli(), 10)}
	}
	return sc, nil
}

// ramp is one second of a limit of acceleration.
type ramp struct {
	line
	rule   int
	second int64
}

// tooFast reports whether the call is more than a limit of acceleration admits
// in this second: one in the first, and a multiple in each that follows.
func (c *call) tooFast(h schedule.Hit) bool {
	factor := h.Params.Factor
	if factor == 0 {
		factor = 2
	}
	at := ramp{line{c.provider, c.model.Family, c.key}, h.Rule, int64(h.Since / time.Second)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if float64(c.ramps[at]) >= math.Floor(math.Pow(factor, float64(at.second))) {
		return true
	}
	c.ramps[at]++
	return false
}
