package op

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// InWorkspace is embedded by every input that acts in a workspace.
type InWorkspace struct {
	Workspace string `path:"workspace" doc:"Id or slug of the workspace." example:"demo"`
}

// ByID is the input of an operation on one record.
type ByID struct {
	InWorkspace
	ID string `path:"id" doc:"Id of the record."`
}

// Versioned is the input of a change to one version of a record.
type Versioned struct {
	ByID
	IfMatch string `header:"If-Match" doc:"The ETag of the version that the change is based on."`
}

// Version returns the version named by If-Match. Without it the caller could
// overwrite what they have not seen.
func (v Versioned) Version() (int64, error) {
	if v.IfMatch == "" {
		return 0, problem.New(problem.Precondition, "if_match_missing", "Send If-Match with the ETag of the version that you changed.")
	}
	version, _, _ := strings.Cut(strings.Trim(strings.TrimPrefix(v.IfMatch, "W/"), `"`), versionEnd)
	n, err := strconv.ParseInt(version, 10, 64)
	if err != nil {
		return 0, problem.New(problem.BadRequest, "if_match_invalid", `If-Match is the ETag as it was answered, such as "3".`)
	}
	return n, nil
}

// Stale answers a change that is based on an old version.
func Stale(current int64) error {
	return problem.Newf(problem.Stale, "stale", "Somebody else changed this meanwhile; it is at version %d now. Read it again and repeat the change.", current)
}

// Body is an output with a body alone.
type Body[T any] struct{ Body T }

// Record is an output that has a version.
type Record[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

// NewRecord returns v with the ETag of its version.
func NewRecord[T any](v T, version int64) *Record[T] {
	return &Record[T]{ETag: fmt.Sprintf("%q", strconv.FormatInt(version, 10)), Body: v}
}

// List is the body of every list.
type List[T any] struct {
	Data       []T     `json:"data"`
	NextCursor *string `json:"next_cursor" doc:"Where the next page begins; null on the last."`
	HasMore    bool    `json:"has_more"`
}

// Listed returns all of a short list in the shape of a page.
func Listed[T any](data []T) *Body[List[T]] {
	if data == nil {
		data = []T{}
	}
	return &Body[List[T]]{Body: List[T]{Data: data}}
}

// Raw is an output of prepared bytes whose contract is T: JSON that nobody
// needs to decode and encode again.
type Raw[T any] struct{ Body func(huma.Context) }

// NewRaw returns prepared JSON. The bytes are given away: once they are sent,
// others write in their place.
func NewRaw[T any](b []byte) *Raw[T] {
	return &Raw[T]{Body: func(hc huma.Context) {
		hc.SetHeader("Content-Type", "application/json")
		hc.SetHeader("Content-Length", strconv.Itoa(len(b))) // spares the answer from going out in chunks
		hc.SetStatus(http.StatusOK)
		_, _ = hc.BodyWriter().Write(b) // the client has gone
		pg.Recycle(b)
	}}
}

func (Raw[T]) contract() reflect.Type { return reflect.TypeFor[T]() }

type contracted interface{ contract() reflect.Type }

// File is an output that is not JSON.
type File struct {
	ContentType  string `header:"Content-Type"`
	Disposition  string `header:"Content-Disposition"`
	Policy       string `header:"Content-Security-Policy"`
	NoSniff      string `header:"X-Content-Type-Options"`
	CacheControl string `header:"Cache-Control"`
	Body         func(huma.Context)
}

// NewFile streams what write writes.
func NewFile(contentType, disposition string, write func(io.Writer) error) *File {
	return &File{
		ContentType: contentType, Disposition: disposition, NoSniff: "nosniff",
		Policy: "default-src 'none'; sandbox", CacheControl: "private, no-store",
		Body: func(hc huma.Context) {
			if write(hc.BodyWriter()) != nil {
				panic(http.ErrAbortHandler) // the status is sent; nobody shall take a part for the whole
			}
		},
	}
}

// NewEventStream answers with the server-sent events that run writes, each at once.
func NewEventStream(run func(io.Writer)) *File {
	return &File{ContentType: "text/event-stream", NoSniff: "nosniff", CacheControl: "no-store", Body: func(hc huma.Context) {
		w, _ := hc.BodyWriter().(http.ResponseWriter) // as net/http gave it
		run(prompt{w})
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // the connection may serve others
	}}
}

// prompt sends each write at once; a client has 20 s to take it.
type prompt struct{ http.ResponseWriter }

func (p prompt) Write(b []byte) (int, error) {
	c := http.NewResponseController(p.ResponseWriter)
	_ = c.SetWriteDeadline(time.Now().Add(20 * time.Second))
	n, err := p.ResponseWriter.Write(b)
	return n, errors.Join(err, c.Flush())
}

// Stream is embedded by an input whose body the operation reads itself.
type Stream struct{ body io.Reader }

// Resolve takes the body from the request.
func (s *Stream) Resolve(hc huma.Context) []error {
	s.body = &patient{Context: hc, began: time.Now()}
	return nil
}

// patient reads a body that may take as long as it goes on: a KiB a second, not
// counting the first minute. A connection without deadlines has none.
type patient struct {
	huma.Context
	began time.Time
	read  int64
}

func (p *patient) Read(b []byte) (int, error) {
	_ = p.SetReadDeadline(p.began.Add(time.Minute + time.Duration(p.read>>10)*time.Second))
	n, err := p.BodyReader().Read(b)
	p.read += int64(n)
	if err == io.EOF {
		_ = p.SetReadDeadline(time.Time{})
	}
	return n, slow(err)
}

// slow says whose fault it is that nothing came in time.
func slow(err error) error {
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return errSlowBody.Because(err)
	}
	return err
}

// Reader is the body. It is only valid during the call.
func (s *Stream) Reader() io.Reader { return s.body }

// Optional is a field of a change: absent, null, or a value.
type Optional[T any] struct {
	Set   bool
	Null  bool
	Value T
}

// Some returns a field that is set to v.
func Some[T any](v T) Optional[T] { return Optional[T]{Set: true, Value: v} }

// UnmarshalJSON tells null from a value; it is not called for what is absent.
func (o *Optional[T]) UnmarshalJSON(b []byte) error {
	o.Set = true
	if bytes.Equal(b, []byte("null")) {
		o.Null = true
		return nil
	}
	return json.Unmarshal(b, &o.Value)
}

// MarshalJSON is the inverse, as far as JSON can say it.
func (o Optional[T]) MarshalJSON() ([]byte, error) {
	if !o.Set || o.Null {
		return []byte("null"), nil
	}
	return json.Marshal(o.Value)
}

// Pointer is nil for null, else the value.
func (o Optional[T]) Pointer() *T {
	if o.Null || !o.Set {
		return nil
	}
	return &o.Value
}

// Onto sets dst to the value, or to nil for null; what is absent changes
// nothing.
func (o Optional[T]) Onto(dst **T) {
	if o.Set {
		*dst = o.Pointer()
	}
}

// Given is nil for what a new record leaves empty.
func Given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Schema is that of T, or null.
func (o Optional[T]) Schema(r huma.Registry) *huma.Schema {
	s := *r.Schema(reflect.TypeFor[T](), true, "")
	s.Nullable = s.Ref == ""
	return &s
}

// describe completes what huma cannot see: the contract of prepared bytes, the
// media type of a file, the body of a stream, the example.
func describe(h *huma.Operation, o Operation, r huma.Registry) {
	status := strconv.Itoa(o.Status)
	if c, ok := reflect.New(o.Out).Elem().Interface().(contracted); ok {
		h.Responses = map[string]*huma.Response{status: {
			Description: "OK",
			Content:     map[string]*huma.MediaType{"application/json": {Schema: r.Schema(c.contract(), true, "")}},
		}}
	}
	if o.Media != "" {
		h.Responses = map[string]*huma.Response{status: {
			Description: "OK",
			Content:     map[string]*huma.MediaType{o.Media: {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
		}}
	}
	if o.Stream {
		h.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}
	}
	if o.repeatable() {
		h.Parameters = append(h.Parameters, &huma.Param{Name: "Idempotency-Key", In: "header",
			Description: "Repeating a call with the same key and body within 24 hours answers as the first did, without a second effect.",
			Schema:      &huma.Schema{Type: "string", MaxLength: new(255)}})
	}
}
