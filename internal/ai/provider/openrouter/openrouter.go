// Package openrouter asks models by chat completions: those behind OpenRouter,
// and those of any server that speaks the same, such as one on the own machine.
package openrouter

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

// Name and Compatible are the names of the engines, as they are stored with
// their answers.
const (
	Name       = fault.OpenRouter
	Compatible = fault.Compatible
)

// Base is the address of OpenRouter's API.
const Base = "https://openrouter.ai/api/v1"

// Provider asks by chat completions.
type Provider struct {
	name   string
	model  string // that is asked where none is named
	base   string
	known  *catalog.Catalog
	client *http.Client
}

// New returns OpenRouter, reached over t at base, or at Base if that is "". What
// models can do is looked up in known; nil knows none, and takes them to be able
// to do everything.
func New(t *wire.Transport, base string, known *catalog.Catalog) *Provider {
	return &Provider{name: Name, base: cmp.Or(base, Base), known: known, client: t.Client()}
}

// NewCompatible returns a server at base, whose path ends with the version, that
// is asked for model where a call names none. It needs no key, and is not
// expected to say what was used.
func NewCompatible(t *wire.Transport, base, model string) *Provider {
	return &Provider{name: Compatible, base: base, model: model, client: t.Client()}
}

// Name is "openrouter" or "compatible".
func (p *Provider) Name() string { return p.name }

// Local is false: a server on the own machine may be away, too.
func (*Provider) Local() bool { return false }

// Call makes one request. One that could take long is made as a stream, which
// shows early that it is answered.
func (p *Provider) Call(ctx context.Context, c ai.Call) (ai.Answer, error) {
	if limit(c) > unary(ctx) {
		return pieces.Last(p.Stream(ctx, c))
	}
	ctx, seen := wire.Watch(ctx)
	res, f := p.send(ctx, seen, c, false)
	if f != nil {
		return ai.Answer{}, f
	}
	got, f := p.whole(ctx, seen, c, res)
	if f != nil {
		return ai.Answer{}, f
	}
	return got.answer(p, seen, c), nil
}

// Stream makes one request, and yields text as it comes.
func (p *Provider) Stream(ctx context.Context, c ai.Call) iter.Seq2[ai.Event, error] {
	return func(yield func(ai.Event, error) bool) {
		ctx, seen := wire.Watch(ctx)
		res, f := p.send(ctx, seen, c, true)
		if f != nil {
			yield(ai.Event{}, f)
			return
		}
		var got *message
		if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
			got = &message{streaming: true}
			if !got.follow(wire.Events(res), seen, yield) {
				return
			}
			f = got.fault(ctx, p, seen, c)
		} else { // of a server that cannot, or an error
			got, f = p.whole(ctx, seen, c, res)
		}
		if f != nil {
			yield(ai.Event{}, f)
			return
		}
		if !got.streaming && !yield(ai.Event{Text: got.words()}, nil) {
			return
		}
		answer := got.answer(p, seen, c)
		yield(ai.Event{Answer: &answer}, nil)
	}
}

// Models lists the models that are offered. It is free.
func (p *Provider) Models(ctx context.Context, k ai.Key) ([]string, error) {
	url, header, err := p.access(k)
	if err != nil {
		return nil, p.refused(err)
	}
	ctx, seen := wire.Watch(ctx)
	var list struct {
		Data []struct{ ID string }
	}
	if err := wire.Get(ctx, p.client, url+"/models", header, &list); err != nil {
		return nil, p.failed(ctx, seen, ai.Call{}, err)
	}
	out := make([]string, 0, len(list.Data))
	for _, m := range list.Data {
		out = append(out, m.ID)
	}
	return out, nil
}

// send makes the request, and returns an answer of status 200.
func (p *Provider) send(ctx context.Context, seen *wire.Capture, c ai.Call, stream bool) (*http.Response, *ai.Fault) {
	if ctx.Err() != nil {
		return nil, fault.Classify(fault.Evidence{Provider: p.name, Unsent: true, Ended: fault.EndOf(ctx)})
	}
	url, header, err := p.access(c.Key)
	if err != nil {
		return nil, p.refused(err)
	}
	body, err := p.request(c, stream)
	if err != nil {
		return nil, p.refused(err)
	}
	res, err := wire.Post(ctx, p.client, url+"/chat/completions", header, body)
	if err != nil {
		return nil, p.failed(ctx, seen, c, err)
	}
	return res, nil
}

// whole reads an answer in one piece.
func (p *Provider) whole(ctx context.Context, seen *wire.Capture, c ai.Call, res *http.Response) (*message, *ai.Fault) {
	text, err := wire.Whole(res)
	got := &message{done: true}
	if err == nil && len(text) > 0 {
		err = got.take(text)
	}
	if err != nil {
		return nil, p.failed(ctx, seen, c, err)
	}
	return got, got.fault(ctx, p, seen, c)
}

var errKey = errors.New("the key is missing or malformed")

// access says where to ask, and who does.
func (p *Provider) access(k ai.Key) (string, http.Header, error) {
	if k.Secret == "" && p.name == Name || strings.ContainsFunc(k.Secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", nil, errKey
	}
	h := http.Header{}
	if k.Secret != "" {
		h.Set("Authorization", "Bearer "+k.Secret)
	}
	if p.name == Name {
		h.Set("X-OpenRouter-Title", "Rapport")
	}
	base := p.base
	if k.BaseURL != "" {
		if err := wire.Address(k.BaseURL); err != nil {
			return "", nil, err
		}
		base = k.BaseURL
	}
	return strings.TrimSuffix(base, "/"), h, nil
}

// refused is the fault of a request that was not sent, because it would not
// have been accepted.
func (p *Provider) refused(err error) *ai.Fault {
	f := &ai.Fault{Kind: ai.CallerFault, Scope: ai.ScopeRequest, TryOther: true, Billed: ai.BilledNo, Err: fmt.Errorf("%s: %w", p.name, err)}
	if errors.Is(err, errKey) {
		f.Kind, f.Scope = ai.Credential, ai.ScopeKey
	}
	return f
}

// failed is the fault of a request that has no answer, or none that can be
// read.
func (p *Provider) failed(ctx context.Context, seen *wire.Capture, c ai.Call, err error) *ai.Fault {
	e := seen.Evidence(ctx, p.name, err)
	e.Mended = c.Mended
	if errors.Is(err, wire.ErrRefused) {
		e.Err = nil // why is in the record
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
