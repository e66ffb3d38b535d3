package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/problem"
)

// Call calls an operation from inside, through the same door as everybody: the
// actor of ctx needs its scope, the arguments are validated, and a transaction
// of ctx is joined. Args hold the parameters and the fields of the body side by
// side; the workspace is the actor's. The error is a problem that the operation
// answered with.
func (a *API) Call(ctx context.Context, operation string, args json.RawMessage) (json.RawMessage, error) {
	o, ok := a.ops[operation]
	if !ok || o.Stream || o.Media != "" {
		return nil, errUnknown
	}
	who, _ := actor.From(ctx)
	r, err := o.request(op.Inside(ctx, who), args, who.WorkspaceID)
	if err != nil {
		return nil, err
	}
	w := &answer{header: http.Header{}, status: http.StatusOK}
	a.mux.ServeHTTP(w, r)
	if w.status < 300 {
		return w.body.Bytes(), nil
	}
	return nil, w.problem()
}

var (
	errUnknown   = problem.New(problem.Invalid, "unknown_operation", "There is no operation of this name that can be called with arguments alone.")
	errArguments = problem.New(problem.Invalid, "bad_arguments", "The arguments of an operation are a JSON object.")
)

// Warm reads uri as the actor of ctx, whom it costs nothing, for the answer to
// be remembered. What cannot be read any more is left out.
func (a *API) Warm(ctx context.Context, uri string) {
	who, _ := actor.From(ctx)
	r, err := http.NewRequestWithContext(op.Free(op.Inside(ctx, who)), http.MethodGet, uri, nil)
	if err != nil {
		return
	}
	a.mux.ServeHTTP(&answer{header: http.Header{}, status: http.StatusOK}, r)
}

// callable is an operation with where each of its parameters goes.
type callable struct {
	op.Operation
	query, header map[string]bool
}

func callables(ops []op.Operation) map[string]callable {
	out := make(map[string]callable, len(ops))
	for _, o := range ops {
		c := callable{o, map[string]bool{}, map[string]bool{}}
		for _, f := range reflect.VisibleFields(o.In) {
			if name, _, _ := strings.Cut(f.Tag.Get("query"), ","); name != "" {
				c.query[name] = true
			}
			if name := f.Tag.Get("header"); name != "" {
				c.header[name] = true
			}
		}
		out[o.Name] = c
	}
	return out
}

// request is the call as HTTP writes it.
func (o callable) request(ctx context.Context, args json.RawMessage, workspace string) (*http.Request, error) {
	fields := map[string]json.RawMessage{}
	if len(args) > 0 {
		if err := json.Unmarshal(args, &fields); err != nil {
			return nil, errArguments.Because(err)
		}
	}
	path, err := o.path(fields, workspace)
	if err != nil {
		return nil, err
	}
	query, header := url.Values{}, http.Header{}
	for name, v := range fields {
		switch {
		case o.query[name]:
			query.Set(name, plain(v))
		case o.header[name]:
			header.Set(name, plain(v))
		default:
			continue
		}
		delete(fields, name)
	}
	var body bytes.Buffer
	if o.Method != http.MethodGet && (len(fields) > 0 || hasBody(o.In)) {
		header.Set("Content-Type", "application/json")
		if err := json.NewEncoder(&body).Encode(fields); err != nil {
			return nil, fmt.Errorf("encode the arguments of %s: %w", o.Name, err)
		}
	}
	r, err := http.NewRequestWithContext(ctx, o.Method, path+"?"+query.Encode(), &body)
	if err != nil {
		return nil, fmt.Errorf("call %s: %w", o.Name, err)
	}
	r.Header = header
	return r, nil
}

// path fills the parameters of the path, which are taken out of fields.
func (o callable) path(fields map[string]json.RawMessage, workspace string) (string, error) {
	parts := strings.Split(o.Path, "/")
	for i, part := range parts {
		name, ok := strings.CutPrefix(part, "{")
		if !ok {
			continue
		}
		name = strings.TrimSuffix(name, "}")
		value := workspace
		if name != "workspace" {
			value = plain(fields[name])
		}
		delete(fields, name)
		if value == "" {
			return "", problem.New(problem.Invalid, "bad_arguments", "An argument is missing that names what the operation is about.")
		}
		parts[i] = url.PathEscape(value)
	}
	return strings.Join(parts, "/"), nil
}

// plain is a value as parameters are written.
func plain(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return s
	}
	return string(v)
}

func hasBody(in reflect.Type) bool {
	_, ok := in.FieldByName("Body")
	return ok
}

// answer keeps what an operation answers.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *answer) Header() http.Header         { return w.header }
func (w *answer) WriteHeader(status int)      { w.status = status }
func (w *answer) Write(b []byte) (int, error) { return w.body.Write(b) }

// Nothing waits for a client here.
func (*answer) SetReadDeadline(time.Time) error  { return nil }
func (*answer) SetWriteDeadline(time.Time) error { return nil }

// problem reads what went wrong.
func (w *answer) problem() error {
	var d Document
	if err := json.Unmarshal(w.body.Bytes(), &d); err != nil || d.Code == "" {
		return fmt.Errorf("an operation answered %d without saying why", w.status)
	}
	p := problem.New(problem.Kind(d.Status), d.Code, d.Detail)
	p.Fields = d.Errors
	if after, err := time.ParseDuration(w.header.Get("Retry-After") + "s"); err == nil {
		p = p.Retry(after)
	}
	return p
}
