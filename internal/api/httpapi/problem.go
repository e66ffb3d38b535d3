package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/danielgtaylor/huma/v2"
	g "maragu.dev/gomponents"
	"maragu.dev/gomponents/html"

	"rapport/internal/api/op"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/telemetry"
	"rapport/internal/platform/trace"
)

// Document is a problem as RFC 9457 writes it.
type Document struct {
	Type      string          `json:"type" doc:"A page that explains the problem, on this server."`
	Title     string          `json:"title"`
	Status    int             `json:"status"`
	Detail    string          `json:"detail,omitempty"`
	Code      string          `json:"code" doc:"Stable, for programs."`
	RequestID string          `json:"request_id,omitempty" doc:"Quote this when you ask for help."`
	TraceID   string          `json:"trace_id,omitempty" doc:"Names what the server did for the request, for those who run it."`
	Errors    []problem.Field `json:"errors,omitempty"`
	cause     error
	retry     int
}

// Error, GetStatus, ContentType and GetHeaders are what huma asks of an error.
func (d *Document) Error() string { return d.Code + ": " + d.Detail }

// GetStatus is the HTTP status.
func (d *Document) GetStatus() int { return d.Status }

// ContentType is that of problem documents.
func (d *Document) ContentType(string) string { return "application/problem+json" }

// GetHeaders tells the client when to come back.
func (d *Document) GetHeaders() http.Header {
	h := http.Header{}
	if d.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(d.retry))
	}
	return h
}

var (
	errInternal = problem.New(problem.Internal, "internal", "Something went wrong on our side. It is in the log under this request id.")
	errRoute    = problem.New(problem.NotFound, "no_such_route", "There is nothing at this address. The contract is at /openapi.json.")
	errDeadline = problem.New(problem.Timeout, "deadline", "This took longer than a call may, and was given up. What had been committed stands: repeat it with the same Idempotency-Key, or look first.").Retry(5 * time.Second)
	errDisk     = problem.New(problem.Unavailable, "disk_full", "The server's disk is full. Nothing was changed.").Retry(time.Minute)
	errForeign  = problem.New(problem.Forbidden, "csrf", "A page of another site cannot do this.")
	errMethod   = problem.New(problem.NotAllowed, "method_not_allowed", "This address does not take this method; Allow lists those that it does.")
)

// document turns any error into what the caller may see of it.
func document(ctx context.Context, err error) *Document {
	if d, ok := errors.AsType[*Document](err); ok {
		return d
	}
	p, ok := errors.AsType[*problem.Error](err)
	switch {
	case ok:
	case errors.Is(err, syscall.ENOSPC):
		p = errDisk
	case errors.Is(err, context.DeadlineExceeded) && errors.Is(ctx.Err(), context.DeadlineExceeded):
		p = errDeadline
	default:
		p = errInternal
	}
	return &Document{
		Type: "/problems/" + p.Code, Title: http.StatusText(int(p.Kind)), Status: int(p.Kind), Detail: p.Detail,
		Code: p.Code, RequestID: telemetry.RequestID(ctx), TraceID: trace.InContext(ctx), Errors: p.Fields, cause: err,
		retry: int(math.Ceil(p.RetryAfter.Seconds())),
	}
}

// fail answers a call that did not reach its operation.
func (a *API) fail(hc huma.Context, err error) {
	d := document(hc.Context(), err)
	a.report(hc.Context(), d)
	a.metrics.Problem(d.Code)
	for k, v := range d.GetHeaders() {
		hc.SetHeader(k, v[0])
	}
	hc.SetHeader("Content-Type", "application/problem+json")
	hc.SetStatus(d.Status)
	_ = json.NewEncoder(hc.BodyWriter()).Encode(d) // the client has gone
}

// answer is what the caller may see of an operation's error.
func (a *API) answer(ctx context.Context, err error) error {
	d := document(ctx, err)
	a.report(ctx, d)
	return d
}

// write answers outside of huma.
func (a *API) write(w http.ResponseWriter, r *http.Request, err error) {
	d := document(r.Context(), err)
	a.report(r.Context(), d)
	a.metrics.Problem(d.Code)
	put(w, d)
}

// put sends a document.
func put(w http.ResponseWriter, d *Document) {
	for k, v := range d.GetHeaders() {
		w.Header().Set(k, v[0])
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(d.Status)
	_ = json.NewEncoder(w).Encode(d) // the client has gone
}

// report logs what is our fault, with everything that the caller is not told.
func (a *API) report(ctx context.Context, d *Document) {
	s := trace.From(ctx)
	s.Set(trace.Word("rapport.problem", d.Code))
	if d.Status >= 500 && d.Code != overloaded {
		s.Fail(d.cause)
	}
	if d.Status >= 500 && !errors.Is(d.cause, context.Canceled) && d.Code != overloaded { // who has left needs no answer
		a.log.ErrorContext(ctx, "request failed", "code", d.Code, "error", d.cause)
	}
}

// overloaded is the code of calls that were refused for want of room: so many
// that each must cost next to nothing. The limiter says when it begins.
const overloaded = "overloaded"

// prepareHuma makes huma build our documents; it offers package variables for
// that and nothing else.
var prepareHuma = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return fromHuma(context.Background(), status, msg, errs)
	}
	huma.NewErrorWithContext = func(hc huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return fromHuma(hc.Context(), status, msg, errs)
	}
})

// fromHuma translates huma's findings, without the values that it echoes.
func fromHuma(ctx context.Context, status int, msg string, errs []error) huma.StatusError {
	for _, err := range errs {
		if d := document(ctx, err); d.Code != errInternal.Code {
			return d
		}
	}
	fields, queryOnly := fieldsOf(errs)
	if len(errs) == 1 && len(fields) == 1 && fields[0].Pointer == "" { // about the body as a whole
		switch text := errs[0].Error(); {
		case strings.Contains(text, "unknown content type"):
			status, fields = http.StatusUnsupportedMediaType, nil
		case strings.Contains(text, "JSON"), strings.Contains(text, "json: "), strings.Contains(text, "invalid character"):
			fields = nil
		}
	}
	switch {
	case len(fields) > 0 && queryOnly:
		return document(ctx, &problem.Error{Kind: problem.BadRequest, Code: "bad_parameter", Detail: op.BadParameters, Fields: fields})
	case len(fields) > 0:
		return document(ctx, &problem.Error{Kind: problem.Invalid, Code: "validation_failed", Detail: "Some values are not acceptable; errors lists each.", Fields: fields})
	case status == http.StatusRequestEntityTooLarge:
		return document(ctx, problem.New(problem.TooLarge, "body_too_large", "The body is larger than this operation takes."))
	case status == http.StatusUnsupportedMediaType:
		return document(ctx, problem.New(problem.Unsupported, "unsupported_media_type", "Send the body as application/json."))
	case status == http.StatusRequestTimeout:
		return document(ctx, problem.New(problem.RequestTimeout, "body_timeout", "The body did not arrive in time."))
	case status >= 500:
		return document(ctx, errors.Join(append(errs, errors.New(msg))...))
	}
	return document(ctx, problem.New(problem.BadRequest, "bad_request", "The request cannot be read: is the body valid JSON of the documented shape?"))
}

func fieldsOf(errs []error) (fields []problem.Field, queryOnly bool) {
	queryOnly = true
	for _, err := range errs {
		detailer, ok := err.(huma.ErrorDetailer)
		if !ok {
			continue
		}
		d := detailer.ErrorDetail()
		if d.Location == "" {
			continue
		}
		where, rest, _ := strings.Cut(d.Location, ".")
		if where == "body" {
			queryOnly = false
		}
		fields = append(fields, field(where, rest, d.Message))
	}
	return fields, queryOnly
}

var (
	index = regexp.MustCompile(`\[(\d+)\]`)
	oneOf = regexp.MustCompile(`expected value to be one of "(.*)"`)
	named = regexp.MustCompile(`^expected required property (\S+) to be present`)
)

// field names one finding with a stable code.
func field(where, rest, message string) problem.Field {
	f := problem.Field{Pointer: rest, Code: "invalid", Message: message}
	if where == "body" {
		f.Pointer = "/" + strings.ReplaceAll(index.ReplaceAllString(rest, ".$1"), ".", "/")
		f.Pointer = strings.TrimSuffix(f.Pointer, "/")
	}
	switch {
	case strings.Contains(message, "json: "): // of the library, in terms of Go
		f.Message, f.Code = "expected a value of another type", "type"
	case oneOf.MatchString(message):
		f.Code, f.Allowed = "not_allowed", strings.Split(oneOf.FindStringSubmatch(message)[1], ", ")
	case named.MatchString(message):
		f.Code = "required"
		f.Pointer += "/" + named.FindStringSubmatch(message)[1]
	case strings.Contains(message, "is missing"):
		f.Code = "required"
	case strings.Contains(message, "unexpected property"), strings.Contains(message, "unknown query parameter"):
		f.Code = "unknown_field"
	case strings.HasPrefix(message, "expected length"):
		f.Code = "length"
	case strings.HasPrefix(message, "expected number"):
		f.Code = "range"
	case strings.HasPrefix(message, "expected"), strings.HasPrefix(message, "invalid"):
		f.Code = "type"
	}
	return f
}

// problemPage explains a code to the person who follows the type of a problem.
func (a *API) problemPage(w http.ResponseWriter, r *http.Request) {
	text, ok := explanations[r.PathValue("code")]
	if !ok {
		a.write(w, r, errRoute)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = explanation(r.PathValue("code"), text).Render(w) // the client has gone
}

func explanation(code, text string) g.Node {
	return html.Doctype(html.HTML(html.Lang("en"),
		html.Head(html.Meta(html.Charset("utf-8")), html.Meta(html.Name("viewport"), html.Content("width=device-width")), html.TitleEl(g.Text(code+" · Rapport")),
			html.StyleEl(g.Raw("body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:4rem auto;padding:0 1.5rem;color-scheme:light dark}code{font-size:1.1em}"))),
		html.Body(html.H1(html.Code(g.Text(code))), html.P(g.Text(text)),
			html.P(g.Text("Every error of Rapport carries a "), html.Code(g.Text("request_id")), g.Text(": quote it when you ask the people who run this installation.")))))
}
