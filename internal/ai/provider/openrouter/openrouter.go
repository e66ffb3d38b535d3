// Package openrouter asks models by chat completions: those behind OpenRouter,
// and those of any server that speaks the same, such as one on the own machine.
// The vendor's library carries requests and cuts streams into events; it retries
// nothing, reads no environment and says nothing about this machine.
package openrouter

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"

	sdk "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/param"
	"github.com/openai/openai-go/v3/packages/ssestream"

	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/fault"
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
	name  string
	model string // that is asked where none is named
	known *catalog.Catalog
	chat  sdk.ChatCompletionService
	list  sdk.ModelService
}

// New returns OpenRouter, reached over t at base, or at Base if that is "". What
// models can do is looked up in known; nil knows none, and takes them to be able
// to do everything.
func New(t *wire.Transport, base string, known *catalog.Catalog) *Provider {
	return made(Name, t, cmp.Or(base, Base), known, option.WithHeader("X-OpenRouter-Title", "Rapport"))
}

// NewCompatible returns a server at base, whose path ends with the version, that
// is asked for model where a call names none. It needs no key, and is not
// expected to say what was used.
func NewCompatible(t *wire.Transport, base, model string) *Provider {
	p := made(Compatible, t, base, nil)
	p.model = model
	return p
}

func made(name string, t *wire.Transport, base string, known *catalog.Catalog, more ...option.RequestOption) *Provider {
	options := []option.RequestOption{
		option.WithBaseURL(base), option.WithHTTPClient(t.Client()), option.WithMaxRetries(0), option.WithHeader("User-Agent", "Rapport"),
	}
	for _, word := range []string{"Lang", "Package-Version", "OS", "Arch", "Runtime", "Runtime-Version", "Retry-Count", "Timeout"} {
		options = append(options, option.WithHeaderDel("X-Stainless-"+word))
	}
	options = append(options, more...)
	return &Provider{name: name, known: known, chat: sdk.NewChatCompletionService(options...), list: sdk.NewModelService(options...)}
}

// Name is "openrouter" or "compatible".
func (p *Provider) Name() string { return p.name }

// Local is false: a server on the own machine may be away, too.
func (*Provider) Local() bool { return false }

// Call makes one request. One that could take long is made as a stream, which
// shows early that it is answered.
func (p *Provider) Call(ctx context.Context, c ai.Call) (ai.Answer, error) {
	if limit(c) > unary(ctx) {
		for e, err := range p.Stream(ctx, c) {
			if err != nil {
				return ai.Answer{}, err
			}
			if e.Answer != nil {
				return *e.Answer, nil
			}
		}
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
			if !got.follow(ssestream.NewDecoder(res), seen, yield) {
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
	options, err := p.access(k)
	if err != nil {
		return nil, p.refused(err)
	}
	ctx, seen := wire.Watch(ctx)
	page, err := p.list.List(ctx, options...)
	if err != nil || page == nil {
		return nil, p.failed(ctx, seen, ai.Call{}, err)
	}
	out := make([]string, 0, len(page.Data))
	for _, m := range page.Data {
		out = append(out, m.ID)
	}
	return out, nil
}

// send makes the request, and returns an answer of status 200.
func (p *Provider) send(ctx context.Context, seen *wire.Capture, c ai.Call, stream bool) (*http.Response, *ai.Fault) {
	if ctx.Err() != nil {
		return nil, fault.Classify(fault.Evidence{Provider: p.name, Unsent: true, Ended: fault.EndOf(ctx)})
	}
	options, err := p.access(c.Key)
	if err != nil {
		return nil, p.refused(err)
	}
	body, err := p.request(c, stream)
	if err != nil {
		return nil, p.refused(err)
	}
	var res *http.Response
	_, err = p.chat.New(ctx, param.Override[sdk.ChatCompletionNewParams](body), append(options, option.WithResponseBodyInto(&res))...)
	if err != nil {
		return nil, p.failed(ctx, seen, c, err)
	}
	if res.StatusCode != http.StatusOK {
		_, err = io.ReadAll(res.Body) // for the record
		_ = res.Body.Close()
		return nil, p.failed(ctx, seen, c, err)
	}
	return res, nil
}

// whole reads an answer in one piece.
func (p *Provider) whole(ctx context.Context, seen *wire.Capture, c ai.Call, res *http.Response) (*message, *ai.Fault) {
	text, err := io.ReadAll(res.Body)
	_ = res.Body.Close() // it is read
	got := &message{done: true}
	text = bytes.TrimPrefix(bytes.TrimSpace(text), []byte("\ufeff"))
	if err == nil && len(text) > 0 {
		err = got.take(text)
	}
	if err != nil {
		return nil, p.failed(ctx, seen, c, err)
	}
	return got, got.fault(ctx, p, seen, c)
}

var errKey = errors.New("the key is missing or malformed")

// access says who asks, and where.
func (p *Provider) access(k ai.Key) ([]option.RequestOption, error) {
	if k.Secret == "" && p.name == Name || strings.ContainsFunc(k.Secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errKey
	}
	var options []option.RequestOption
	if k.Secret != "" {
		options = append(options, option.WithAPIKey(k.Secret))
	}
	if k.BaseURL == "" {
		return options, nil
	}
	if err := wire.Address(k.BaseURL); err != nil {
		return nil, err
	}
	return append(options, option.WithBaseURL(k.BaseURL)), nil
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
	if _, told := errors.AsType[*sdk.Error](err); told {
		e.Err = nil // it repeats what is in the record
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
