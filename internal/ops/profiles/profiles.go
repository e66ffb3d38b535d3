// Package profiles takes profiles of the process that answers, for operators,
// and keeps the latest in memory.
package profiles

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/pprof"
	"slices"
	"sync"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/id"
	"rapport/internal/platform/problem"
)

// Profile is one that was taken.
type Profile struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind" enum:"cpu,heap,goroutine,block,mutex"`
	Seconds   float64   `json:"seconds" doc:"How long was measured; 0 for the state of a moment."`
	StartedAt time.Time `json:"started_at"`
	Bytes     int       `json:"bytes"`
	Release   string    `json:"release"`
	content   []byte
}

// Service keeps the profiles of one process.
type Service struct {
	release string
	busy    sync.Mutex // held while one is taken
	mu      sync.Mutex
	kept    []Profile // the latest first
}

// New returns a service without profiles, of a release.
func New(release string) *Service { return &Service{release: release} }

const (
	mostKept  = 20
	mostBytes = 64 << 20
	longest   = 10 * time.Second
)

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/ops/profiles"
	return []op.Operation{
		op.New(op.Meta{Name: "profile.list", Method: "GET", Cached: op.Cached{Never: "What this process keeps at this moment."}, Path: path, Scope: op.Operator,
			Summary: "List the profiles that were taken of the process that answers", Doc: "The latest 20 are kept, in memory, until the process ends."}, s.list),
		op.New(op.Meta{Name: "profile.take", Method: "POST", Path: path, Scope: op.Operator, Status: 201, Outside: true,
			Summary: "Take a profile of the process that answers", Doc: "Of cpu, block and mutex it takes as many seconds as are measured; heap and goroutine are the state of a moment. One at a time.",
			Example: map[string]any{"body": map[string]any{"kind": "cpu", "seconds": 1}}}, s.take),
		op.New(op.Meta{Name: "profile.get", Method: "GET", Cached: op.Cached{Never: "A file, once."}, Path: path + "/{profile}", Scope: op.Operator, Media: "application/octet-stream", Entities: map[string]string{"profile": "profile"},
			Summary: "Download a profile, for go tool pprof"}, s.get),
	}
}

func (s *Service) list(context.Context, *struct{}) (*op.Body[op.List[Profile]], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return op.Listed(slices.Clone(s.kept)), nil
}

type takeInput struct {
	Body struct {
		Kind    string  `json:"kind" enum:"cpu,heap,goroutine,block,mutex"`
		Seconds float64 `json:"seconds,omitempty" minimum:"0.1" maximum:"10" default:"10" doc:"How long is measured, of cpu, block and mutex."`
	}
}

func (s *Service) take(ctx context.Context, in *takeInput) (*op.Body[Profile], error) {
	p, err := s.Take(ctx, in.Body.Kind, time.Duration(in.Body.Seconds*float64(time.Second)))
	return &op.Body[Profile]{Body: p}, err
}

var (
	errBusy    = problem.New(problem.Conflict, "profile_running", "A profile is being taken. Only one can be at a time; try again when it has ended.").Retry(longest)
	errProfile = problem.New(problem.NotFound, "not_found", "There is no such profile. The latest 20 are kept, until the process ends.")
)

// Take takes a profile and keeps it. It is refused while another is taken, by
// whomever, and ends early with ctx.
func (s *Service) Take(ctx context.Context, kind string, measured time.Duration) (Profile, error) {
	if !s.busy.TryLock() {
		return Profile{}, errBusy
	}
	defer s.busy.Unlock()
	p := Profile{ID: id.New(), Kind: kind, StartedAt: time.Now().UTC(), Release: s.release}
	var b bytes.Buffer
	if err := capture(ctx, kind, min(measured, longest), &b); err != nil {
		return Profile{}, err
	}
	if kind != "heap" && kind != "goroutine" {
		p.Seconds = time.Since(p.StartedAt).Seconds()
	}
	p.content, p.Bytes = b.Bytes(), b.Len()
	s.keep(p)
	return p, nil
}

func capture(ctx context.Context, kind string, measured time.Duration, w io.Writer) error {
	switch kind {
	case "cpu":
		if err := pprof.StartCPUProfile(w); err != nil {
			return errBusy.Because(err)
		}
		err := wait(ctx, measured)
		pprof.StopCPUProfile()
		return err
	case "block":
		runtime.SetBlockProfileRate(int(10 * time.Microsecond))
		defer runtime.SetBlockProfileRate(0)
	case "mutex":
		before := runtime.SetMutexProfileFraction(10)
		defer runtime.SetMutexProfileFraction(before)
	case "heap":
		runtime.GC() // so that it is what is alive
		measured = 0
	default:
		measured = 0
	}
	if err := wait(ctx, measured); err != nil {
		return err
	}
	if err := pprof.Lookup(kind).WriteTo(w, 0); err != nil {
		return fmt.Errorf("write a profile: %w", err)
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// keep adds a profile and forgets the oldest of too many.
func (s *Service) keep(p Profile) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append([]Profile{p}, s.kept...)
	bytes := 0
	for i, k := range s.kept {
		if bytes += k.Bytes; i > 0 && bytes > mostBytes || i == mostKept {
			s.kept = slices.Clone(s.kept[:i]) // the rest is not held
			return
		}
	}
}

type getInput struct {
	Profile string `path:"profile" doc:"Id of the profile."`
}

func (s *Service) get(_ context.Context, in *getInput) (*op.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.kept, func(p Profile) bool { return p.ID == in.Profile })
	if i < 0 {
		return nil, errProfile
	}
	p := s.kept[i]
	name := fmt.Sprintf("attachment; filename=%q", p.Kind+"-"+p.StartedAt.Format("20060102-150405")+".pb.gz")
	return op.NewFile("application/octet-stream", name, func(w io.Writer) error {
		_, err := w.Write(p.content)
		return err
	}), nil
}
