package httpapi

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/textproto"
	"path"
	"reflect"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/platform/id"
	"rapport/internal/platform/metric"
	"rapport/internal/platform/telemetry"
	"rapport/internal/platform/trace"
)

var requestID = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// observe names the request, traces it, guards the answer with headers and logs
// it.
func (a *API) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		name := r.Header.Get("X-Request-Id")
		if !requestID.MatchString(name) {
			name = id.New()
		}
		rec := &recorder{ResponseWriter: w, request: telemetry.Request{Context: r.Context(), ID: name, Span: a.Trace.Request(carried(r), start)}}
		ctx := context.Context(&rec.request)
		r = r.WithContext(ctx) // the mux notes its pattern in this one
		h := w.Header()
		rec.SetHeader("X-Request-Id", name)
		if traced := rec.request.Span.ID(); traced != "" {
			rec.SetHeader("X-Trace-Id", traced)
		}
		h["X-Content-Type-Options"], h["Referrer-Policy"], h["X-Frame-Options"] = noSniff, sameOrigin, sameFrame
		if strings.HasPrefix(r.URL.Path, "/v1/") {
			h["Cache-Control"] = noStore
		}
		rec.conn, _ = ctx.Value(pieceKey{}).(*piece)
		done := false
		defer func() { a.over(rec, r, done, time.Since(start)) }() // a handler may give up by a panic
		next.ServeHTTP(rec, r)
		done = true
		if rec.status >= 500 && r.Context().Err() != nil {
			rec.status = gone
		}
		busy := rec.status == http.StatusServiceUnavailable && h.Get("Retry-After") != "" // one of many alike
		if rec.status >= 400 && !busy || time.Since(start) > time.Second && h.Get("Content-Type") != "text/event-stream" {
			a.line(ctx, rec, r, time.Since(start))
		}
	})
}

// Measure has requests counted by what answers them: operations, and what was
// added by Handle before. What matches no pattern is "other".
func (a *API) Measure(m *metric.Metrics) {
	if m == nil {
		return
	}
	a.metrics, a.routes = m, map[string]*metric.Route{}
	byName := map[string]*metric.Route{}
	for pattern, name := range a.names {
		if byName[name] == nil {
			byName[name] = m.Route(name)
		}
		a.routes[pattern] = byName[name]
	}
	a.routes[""] = a.routes[anything]
	for code := range explanations {
		m.Allow("api_errors_total", "code", code)
	}
}

func (a *API) count(ctx context.Context, pattern, contentType string, status int, took time.Duration) {
	route := a.routes[pattern]
	if contentType == "text/event-stream" {
		route.Streamed(status)
		return
	}
	route.Done(ctx, max(status, http.StatusOK), took)
}

// line logs a request. A log that panics does not break the answer.
func (a *API) line(ctx context.Context, rec *recorder, r *http.Request, took time.Duration) {
	defer func() { _ = recover() }() // the log is broken, so there is nowhere to say so
	a.log.InfoContext(ctx, "request", "method", r.Method, "route", r.Pattern, "status", rec.status, "bytes", rec.bytes, "ms", took.Milliseconds())
}

// Values that every answer has, so that none makes its own.
var (
	noSniff    = []string{"nosniff"}
	sameOrigin = []string{"same-origin"}
	sameFrame  = []string{"SAMEORIGIN"}
	noStore    = []string{"no-store"}
)

// carried is the traceparent of a request: two of them are none.
func carried(r *http.Request) string {
	if c := r.Header["Traceparent"]; len(c) == 1 {
		return c[0]
	}
	return ""
}

// over counts a request and ends its span, under the pattern that took it: an
// address as it was called may hold anything.
func (a *API) over(rec *recorder, r *http.Request, done bool, took time.Duration) {
	status, span := rec.status, &rec.request.Span
	if !done {
		status = gone
	}
	a.count(&rec.request, r.Pattern, rec.Header().Get("Content-Type"), status, took)
	if rec.status >= 500 && rec.status != http.StatusServiceUnavailable {
		span.FailAs(http.StatusText(rec.status))
	}
	name := r.Pattern
	if name == "" || name == anything {
		name = "no route"
	}
	span.Over(took, name, trace.Int("http.response.status_code", rec.status))
}

// gone is what the log calls the answer to a caller who did not wait for it.
const gone = 499

// recovered turns a panic into a problem and keeps the server up.
func (a *API) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { a.caught(w, r, recover()) }()
		next.ServeHTTP(w, r)
	})
}

// caught answers a request whose handler panicked with v, if that is not nil.
// An answer that was begun is cut off, so that nobody takes a part for the whole.
func (a *API) caught(w http.ResponseWriter, r *http.Request, v any) {
	if v == nil {
		return
	}
	if v == any(http.ErrAbortHandler) {
		panic(v)
	}
	a.lament(r, v)
	if rec, ok := w.(*recorder); !ok || rec.status != 0 {
		panic(http.ErrAbortHandler)
	}
	for _, begun := range []string{"Content-Length", "Content-Encoding", "Content-Disposition", "Etag"} {
		w.Header().Del(begun)
	}
	put(w, document(r.Context(), errInternal))
}

// lament logs a panic. A log that panics, too, does not keep the answer back.
func (a *API) lament(r *http.Request, v any) {
	defer func() { _ = recover() }() // the log is broken, so there is nowhere to say so
	a.log.ErrorContext(r.Context(), "panic", "operation", a.serves(r), "value", fmt.Sprint(v), "stack", string(debug.Stack()))
}

// serves names what answers r: an operation, or the pattern of something else.
func (a *API) serves(r *http.Request) string { return cmp.Or(a.names[r.Pattern], r.Pattern) }

// recorder is what is known of one call here, all in one allocation.
type recorder struct {
	http.ResponseWriter
	request telemetry.Request
	conn    *piece // nil behind a server of another kind
	status  int
	bytes   int64
	values  [13]string // of headers, which would else have a slice each
	set     int
}

// SetHeader implements op.Header.
func (r *recorder) SetHeader(name, value string) {
	if r.set == len(r.values) {
		r.Header().Set(name, value)
		return
	}
	r.values[r.set] = value
	r.set++
	r.Header()[textproto.CanonicalMIMEHeaderKey(name)] = r.values[r.set-1 : r.set : r.set]
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.conn.write(r.ResponseWriter, b)
	r.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach deadlines and flushing.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// A namer names schemas: by package and type, since two features may well have
// a type of one name; a type without a name by the operation that it serves.
type namer struct{ operation string }

func (n *namer) name(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Name() == "" {
		return camel(n.operation) + strings.TrimPrefix(hint, strings.SplitN(hint, "Body", 2)[0])
	}
	if outer, inner, ok := strings.Cut(strings.TrimSuffix(t.Name(), "]"), "["); ok { // List[…/company.Row] is CompanyRowList
		pkg, typ, _ := strings.Cut(path.Base(inner), ".")
		return strings.ToUpper(pkg[:1]) + pkg[1:] + typ + outer
	}
	name := huma.DefaultSchemaNamer(t, hint)
	if pkg := path.Base(t.PkgPath()); pkg != "." && pkg != "op" && pkg != "httpapi" {
		return strings.ToUpper(pkg[:1]) + pkg[1:] + name
	}
	return name
}

func camel(operation string) string {
	var b strings.Builder
	for part := range strings.FieldsFuncSeq(operation, func(r rune) bool { return r == '.' || r == '_' }) {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}
