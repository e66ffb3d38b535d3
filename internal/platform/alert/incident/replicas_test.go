package incident_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/platform/alert"
	"rapport/internal/platform/alert/incident"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
)

// clock goes ten seconds for each look.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// replica is a process that watches over a shared database.
type replica struct {
	*incident.Watch
	traffic *traffic
	phone   *phone
	clock   *clock
	kill    func()
}

func newReplica(t *testing.T, db *pg.DB, p *phone) *replica {
	t.Helper()
	r := &replica{traffic: &traffic{}, phone: p, clock: &clock{at: time.Now()}}
	r.Watch = incident.NewWatch(db, incident.Options{Source: r.traffic, Channels: []incident.Channel{p}, Version: "1.0", Log: quiet(), Now: r.clock.now})
	ctx, stop := context.WithCancel(t.Context())
	wait := r.Deliver(ctx)
	r.kill = sync.OnceFunc(func() { stop(); wait() })
	t.Cleanup(r.kill)
	for range 10 { // it is no newcomer
		r.look(t)
	}
	return r
}

func (r *replica) look(t *testing.T) {
	t.Helper()
	r.clock.mu.Lock()
	r.clock.at = r.clock.at.Add(10 * time.Second)
	r.clock.mu.Unlock()
	r.Look(t.Context())
}

func open(t *testing.T, dsn string) *pg.DB {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: dsn, APIConns: 2, WorkConns: 3, AcquireTimeout: 500 * time.Millisecond, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// exec runs SQL as the superuser, in a database of the same server.
func exec(t *testing.T, dsn, database, sql string, args ...any) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	if database != "" {
		u.Path = "/" + database
	}
	conn, err := pgx.Connect(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func incidents(t *testing.T, db *pg.DB) []incident.Incident {
	t.Helper()
	list, err := incident.NewBook(db).Incidents(t.Context(), false, 50)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestTwoReplicasTellOnce(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.URL(t))
	p := &phone{name: "mail"}
	a, b := newReplica(t, db, p), newReplica(t, db, p)
	a.traffic.fail(0.02)
	b.traffic.fail(0.03)
	for range 6 {
		var wg sync.WaitGroup
		wg.Go(func() { a.look(t) })
		wg.Go(func() { b.look(t) })
		wg.Wait()
	}
	eventually(t, "somebody is told", func() bool { return len(p.kinds()) > 0 })
	list := incidents(t, db)
	if len(list) != 1 || list[0].Severity != alert.P1 || list[0].ResolvedAt != nil {
		t.Fatalf("the incidents are %+v, want one that goes on", list)
	}
	a.traffic.fail(0) // b still fails: what one finds is enough
	for range 6 {
		a.look(t)
		b.look(t)
	}
	if got := stateOf(a.Watch, "error_rate"); got != alert.Firing {
		t.Errorf("where one replica fails, the other says %s, want firing", got)
	}
	b.traffic.fail(0)
	for range 6 {
		a.look(t)
		b.look(t)
	}
	eventually(t, "the end is told", func() bool { return len(p.kinds()) > 1 })
	if got := p.kinds(); !slices.Equal(got, []incident.Kind{incident.Opened, incident.Resolved}) {
		t.Errorf("told %v, want each once", got)
	}
	i := incidents(t, db)[0]
	if i.NotifiedAt == nil || i.MitigatedAt == nil || i.ResolvedAt == nil || i.Rules[0].Value != 3 {
		t.Errorf("the incident is %+v; want all its times, and the worse value", i)
	}
	repair, err := incident.NewBook(db).Repairs(t.Context(), 30)
	if err != nil || repair.Incidents != 1 || repair.Resolve <= 0 {
		t.Errorf("Repairs() = %+v, %v; want a mean of one", repair, err)
	}
}

// The process that was to tell dies first: another does, after its lease.
func TestAnotherReplicaTellsWhatADeadOneCouldNot(t *testing.T) {
	t.Parallel()
	dsn := pgtest.URL(t)
	db := open(t, dsn)
	stuck, p := &phone{name: "mail", hold: make(chan struct{})}, &phone{name: "mail"}
	a, b := newReplica(t, db, stuck), newReplica(t, db, p)
	a.traffic.fail(0.02)
	a.look(t)
	eventually(t, "a has it in hand", func() bool { return a.Health().Channels[0].Waiting == 1 })
	a.kill()
	b.look(t)
	if got := p.kinds(); len(got) != 0 {
		t.Fatalf("told %v while the lease holds", got)
	}
	exec(t, dsn, "", `UPDATE alerts.notices SET lease_until = now() - interval '1 second'`)
	b.look(t)
	b.look(t)
	eventually(t, "b tells it", func() bool { return len(p.kinds()) == 1 })
	// a is not heard of any more: what it found no longer counts.
	exec(t, dsn, "", `UPDATE alerts.board SET state = replace(state::text, (state->'replicas'->id->>'seen'), to_char(now() - interval '1 hour', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))::jsonb
		FROM (SELECT key AS id FROM alerts.board, jsonb_each(state->'replicas') ORDER BY value->>'seen' LIMIT 1) oldest`)
	b.look(t)
	eventually(t, "b tells the end", func() bool {
		return slices.Equal(p.kinds(), []incident.Kind{incident.Opened, incident.Resolved})
	})
	if len(stuck.kinds()) != 0 {
		t.Errorf("the dead one told %v", stuck.kinds())
	}
}

// A process that has just begun knows nothing yet: it must not say that all is
// well.
func TestANewcomerEndsNoIncident(t *testing.T) {
	t.Parallel()
	dsn := pgtest.URL(t)
	db := open(t, dsn)
	p := &phone{name: "mail"}
	a := newReplica(t, db, p)
	a.traffic.fail(0.02)
	a.look(t)
	a.kill()
	exec(t, dsn, "", `UPDATE alerts.board SET state = jsonb_set(state, '{replicas}', '{}')`)
	b := &replica{traffic: &traffic{}, clock: &clock{at: time.Now()}}
	b.Watch = incident.NewWatch(db, incident.Options{Source: b.traffic, Version: "1.1", Log: quiet(), Now: b.clock.now})
	for range 3 {
		b.look(t)
		if list := incidents(t, db); len(list) != 1 || list[0].ResolvedAt != nil {
			t.Fatalf("the incidents are %+v, want one that goes on", list)
		}
	}
	for range 10 {
		b.look(t)
	}
	if list := incidents(t, db); len(list) != 1 || list[0].ResolvedAt == nil {
		t.Errorf("the incidents are %+v, want one that is over", list)
	}
	if r := b.Health().Release; r.Version != "1.1" || r.Before != "1.0" {
		t.Errorf("the release is %+v, want 1.1 after 1.0", r)
	}
}

func TestWithoutTheDatabaseAlertsGoOnAndAreWrittenLater(t *testing.T) {
	t.Parallel()
	dsn := pgtest.URL(t)
	db := open(t, dsn)
	p := &phone{name: "mail"}
	a := newReplica(t, db, p)
	name := dsn[strings.LastIndexByte(strings.SplitN(dsn, "?", 2)[0], '/')+1:]
	name, _, _ = strings.Cut(name, "?")
	exec(t, dsn, "postgres", `ALTER DATABASE `+name+` ALLOW_CONNECTIONS false`)
	exec(t, dsn, "postgres", `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name)
	a.traffic.fail(0.9)
	for range 3 {
		a.look(t)
	}
	eventually(t, "it is told without the database", func() bool { return len(p.kinds()) == 1 })
	if h := a.Health(); !h.Away {
		t.Errorf("its health is %+v, want that the database is away", h)
	}
	a.traffic.fail(0)
	for range 4 {
		a.look(t)
	}
	eventually(t, "its end is told, too", func() bool {
		return slices.Equal(p.kinds(), []incident.Kind{incident.Opened, incident.Resolved})
	})
	a.traffic.wait(400) // and this goes on when the database is back
	for range 8 {
		a.look(t)
	}
	eventually(t, "another topic is told", func() bool { return len(p.kinds()) == 3 })
	exec(t, dsn, "postgres", `ALTER DATABASE `+name+` ALLOW_CONNECTIONS true`)
	eventually(t, "the database is back", func() bool {
		a.look(t)
		return !a.Health().Away
	})
	var list []incident.Incident
	eventually(t, "connections are replaced", func() bool {
		var err error
		list, err = incident.NewBook(db).Incidents(t.Context(), false, 50)
		return err == nil
	})
	if len(list) != 2 {
		t.Fatalf("%d incidents are written down, want 2: %+v", len(list), list)
	}
	for _, i := range list {
		if i.NotifiedAt == nil || (i.Topic == "availability") != (i.ResolvedAt != nil) {
			t.Errorf("written down is %+v; want that it was told, and that of availability over", i)
		}
	}
	a.look(t)
	if got := p.kinds(); len(got) != 3 {
		t.Errorf("told %v, want nothing anew", got)
	}
}

func TestASilencedRuleTellsNobodyAndEndsWithTheSilence(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.URL(t))
	p := &phone{name: "mail"}
	a, book := newReplica(t, db, p), incident.NewBook(db)
	made, err := book.Silence(t.Context(), incident.Silence{ID: id.New(), Rule: "*", Kind: "maintenance", Reason: "A deploy.", StartsAt: time.Now().Add(-time.Minute), EndsAt: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	a.traffic.fail(0.02)
	a.look(t)
	if got := stateOf(a.Watch, "error_rate"); got != alert.Silenced || len(incidents(t, db)) != 0 {
		t.Errorf("in a silence it is %s with %d incidents, want silenced and none", got, len(incidents(t, db)))
	}
	if err := book.Unsilence(t.Context(), made.ID); err != nil {
		t.Fatal(err)
	}
	a.look(t)
	eventually(t, "it is told after the silence", func() bool { return slices.Equal(p.kinds(), []incident.Kind{incident.Opened}) })
}

func TestTheFirstToAcknowledgeIsKept(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.URL(t))
	p := &phone{name: "mail"}
	a, book := newReplica(t, db, p), incident.NewBook(db)
	a.traffic.fail(0.02)
	a.look(t)
	i := incidents(t, db)[0]
	for _, who := range []string{"first", "second"} {
		got, err := book.Acknowledge(t.Context(), i.ID, who)
		if err != nil || got.AcknowledgedBy != "first" || got.AcknowledgedAt == nil {
			t.Errorf("Acknowledge() by the %s = %+v, %v; want the first", who, got, err)
		}
	}
	a.traffic.fail(0.9) // graver: the incident is written again
	a.look(t)
	if got, err := book.Incident(t.Context(), i.ID); err != nil || got.AcknowledgedBy != "first" || got.Severity != alert.P0 {
		t.Errorf("afterwards it is %+v, %v; want P0, and acknowledged", got, err)
	}
	if _, err := book.Acknowledge(t.Context(), id.New(), "first"); err == nil {
		t.Error("an incident that there is not was acknowledged")
	}
}
