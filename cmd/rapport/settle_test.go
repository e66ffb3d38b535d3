package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"rapport/internal/ai"
)

// number asks the database for one, as its owner.
func (o *outage) number(sql string) (n int64) {
	o.t.Helper()
	conn, err := pgx.Connect(o.t.Context(), o.URL())
	if err != nil {
		o.t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(o.t.Context(), sql).Scan(&n); err != nil {
		o.t.Fatal(err)
	}
	return n
}

// F53: the database goes while models answer. What they cost is booked once,
// when it is back.
func TestWhatWasAnsweredWhileTheDatabaseWasAwayIsPaidOnce(t *testing.T) {
	t.Parallel()
	played, env := vendors(t, 1)
	db := newOutage(t)
	s := newSite(t, append(env, "DATABASE_URL="+db.URL())...)
	s.account("Lumen")
	p := s.serve()
	place := p.workspace()
	question := func(n int) answer {
		return p.ask(p.key, "POST", place+"/ai/complete", strings.NewReader(fmt.Sprintf(`{"task":"ask","instruction":"Tell me about the number %d.","fresh":true}`, n)))
	}
	if a := question(0); a.status != 200 {
		t.Fatalf("before the outage: %d %s", a.status, a.body)
	}
	var asked sync.WaitGroup
	const many = 6
	for n := range many {
		asked.Go(func() { question(1 + n) })
	}
	under := func() (n int) {
		for _, m := range played.Manners() {
			n += m.Open
		}
		return n
	}
	eventually(t, "models are at work", func() bool { return under() >= many/2 })
	db.end()
	asked.Wait() // whatever their answers are
	eventually(t, "nobody is at work", func() bool { return under() == 0 })
	db.begin()
	p.ready()
	if a := question(many + 1); a.status != 200 {
		t.Errorf("after the outage: %d %s", a.status, a.body)
	}
	const spent = `SELECT coalesce(sum(spent_nano), 0)::bigint FROM ai_spend WHERE scope = 'workspace' AND period = 'day'`
	billed := played.Meter().Total()
	eventually(t, "all is booked", func() bool { return ai.Nano(db.number(spent)) >= billed })
	if code := p.stop(os.Interrupt); code != 0 {
		t.Errorf("exit %d, want 0", code)
	}
	if got := ai.Nano(db.number(spent)); got != billed {
		t.Errorf("%s is booked, the providers bill %s", got, billed)
	}
	if n := db.number(`SELECT (sum(reserved_nano) + (SELECT count(*) FROM ai_leases))::bigint FROM ai_spend`); n != 0 {
		t.Errorf("%d is still reserved", n)
	}
	t.Logf("the providers bill %s for %d calls, %s of it is of calls on record", billed, len(played.Meter().Lines()), ai.Nano(db.number(`SELECT coalesce(sum(cost_nano), 0)::bigint FROM ai_calls`)))
}
