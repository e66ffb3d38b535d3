package lane_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"rapport/internal/agents/lane"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
)

// yard is a database with lanes, and workspaces by name.
type yard struct {
	*lane.Lanes
	db    *pg.DB
	names map[string]string
}

func newYard(t *testing.T, o lane.Options) *yard {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.URL(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	o.Logger = slog.New(slog.DiscardHandler)
	return &yard{Lanes: lane.New(db, o), db: db, names: map[string]string{}}
}

// put queues n runs of a workspace and returns their ids.
func (y *yard) put(t *testing.T, workspace string, n int, e lane.Entry) []string {
	t.Helper()
	if y.names[workspace] == "" {
		y.names[workspace] = id.New()
	}
	ctx := actor.With(t.Context(), actor.Actor{Kind: actor.System, WorkspaceID: y.names[workspace]})
	var ids []string
	err := y.db.Write(ctx, func(tx *pg.Tx) error {
		for range n {
			own := e
			if own.RunID == "" {
				own.RunID = id.New()
			}
			ids = append(ids, own.RunID)
			y.Put(tx, own)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// take claims a run and says whose it is.
func (y *yard) take(t *testing.T) (lane.Claim, string) {
	t.Helper()
	c, err := y.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c == nil {
		return lane.Claim{}, ""
	}
	for name, id := range y.names {
		if id == c.Workspace {
			return *c, name
		}
	}
	return *c, "?"
}

func (y *yard) in(t *testing.T, f func(*pg.Tx)) {
	t.Helper()
	if err := y.db.Global(t.Context(), func(tx *pg.Tx) error { f(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}

func TestWorkspacesTakeTurns(t *testing.T) {
	t.Parallel()
	y := newYard(t, lane.Options{PerWorkspace: 100, PerAgent: 100})
	y.put(t, "flood", 50, lane.Entry{})
	for range 10 {
		y.take(t)
	}
	y.put(t, "late", 3, lane.Entry{})
	y.put(t, "last", 3, lane.Entry{})
	got := map[string]int{}
	for range 9 {
		_, who := y.take(t)
		got[who]++
	}
	if got["late"] != 3 || got["last"] != 3 {
		t.Errorf("of nine turns %v; want three each for all who want them", got)
	}
}

func TestWhatAPersonWaitsForIsNotBehindTheBulkOfItsWorkspace(t *testing.T) {
	t.Parallel()
	y := newYard(t, lane.Options{PerWorkspace: 100, PerAgent: 100})
	y.put(t, "a", 20, lane.Entry{Priority: 2})
	want := y.put(t, "a", 1, lane.Entry{Priority: 0})[0]
	if c, _ := y.take(t); c.RunID != want {
		t.Error("a bulk run was taken before the one that a person waits for")
	}
}

func TestOnlySoManyOfAWorkspaceAndOfAnAgentAreInHand(t *testing.T) {
	t.Parallel()
	y := newYard(t, lane.Options{PerWorkspace: 3, PerAgent: 2})
	y.put(t, "a", 5, lane.Entry{Agent: "email"})
	y.put(t, "a", 5, lane.Entry{Agent: "contact"})
	var held []lane.Claim
	for {
		c, _ := y.take(t)
		if c.RunID == "" {
			break
		}
		held = append(held, c)
	}
	if len(held) != 3 {
		t.Fatalf("%d runs are in hand, want 3: two of one agent, one of the other", len(held))
	}
	y.in(t, func(tx *pg.Tx) { y.Leave(tx, held[0]) })
	if _, who := y.take(t); who != "a" {
		t.Error("a run that ended did not make room for another")
	}
}

func TestARunComesWhenItIsDue(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	y := newYard(t, lane.Options{Now: func() time.Time { return now }})
	y.put(t, "a", 1, lane.Entry{Due: now.Add(time.Hour)})
	if _, who := y.take(t); who != "" {
		t.Error("a run was taken before it was due")
	}
	now = now.Add(time.Hour)
	c, who := y.take(t)
	if who != "a" {
		t.Fatal("a run that is due was not taken")
	}
	y.in(t, func(tx *pg.Tx) { y.Later(tx, c, now.Add(time.Minute)) })
	if _, who := y.take(t); who != "" {
		t.Error("a run was taken before it was due again")
	}
}

func TestARunThatIsPutWhileInHandComesAgain(t *testing.T) {
	t.Parallel()
	y := newYard(t, lane.Options{})
	run := y.put(t, "a", 1, lane.Entry{})[0]
	first, _ := y.take(t)
	y.put(t, "a", 1, lane.Entry{RunID: run})
	if _, who := y.take(t); who != "" {
		t.Fatal("a run is in hand twice")
	}
	y.in(t, func(tx *pg.Tx) { y.Leave(tx, first) })
	second, _ := y.take(t)
	if second.RunID != run {
		t.Fatal("a run that was put while it was in hand is lost")
	}
	y.in(t, func(tx *pg.Tx) { y.Leave(tx, first) }) // which is nobody's any more
	y.in(t, func(tx *pg.Tx) { y.Leave(tx, second) })
	if _, who := y.take(t); who != "" {
		t.Error("a run that was left comes again")
	}
}

func TestRunsOfADeadProcessAreTakenAgain(t *testing.T) {
	t.Parallel()
	y := newYard(t, lane.Options{})
	run := y.put(t, "a", 1, lane.Entry{})[0]
	y.take(t)
	other := lane.New(y.db, lane.Options{Logger: slog.New(slog.DiscardHandler)})
	if err := other.Beat(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c, err := other.Take(t.Context()); c != nil || err != nil {
		t.Fatalf("Take() = %v, %v; want nothing while the lease lasts", c, err)
	}
	y.in(t, func(tx *pg.Tx) { tx.Queue(`UPDATE agent_lanes SET until = now() - interval '1 second'`) })
	if err := other.Beat(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c, err := other.Take(t.Context()); err != nil || c == nil || c.RunID != run {
		t.Errorf("Take() = %v, %v; want the run whose lease has lapsed", c, err)
	}
}

// ledger counts what is done with each run.
type ledger struct {
	sync.Mutex
	done map[string]int
	all  chan struct{}
	want int
}

func (l *ledger) note(run string) {
	l.Lock()
	defer l.Unlock()
	l.done[run]++
	if len(l.done) == l.want {
		close(l.all)
		l.want = 0
	}
}

func TestTwoProcessesWorkEachRunOnce(t *testing.T) {
	t.Parallel()
	y := newYard(t, lane.Options{PerWorkspace: 4})
	var runs []string
	for _, w := range []string{"a", "b", "c"} {
		runs = append(runs, y.put(t, w, 30, lane.Entry{})...)
	}
	books := &ledger{done: map[string]int{}, all: make(chan struct{}), want: len(runs)}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var both sync.WaitGroup
	for _, l := range []*lane.Lanes{y.Lanes, lane.New(y.db, lane.Options{Logger: slog.New(slog.DiscardHandler)})} {
		both.Go(func() {
			err := l.Run(ctx, func(ctx context.Context, c lane.Claim) error {
				err := y.db.Global(ctx, func(tx *pg.Tx) error { l.Leave(tx, c); return nil })
				books.note(c.RunID)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	<-books.all
	cancel()
	both.Wait()
	for run, n := range books.done {
		if n != 1 || !slices.Contains(runs, run) {
			t.Errorf("run %s was worked %d times, want once", run, n)
		}
	}
}

func TestACancelledRunIsInterruptedAndARunOfAStoppedProcessGivenBack(t *testing.T) {
	t.Parallel()
	y := newYard(t, lane.Options{})
	runs := y.put(t, "a", 2, lane.Entry{})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	began, causes, ended := make(chan struct{}, 2), make(chan error, 2), make(chan error, 1)
	go func() {
		ended <- y.Run(ctx, func(ctx context.Context, c lane.Claim) error {
			began <- struct{}{}
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return ctx.Err()
		})
	}()
	<-began
	<-began
	y.in(t, func(tx *pg.Tx) { y.Cancel(tx, runs[:1]) })
	if got := <-causes; !errors.Is(got, lane.ErrCancelled) {
		t.Errorf("the cancelled run ended with %v, want ErrCancelled", got)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	var held int
	if err := y.db.Session().QueryRow(t.Context(), `SELECT count(*) FROM agent_lanes WHERE lease IS NOT NULL`).Scan(&held); err != nil || held != 0 {
		t.Errorf("%d leases are left behind, %v; want none", held, err)
	}
}

// With ten thousand runs waiting, most of them of one workspace, the others are
// served as if it were not there.
func TestAFloodingWorkspaceKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	y := newYard(t, lane.Options{PerWorkspace: 4})
	y.put(t, "flood", 2000, lane.Entry{Agent: "a"})
	var names []string
	for i := range 19 {
		names = append(names, string(rune('b'+i)))
		y.put(t, names[i], 5, lane.Entry{Agent: "a"})
	}
	left, turns := 19*5, 0
	for ; left > 0; turns++ {
		c, who := y.take(t)
		if who != "flood" {
			left--
		}
		y.in(t, func(tx *pg.Tx) { y.Leave(tx, c) })
	}
	if turns > 19*5+6 {
		t.Errorf("the others' 95 runs took %d turns; want at most 101: one more for each round", turns)
	}
}
