package failure

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"rapport/internal/platform/problem"
	"rapport/internal/platform/telemetry"
)

// tap is a handler that tells of errors what it passes on. The attributes that
// it goes by are error, code, stack and value (of a panic), and those that say
// where: operation, kind (of a job), agent, part.
type tap struct {
	slog.Handler
	log   *Log
	attrs []slog.Attr
}

// Enabled lets every error through, whatever the level of the log is.
func (t *tap) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError || t.Handler.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (t *tap) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		t.see(ctx, r)
	}
	if !t.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return t.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (t *tap) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &tap{Handler: t.Handler.WithAttrs(attrs), log: t.log, attrs: slices.Concat(t.attrs, attrs)}
}

// WithGroup implements slog.Handler.
func (t *tap) WithGroup(name string) slog.Handler {
	return &tap{Handler: t.Handler.WithGroup(name), log: t.log, attrs: t.attrs}
}

// see makes a group of a record. It never fails: a panic here, such as that of
// an error's own method, is a group like any other.
func (t *tap) see(ctx context.Context, r slog.Record) {
	defer func() {
		if v := recover(); v != nil {
			t.log.note(Group{Code: panicked, Title: "An error cannot be read", Place: function(r.PC)}, Sample{})
		}
	}()
	s := seen{}
	for _, a := range t.attrs {
		s.take(a)
	}
	r.Attrs(func(a slog.Attr) bool { s.take(a); return true })
	if s.excused() {
		return
	}
	g := Group{Code: s.code, Title: s.title(r.Message), Place: s.place, Frames: Frames(s.stack)}
	if g.Place == "" {
		g.Place = telemetry.Operation(ctx)
	}
	if g.Place == "" {
		g.Place = function(r.PC)
	}
	request := telemetry.RequestID(ctx)
	if request == "" && s.job != "" {
		request = "job-" + s.job
	}
	t.log.note(g, Sample{Request: request})
}

// panicked is the code of panics.
const panicked = "panic"

// seen is what a record says of a failure.
type seen struct {
	code, stack, place, job, value string
	err                            error
}

func (s *seen) take(a slog.Attr) {
	switch a.Key {
	case "error":
		s.err, _ = a.Value.Resolve().Any().(error)
		if p, ok := errors.AsType[*problem.Error](s.err); ok && s.code == "" {
			s.code = p.Code
		}
	case "code":
		s.code = a.Value.String()
	case "stack":
		s.stack = a.Value.String()
		s.code = panicked
	case "value":
		s.value = a.Value.String()
	case "job":
		s.job = a.Value.String()
	case "operation":
		s.place = a.Value.String()
	case "kind":
		s.place = "job " + a.Value.String()
	case "agent", "part":
		s.place = a.Key + " " + a.Value.String()
	}
}

// excused reports whether nobody is to blame: a caller's mistake that somebody
// logged, or work that was told to end.
func (s *seen) excused() bool {
	if s.stack != "" {
		return false
	}
	p, ok := errors.AsType[*problem.Error](s.err)
	return ok && (p.Kind < problem.Internal || p.Kind == problem.NotBuilt) || errors.Is(s.err, context.Canceled)
}

// title is the message, which is ours, and what is ours of the error.
func (s *seen) title(message string) string {
	if s.code == "" {
		s.code = "internal"
	}
	var rest string
	switch {
	case s.stack != "":
		rest = Ours(s.value)
	case s.err != nil:
		rest = Ours(s.err.Error())
	}
	out := strings.TrimSuffix(Ours(message)+": "+rest, ": ")
	if r := []rune(out); len(r) > mostTitle {
		out = string(r[:mostTitle-1]) + "…"
	}
	return out
}

// own is a function of ours in a stack as the runtime writes it.
var own = regexp.MustCompile(`(?m)^(?:panic\(|(?:created by )?(rapport/[^\s]+?)(?:\([^()]*\))?(?: in goroutine \d+)?$)`)

// Frames are our own functions in a stack, innermost first, without those that
// caught the panic. Without the marks of a panic it is all of them.
func Frames(stack string) []string {
	out := []string{}
	for _, m := range own.FindAllStringSubmatch(stack, -1) {
		if m[1] == "" { // panic( itself: what stood above only caught it
			out = out[:0]
			continue
		}
		out = append(out, short(m[1]))
	}
	return out[:min(len(out), 2*mostFrames)]
}

// function is the name of the function at pc, "" if that is unknown.
func function(pc uintptr) string {
	if pc == 0 {
		return ""
	}
	f, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	return short(f.Function)
}

// short is the name of a function as it is said.
func short(name string) string {
	return strings.TrimPrefix(strings.TrimPrefix(name, "rapport/"), "internal/")
}
