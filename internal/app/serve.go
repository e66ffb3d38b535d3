package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"rapport/internal/api/httpapi"
	"rapport/internal/platform/run"
)

// grace is how long requests may take to end when the process is told to.
const grace = 20 * time.Second

// Serve runs Rapport until ctx ends: HTTP, jobs and, if it is ours, the
// database. started is called with the address once requests are taken.
func (a *App) Serve(ctx context.Context, started func(url string)) error {
	ln, err := net.Listen("tcp", a.Config.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w (set RAPPORT_LISTEN to use another address)", a.Config.Listen, err)
	}
	url := "http://" + visit(ln.Addr().(*net.TCPAddr))
	note := filepath.Join(a.Config.Data, AddressFile)
	if err := os.WriteFile(note, []byte(url), 0o600); err != nil {
		return errors.Join(fmt.Errorf("note the address: %w", err), ln.Close())
	}
	defer a.forget(note, url)
	a.parts.demo.Reach(url)
	if a.Config.Demo { // whoever sees a server that is ready can sign in
		if err := a.parts.demo.First(ctx); err != nil {
			return errors.Join(err, ln.Close())
		}
	}
	if a.postgres != nil { // nobody else can hold money for models
		if err := a.eachWorkspace(ctx, func(ctx context.Context) error { return a.parts.engines.Charge(ctx, true) }); err != nil {
			a.log.Error("what models cost before is not booked yet", "error", err)
		}
	}
	_, err = os.Stat(filepath.Join(a.Config.Data, hotFile))
	a.ready.warming.Store(err == nil)
	g := run.NewGroup(a.log)
	if a.postgres != nil {
		g.Add("database", a.watchDatabase)
	}
	a.sendTraces(g)
	g.Add("errors", a.parts.failures.Run)
	g.Add("models", a.parts.engines.Run)
	g.Add("queue", a.Queue.Run)
	g.Add("mailboxes", a.parts.syncing.Run)
	g.Add("news", func(ctx context.Context) error { return a.DB.ShareNews(ctx, a.log) })
	g.Add("live", a.Follow)
	g.Add("warm", a.warm)
	g.Add("limits", a.parts.store.Run)
	g.Add("quotas", a.parts.quotas.Run)
	g.Add("series", a.parts.meters.History.Run)
	g.Add("census", a.parts.meters.Count)
	g.Add("metrics", func(ctx context.Context) error { return a.parts.meters.Serve(ctx, a.Config.MetricsListen) })
	g.Add("alerts", a.parts.watch.Run)
	g.Add("http", func(ctx context.Context) error { return a.serveHTTP(ctx, ln) })
	g.Add("start", func(ctx context.Context) error {
		started(url)
		<-ctx.Done()
		return nil
	})
	return g.Run(ctx)
}

// Follow reads what happens, for the event streams and for what is remembered,
// until ctx ends.
func (a *App) Follow(ctx context.Context) error {
	var shares sync.WaitGroup
	shares.Go(func() { a.parts.cache.Share(ctx) })
	defer shares.Wait()
	return a.parts.live.Run(ctx)
}

// Reads is the scope that lets one hear of an entity, "" for none.
func (a *App) Reads(entity string) string { return a.parts.live.Scope(entity) }

// visit is where this machine reaches a listener: one on every address is
// nowhere in particular.
func visit(a *net.TCPAddr) string {
	if a.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", a.Port)
	}
	return a.String()
}

// AddressFile, in the data directory, tells the command line where the running
// server listens. A server that was killed leaves it behind.
const AddressFile = "address"

// forget removes the note of where we listened, unless it is another's by now.
func (a *App) forget(note, url string) {
	if now, err := os.ReadFile(note); err != nil || string(now) != url {
		return
	}
	if err := os.Remove(note); err != nil {
		a.log.Error("the address stays noted", "error", err)
	}
}

func (a *App) watchDatabase(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-a.postgres.Done():
		return errors.New("the private PostgreSQL stopped")
	}
}

func (a *App) serveHTTP(ctx context.Context, ln net.Listener) error {
	server := &http.Server{
		Handler:           a.API.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ConnState:         a.gate.Watch,
	}
	server.RegisterOnShutdown(a.parts.live.Close)
	ln = httpapi.Whole(server, ln)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(a.gate.Listen(ln)) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	a.ready.draining.Store(true)
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(stop); err != nil {
		return errors.Join(err, server.Close())
	}
	return nil
}
