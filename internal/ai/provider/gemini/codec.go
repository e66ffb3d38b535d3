package gemini

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"

	"google.golang.org/genai"

	"rapport/internal/ai"
	"rapport/internal/ai/wire"
)

// The vendor's library carries requests and cuts streams into fragments. It is
// told everything that it would otherwise look up in the environment, retries
// nothing and continues nothing by itself.

// library is the vendor's, for one key.
func (p *Provider) library(ctx context.Context, k ai.Key) (*genai.Models, error) {
	base, err := p.address(k)
	if err != nil {
		return nil, err
	}
	c, err := genai.NewClient(ctx, &genai.ClientConfig{
		APIKey: k.Secret, Backend: genai.BackendGeminiAPI, HTTPClient: p.client, HTTPOptions: genai.HTTPOptions{BaseURL: base, APIVersion: "v1beta"},
	})
	if err != nil {
		return nil, errClient // its cause repeats the key
	}
	return c.Models, nil
}

var errClient = errors.New("the library cannot be set up")

// survive makes an error of a panic of the library, which some answers cause:
// one that is null is enough.
func survive(err *error) {
	if recover() != nil {
		*err = errPanic
	}
}

var errPanic = errors.New("the library cannot read it")

// generate asks for an answer in one piece.
func (p *Provider) generate(ctx context.Context, c ai.Call, b *body) (_ *fragment, err error) {
	defer survive(&err)
	models, err := p.library(ctx, c.Key)
	if err != nil {
		return nil, err
	}
	res, err := models.GenerateContent(ctx, c.Model, nil, configured(b))
	if err != nil {
		return nil, err
	}
	return converted(res)
}

// stream asks for an answer in fragments.
func (p *Provider) stream(ctx context.Context, c ai.Call, b *body) iter.Seq2[*fragment, error] {
	return func(yield func(*fragment, error) bool) {
		models, err := p.library(ctx, c.Key)
		if err != nil {
			yield(nil, err)
			return
		}
		next, stop := iter.Pull2(models.GenerateContentStream(ctx, c.Model, nil, configured(b)))
		defer stop()
		for {
			x, err := fetched(next)
			if x == nil && err == nil || !yield(x, err) || err != nil {
				return
			}
		}
	}
}

// fetched is the next fragment; there is none at the end.
func fetched(next func() (*genai.GenerateContentResponse, error, bool)) (_ *fragment, err error) {
	defer survive(&err)
	res, err, ok := next()
	if err != nil || !ok {
		return nil, err
	}
	return converted(res)
}

// Models lists the models that k may use. It is free.
func (p *Provider) Models(ctx context.Context, k ai.Key) ([]string, error) {
	if _, err := p.address(k); err != nil {
		return nil, refused(err)
	}
	models, err := p.library(ctx, k)
	if err != nil {
		return nil, refused(err)
	}
	var out []string
	config := &genai.ListModelsConfig{PageSize: 1000}
	for range 20 { // pages
		ctx, seen := wire.Watch(ctx)
		page, err := listed(ctx, models, config)
		if err != nil {
			return nil, failed(ctx, seen, ai.Call{}, err)
		}
		for _, m := range page.Items {
			if m != nil {
				out = append(out, bare(m.Name))
			}
		}
		if page.NextPageToken == "" {
			break
		}
		config.PageToken = page.NextPageToken
	}
	return out, nil
}

func listed(ctx context.Context, models *genai.Models, config *genai.ListModelsConfig) (_ genai.Page[genai.Model], err error) {
	defer survive(&err)
	return models.List(ctx, config)
}

// configured sends b as it is.
func configured(b *body) *genai.GenerateContentConfig {
	never := false
	return &genai.GenerateContentConfig{AutomaticContinuation: &never, HTTPOptions: &genai.HTTPOptions{
		ExtrasRequestProvider: func(map[string]any) map[string]any {
			var out map[string]any
			raw, err := json.Marshal(b)
			if err != nil || json.Unmarshal(raw, &out) != nil {
				return nil // a body is made of texts and valid JSON
			}
			return out
		},
	}}
}

func converted(res *genai.GenerateContentResponse) (*fragment, error) {
	raw, err := json.Marshal(res)
	if err != nil {
		return nil, err
	}
	var x fragment
	return &x, json.Unmarshal(raw, &x)
}

// told is the error object that the provider sent, if err is one.
func told(err error) ([]byte, bool) {
	e, ok := errors.AsType[genai.APIError](err)
	if !ok {
		return nil, false
	}
	raw, err := json.Marshal(map[string]any{"error": e})
	return raw, err == nil
}

// quiet leaves out what the library tells about itself and this machine.
type quiet struct{ next http.RoundTripper }

// RoundTrip sends r.
func (q quiet) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Del("X-Goog-Api-Client")
	r.Header.Set("User-Agent", "Rapport")
	return q.next.RoundTrip(r)
}
