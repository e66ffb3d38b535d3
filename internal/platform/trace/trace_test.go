package trace_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rapport/internal/platform/problem"
	"rapport/internal/platform/trace"
)

// all keeps everything.
func all() *trace.Tracer { return trace.New(trace.Options{Ratio: 1, Slow: time.Hour}) }

func latest(t *testing.T, tr *trace.Tracer) *trace.Kept {
	t.Helper()
	found := tr.Look(1, func(*trace.Kept) bool { return true })
	if len(found) == 0 {
		t.Fatal("nothing is kept")
	}
	return found[0]
}

// request is a context in which a request of tr is under way, and its end.
func request(tr *trace.Tracer, carried string) (context.Context, func()) {
	began := time.Now()
	s := tr.Request(carried, began)
	return holds{context.Background(), &s}, func() { s.Over(time.Since(began), "GET /v1/things") }
}

type holds struct {
	context.Context
	span *trace.Span
}

func (h holds) Value(key any) any {
	if key == (trace.Key{}) {
		return h.span
	}
	return h.Context.Value(key)
}

func TestATraceIsATreeOfWhatWasDone(t *testing.T) {
	t.Parallel()
	tr := all()
	ctx, end := request(tr, "")
	trace.From(ctx).Serves("thing.list", "0190a000-0000-7000-8000-000000000001")
	inner, s := trace.Start(ctx, "thing.list", trace.Int("rows", 3))
	leaf := trace.From(inner).Call("db", trace.SQL("SELECT id, name FROM things WHERE workspace_id = $1"), trace.SQL("UPDATE others SET a = 'x'"), trace.Bool("commit", true))
	leaf.Fail(fmt.Errorf("query: %w", context.DeadlineExceeded))
	leaf.End()
	s.End(trace.Int("rows", 4), trace.Float("share", 0.5))
	end()
	k := latest(t, tr)
	if len(k.Spans) != 3 || k.Spans[1].Parent != k.Spans[0].ID || k.Spans[2].Parent != k.Spans[1].ID || k.Spans[0].Parent != (trace.SpanID{}) {
		t.Fatalf("the spans are %+v, want three, each within the one before", k.Spans)
	}
	got := fmt.Sprintf("%s %s %v %v %v", k.Name, k.Operation, k.Spans[1].Attrs, k.Spans[2].Attrs, k.Spans[2].Kind)
	if want := "GET /v1/things thing.list [{rows 4} {share 0.5}] [{commit true} {db.statements SELECT things, UPDATE others}] client"; got != want {
		t.Errorf("kept %s\nwant %s", got, want)
	}
	if k.Error != "deadline" || k.Failed || k.Why != trace.Failed || len(k.WorkspaceHash) != 12 {
		t.Errorf("error %q failed %v why %q hash %q, want a deadline within what did not fail", k.Error, k.Failed, k.Why, k.WorkspaceHash)
	}
}

func TestWhatFailedOrWasSlowIsKeptWhateverTheRatio(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		slow time.Duration
		why  string
	}{
		"all well":         {nil, time.Hour, ""},
		"a caller's fault": {problem.New(problem.NotFound, "not_found", "x"), time.Hour, ""},
		"who left":         {context.Canceled, time.Hour, ""},
		"a fault of ours":  {errors.New("broken"), time.Hour, trace.Failed},
		"slow":             {nil, time.Nanosecond, trace.Slow},
		"both":             {problem.New(problem.Unavailable, "database_busy", "x"), time.Nanosecond, trace.Failed},
	} {
		tr := trace.New(trace.Options{Slow: c.slow})
		ctx, end := request(tr, "")
		trace.From(ctx).Fail(c.err)
		end()
		got := ""
		if found := tr.Look(1, func(*trace.Kept) bool { return true }); len(found) > 0 {
			got = found[0].Why
		}
		if got != c.why {
			t.Errorf("%s: kept for %q, want %q", name, got, c.why)
		}
	}
}

const known = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestACallerIsFollowedOnlyIfTheirHeaderIsWhole(t *testing.T) {
	t.Parallel()
	for header, ok := range map[string]bool{
		known: true, strings.Replace(known, "-01", "-00", 1): true, "cc" + known[2:] + "-what-comes-later": true,
		"": false, "00": false, known + "-more": false, known[:54]: false, "ff" + known[2:]: false, strings.ToUpper(known): false,
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01": false, "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01": false,
		strings.Replace(known, "-", "_", 1): false, "cc" + known[2:] + "more": false, known[:54] + "g": false, "01" + known[2:] + "-" + strings.Repeat("a", 10<<10): false,
		strings.Repeat("\x00", 55): false, "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-0": false,
	} {
		tr := all()
		ctx, end := request(tr, header)
		end()
		id := trace.InContext(ctx)
		if followed := id == known[3:35]; followed != ok || len(id) != 32 {
			t.Errorf("%.60q: trace %s, followed %v, want %v", header, id, followed, ok)
		}
	}
	tr := trace.New(trace.Options{})
	for _, flags := range []string{"00", "01"} {
		_, end := request(tr, known[:53]+flags)
		end()
	}
	if k := latest(t, tr); k.Parent.String() != known[36:52] || tr.Tally().Sampled != 1 {
		t.Errorf("the parent is %s, %d are kept; want the caller's span, and the one that they chose", k.Parent, tr.Tally().Sampled)
	}
}

func TestAJobIsLinkedToWhoAddedIt(t *testing.T) {
	t.Parallel()
	tr := all()
	ctx, end := request(tr, "")
	carried := trace.Carry(ctx)
	end()
	by := latest(t, tr)
	jobs, s := tr.Job(context.Background(), "import", carried)
	if trace.InContext(jobs) == trace.InContext(ctx) {
		t.Error("the job has the trace of who added it, want one of its own")
	}
	s.End()
	k := latest(t, tr)
	if len(k.Spans[0].Links) != 1 || k.Spans[0].Links[0] != (trace.Link{Trace: by.Trace, Span: by.Spans[0].ID}) || k.Name != "job import" {
		t.Errorf("%s is linked to %v, want the span of the request", k.Name, k.Spans[0].Links)
	}
	if _, s := tr.Job(context.Background(), "import", "garbage"); s.ID() == "" {
		t.Error("a job that nobody added has no trace")
	}
}

func TestNothingOfATraceIsWrittenIntoTheNext(t *testing.T) {
	t.Parallel()
	tr := all()
	ctx, end := request(tr, "")
	id, carried := trace.InContext(ctx), trace.Carry(ctx)
	late, s := trace.Start(ctx, "goes on")
	end()
	if k := latest(t, tr); len(k.Spans) != 2 || !k.Spans[1].Unfinished {
		t.Errorf("kept %+v, want the span that goes on", k.Spans)
	}
	next, done := request(tr, "")
	s.Set(trace.Int("late", 1))
	s.FailAs("late")
	s.End()
	trace.From(ctx).Over(0, "late")
	if _, s := trace.Start(late, "later"); s.ID() != "" {
		t.Error("a span begins in a trace that is over")
	}
	done()
	if k := latest(t, tr); k.Name != "GET /v1/things" || len(k.Spans) != 1 || k.Error != "" || k.Spans[0].Attrs != nil || k.Trace.String() != trace.InContext(next) {
		t.Errorf("kept %+v, want nothing of the trace before", k)
	}
	if trace.InContext(ctx) != id || trace.Carry(ctx) != carried {
		t.Error("the name of a trace that is over is lost, which the log may still want")
	}
}

func TestATraceAndWhatIsKeptOfThemAreBounded(t *testing.T) {
	t.Parallel()
	tr := trace.New(trace.Options{Ratio: 1, Kept: 10, Bytes: 300 << 10})
	ctx, end := request(tr, "")
	for range 2000 {
		_, s := trace.Start(ctx, "step", trace.Word("key", "value"))
		s.End()
	}
	end()
	if k := latest(t, tr); len(k.Spans) != 512 || k.Dropped != 1489 {
		t.Errorf("%d spans are kept, %d dropped; want 512 and the rest", len(k.Spans), k.Dropped)
	}
	for range 100 {
		_, end := request(tr, "")
		end()
	}
	if got := tr.Tally(); got.Held != 10 || got.Bytes > 10<<10 {
		t.Errorf("%d traces of %d bytes are held, want the latest ten", got.Held, got.Bytes)
	}
	for range 5 {
		ctx, end := request(tr, "")
		for range 600 {
			s := trace.From(ctx).Child("step")
			s.End()
		}
		end()
	}
	if got := tr.Tally(); got.Bytes > 300<<10 || got.Held >= 5 {
		t.Errorf("%d traces of %d bytes are held, want at most 300 KiB", got.Held, got.Bytes)
	}
	storm := trace.New(trace.Options{Most: 3})
	for range 1000 {
		ctx, end := request(storm, known)
		trace.From(ctx).FailAs("broken")
		end()
	}
	if got := storm.Tally(); got.Failed > 6 || got.Failed+got.Passed != 1000 { // two seconds at most
		t.Errorf("of a storm %d are kept and %d passed over, want three a second", got.Failed, got.Passed)
	}
}

func TestManyMayWriteOneTrace(t *testing.T) {
	t.Parallel()
	tr := all()
	ctx, end := request(tr, "")
	var both sync.WaitGroup
	for range 4 {
		both.Go(func() {
			for range 500 {
				in, s := trace.Start(ctx, "a", trace.Int("n", 1))
				leaf := trace.From(in).Child("b")
				leaf.Set(trace.Bool("x", true))
				leaf.End()
				s.End()
				_ = trace.Carry(in)
			}
		})
	}
	end() // while they go on
	both.Wait()
	if k := latest(t, tr); k.Name != "GET /v1/things" {
		t.Errorf("kept %s", k.Name)
	}
}

func TestWhatMayNameAPersonIsWithheld(t *testing.T) {
	t.Parallel()
	tr := all()
	ctx, end := request(tr, "")
	s := trace.From(ctx).Child("ann@example.com", trace.Word("to", "ann@example.com"), trace.Word("long", strings.Repeat("x", 500)),
		trace.SQL("INSERT INTO people (email) VALUES ('ann@example.com')"), trace.SQL("WITH a AS (SELECT 'bob@example.com' FROM x) SELECT 1"), trace.SQL("'carl@example.com'"), trace.SQL("-- name: JobInsert :many\nINSERT"))
	s.Fail(errors.New("there is no mailbox dora@example.com"))
	s.End()
	end()
	k := latest(t, tr)
	got := fmt.Sprintf("%+v", k.Spans[1])
	for _, word := range []string{"example.com", "ann", "bob", "carl", "dora", "xxx"} {
		if strings.Contains(got, word) {
			t.Errorf("%q is in %s", word, got)
		}
	}
	if !strings.Contains(got, "INSERT people, WITH x, , JobInsert") || k.Error != "*errors.errorString" {
		t.Errorf("kept %s with the error %s, want the names of the statements and the class", got, k.Error)
	}
}

func TestWithoutATracerNothingIsDone(t *testing.T) {
	t.Parallel()
	var tr *trace.Tracer
	s := tr.Request(known, time.Now())
	s.Over(0, "x")
	ctx, job := tr.Job(t.Context(), "x", known)
	job.Fail(errors.New("x"))
	job.End()
	in, child := trace.Start(ctx, "y")
	child.Set(trace.Int("n", 1))
	leaf := child.Call("z")
	leaf.End()
	if in != ctx || trace.InContext(in) != "" || trace.Carry(in) != "" || s.ID() != "" {
		t.Error("something was traced without a tracer")
	}
}

// BenchmarkUnsampled is what a request costs that is not kept: its own span, an
// operation in a context, and a round trip to the database. Beside it the same
// contexts without spans. cpu-ns/op is the processor time of this process,
// which a crowded machine changes less.
func BenchmarkUnsampled(b *testing.B) {
	tr := trace.New(trace.Options{Slow: time.Hour})
	for name, begin := range map[string]func(time.Time) trace.Span{
		"traced":   func(began time.Time) trace.Span { return tr.Request("", began) },
		"untraced": func(time.Time) trace.Span { return trace.Span{} },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			before := spent()
			for b.Loop() {
				began := time.Now()
				once(&visit{context.Background(), begin(began)}, began)
			}
			b.ReportMetric(float64(spent()-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// spent is the processor time of this process in nanoseconds.
func spent() int64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it cannot fail with these arguments
	return u.Utime.Nano() + u.Stime.Nano()
}

type visit struct {
	context.Context
	span trace.Span
}

func (h *visit) Value(key any) any {
	if key == (trace.Key{}) {
		return &h.span
	}
	return h.Context.Value(key)
}

func once(v *visit, began time.Time) {
	operation := &visit{v, trace.From(v).Child("thing.list")}
	operation.span.Serves("thing.list", "0190a000-0000-7000-8000-000000000001")
	leaf := trace.From(operation).Child("db", trace.SQL("SELECT 1"), trace.Int("rows", 50))
	leaf.End()
	operation.span.End()
	v.span.Over(time.Since(began), "GET /v1/things", trace.Int("status", 200))
}
