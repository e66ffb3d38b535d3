package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"rapport/internal/crm/identity"
)

// caller uses the API as any program does, with a key.
type caller struct {
	url   string
	key   string
	place string // path of the workspace
	user  string // in whose name
}

func (c *caller) workspace(ctx context.Context) (w identity.Workspace, err error) {
	err = c.call(ctx, "GET", "", nil, &w)
	return w, err
}

// call sends body, a reader as it is and anything else as JSON, to a path of
// the workspace, and decodes the answer into out unless that is nil.
func (c *caller) call(ctx context.Context, method, path string, body, out any) error {
	req, err := c.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	return c.send(req, out)
}

func (c *caller) send(req *http.Request, out any) error {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= 400 {
		refused := &refusal{status: res.StatusCode}
		if err := json.NewDecoder(res.Body).Decode(refused); err != nil {
			return fmt.Errorf("%s %s answered %s", req.Method, req.URL.Path, res.Status)
		}
		return refused
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(out)
}

func (c *caller) request(ctx context.Context, method, path string, body any) (*http.Request, error) {
	r, media := io.Reader(http.NoBody), "application/mbox"
	switch b := body.(type) {
	case nil:
	case io.Reader:
		r = b
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		r, media = bytes.NewReader(text), "application/json"
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url+c.place+path, r)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", media)
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	return req, nil
}

// refusal is a problem that the API answered with.
type refusal struct {
	status       int
	Code, Detail string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s: %s", r.status, r.Code, r.Detail) }

// conflict reports whether the API has such a record already.
func conflict(err error) bool {
	r, ok := errors.AsType[*refusal](err)
	return ok && r.status == http.StatusConflict
}
