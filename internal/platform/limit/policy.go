// Package limit says who has used up what they may. It counts by GCRA: for each
// key and window one moment, the time at which the key will have paid for all
// that it took, in nanoseconds. The moment moves on with each cost; nobody may
// have it lie further ahead than the burst is worth.
package limit

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// The windows that are counted side by side.
const (
	Minute = iota
	Hour
	Day
	AIDay // of operations that ask models, alone
	Windows
)

// Names are what the windows are called.
func Names() [Windows]string { return [...]string{"minute", "hour", "day", "ai_day"} }

// Quota is what one window allows: Tokens in each Period for ever, and up to
// Burst at once after a pause. Zero tokens: there is no such window.
type Quota struct {
	Tokens, Burst int64
	Period        time.Duration
}

// Quotas are those of the four windows.
type Quotas [Windows]Quota

// Policy is what somebody may do. It is made once and shared.
type Policy struct {
	Name       string
	Quotas     Quotas
	Concurrent int32 // calls at a time; 0 is any number
	Strict     bool  // where Redis is away, half a share is enough
	Shadow     bool  // decides and counts, and lets everybody pass
	rates      [Windows]rate
	header     string
}

// rate is a quota in nanoseconds: what a token takes to come back, and how far
// ahead of now the moment may lie.
type rate struct{ interval, tolerance int64 }

// NewPolicy returns p, ready to be used. A burst is at least a token.
func NewPolicy(p Policy) *Policy {
	for i, q := range p.Quotas {
		if q.Tokens <= 0 {
			continue
		}
		p.Quotas[i].Burst = max(q.Burst, 1)
		interval := max(int64(q.Period)/q.Tokens, 1)
		burst := min(p.Quotas[i].Burst, math.MaxInt64/4/interval)
		p.rates[i] = rate{interval: interval, tolerance: burst * interval}
	}
	p.header = describe(p.Quotas)
	return &p
}

// Header describes the policy as RateLimit-Policy does.
func (p *Policy) Header() string { return p.header }

func describe(quotas Quotas) string {
	var out []string
	for i, q := range quotas {
		if q.Tokens > 0 {
			out = append(out, fmt.Sprintf(`"%s";q=%d;w=%d;burst=%d`, Names()[i], q.Tokens, int64(q.Period/time.Second), q.Burst))
		}
	}
	return strings.Join(out, ", ")
}

// share is the rate that is left for one of n who cannot agree.
func (r rate) share(n int64) rate { return rate{interval: r.interval * n, tolerance: r.tolerance} }

// after is where the moment lies when cost is taken at now.
func (r rate) after(moment, now, cost int64) int64 { return max(moment, now) + cost*r.interval }

// wait is how long until cost can be taken; 0 is now. What is dearer than a
// whole burst may be taken by whoever owes nothing, and is owed then.
func (r rate) wait(moment, now, cost int64) int64 {
	if moment <= now || cost == 0 {
		return 0
	}
	least := max(r.tolerance, cost*r.interval)
	return max(r.after(moment, now, cost)-now-least, 0)
}

// left is how many tokens could be taken at now.
func (r rate) left(moment, now int64) int64 {
	return max((r.tolerance-max(moment-now, 0))/r.interval, 0)
}

// Cost is what a call takes: tokens from every window, and AI from the window
// of that name too.
type Cost struct{ Tokens, AI int64 }

func (c Cost) of(window int) int64 {
	if window == AIDay {
		return c.AI
	}
	return c.Tokens
}

// Kind is what sort of thing a key stands for.
type Kind uint8

// The kinds of key.
const (
	Workspace  Kind = iota + 1
	Credential      // in a workspace, or by itself
	Address         // of those who are nobody
)

// Key is whose tokens they are. Keys that are asked for together have the same
// Owner, so that one node of a cluster holds both.
type Key struct {
	Kind        Kind
	Owner, Part string
}

// Level is how a window stands for a key.
type Level struct {
	Window string `json:"window" enum:"minute,hour,day,ai_day"`
	Quota  int64  `json:"quota" doc:"Tokens that come back in each period."`
	Period int64  `json:"period" doc:"Length of the window in seconds."`
	Burst  int64  `json:"burst" doc:"The most that can be taken at once."`
	Left   int64  `json:"left" doc:"What can be taken now."`
	Reset  int64  `json:"reset" doc:"Seconds until all of the burst is back."`
}
