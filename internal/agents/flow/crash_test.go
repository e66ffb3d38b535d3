package flow_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"rapport/internal/agents"
	"rapport/internal/agents/approval"
	"rapport/internal/agents/flow"
	"rapport/internal/ai"
	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/queue"
)

// A worker is this test binary, started again, which works one run and kills
// itself with SIGKILL on the way.
const (
	envURL   = "RAPPORT_TEST_CRASH_URL"
	envRun   = "RAPPORT_TEST_CRASH_RUN"
	envAsked = "RAPPORT_TEST_CRASH_ASKED"
	envAt    = "RAPPORT_TEST_CRASH_AT" // the message to the database, and whether it is still sent
	envPlace = "RAPPORT_TEST_CRASH_WORKSPACE"
)

func TestMain(m *testing.M) {
	if os.Getenv(envURL) != "" {
		crash()
		return
	}
	os.Exit(m.Run())
}

func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// crash is the worker. It ends by itself when the run is over.
func crash() {
	at, sent, _ := strings.Cut(os.Getenv(envAt), "/")
	n, _ := strconv.ParseInt(at, 10, 64)
	tap := newTap(os.Getenv(envURL))
	f, err := newFactory(context.Background(), tap.url, os.Getenv(envPlace), os.Getenv(envAsked))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	tap.kill(n, sent == "sent")
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		watch(os.Getenv(envURL), os.Getenv(envRun))
		stop()
	}()
	if err := f.work(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// watch returns when a run is over. It looks past the tap.
func watch(url, run string) {
	conn, err := pgconn.Connect(context.Background(), url)
	if err != nil {
		panic(err)
	}
	for tick := time.NewTicker(5 * time.Millisecond); ; <-tick.C {
		res := conn.ExecParams(context.Background(), `SELECT 1 FROM agent_runs WHERE id = $1::uuid AND state NOT IN ('queued', 'running', 'waiting')`, [][]byte{[]byte(run)}, nil, nil, nil).Read()
		if res.Err != nil {
			panic(res.Err)
		}
		if len(res.Rows) > 0 {
			return
		}
	}
}

// tap is a way to the database that counts the messages sent to it.
type tap struct {
	url   string
	to    *pgconn.Config
	count atomic.Int64
	at    atomic.Int64
	sent  atomic.Bool
}

func newTap(url string) *tap {
	to, err := pgconn.ParseConfig(url)
	if err != nil {
		panic(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	p := &tap{to: to, url: fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", to.User, to.Password, ln.Addr(), to.Database)}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go p.pass(c)
		}
	}()
	return p
}

// kill ends the process at the nth message from now on: before it is sent, or
// after, so that nobody reads the answer.
func (p *tap) kill(n int64, sent bool) {
	p.sent.Store(sent)
	p.count.Store(0)
	p.at.Store(n)
}

func (p *tap) pass(c net.Conn) {
	network, address := pgconn.NetworkAddress(p.to.Host, p.to.Port)
	up, err := net.Dial(network, address)
	if err != nil {
		panic(err)
	}
	go func() { _, _ = io.Copy(c, up) }()
	b := make([]byte, 1<<20)
	for {
		n, err := c.Read(b)
		if err != nil {
			_ = up.Close()
			return
		}
		last := p.count.Add(1) == p.at.Load()
		if last && !p.sent.Load() {
			die()
		}
		if _, err := up.Write(b[:n]); err != nil {
			return
		}
		if last {
			time.Sleep(5 * time.Millisecond) // for the server to do it
			die()
		}
	}
}

// factory is an engine whose every effect leaves a row: an event.
type factory struct {
	*flow.Engine
	ctx   context.Context
	asked string // the file that counts what models were asked
}

func newFactory(ctx context.Context, url, workspace, asked string) (*factory, error) {
	log := slog.New(slog.DiscardHandler)
	db, err := pg.Open(ctx, pg.Config{URL: url, APIConns: 2, WorkConns: 2, Logger: log})
	if err != nil {
		return nil, err
	}
	q, err := queue.New(db, queue.Options{Sole: true, Logger: log})
	if err != nil {
		return nil, err
	}
	f := &factory{asked: asked}
	f.ctx = pg.OnWorker(actor.With(ctx, actor.Actor{Kind: actor.System, Role: actor.Owner, WorkspaceID: workspace}))
	f.Engine = flow.New(flow.Parts{DB: db, Queue: q, Gateway: f, Gate: f, Caller: f, Now: time.Now, Log: log})
	f.Register(flow.Agent{Name: "parent", Version: "parent/1", Program: f.parent})
	f.Register(flow.Agent{Name: "child", Version: "child/1", Program: func(r *flow.Run) (any, error) {
		return r.Act("child", approval.Action{Operation: "child"})
	}})
	return f, nil
}

// work works runs until ctx ends, and is the person who allows what they ask.
func (f *factory) work(ctx context.Context) error {
	if err := f.allow(); err != nil {
		return err
	}
	return f.Engine.Run(ctx)
}

// parent takes a step of each kind.
func (f *factory) parent(r *flow.Run) (any, error) {
	seen, err := flow.Load(r, "load", func(context.Context) (string, error) { return "seen", nil })
	if err != nil {
		return nil, err
	}
	first, err := r.Ask("first", agents.Definition{Name: "first"}, agents.Work{})
	if err != nil {
		return nil, err
	}
	if _, err := r.Act("act", approval.Action{Operation: "act"}); err != nil {
		return nil, err
	}
	if _, err := r.Store("store", func(ctx context.Context, tx *pg.Tx) (any, error) { return nil, f.leave(ctx, tx, "store") }); err != nil {
		return nil, err
	}
	if _, err := r.Child("child", flow.Start{Agent: "child"}); err != nil {
		return nil, err
	}
	ends, err := r.Await("child")
	if err != nil {
		return nil, err
	}
	if err := r.Sleep("timer", r.Now().Add(time.Millisecond)); err != nil {
		return nil, err
	}
	if _, err := r.Act("ask", approval.Action{Operation: "ask", Ask: true}); err != nil {
		return nil, err
	}
	second, err := r.Ask("second", agents.Definition{Name: "second"}, agents.Work{})
	if err != nil {
		return nil, err
	}
	return seen + " " + string(first.Output) + " " + ends[0].State + " " + string(second.Output), nil
}

func (f *factory) leave(ctx context.Context, tx *pg.Tx, what string) error {
	return event.Record(ctx, tx, event.Happened{Entity: "test", EntityID: id.New(), Kind: event.Created, Reason: what})
}

func (f *factory) Do(_ context.Context, r ai.Request) (ai.Response, error) {
	file, err := os.OpenFile(f.asked, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return ai.Response{}, err
	}
	_, err = file.WriteString(r.Task + "\n")
	return ai.Response{Output: json.RawMessage(`1`), Engine: "test", Usage: ai.Usage{InputTokens: 1, CostNano: 1}}, errorsJoin(err, file.Close())
}

func errorsJoin(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func (f *factory) Call(ctx context.Context, operation string, _ json.RawMessage) (json.RawMessage, error) {
	return nil, f.DB.Write(ctx, func(tx *pg.Tx) error { return f.leave(ctx, tx, operation) })
}

func (f *factory) Judge(_ context.Context, _ approval.Origin, a approval.Action) (approval.Judgement, error) {
	if a.Ask {
		return approval.Judgement{Verdict: approval.Asked}, nil
	}
	return approval.Judgement{Verdict: approval.Allowed}, nil
}

func (f *factory) Open(_ context.Context, tx *pg.Tx, o approval.Origin, a approval.Action, _ approval.Judgement) (string, error) {
	one := id.New()
	tx.Queue(`
		INSERT INTO approvals (workspace_id, id, run_id, step_key, requester, operation, args, hash, title, risk, state, expires_at)
		VALUES ($1, $2, $3, $4, '{}', $5, '{}', '', '', 0, 'pending', now() + interval '1 hour')`, tx.Workspace(), one, o.RunID, o.StepKey, a.Operation)
	tx.AfterCommit(func(context.Context) { go func() { _ = f.allow() }() })
	return one, nil
}

// allow decides what waits for a decision.
func (f *factory) allow() error {
	return f.DB.Write(f.ctx, func(tx *pg.Tx) error {
		runs, err := pg.Column[string](tx, `UPDATE approvals SET state = 'done', result = '{}' WHERE workspace_id = $1 AND state = 'pending' RETURNING run_id::text`, tx.Workspace())
		for _, run := range runs {
			err = errorsJoin(err, f.leave(f.ctx, tx, "allowed"))
			err = errorsJoin(err, f.Wake(f.ctx, tx, run))
		}
		return err
	})
}

func (f *factory) Outcome(tx *pg.Tx, one string) (approval.Outcome, error) {
	state, err := pg.Value[string](tx, `SELECT state FROM approvals WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), one)
	return approval.Outcome{State: approval.State(state)}, err
}

func (f *factory) Cancel(*pg.Tx, []string) {}

// await works until a run is over.
func (f *factory) await(t *testing.T, run string) {
	t.Helper()
	ctx, stop := context.WithCancel(f.ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- f.work(ctx) }()
	for tick := time.NewTicker(5 * time.Millisecond); ; <-tick.C {
		if state, _ := f.state(t, run); state != "queued" && state != "running" && state != "waiting" {
			tick.Stop()
			break
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

func (f *factory) state(t *testing.T, run string) (state, output string) {
	t.Helper()
	err := f.DB.Read(f.ctx, func(tx *pg.Tx) error {
		row, err := pg.One[struct{ State, Output string }](tx, `
			SELECT state, coalesce(output #>> '{}', '') || error AS output FROM agent_runs WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), run)
		state, output = row.State, row.Output
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return state, output
}

// inspect checks that nothing happened twice, and that what may have been paid
// twice is marked.
func (f *factory) inspect(t *testing.T, run, asked, where string) {
	t.Helper()
	state, output := f.state(t, run)
	if want := "seen 1 done 1"; state != "done" || output != want {
		t.Errorf("%s: the run is %s: %s; want it done: %s", where, state, output, want)
	}
	var effects []string
	var steps []struct {
		Open, Billed, Steps int
	}
	err := f.DB.Read(f.ctx, func(tx *pg.Tx) error {
		pg.LaterColumn(tx, &effects, `SELECT reason || ' ' || count(*) FROM events WHERE workspace_id = $1 AND entity = 'test' GROUP BY reason ORDER BY 1`, tx.Workspace())
		pg.Later(tx, &steps, `SELECT count(*) FILTER (WHERE state <> 'done') AS open, sum(maybe_billed)::int AS billed, count(*) AS steps FROM agent_steps WHERE workspace_id = $1`, tx.Workspace())
		return tx.Flush()
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(effects, ", "), "act 1, allowed 1, child 1, store 1"; got != want {
		t.Errorf("%s: effects %s; want %s", where, got, want)
	}
	b, err := os.ReadFile(asked)
	if err != nil {
		t.Fatal(err)
	}
	calls := strings.Count(string(b), "\n")
	if s := steps[0]; s.Open != 0 || s.Billed > 1 || calls > 2+s.Billed || s.Steps != 9 {
		t.Errorf("%s: %d steps, %d of them open, %d calls for two questions, %d marked as maybe billed; want 9, none, and a mark for each beyond two, one at most",
			where, s.Steps, s.Open, calls, s.Billed)
	}
}

// every has a process killed at each message, twice, which takes minutes.
var every = flag.Bool("every", false, "kill at every message to the database")

// A process is killed at messages that it sends to the database: before one
// leaves, or before its answer is read. With -every each boundary of a step is
// met, and each moment within one.
func TestAKilledProcessLeavesNothingTwiceAndNothingUndone(t *testing.T) {
	t.Parallel()
	db := pgtest.URL(t)
	home, err := pg.Open(t.Context(), pg.Config{URL: db, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(home.Close)
	kills, stride, least := 0, 4, 20
	if *every {
		stride, least = 1, 150
	}
	for n := 1; ; n += stride {
		killed := false
		for _, how := range []string{"unsent", "sent"} {
			if !*every && (n/stride%2 == 0) == (how == "sent") {
				continue
			}
			asked := filepath.Join(t.TempDir(), "asked")
			f, err := newFactory(t.Context(), db, pgtest.Workspace(t, home.Session()), asked)
			if err != nil {
				t.Fatal(err)
			}
			var run string
			if err := f.DB.Write(f.ctx, func(tx *pg.Tx) (err error) {
				run, err = f.Start(f.ctx, tx, flow.Start{Agent: "parent"})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			at := fmt.Sprintf("%d/%s", n, how)
			worker := exec.CommandContext(t.Context(), os.Args[0])
			worker.Env = append(os.Environ(), envURL+"="+db, envRun+"="+run, envAsked+"="+asked, envAt+"="+at, envPlace+"="+actor.Workspace(f.ctx))
			out, err := worker.CombinedOutput()
			if status, ok := worker.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
				killed = true
				kills++
			} else if err != nil {
				t.Fatalf("worker %s: %v: %s", at, err, out)
			}
			f.await(t, run)
			f.inspect(t, run, asked, "killed at message "+at)
			f.DB.Close()
		}
		if !killed {
			break
		}
	}
	t.Logf("%d processes were killed", kills)
	if kills < least {
		t.Errorf("only %d processes were killed, want at least %d for the nine steps", kills, least)
	}
}
