// Package gemini asks Google's models, by generateContent of the Gemini API.
package gemini

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"

	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/fault"
	"rapport/internal/ai/provider/pieces"
	"rapport/internal/ai/wire"
)

// Name is the engine's name, as it is stored with its answers.
const Name = fault.Gemini

// Base is the address of the API, without its version.
const Base = "https://generativelanguage.googleapis.com"

// Provider asks Google's models.
type Provider struct {
	client *http.Client
	base   string
	known  *catalog.Catalog
}

// New returns a provider that is reached over t at base, or at Base if that is
// "". What models can do is looked up in known; nil knows none.
func New(t *wire.Transport, base string, known *catalog.Catalog) *Provider {
	return &Provider{client: t.Client(), base: cmp.Or(base, Base), known: known}
}

// Name is "gemini".
func (*Provider) Name() string { return Name }

// Local is false.
func (*Provider) Local() bool { return false }

// Call makes one request. One that could take long is made as a stream, which
// shows early that it is answered.
func (p *Provider) Call(ctx context.Context, c ai.Call) (ai.Answer, error) {
	if limit(c) > unary(ctx) {
		return pieces.Last(p.Stream(ctx, c))
	}
	ctx, seen := wire.Watch(ctx)
	b, f := p.prepare(ctx, c)
	if f != nil {
		return ai.Answer{}, f
	}
	x, err := p.generate(ctx, c, b)
	if err != nil {
		return ai.Answer{}, failed(ctx, seen, c, err)
	}
	got := &message{}
	got.take(x)
	if f := got.fault(ctx, seen, c, nil); f != nil {
		return ai.Answer{}, f
	}
	return got.answer(c, seen), nil
}

// Stream makes one request, and yields text as it comes.
func (p *Provider) Stream(ctx context.Context, c ai.Call) iter.Seq2[ai.Event, error] {
	return func(yield func(ai.Event, error) bool) {
		ctx, seen := wire.Watch(ctx)
		b, f := p.prepare(ctx, c)
		if f != nil {
			yield(ai.Event{}, f)
			return
		}
		got := &message{streaming: true}
		var broken error
		for x, err := range p.stream(ctx, c, b) {
			if err != nil {
				broken = err
				break
			}
			before, had := got.length(), got.text.Len()
			got.take(x)
			if got.length() == before {
				continue
			}
			seen.Progress()
			if !yield(ai.Event{Text: got.text.Since(had)}, nil) {
				return
			}
		}
		if f := got.fault(ctx, seen, c, broken); f != nil {
			yield(ai.Event{}, f)
			return
		}
		answer := got.answer(c, seen)
		yield(ai.Event{Answer: &answer}, nil)
	}
}

// prepare makes a request of c, or says why it would be refused.
func (p *Provider) prepare(ctx context.Context, c ai.Call) (*body, *ai.Fault) {
	if ctx.Err() != nil {
		return nil, fault.Classify(fault.Evidence{Provider: Name, Unsent: true, Ended: fault.EndOf(ctx)})
	}
	if _, err := p.address(c.Key); err != nil {
		return nil, refused(err)
	}
	b, err := p.request(c)
	if err != nil {
		return nil, refused(err)
	}
	return b, nil
}

var errKey = errors.New("the key is missing or malformed")

// address is where the API is for k.
func (p *Provider) address(k ai.Key) (string, error) {
	if k.Secret == "" || strings.ContainsFunc(k.Secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errKey
	}
	if k.BaseURL == "" {
		return p.base, nil
	}
	return k.BaseURL, wire.Address(k.BaseURL)
}

// refused is the fault of a request that was not sent, because it would not
// have been accepted.
func refused(err error) *ai.Fault {
	f := &ai.Fault{Kind: ai.CallerFault, Scope: ai.ScopeRequest, TryOther: true, Billed: ai.BilledNo, Err: fmt.Errorf("%s: %w", Name, err)}
	if errors.Is(err, errKey) {
		f.Kind, f.Scope = ai.Credential, ai.ScopeKey
	}
	return f
}

// failed is the fault of a request that has no answer, or none that can be
// read.
func failed(ctx context.Context, seen *wire.Capture, c ai.Call, err error) *ai.Fault {
	e := seen.Evidence(ctx, Name, err)
	e.Mended = c.Mended
	if body, told := told(err); told {
		e.Err = nil
		if e.Streaming || len(e.Body) == 0 {
			e.Body = body
		}
	}
	return fault.Classify(e)
}

// unary is the most tokens of an answer that is waited for in one piece: what
// can be made before the first byte must come.
func unary(ctx context.Context) int {
	const perSecond = 50
	return int(wire.LimitsOf(ctx).FirstByte.Seconds() * perSecond)
}

var _ interface {
	ai.Streamer
	ai.Lister
} = (*Provider)(nil)
