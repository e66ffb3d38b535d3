package httpapi_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
)

func offer(o op.Operation) http.Handler {
	return httpapi.New([]op.Operation{o}, op.Door{}, slog.New(slog.DiscardHandler)).Handler()
}

// A download that breaks off must not look like a short one.
func TestHalfAFileIsNoFile(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(offer(op.New(op.Meta{Name: "file.get", Method: "GET", Path: "/file", Scope: op.Public, Media: "text/csv"},
		func(context.Context, *struct{}) (*op.File, error) {
			return op.NewFile("text/csv", "attachment", func(w io.Writer) error {
				_, err := io.WriteString(w, "ordinal,outcome\n1,imported\n")
				return errors.Join(err, errors.New("the database went away"))
			}), nil
		})))
	t.Cleanup(server.Close)
	req, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/file", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return // it broke before anything was sent
	}
	defer res.Body.Close()
	if got, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("the client read %q as a whole file", got)
	}
}

// hurried is a connection that remembers its deadlines.
type hurried struct {
	*httptest.ResponseRecorder
	deadlines []time.Time
}

func (h *hurried) SetReadDeadline(t time.Time) error {
	h.deadlines = append(h.deadlines, t)
	return nil
}

type upload struct{ op.Stream }

// Who sends a file may take their time, but not stand still for ever.
func TestAnUploadHasADeadlineThatMoves(t *testing.T) {
	t.Parallel()
	h := offer(op.New(op.Meta{Name: "file.put", Method: "POST", Path: "/file", Scope: op.Public, Stream: true},
		func(_ context.Context, in *upload) (*op.NoContent, error) {
			_, err := io.ReadAll(in.Reader())
			return nil, err
		}))
	w := &hurried{ResponseRecorder: httptest.NewRecorder()}
	begin := time.Now()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "POST", "/file", io.MultiReader(strings.NewReader("one"), strings.NewReader("two"))))
	if len(w.deadlines) < 3 {
		t.Fatalf("the deadline was set %d times, want once a read", len(w.deadlines))
	}
	if d := w.deadlines[0]; d.Before(begin) {
		t.Errorf("the first read ends at %v, want a time to come", d)
	}
	if d := w.deadlines[len(w.deadlines)-1]; !d.IsZero() {
		t.Errorf("after the end the connection ends at %v, want no deadline", d)
	}
}
