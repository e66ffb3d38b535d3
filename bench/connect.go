package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/platform/pg"
)

// measureConnect compares with a server that opens a connection per request
// and does nothing else besides: no authentication, no log.
func measureConnect(ctx context.Context, b *bench) error {
	d, err := b.contacts(ctx)
	if err != nil {
		return err
	}
	p, l, err := b.listServer(ctx, d)
	if err != nil {
		return err
	}
	defer p.stop()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	naive, err := launch(ctx, filepath.Join(b.dir, "naive"), []string{"DATABASE_URL=" + d.server.URL()}, self, "naive")
	if err != nil {
		return err
	}
	defer naive.stop()
	other := l
	other.Addr = naive.addr()
	var pooled, unpooled, ratio, failed []float64
	for range min(b.rounds, 3) {
		o, err := l.run(ctx)
		if err != nil {
			return err
		}
		n, err := other.run(ctx)
		if err != nil {
			return err
		}
		pooled, unpooled, ratio = append(pooled, o.rate()), append(unpooled, n.rate()), append(ratio, o.rate()/n.rate())
		failed = append(failed, n.failed())
	}
	b.report.add("connect", "HTTP, pooled", "1/s", pooled...)
	b.report.add("connect", "HTTP, a connection per request", "1/s", unpooled...)
	b.report.atLeast(25, "connect", "pooled / connection per request", "×", ratio...)
	b.report.add("connect", "errors with a connection per request", "", sum(failed))
	return nil
}

// serveNaive is the process of that server.
func serveNaive([]string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := filepath.Join(os.Getenv("RAPPORT_DATA"), "address")
	if err := os.WriteFile(address, []byte("http://"+ln.Addr().String()), 0o600); err != nil {
		return err
	}
	sql, err := listSQL("")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /v1/workspaces/{workspace}/contacts", func(w http.ResponseWriter, r *http.Request) {
		body, err := naive(r.Context(), os.Getenv("DATABASE_URL"), sql, r.PathValue("workspace"))
		if err != nil {
			http.Error(w, strings.SplitN(err.Error(), "\n", 2)[0], http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body) // the client has gone
	})
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = s.Close() // the process ends
	}()
	if err := s.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// naive does what Rapport does for a list, on a connection of its own.
func naive(ctx context.Context, url, sql, workspace string) ([]byte, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	page := pg.Page{Limit: pageSize, Rows: append(make([]byte, 0, 32<<10), `{"data":[`...)}
	batch := &pgx.Batch{}
	batch.Queue(pg.Bind, workspace, "5000")
	batch.Queue(sql, workspace).Query(page.Read)
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return nil, err
	}
	return append(page.Rows, `],"next_cursor":null,"has_more":true}`...), nil
}
