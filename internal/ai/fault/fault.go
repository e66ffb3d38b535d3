// Package fault says what a failed attempt means and what follows from it. It
// is pure: the same evidence gives the same fault. Nothing of what a provider
// says in prose leaves it, because prose may repeat what it was asked.
//
// Three readings that its callers share. A fault with a Repair has RetrySame
// false: the same engine may be asked again, but only the mended question. Wait
// is how long a gate closes, which may be longer than anybody waits. Scope
// provider on Network, and on Overloaded and Transient without a word of the
// provider's own, is a suspicion: it is worth believing once it was seen with
// several models.
package fault

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"rapport/internal/ai"
)

// The providers whose errors are known. Others are read as Compatible.
const (
	Anthropic  = "anthropic"
	Gemini     = "gemini"
	OpenRouter = "openrouter"
	Compatible = "compatible" // OpenAI-shaped, as Ollama and vLLM answer
)

// End is why the context of an attempt ended.
type End string

// The ends. Left and HedgeWon are nobody's fault; Deadline may be the
// provider's.
const (
	Running  End = ""
	Left     End = "left"      // the caller is gone
	HedgeWon End = "hedge_won" // another attempt answered first
	Deadline End = "deadline"  // the caller's time is up
)

// ErrHedgeWon is the cause with which an attempt is cancelled because another
// one answered.
var ErrHedgeWon = errors.New("another attempt answered first")

// EndOf says why ctx ended, if it did.
func EndOf(ctx context.Context) End {
	switch {
	case ctx.Err() == nil:
		return Running
	case errors.Is(context.Cause(ctx), ErrHedgeWon):
		return HedgeWon
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return Deadline
	}
	return Left
}

// Evidence is what is known about an attempt that did not succeed.
type Evidence struct {
	Provider string
	// Status is that of HTTP, 0 where no answer came; Body is bounded by who
	// collects it. For an error inside of a stream it is that event's data.
	Status int
	Header http.Header
	Body   []byte
	// Streaming says that the answer was asked for in pieces, Started that some
	// of it came, Finished that it was said to be whole.
	Streaming, Started, Finished bool
	// Empty says that a whole answer holds nothing.
	Empty bool
	// Stop is the provider's own word for why the model stopped; the reason of
	// a blocked prompt stands behind "prompt:".
	Stop string
	// Err is of the transport or of decoding; nil where the answer was readable.
	Err error
	// Unsent says that not a byte of the request left this machine.
	Unsent bool
	// Ended is why the context ended. Lived is how long the attempt had had
	// until then, and Typical how long one of its class usually takes.
	Ended          End
	Lived, Typical time.Duration
	// At is when the answer came, by the clock of this machine.
	At time.Time
	// Mended are the repairs that the attempt carried.
	Mended []ai.Repair
}

// Classify weighs the evidence: the context first, then the transport, what the
// answer says, its status, and the state of the stream. It never returns nil:
// evidence of nothing wrong is an Unknown fault.
func Classify(e Evidence) *ai.Fault {
	f := verdict(e)
	f.Status = e.Status
	f.RequestID = requestID(e.Header)
	for f.Repair != ai.NoRepair && slices.Contains(e.Mended, f.Repair) {
		f.Repair = next(f.Repair)
	}
	if f.Billed == "" {
		f.Billed = billed(e)
	}
	hint(&f, e)
	return &f
}

func verdict(e Evidence) ai.Fault {
	if e.Ended != Running {
		return ended(e)
	}
	said := read(e)
	if said.found {
		return spoken(e, said)
	}
	if e.Err != nil {
		return carried(e)
	}
	if e.Status != 0 && e.Status != http.StatusOK {
		return numbered(e)
	}
	return stopped(e)
}

// ended judges an attempt whose context ended. A deadline counts against the
// model, and has its scope, if others of the class would have answered by then.
func ended(e Evidence) ai.Fault {
	if e.Ended != Deadline {
		f := of(ai.Cancelled, ai.ScopeRequest, string(e.Ended))
		f.Err = errGone
		return f
	}
	f := of(ai.DeadlinePast, ai.ScopeRequest, "short")
	f.Err = errLate
	if e.Typical > 0 && e.Lived >= e.Typical {
		f.Scope, f.Detail = ai.ScopeModel, "slow"
	}
	return f
}

// numbered judges an answer that says nothing but its status: often it is not
// the provider's own, but that of something before it.
func numbered(e Evidence) ai.Fault {
	detail := ""
	if html(e.Body) {
		detail = "html"
	}
	kind := byStatus(e.Status)
	switch {
	case e.Status >= 500:
		return of(kind, ai.ScopeProvider, detail)
	case kind == ai.ContextTooLong:
		return mend(of(kind, ai.ScopeRequest, detail), ai.Compact)
	}
	f := of(kind, scope(e.Provider, kind), detail)
	if e.Status < 400 {
		f.RetrySame = false // a redirect is a wrong address
	}
	return f
}

// of is a fault with what usually follows from its kind.
func of(kind ai.Kind, scope ai.Scope, detail string) ai.Fault {
	f := ai.Fault{Kind: kind, Scope: scope, Detail: token(detail)}
	switch kind {
	case ai.RateLimited, ai.Overloaded, ai.Transient, ai.TimedOut, ai.Network, ai.StreamBroken, ai.QuotaExhausted, ai.BadOutput, ai.Unknown:
		f.RetrySame, f.TryOther = true, true
	case ai.AccountMoney, ai.Credential, ai.ModelAccess, ai.ModelGone, ai.CallerFault, ai.ContextTooLong, ai.StateRejected, ai.PolicyRefused, ai.Truncated:
		f.TryOther = true
	}
	return f
}

// mend adds a repair: the question as it is would fail again.
func mend(f ai.Fault, r ai.Repair) ai.Fault {
	f.Repair, f.RetrySame = r, false
	return f
}

// next is what is left to try when a repair did not help.
func next(r ai.Repair) ai.Repair {
	if r == ai.EchoSignature {
		return ai.StripState
	}
	return ai.NoRepair
}

// byStatus is what a status of HTTP means where nothing else is known.
func byStatus(status int) ai.Kind {
	switch status {
	case 400, 405, 406, 411, 415, 422:
		return ai.CallerFault
	case 401, 407:
		return ai.Credential
	case 402:
		return ai.AccountMoney
	case 403, 451:
		return ai.ModelAccess
	case 404, 410:
		return ai.ModelGone
	case 408, 409, 425, 499:
		return ai.Transient
	case 413, 414:
		return ai.ContextTooLong
	case 429:
		return ai.RateLimited
	case 503, 529:
		return ai.Overloaded
	}
	if status >= 500 && status != 501 && status != 505 {
		return ai.Transient
	}
	return ai.Unknown
}

// scope is what a kind of fault says something about.
func scope(provider string, kind ai.Kind) ai.Scope {
	switch kind {
	case ai.RateLimited:
		switch provider {
		case Anthropic:
			return ai.ScopeFamily // limits are pooled by family
		case Gemini:
			return ai.ScopeModel
		}
		return ai.ScopeKey
	case ai.Overloaded:
		return ai.ScopeFamily
	case ai.QuotaExhausted, ai.AccountMoney, ai.Credential:
		return ai.ScopeKey
	case ai.Transient, ai.TimedOut, ai.StreamBroken, ai.ModelAccess, ai.ModelGone, ai.BadOutput:
		return ai.ScopeModel
	case ai.Network, ai.Unknown:
		return ai.ScopeProvider
	}
	return ai.ScopeRequest
}

// billed is what an attempt may have cost, by what is known of how each
// provider counts. A refused call is free. Google counts a call in full
// although nobody reads its answer; others stop, nobody knows where.
func billed(e Evidence) ai.Billing {
	switch {
	case e.Unsent || e.Status >= 300:
		return ai.BilledNo
	case e.Provider == Gemini && (e.Started || e.Ended != Running && e.Status != 0):
		return ai.BilledYes
	case e.Provider == OpenRouter && e.Finished && e.Empty:
		return ai.BilledNo // its insurance for empty completions
	case e.Provider != OpenRouter && e.Status != 0 && !e.Started && e.Err == nil && e.Ended == Running && len(e.Body) > 0 && read(e).found:
		return ai.BilledNo // an error in place of an answer
	}
	return ai.BilledMaybe
}

func requestID(h http.Header) string {
	for _, name := range []string{"Request-Id", "X-Generation-Id", "X-Request-Id"} {
		if id := token(h.Get(name)); id != "" {
			return id
		}
	}
	return ""
}
