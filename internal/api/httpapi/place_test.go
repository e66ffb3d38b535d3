package httpapi_test

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/platform/admit"
)

// watched notes how many places are taken while an answer is written.
type watched struct {
	*httptest.ResponseRecorder
	limiter *admit.Limiter
	taken   []int
}

func (w *watched) Write(b []byte) (int, error) {
	w.taken = append(w.taken, w.limiter.Snapshot().Taken)
	return w.ResponseRecorder.Write(b)
}

// trickle is a body that comes in pieces, and notes the places too.
type trickle struct {
	parts   []string
	limiter *admit.Limiter
	taken   []int
}

func (r *trickle) Read(b []byte) (int, error) {
	r.taken = append(r.taken, r.limiter.Snapshot().Taken)
	if len(r.parts) == 0 {
		return 0, io.EOF
	}
	n := copy(b, r.parts[0])
	r.parts = r.parts[1:]
	return n, nil
}

type thing struct{ Body struct{ Name string } }

func TestAPlaceIsHeldForTheWorkAlone(t *testing.T) {
	t.Parallel()
	l := admit.New(admit.Options{})
	during := map[string]int{}
	note := func(name string) { during[name] = l.Snapshot().Taken }
	ops := []op.Operation{
		op.New(op.Meta{Name: "thing.create", Method: "POST", Path: "/thing", Scope: op.Public, Class: op.Interactive},
			func(_ context.Context, in *thing) (*op.Body[string], error) {
				note("work")
				return &op.Body[string]{Body: in.Body.Name}, nil
			}),
		op.New(op.Meta{Name: "thing.put", Method: "POST", Path: "/file", Scope: op.Public, Class: op.Interactive, Stream: true},
			func(_ context.Context, in *upload) (*op.NoContent, error) {
				note("upload")
				_, err := io.ReadAll(in.Reader())
				return nil, err
			}),
		op.New(op.Meta{Name: "thing.ask", Method: "POST", Path: "/ask", Scope: op.Public, Class: op.Interactive, Outside: true},
			func(context.Context, *thing) (*op.NoContent, error) {
				note("outside")
				return nil, nil
			}),
	}
	h := httpapi.New(ops, op.Door{Admit: l}, slog.New(slog.DiscardHandler)).Handler()
	for path, want := range map[string]int{"/thing": 200, "/file": 204, "/ask": 204} {
		in, out := &trickle{parts: []string{`{"Na`, `me":"Ada"}`}, limiter: l}, &watched{ResponseRecorder: httptest.NewRecorder(), limiter: l}
		r := httptest.NewRequestWithContext(t.Context(), "POST", path, in)
		r.Header.Set("Content-Type", "application/json")
		h.ServeHTTP(out, r)
		if out.Code != want && out.Code != 200 {
			t.Errorf("%s: %d %s, want %d", path, out.Code, out.Body, want)
		}
		for _, n := range append(in.taken, out.taken...) {
			if n != 0 {
				t.Errorf("%s: %v places were taken while the body came and %v while the answer went, want none", path, in.taken, out.taken)
				break
			}
		}
	}
	if during["work"] != 1 || during["upload"] != 0 || during["outside"] != 0 {
		t.Errorf("places taken: %v; want one for the work, none for what trickles", during)
	}
}

// The call within needs no place of its own: with one in all, it would wait for
// itself.
func TestACallWithinACallNeedsNoPlace(t *testing.T) {
	t.Parallel()
	var api *httpapi.API
	ops := []op.Operation{
		op.New(op.Meta{Name: "inner.get", Method: "GET", Path: "/inner", Scope: op.Anyone, Class: op.Interactive},
			func(context.Context, *struct{}) (*op.Body[string], error) { return &op.Body[string]{Body: "in"}, nil }),
		op.New(op.Meta{Name: "outer.get", Method: "GET", Path: "/outer", Scope: op.Public, Class: op.Interactive},
			func(ctx context.Context, _ *struct{}) (*op.Body[string], error) {
				out, err := api.Call(ctx, "inner.get", nil)
				return &op.Body[string]{Body: string(out)}, err
			}),
	}
	api = httpapi.New(ops, op.Door{Admit: admit.New(admit.Options{Connections: 1, Most: 1})}, slog.New(slog.DiscardHandler))
	w := httptest.NewRecorder()
	api.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/outer", nil))
	if w.Code != 200 || !strings.Contains(w.Body.String(), "in") {
		t.Errorf("%d %s, want what the call within answered", w.Code, w.Body)
	}
}

func TestWorkThatTakesTooLongIsGivenUp(t *testing.T) {
	t.Parallel()
	h := httpapi.New([]op.Operation{op.New(op.Meta{Name: "long.get", Method: "GET", Path: "/long", Scope: op.Public, Within: time.Millisecond},
		func(ctx context.Context, _ *struct{}) (*op.NoContent, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})}, op.Door{}, slog.New(slog.DiscardHandler)).Handler()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/long", nil))
	if w.Code != 504 || !strings.Contains(w.Body.String(), `"code":"deadline"`) || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s, want 504 deadline with a time", w.Code, w.Body)
	}
}
