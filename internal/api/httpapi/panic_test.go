package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
)

// brokenLog panics whenever something is logged.
type brokenLog struct{ slog.Handler }

func (brokenLog) Enabled(context.Context, slog.Level) bool  { return true }
func (brokenLog) Handle(context.Context, slog.Record) error { panic("the log is broken") }
func (l brokenLog) WithAttrs([]slog.Attr) slog.Handler      { return l }
func (l brokenLog) WithGroup(string) slog.Handler           { return l }

// sayer is a value that panics when it is written.
type sayer struct{}

func (sayer) Error() string { panic("no words") }
func (sayer) Is(error) bool { panic("no likeness") }

type nothing struct{}

// breaks is an API of one operation, which ends as f does.
func breaks(log *slog.Logger, f func() error) http.Handler {
	o := op.New(op.Meta{Name: "test.break", Method: "GET", Path: "/v1/break", Scope: op.Public, Cached: op.Cached{Never: "It breaks."}},
		func(context.Context, *nothing) (*op.Body[nothing], error) { return nil, f() })
	return httpapi.New([]op.Operation{o}, op.Door{}, log).Handler()
}

// Whatever breaks, the answer is a problem without a word of what it was; also
// where the log breaks, and where what was thrown breaks whoever looks at it.
func TestWhateverBreaksIsAnsweredWithAProblem(t *testing.T) {
	t.Parallel()
	quiet := slog.New(slog.DiscardHandler)
	for name, c := range map[string]struct {
		log    *slog.Logger
		f      func() error
		status int
		code   string
	}{
		"a panic":                        {quiet, func() error { panic("secret words") }, 500, "internal"},
		"a panic with an error":          {quiet, func() error { panic(errors.New("secret words")) }, 500, "internal"},
		"a panic of what cannot be read": {quiet, func() error { panic(sayer{}) }, 500, "internal"},
		"a nil pointer":                  {quiet, func() error { var log *slog.Logger; log.Info("never"); return nil }, 500, "internal"},
		"a panic in the log":             {slog.New(brokenLog{}), func() error { panic("secret words") }, 500, "internal"},
		"an error that cannot be read":   {slog.New(brokenLog{}), func() error { return sayer{} }, 500, "internal"},
		"a full disk":                    {quiet, func() error { return errors.Join(errors.New("secret words"), syscall.ENOSPC) }, 503, "disk_full"},
		"an error":                       {quiet, func() error { return errors.New("secret words") }, 500, "internal"},
	} {
		w := httptest.NewRecorder()
		func() {
			defer func() {
				if v := recover(); v != nil {
					t.Errorf("%s: the server panics with %v", name, v)
				}
			}()
			breaks(c.log, c.f).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/v1/break", nil))
		}()
		var d httpapi.Document
		if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || w.Code != c.status || d.Code != c.code || d.Status != c.status || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s %s (%v), want %d %s", name, w.Code, w.Header().Get("Content-Type"), w.Body, err, c.status, c.code)
		}
		if strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: the answer says %s", name, w.Body)
		}
	}
}

// What the mux would answer by itself, in words of its own, is a problem.
func TestNoAnswerIsTheMuxsOwn(t *testing.T) {
	t.Parallel()
	h := breaks(slog.New(slog.DiscardHandler), func() error { return nil })
	for _, c := range []struct {
		method, target string
		status         int
	}{
		{"GET", "//v1/break", 404}, {"GET", "/v1//break", 404}, {"GET", "/v1/../v1/break", 404}, {"GET", "/v1/./break", 404}, {"GET", "/v1/break/", 404},
		{"POST", "/v1/break", 405}, {"PROPFIND", "/v1/break", 405}, {"OPTIONS", "/v1/break", 405}, {"GET", "/v1", 404}, {"GET", "/", 404}, {"GET", "/problems/none", 404},
		{"GET", "/v1/break%00", 400}, {"GET", "/v1/break?a=%ff", 400}, {"GET", "/v1/break?a=%zz", 400}, {"OPTIONS", "*", 404},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, "/", nil)
		r.RequestURI = c.target
		if c.target != "*" {
			r = httptest.NewRequestWithContext(t.Context(), c.method, c.target, nil)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d %s %s, want %d as a problem", c.method, c.target, w.Code, w.Header().Get("Content-Type"), w.Body, c.status)
		}
	}
}
