package profiles_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/ops/profiles"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/problem"
)

// A profile is what go tool pprof reads; the latest 20 are kept. It is one test
// in a row, since a process takes one profile at a time.
func TestProfilesAreTakenOneAtATimeAndKept(t *testing.T) {
	t.Parallel()
	s := profiles.New("1.0")
	api := httpapi.New(s.Ops(), op.Door{}, slog.New(slog.DiscardHandler))
	operator := op.Inside(t.Context(), actor.Actor{Kind: actor.System, Operator: true})
	for _, kind := range []string{"heap", "goroutine", "block", "mutex", "cpu"} {
		p, err := s.Take(t.Context(), kind, 100*time.Millisecond)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		r := httptest.NewRequestWithContext(operator, "GET", "/v1/ops/profiles/"+p.ID, nil)
		w := httptest.NewRecorder()
		api.Handler().ServeHTTP(w, r)
		z, err := gzip.NewReader(bytes.NewReader(w.Body.Bytes()))
		if w.Code != http.StatusOK || err != nil || p.Bytes == 0 {
			t.Fatalf("%s: %d, %v, %d bytes; want a file", kind, w.Code, err, p.Bytes)
		}
		if b, err := io.ReadAll(z); err != nil || len(b) == 0 {
			t.Errorf("%s holds %d bytes, %v; want a profile", kind, len(b), err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	var first sync.WaitGroup
	first.Go(func() {
		for ctx.Err() == nil { // one of those below may hold the place
			_, _ = s.Take(ctx, "mutex", time.Hour)
		}
	})
	refused := error(nil)
	for refused == nil { // until the first holds the place
		_, refused = s.Take(t.Context(), "goroutine", 0)
	}
	if p, ok := refused.(*problem.Error); !ok || p.Code != "profile_running" || p.RetryAfter == 0 {
		t.Errorf("a second one: %v, want profile_running with Retry-After", refused)
	}
	stop()
	first.Wait()
	for range 25 {
		if _, err := s.Take(t.Context(), "goroutine", 0); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := api.Call(actor.With(t.Context(), actor.Actor{Kind: actor.System, Operator: true}), "profile.list", nil)
	var all op.List[profiles.Profile]
	if err != nil || json.Unmarshal(answer, &all) != nil || len(all.Data) != 20 {
		t.Errorf("%d are kept, %v; want 20", len(all.Data), err)
	}
}
