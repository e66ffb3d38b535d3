// Package traces lets operators look at where the time of requests and jobs
// went, and at what failed in them.
package traces

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/trace"
)

// Service shows what a tracer keeps.
type Service struct {
	tracer *trace.Tracer
	export func() Export
}

// Export is how the traces fare that go to a collector.
type Export struct {
	To      string `json:"to" doc:"Where they go, without credentials; empty if nowhere."`
	Sent    int64  `json:"sent" doc:"Spans that the collector took."`
	Dropped int64  `json:"dropped" doc:"Spans that it did not, or that there was no room to keep for it."`
	Waiting int    `json:"waiting" doc:"Spans that are to be sent."`
	Error   string `json:"error,omitempty" doc:"Why the last attempt failed; nothing if it did not."`
}

// New returns the service over what t keeps; export says how it is passed on.
func New(t *trace.Tracer, export func() Export) *Service { return &Service{tracer: t, export: export} }

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/ops/traces"
	return []op.Operation{
		op.New(op.Meta{Name: "trace.list", Method: "GET", Path: path, Scope: op.Operator, Cached: op.Cached{Never: "For operators: what has just happened."},
			Summary: "List the traces of requests and jobs that were chosen, failed or were slow, the latest first",
			Doc:     "Of the process that answers: the last 2,000. None holds anything that people wrote or are called by.",
			Example: map[string]any{"limit": 20, "min_ms": 0}}, s.list),
		op.New(op.Meta{Name: "trace.get", Method: "GET", Path: path + "/{trace}", Scope: op.Operator, Cached: op.Cached{Never: "For operators: what has just happened."},
			Summary: "Show a trace: each span with when it began, how long it took, and what is known of it",
			Doc:     "A trace that went through several requests is shown as one.", Entities: map[string]string{"trace": "trace"}}, s.get),
	}
}

type listInput struct {
	Operation string  `query:"operation" maxLength:"100" doc:"Of this operation or kind of job alone."`
	MinMS     float64 `query:"min_ms" minimum:"0" doc:"That took so many milliseconds or more."`
	Failed    string  `query:"failed" enum:"true,false" doc:"true: only those in which something failed; false: only those in which nothing did."`
	Limit     int     `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// List is what is kept.
type List struct {
	Data   []Summary   `json:"data"`
	Kept   trace.Tally `json:"kept" doc:"Since the start of the process."`
	Export Export      `json:"export"`
}

// About is what is known of a trace as a whole.
type About struct {
	ID            string    `json:"id"`
	SpanID        string    `json:"span_id" doc:"Of its first span here: one trace may go through several requests."`
	Name          string    `json:"name"`
	Operation     string    `json:"operation,omitempty" doc:"The operation, or the kind of job."`
	StartedAt     time.Time `json:"started_at"`
	DurationMS    float64   `json:"duration_ms"`
	Status        string    `json:"status" enum:"ok,error" doc:"Whether the request or job as a whole failed."`
	Error         string    `json:"error,omitempty" doc:"The class of the first error in it, which may have been mended."`
	WorkspaceHash string    `json:"workspace_hash,omitempty" doc:"Stands for the workspace, in which nothing can be read of it."`
	Why           string    `json:"why" enum:"sampled,failed,slow" doc:"Why it was kept."`
	Dropped       int       `json:"dropped_spans" doc:"Spans that there was no room for."`
}

// Summary is a trace in a list.
type Summary struct {
	About
	Spans int `json:"spans" doc:"How many."`
}

// Detail is a trace with all of its spans.
type Detail struct {
	About
	Spans []Span `json:"spans" doc:"In the order in which they began."`
}

// Span is a part of a trace.
type Span struct {
	ID         string            `json:"id"`
	ParentID   string            `json:"parent_id,omitempty" doc:"The span that it is a part of, which may be elsewhere."`
	Name       string            `json:"name"`
	Kind       string            `json:"kind" enum:"internal,server,client,consumer"`
	StartedAt  time.Time         `json:"started_at"`
	OffsetMS   float64           `json:"offset_ms" doc:"From the start of the trace."`
	DurationMS float64           `json:"duration_ms"`
	Unfinished bool              `json:"unfinished,omitempty" doc:"It went on when the trace was over."`
	Error      string            `json:"error,omitempty" doc:"The class of its error."`
	Attributes map[string]string `json:"attributes"`
	Links      []Link            `json:"links" doc:"What it follows from in other traces, such as who added a job."`
}

// Link leads to a span of another trace.
type Link struct {
	TraceID string `json:"trace_id"`
	SpanID  string `json:"span_id"`
}

func (s *Service) list(_ context.Context, in *listInput) (*op.Body[List], error) {
	least := time.Duration(in.MinMS * float64(time.Millisecond))
	found := s.tracer.Look(in.Limit, func(k *trace.Kept) bool {
		return (in.Operation == "" || k.Operation == in.Operation) && k.Took >= least && (in.Failed == "" || (in.Failed == "true") == (k.Error != ""))
	})
	out := List{Data: make([]Summary, len(found)), Kept: s.tracer.Tally(), Export: s.export()}
	for i, k := range found {
		out.Data[i] = Summary{aboutOf(k), len(k.Spans)}
	}
	return &op.Body[List]{Body: out}, nil
}

type getInput struct {
	Trace string `path:"trace" doc:"Its id, in 32 hexadecimal digits." maxLength:"64"`
}

func (s *Service) get(_ context.Context, in *getInput) (*op.Body[Detail], error) {
	parts := s.tracer.Look(most, func(k *trace.Kept) bool { return strings.EqualFold(k.Trace.String(), in.Trace) })
	if len(parts) == 0 {
		return nil, problem.New(problem.NotFound, "not_found", "No such trace is kept by this process: it was not chosen, or others took its place.")
	}
	slices.SortStableFunc(parts, func(a, b *trace.Kept) int { return a.Began.Compare(b.Began) })
	first := parts[0]
	out := Detail{About: aboutOf(first)}
	for _, k := range parts {
		shift := k.Began.Sub(first.Began)
		for _, p := range k.Spans {
			out.Spans = append(out.Spans, spanOf(p, first.Began, shift))
		}
		out.DurationMS = max(out.DurationMS, millis(shift+k.Took))
		if k != first {
			out.Dropped += k.Dropped
		}
		if k.Failed {
			out.Status = "error"
		}
		if out.Error == "" {
			out.Error = k.Error
		}
	}
	slices.SortStableFunc(out.Spans, func(a, b Span) int { return a.StartedAt.Compare(b.StartedAt) })
	return &op.Body[Detail]{Body: out}, nil
}

// most is how many requests of one trace are shown together.
const most = 50

func aboutOf(k *trace.Kept) About {
	a := About{ID: k.Trace.String(), SpanID: k.Spans[0].ID.String(), Name: k.Name, Operation: k.Operation, StartedAt: k.Began.UTC(), DurationMS: millis(k.Took),
		Status: "ok", Error: k.Error, WorkspaceHash: k.WorkspaceHash, Why: k.Why, Dropped: k.Dropped}
	if k.Failed {
		a.Status = "error"
	}
	return a
}

func spanOf(p trace.Part, began time.Time, shift time.Duration) Span {
	s := Span{ID: p.ID.String(), Name: p.Name, Kind: p.Kind.String(), StartedAt: began.Add(shift + p.Offset).UTC(), OffsetMS: millis(shift + p.Offset),
		DurationMS: millis(p.Took), Unfinished: p.Unfinished, Error: p.Error, Attributes: map[string]string{}, Links: []Link{}}
	if p.Parent != (trace.SpanID{}) {
		s.ParentID = p.Parent.String()
	}
	for _, a := range p.Attrs {
		s.Attributes[a.Key] = fmt.Sprint(a.Value)
	}
	for _, l := range p.Links {
		s.Links = append(s.Links, Link{l.Trace.String(), l.Span.String()})
	}
	return s
}

// millis is a duration in milliseconds, to the microsecond.
func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
