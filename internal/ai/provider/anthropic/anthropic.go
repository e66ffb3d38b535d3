// Package anthropic asks Claude, by the Messages API of Anthropic. The vendor's
// library is a codec here: it retries nothing, reads no environment and sends
// no traces.
package anthropic

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"

	sdk "github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
	"github.com/anthropics/anthropic-sdk-go/packages/param"

	"rapport/internal/ai"
	"rapport/internal/ai/fault"
	"rapport/internal/ai/provider/pieces"
	"rapport/internal/ai/wire"
)

// Name is the engine's name, as it is stored with its answers.
const Name = fault.Anthropic

// Base is the address of the API.
const Base = "https://api.anthropic.com"

// Provider asks Anthropic's models.
type Provider struct {
	messages sdk.MessageService
	models   sdk.ModelService
}

// New returns a provider that is reached over t at base, or at Base if that is
// "".
func New(t *wire.Transport, base string) *Provider {
	options := []option.RequestOption{
		option.WithoutEnvironmentDefaults(), option.WithoutOpenTelemetry(), option.WithMaxRetries(0),
		option.WithHTTPClient(t.Client()), option.WithBaseURL(cmp.Or(base, Base)),
	}
	return &Provider{messages: sdk.NewMessageService(options...), models: sdk.NewModelService(options...)}
}

// Name is "anthropic".
func (*Provider) Name() string { return Name }

// Local is false.
func (*Provider) Local() bool { return false }

// Call makes one request. One that could take long is made as a stream, which
// shows early that it is answered.
func (p *Provider) Call(ctx context.Context, c ai.Call) (ai.Answer, error) {
	if limit(c) > unary(ctx, c.Model) {
		return pieces.Last(p.Stream(ctx, c))
	}
	ctx, seen := wire.Watch(ctx)
	params, options, f := prepare(ctx, c)
	if f != nil {
		return ai.Answer{}, f
	}
	m, err := p.messages.New(ctx, params, options...)
	if err != nil {
		return ai.Answer{}, failed(ctx, seen, c, err)
	}
	got := whole(m)
	if f := got.fault(ctx, seen, c); f != nil {
		return ai.Answer{}, f
	}
	return got.answer(seen, c), nil
}

// Stream makes one request, and yields text as it comes.
func (p *Provider) Stream(ctx context.Context, c ai.Call) iter.Seq2[ai.Event, error] {
	return func(yield func(ai.Event, error) bool) {
		ctx, seen := wire.Watch(ctx)
		params, options, f := prepare(ctx, c)
		if f != nil {
			yield(ai.Event{}, f)
			return
		}
		s := p.messages.NewStreaming(ctx, params, options...)
		defer func() { _ = s.Close() }() // what was wanted is read
		var got message
		for !got.finished && got.err == nil && s.Next() {
			text, progress := got.take(s.Current())
			if progress {
				seen.Progress()
			}
			if progress && !yield(ai.Event{Text: text}, nil) {
				return
			}
		}
		if err := cmp.Or(s.Err(), got.err); err != nil {
			yield(ai.Event{}, got.broken(ctx, seen, c, err))
			return
		}
		if f := got.fault(ctx, seen, c); f != nil {
			yield(ai.Event{}, f)
			return
		}
		answer := got.answer(seen, c)
		yield(ai.Event{Answer: &answer}, nil)
	}
}

// Models lists the models that k may use. It is free.
func (p *Provider) Models(ctx context.Context, k ai.Key) ([]string, error) {
	options, err := access(k)
	if err != nil {
		return nil, refused(err)
	}
	var out []string
	query := sdk.ModelListParams{Limit: param.NewOpt[int64](1000)}
	for range 20 { // pages
		ctx, seen := wire.Watch(ctx)
		page, err := p.models.List(ctx, query, options...)
		if err == nil && (page == nil || len(page.Data) == 0 && len(out) == 0) {
			err = errNoPage
		}
		if err != nil {
			return nil, failed(ctx, seen, ai.Call{}, err)
		}
		for _, m := range page.Data {
			out = append(out, m.ID)
		}
		if !page.HasMore || page.LastID == "" {
			break
		}
		query.AfterID = param.NewOpt(page.LastID)
	}
	return out, nil
}

var errNoPage = errors.New("there is no list of models")

// prepare makes a request of c, or says why it would be refused.
func prepare(ctx context.Context, c ai.Call) (sdk.MessageNewParams, []option.RequestOption, *ai.Fault) {
	if ctx.Err() != nil {
		return sdk.MessageNewParams{}, nil, fault.Classify(fault.Evidence{Provider: Name, Unsent: true, Ended: fault.EndOf(ctx)})
	}
	options, err := access(c.Key)
	if err != nil {
		return sdk.MessageNewParams{}, nil, refused(err)
	}
	params, err := request(c)
	if err == nil {
		err = check(params)
	}
	if err != nil {
		return sdk.MessageNewParams{}, nil, refused(err)
	}
	return params, options, nil
}

var errKey = errors.New("the key is missing or malformed")

// access says who asks, and where.
func access(k ai.Key) ([]option.RequestOption, error) {
	if k.Secret == "" || strings.ContainsFunc(k.Secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errKey
	}
	options := []option.RequestOption{option.WithAPIKey(k.Secret)}
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
	if told, ok := errors.AsType[*sdk.Error](err); ok {
		e.Err = nil
		if e.Streaming || len(e.Body) == 0 {
			e.Body = json.RawMessage(told.RawJSON())
		}
	}
	if errors.Is(err, errNoPage) {
		e.Empty, e.Err = true, nil
	}
	return fault.Classify(e)
}

// unary is the most tokens of an answer that is waited for in one piece: what
// can be made before the first byte must come. The library refuses more than
// ten minutes' worth.
func unary(ctx context.Context, model string) int {
	const perSecond, most, older = 50, 16_000, 8_192
	tokens := min(most, int(wire.LimitsOf(ctx).FirstByte.Seconds()*perSecond))
	if strings.HasPrefix(model, "claude-opus-4") {
		return min(tokens, older)
	}
	return tokens
}

var _ interface {
	ai.Streamer
	ai.Lister
} = (*Provider)(nil)
