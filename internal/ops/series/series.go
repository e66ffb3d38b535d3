// Package series shows operators how the server does: now, and over a month.
package series

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/metric"
	"rapport/internal/platform/problem"
	history "rapport/internal/platform/series"
)

// Service draws charts of the built-in history.
type Service struct {
	history *history.Series
	version string
	started time.Time
}

// New returns the service over h, of a release that runs since now.
func New(h *history.Series, version string) *Service {
	return &Service{history: h, version: version, started: time.Now()}
}

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	now := op.Cached{Never: "For operators: the truth, at this moment."}
	return []op.Operation{
		op.New(op.Meta{Name: "series.get", Method: "GET", Cached: now, Path: "/v1/ops/series", Scope: op.Operator,
			Summary: "Draw a chart of a metric", Doc: "From the built-in history: each ten seconds for a day, each five minutes for thirty days, of the process that answers and of what others have saved. " +
				"With by, the twenty lines with the most are drawn; the others are one together.",
			Example: map[string]any{"name": "http_requests_total", "match": "status:5*", "by": "operation", "fn": "rate"}}, s.get),
		op.New(op.Meta{Name: "series.overview", Method: "GET", Cached: now, Path: "/v1/ops/overview", Scope: op.Operator,
			Summary: "Show how the server does now", Doc: "Over the last minute; trend has the last ten minutes, in steps of ten seconds."}, s.overview),
	}
}

type query struct {
	Name   string  `query:"name" required:"true" maxLength:"100" example:"http_request_duration_seconds" doc:"A metric, as docs/MONITORING_GUIDE.md lists them."`
	Match  string  `query:"match" maxLength:"500" doc:"Labels and the values they must have, such as status:5*,operation:contact.list; a star ends what may begin like that."`
	By     string  `query:"by" maxLength:"50" doc:"A label: one line for each of its values."`
	Fn     string  `query:"fn" enum:"rate,sum,p50,p95,p99,gauge,share" default:"rate" doc:"rate by second and sum in each step, of counters and of observations; percentiles in seconds and the share within bound, of durations; the largest value of a gauge."`
	Bound  float64 `query:"bound" minimum:"0" maximum:"1000" doc:"Of share, in seconds."`
	From   int64   `query:"from" minimum:"0" maximum:"9000000000" doc:"Unix time in seconds; an hour before to unless said."`
	To     int64   `query:"to" minimum:"0" maximum:"9000000000" doc:"Unix time in seconds; now unless said."`
	Points int     `query:"points" minimum:"1" maximum:"1000" default:"120" doc:"About so many steps."`
}

// Chart is what a metric did over time.
type Chart struct {
	Name  string `json:"name"`
	Fn    string `json:"fn"`
	Unit  string `json:"unit" enum:"1/s,count,s,share,value" doc:"Of the values."`
	StepS int64  `json:"step_s" doc:"How long a step is, in seconds."`
	Lines []Line `json:"lines" doc:"Those with the most first."`
}

// Line is one line of a chart.
type Line struct {
	Label  string  `json:"label" doc:"The value of the label asked for by; empty without one."`
	Points []Point `json:"points"`
}

// Point is the time at which a step begins, in Unix seconds, and the value in
// it; null where nothing was measured.
type Point [2]*float64

func (s *Service) get(_ context.Context, in *query) (*op.Body[Chart], error) {
	d, match, err := in.check()
	if err != nil {
		return nil, err
	}
	to := time.Now()
	if in.To > 0 {
		to = time.Unix(in.To, 0)
	}
	from := to.Add(-time.Hour)
	if in.From > 0 {
		from = time.Unix(in.From, 0)
	}
	c := s.history.Ask(history.Question{Name: in.Name, Match: match, By: in.By, Fn: history.Fn(in.Fn), Bound: in.Bound, From: from, To: to, Points: in.Points})
	out := Chart{Name: in.Name, Fn: in.Fn, Unit: unit(d, in.Fn), StepS: int64(c.Step.Seconds()), Lines: make([]Line, len(c.Lines))}
	for i, l := range c.Lines {
		out.Lines[i] = Line{l.Label, make([]Point, len(l.Values))}
		for j, v := range l.Values {
			at := float64(c.First.Unix() + int64(j)*out.StepS)
			out.Lines[i].Points[j] = Point{&at, rounded(v)}
		}
	}
	return &op.Body[Chart]{Body: out}, nil
}

// rounded keeps six digits: what a chart can show, and no more bytes.
func rounded(v *float64) *float64 {
	if v == nil || *v == 0 {
		return v
	}
	size := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(*v))))
	r := math.Round(*v*size) / size
	return &r
}

func unit(d metric.Definition, fn string) string {
	switch fn {
	case "rate":
		return "1/s"
	case "sum":
		return "count"
	case "share":
		return "share"
	case "gauge":
		if strings.HasSuffix(d.Name, "_seconds") {
			return "s"
		}
		return "value"
	}
	return "s"
}

var fits = map[metric.Kind][]string{
	metric.Counter:   {"rate", "sum"},
	metric.Histogram: {"rate", "sum", "p50", "p95", "p99", "share"},
	metric.Gauge:     {"gauge"},
}

// check reads what match asks for and refuses what there is not.
func (q *query) check() (d metric.Definition, match map[string]string, err error) {
	d, ok := metric.Defined(q.Name)
	if !ok {
		var names []string
		for _, d := range metric.Definitions() {
			names = append(names, d.Name)
		}
		return d, nil, bad("name", "There is no metric of this name.", names)
	}
	if !slices.Contains(fits[d.Kind], q.Fn) {
		return d, nil, bad("fn", fmt.Sprintf("This is not asked of a %s.", d.Kind), fits[d.Kind])
	}
	if q.By != "" && !slices.Contains(d.Labels, q.By) {
		return d, nil, bad("by", "The metric has no such label.", d.Labels)
	}
	match = map[string]string{}
	for part := range strings.SplitSeq(q.Match, ",") {
		if part == "" {
			continue
		}
		label, value, _ := strings.Cut(part, ":")
		if !slices.Contains(d.Labels, label) {
			return d, nil, bad("match", "The metric has no such label; write label:value, separated by commas.", d.Labels)
		}
		match[label] = value
	}
	if q.To > 0 && q.From > q.To {
		return d, nil, bad("from", "The time begins after it ends.", nil)
	}
	return d, match, nil
}

func bad(parameter, message string, allowed []string) error {
	return &problem.Error{Kind: problem.BadRequest, Code: "bad_parameter", Detail: op.BadParameters,
		Fields: []problem.Field{{Pointer: parameter, Code: "not_allowed", Message: message, Allowed: allowed}}}
}
