package app

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"time"

	"rapport/internal/app/duty"
	"rapport/internal/app/pages"
	"rapport/internal/platform/problem"
	"rapport/web"
)

// readiness says whether the process takes requests.
type readiness struct{ draining, warming atomic.Bool }

// check is how one dependency is.
type check struct {
	Status    string  `json:"status" enum:"healthy,unhealthy"`
	LatencyMS float64 `json:"latency_ms"`
	Detail    string  `json:"detail,omitempty"`
}

// health is what /api/health answers; where it is not healthy, within a problem.
type health struct {
	Status  string           `json:"status" enum:"healthy,warming,draining,unhealthy"`
	Version string           `json:"version"`
	Checks  map[string]check `json:"checks"`
	Load    keeping          `json:"load"`
}

// keeping is how the server keeps up, as a fact: an overloaded server is alive and
// does what it can.
type keeping struct {
	State   string `json:"state" enum:"calm,queueing,overloaded"`
	Places  int    `json:"places"`
	Taken   int    `json:"taken"`
	Waiting int    `json:"waiting"`
}

// Version is the release; set when it is built.
var Version = "development"

// routes adds what is not an operation: health and the UI.
func (a *App) routes() error {
	a.ready = &readiness{}
	var err error
	if a.API.UI, err = pages.New(web.Dist(), a.API.Refuse); err != nil {
		return err
	}
	a.aliases()
	a.API.Handle("GET /runbooks/{rule}", duty.Runbook(a.API.Refuse))
	a.API.Handle("GET /livez", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	a.API.Handle("GET /readyz", http.HandlerFunc(a.serveReady))
	a.API.Handle("GET /api/health", http.HandlerFunc(a.serveHealth))
	return nil
}

func (a *App) serveReady(w http.ResponseWriter, r *http.Request) {
	if h := a.health(r.Context()); h.Status != "healthy" {
		a.API.RefuseWith(w, r, errNotReady, map[string]any{"state": h.Status})
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (a *App) serveHealth(w http.ResponseWriter, r *http.Request) {
	h := a.health(r.Context())
	w.Header().Set("Cache-Control", "no-store")
	if h.Status != "healthy" {
		a.API.RefuseWith(w, r, errNotReady, map[string]any{"state": h.Status, "version": h.Version, "checks": h.Checks, "load": h.Load})
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(h) // the client has gone
}

var errNotReady = problem.New(problem.Unavailable, "not_ready", "The server takes no requests now: it is about to end, or something that it needs does not answer. checks says what.").Retry(5 * time.Second)

// health asks each dependency. It costs a query and never money.
func (a *App) health(ctx context.Context) health {
	h := health{Status: "healthy", Version: Version, Checks: map[string]check{}}
	for name, ping := range map[string]func(context.Context) error{"database": a.DB.Ping, "queue": a.DB.PingSession} {
		c := timed(ctx, ping)
		h.Checks[name] = c
		if c.Status != "healthy" {
			h.Status = "unhealthy"
		}
	}
	if a.redis != nil { // without which everything goes on
		h.Checks["redis"] = timed(ctx, a.redis.Ping)
	}
	if h.Status == "healthy" && a.ready.warming.Load() {
		h.Status = "warming"
	}
	if a.ready.draining.Load() {
		h.Status = "draining"
	}
	s := a.admit.Snapshot()
	h.Load = keeping{State: s.State, Places: s.Places, Taken: s.Taken, Waiting: s.Waiting}
	return h
}

func timed(ctx context.Context, ping func(context.Context) error) check {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	start := time.Now()
	err := ping(ctx)
	c := check{Status: "healthy", LatencyMS: float64(time.Since(start).Microseconds()) / 1000}
	if err != nil {
		c.Status, c.Detail = "unhealthy", "does not answer"
	}
	return c
}
