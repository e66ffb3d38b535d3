package gemini

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"rapport/internal/ai"
	"rapport/internal/ai/wire"
)

// ask makes the request.
func (p *Provider) ask(ctx context.Context, c ai.Call, b *body, verb string) (*http.Response, error) {
	base, err := p.address(c.Key)
	if err != nil {
		return nil, err
	}
	return wire.Post(ctx, p.client, strings.TrimSuffix(base, "/")+"/v1beta/models/"+c.Model+verb, header(c.Key), b)
}

func header(k ai.Key) http.Header { return http.Header{"X-Goog-Api-Key": {k.Secret}} }

// generate asks for an answer in one piece.
func (p *Provider) generate(ctx context.Context, c ai.Call, b *body) (*fragment, error) {
	res, err := p.ask(ctx, c, b, ":generateContent")
	if err != nil {
		return nil, err
	}
	text, err := wire.Whole(res)
	if err != nil || len(text) == 0 {
		return nil, err
	}
	return read(text)
}

// stream asks for an answer in fragments.
func (p *Provider) stream(ctx context.Context, c ai.Call, b *body) iter.Seq2[*fragment, error] {
	return func(yield func(*fragment, error) bool) {
		res, err := p.ask(ctx, c, b, ":streamGenerateContent?alt=sse")
		if err != nil {
			yield(nil, err)
			return
		}
		if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
			text, err := wire.Whole(res)
			var x *fragment
			if err == nil {
				x, err = read(text)
			}
			yield(x, err)
			return
		}
		for data, err := range wire.Events(res) {
			var x *fragment
			if err == nil {
				x, err = read(data)
			}
			if !yield(x, err) || err != nil {
				return
			}
		}
	}
}

func read(text []byte) (*fragment, error) {
	var x fragment
	if err := json.Unmarshal(text, &x); err != nil {
		return nil, err
	}
	if len(x.Error) > 0 && string(x.Error) != "null" {
		return nil, wrong(text)
	}
	return &x, nil
}

// wrong is an error object in place of an answer.
type wrong []byte

// Error does not say what stands in it.
func (wrong) Error() string { return "the answer is an error" }

// told is the error object that the provider sent, if err is one. Of a request
// that was refused it is in the record.
func told(err error) ([]byte, bool) {
	if s, ok := errors.AsType[wrong](err); ok {
		return append([]byte(nil), s...), true
	}
	return nil, errors.Is(err, wire.ErrRefused)
}

// Models lists the models that k may use. It is free.
func (p *Provider) Models(ctx context.Context, k ai.Key) ([]string, error) {
	base, err := p.address(k)
	if err != nil {
		return nil, refused(err)
	}
	var out []string
	query := url.Values{"pageSize": {"1000"}}
	for range 20 { // pages
		ctx, seen := wire.Watch(ctx)
		var page struct {
			Models []struct{ Name string }
			Next   string `json:"nextPageToken"`
		}
		if err := wire.Get(ctx, p.client, strings.TrimSuffix(base, "/")+"/v1beta/models?"+query.Encode(), header(k), &page); err != nil {
			return nil, failed(ctx, seen, ai.Call{}, err)
		}
		for _, m := range page.Models {
			out = append(out, bare(m.Name))
		}
		if page.Next == "" {
			break
		}
		query.Set("pageToken", page.Next)
	}
	return out, nil
}
