package failure_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/internal/platform/failure"
	"rapport/internal/platform/id"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/telemetry"
)

func newLog() (*failure.Log, *slog.Logger) {
	l := failure.New("1.2.0", time.Now)
	return l, l.Logger(slog.New(slog.DiscardHandler))
}

// Nothing that a tenant wrote, and nothing that tells one case from another,
// stays in a group.
func TestNothingOfATenantStays(t *testing.T) {
	t.Parallel()
	secrets := []string{"Ana Fjord", "ana@fjord.example", "0198f3a0-1111-7000-8000-123456789abc", "10.1.2.3", "Größe Äöü", "4711", "https://fjord.example/a?token=abc", "Rechnung", "キャンペーン", "sk_live_9a8b", "O'Brien", "/home/ana/mail.mbox"}
	for _, secret := range secrets {
		for _, form := range []string{"%s", "%q", "parsing %q: invalid syntax", "read the file %s: permission denied", "ERROR: duplicate key value violates unique constraint (%s) (SQLSTATE 23505)", "contact %s is broken", "“%s” and ‘%s’"} {
			got := failure.Ours(strings.ReplaceAll(strings.ReplaceAll(form, "%q", fmt.Sprintf("%q", secret)), "%s", secret))
			for _, word := range strings.FieldsFunc(secret, func(r rune) bool { return strings.ContainsRune(" @.:/?=_-'", r) }) {
				if len(word) > 3 && word != "https" && word != "token" && word != "home" && word != "mail" && word != "example" && strings.Contains(got, word) {
					t.Errorf("of %q in %q stays %q", secret, form, got)
				}
			}
		}
	}
}

// What the program says about a failure stays readable.
func TestMessagesStayReadable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`look up what an action is about: ERROR: relation "agent_policies" does not exist (SQLSTATE 42P01)`: `look up what an action is about: ERROR: relation agent_policies does not exist (SQLSTATE 42P01)`,
		`read the file "/home/ana/mail.mbox": no space left on device`:                                      `read the file …: no space left on device`,
		`dial tcp 127.0.0.1:5432: connect: connection refused`:                                              `dial tcp …: connect: connection refused`,
		`strconv.Atoi: parsing "12a": invalid syntax`:                                                       `…: parsing …: invalid syntax`,
		"runtime error: index out of range [7] with length 3":                                               "runtime error: index out of range … with length …",
	} {
		if got := failure.Ours(text); got != want {
			t.Errorf("Ours(%q) = %q, want %q", text, got, want)
		}
	}
}

// Failures that differ in what is not ours are one group; those that differ in
// code, place or message are not.
func TestAlikeIsOneGroup(t *testing.T) {
	t.Parallel()
	l, log := newLog()
	for i := range 10_000 {
		ctx := telemetry.WithRequest(telemetry.WithOperation(t.Context(), "contact.list"), fmt.Sprintf("request-%d", i))
		log.ErrorContext(ctx, "request failed", "code", "internal", "error", fmt.Errorf("read contact %d of %q: %w", i, fmt.Sprint("Ana ", i), io.ErrUnexpectedEOF))
	}
	log.ErrorContext(telemetry.WithOperation(t.Context(), "contact.get"), "request failed", "code", "internal", "error", io.ErrUnexpectedEOF)
	log.Error("job failed", "kind", "sweep", "job", 17, "error", os.ErrDeadlineExceeded)
	groups := l.Take()
	if len(groups) != 3 {
		t.Fatalf("%d groups: %+v, want 3", len(groups), groups)
	}
	i := slices.IndexFunc(groups, func(g failure.Group) bool { return g.Count == 10_000 })
	if i < 0 || groups[i].Place != "contact.list" || groups[i].Samples[0].Request != "request-9999" || len(groups[i].Samples) != 5 || groups[i].Samples[0].Release != "1.2.0" {
		t.Errorf("the groups are %+v, want 10,000 of contact.list with its latest samples", groups)
	}
	i = slices.IndexFunc(groups, func(g failure.Group) bool { return g.Place == "job sweep" })
	if i < 0 || groups[i].Samples[0].Request != "job-17" {
		t.Errorf("the groups are %+v, want one of the job", groups)
	}
}

// The name of a group is the same in every process and run.
func TestAGroupIsNamedByWhatItIs(t *testing.T) {
	t.Parallel()
	name := func() string {
		l, log := newLog()
		log.Error("request failed", "operation", "contact.list", "code", "internal", "error", io.ErrUnexpectedEOF)
		return l.Take()[0].ID
	}
	if a, b := name(), name(); a != b || !id.Valid(a) {
		t.Errorf("named %s and %s", a, b)
	}
}

func TestWhatIsNotOurFaultIsNoFailure(t *testing.T) {
	t.Parallel()
	l, log := newLog()
	log.Error("job failed", "kind", "import", "error", problem.New(problem.Invalid, "import_refused", "The file cannot be imported."))
	log.Error("request failed", "error", fmt.Errorf("read: %w", context.Canceled))
	log.Warn("the database waits", "error", io.EOF)
	if got := l.Take(); len(got) != 0 {
		t.Errorf("%+v, want nothing", got)
	}
	log.Error("request failed", "error", problem.New(problem.Unavailable, "database_unavailable", "The database does not answer."))
	if got := l.Take(); len(got) != 1 || got[0].Code != "database_unavailable" {
		t.Errorf("%+v, want one of database_unavailable", got)
	}
}

func breakDown(n int) { var a []int; _ = a[n] }

// A panic is grouped by where it happened, not by what it said.
func TestAPanicShowsOurOwnFunctions(t *testing.T) {
	t.Parallel()
	l, log := newLog()
	for i := range 3 {
		func() {
			defer func() {
				log.Error("panic", "operation", "contact.list", "value", fmt.Sprint(recover()), "stack", string(debug.Stack()))
			}()
			breakDown(i)
		}()
	}
	groups := l.Take()
	if len(groups) != 1 || groups[0].Code != "panic" || groups[0].Count != 3 {
		t.Fatalf("%+v, want one group of three panics", groups)
	}
	if f := groups[0].Frames; len(f) < 2 || !strings.HasSuffix(f[0], "failure_test.breakDown") {
		t.Errorf("frames %q, want breakDown first", groups[0].Frames)
	}
}

type bomb struct{}

func (bomb) Error() string { panic("boom") }

// An error that panics when it is read harms nothing.
func TestAnErrorThatPanicsIsAGroup(t *testing.T) {
	t.Parallel()
	l, log := newLog()
	log.Error("request failed", "error", error(bomb{}))
	if got := l.Take(); len(got) != 1 || got[0].Code != "panic" {
		t.Errorf("%+v, want one group", got)
	}
}

// However many kinds there are and however long nobody takes them, the log
// stays small and counts all.
func TestTheLogIsBounded(t *testing.T) {
	t.Parallel()
	l, log := newLog()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 500 {
				log.Error("request failed", "operation", fmt.Sprintf("made.up%d", i*500+n), "error", io.EOF)
			}
		})
	}
	all.Wait()
	groups := l.Take()
	l.PutBack(groups)
	l.PutBack(groups)
	groups = l.Take()
	count := int64(0)
	for _, g := range groups {
		count += g.Count
	}
	if len(groups) > 501 || count != 8000 {
		t.Errorf("%d groups of %d failures, want at most 501 of 8,000", len(groups), count)
	}
}

// Who writes to the log reads the same as before.
func TestTheLogItselfIsAsBefore(t *testing.T) {
	t.Parallel()
	var plain, seen bytes.Buffer
	none := slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	l := failure.New("1", time.Now)
	for _, log := range []*slog.Logger{slog.New(slog.NewTextHandler(&plain, &none)), l.Logger(slog.New(slog.NewTextHandler(&seen, &none)))} {
		log.With("part", "x").WithGroup("g").Error("failed", "error", errors.New("broken"))
		log.Debug("not shown")
	}
	if plain.String() != seen.String() {
		t.Errorf("the log is %q, want %q", seen.String(), plain.String())
	}
	if got := l.Take(); len(got) != 1 || got[0].Place != "part x" {
		t.Errorf("%+v, want one group of the part", got)
	}
}

func BenchmarkOneError(b *testing.B) {
	_, log := newLog()
	ctx := telemetry.WithOperation(b.Context(), "contact.list")
	for b.Loop() {
		log.ErrorContext(ctx, "request failed", "code", "internal", "error", errors.New(`read contact 17 of "Ana": ERROR: relation "contacts" does not exist (SQLSTATE 42P01)`))
	}
}
