package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	neturl "net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/crm/contact"
	"rapport/internal/platform/pg"
)

// measureConnect compares with servers that open a connection per request and
// do nothing else besides, neither authentication nor log: the brief's way, and
// the cheapest way there is.
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
	usual, err := b.naive(ctx, l, "usual", d.overTCP())
	if err != nil {
		return err
	}
	defer usual.stop()
	cheap, err := b.naive(ctx, l, "cheap", d.server.URL())
	if err != nil {
		return err
	}
	defer cheap.stop()
	var pooled, slow, ratio, least, work, failed []float64
	for range b.rounds {
		o, ours, err := d.costOf(ctx, p, l)
		if err != nil {
			return err
		}
		u, theirs, err := d.costOf(ctx, usual.process, usual.load)
		if err != nil {
			return err
		}
		c, err := cheap.load.run(ctx)
		if err != nil {
			return err
		}
		if u.rate() == 0 || c.rate() == 0 {
			return fmt.Errorf("a server to compare with answered nothing: %v %v", u.Errors, c.Errors)
		}
		pooled, slow = append(pooled, o.rate()), append(slow, u.rate())
		ratio, least = append(ratio, o.rate()/u.rate()), append(least, o.rate()/c.rate())
		work = append(work, theirs/ours)
		failed = append(failed, u.failed()+c.failed())
	}
	b.report.add("connect", "HTTP, pooled", "1/s", pooled...)
	b.report.add("connect", "HTTP, a connection per request", "1/s", slow...)
	b.report.atLeast(25, "connect", "pooled / connection per request", "×", ratio...)
	b.report.add("connect", "CPU of a connection per request / pooled, server and PostgreSQL", "×", work...)
	b.report.add("connect", "the same over the Unix socket, one round trip, no structs", "×", least...)
	b.report.add("connect", "errors with a connection per request", "", sum(failed))
	return nil
}

// costOf is a load with the processor seconds that a request takes of its
// server and of PostgreSQL: what else runs on the machine changes them less
// than it changes rates.
func (d *database) costOf(ctx context.Context, p *process, l load) (outcome, float64, error) {
	begin := cpu(p.cmd.Process.Pid) + d.spent()
	o, err := l.run(ctx)
	used := cpu(p.cmd.Process.Pid) + d.spent() - begin
	return o, used.Seconds() / float64(max(o.Requests, 1)), err
}

// naiveServer is a server to compare with, and the load for it.
type naiveServer struct {
	*process
	load load
}

func (b *bench) naive(ctx context.Context, l load, way, url string) (naiveServer, error) {
	self, err := os.Executable()
	if err != nil {
		return naiveServer{}, err
	}
	p, err := launch(ctx, filepath.Join(b.dir, "naive-"+way), []string{"DATABASE_URL=" + url}, self, "naive", way)
	if err != nil {
		return naiveServer{}, err
	}
	l.Addr = p.addr()
	return naiveServer{p, l}, nil
}

// overTCP is the database's URL by TCP instead of the socket.
func (d *database) overTCP() string {
	u, err := neturl.Parse(d.server.URL())
	if err != nil {
		panic(err) // of our own making
	}
	u.Host, u.RawQuery = loopback, "sslmode=disable"
	return u.String()
}

// serveNaive is the process of such a server; its argument says which way.
func serveNaive(args []string) error {
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
	answer := usual
	if args[0] == "cheap" {
		answer = cheap
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /v1/workspaces/{workspace}/contacts", func(w http.ResponseWriter, r *http.Request) {
		body, err := answer(r.Context(), os.Getenv("DATABASE_URL"), sql, r.PathValue("workspace"))
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

// cheap does what Rapport does for a list, on a connection of its own: one
// round trip, and rows that become JSON without structs.
func cheap(ctx context.Context, url, sql, workspace string) ([]byte, error) {
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

// keyed is a row of the list with its place in the order.
type keyed struct {
	contact.Row
	K1 string `db:"_k1" json:"-"`
	K2 string `db:"_k2" json:"-"`
}

// usual is how one writes it without giving it a thought: BEGIN, settings,
// query and COMMIT each for itself, structs, encoding/json.
func usual(ctx context.Context, url, sql, workspace string) ([]byte, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	tx, err := conn.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if _, err := tx.Exec(ctx, pg.Bind, workspace, "5000"); err != nil {
		return nil, err
	}
	found, err := tx.Query(ctx, sql, workspace)
	if err != nil {
		return nil, err
	}
	rows, err := pgx.CollectRows(found, pgx.RowToStructByName[keyed])
	if err != nil {
		return nil, err
	}
	if err := tx.Commit(ctx); err != nil {
		return nil, err
	}
	more := len(rows) > pageSize
	return json.Marshal(map[string]any{"data": rows[:min(len(rows), pageSize)], "next_cursor": nil, "has_more": more})
}
