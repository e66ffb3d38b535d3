package budget_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"rapport/internal/ai"
	"rapport/internal/ai/budget"
	"rapport/internal/ai/router"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/problem"
)

const day = 50 * ai.Dollar

var options = budget.Options{Daily: day, Monthly: 30 * day, Allowance: ai.Dollar / 10}

func open(t *testing.T) *pg.DB {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func tenant(t *testing.T, db *pg.DB) context.Context {
	t.Helper()
	return actor.With(t.Context(), actor.Actor{Kind: actor.User, Role: actor.Owner, UserID: id.New(), WorkspaceID: pgtest.Workspace(t, db.Session())})
}

// set gives the workspace, or one of its agents, a limit a day.
func set(t *testing.T, db *pg.DB, ctx context.Context, scope, subject string, daily ai.Nano) {
	t.Helper()
	err := db.Write(ctx, func(tx *pg.Tx) error {
		tx.Queue(`INSERT INTO ai_limits (workspace_id, scope, subject, daily_nano) VALUES ($1, $2, $3, $4)`, tx.Workspace(), scope, subject, daily)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

type money struct{ Spent, Reserved ai.Nano }

// spent reads what the workspace has spent and reserved today.
func spent(t *testing.T, db *pg.DB, ctx context.Context, scope, subject string) money {
	t.Helper()
	var m money
	err := db.Read(ctx, func(tx *pg.Tx) (err error) {
		m, err = pg.One[money](tx, `
			SELECT coalesce(sum(spent_nano), 0)::bigint AS spent, coalesce(sum(reserved_nano), 0)::bigint AS reserved FROM ai_spend
			WHERE workspace_id = $1 AND scope = $2 AND subject = $3 AND period = 'day'`, tx.Workspace(), scope, subject)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func cost(n ai.Nano) ai.Attempt {
	return ai.Attempt{Billed: ai.BilledYes, Usage: ai.Usage{CostNano: int64(n)}}
}

func hold(t *testing.T, p *budget.Purse, ctx context.Context, most ai.Nano) router.Hold {
	t.Helper()
	h, err := p.Hold(ctx, router.Spend{Max: most})
	if err != nil {
		t.Fatalf("Hold(%s) = %v", most, err)
	}
	return h
}

func TestWhatIsHeldIsReservedAndWhatIsSettledIsSpent(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx, p := tenant(t, db), budget.New(db, options)
	h := hold(t, p, ctx, 1000)
	if got := spent(t, db, ctx, "workspace", ""); got.Spent != 0 || got.Reserved < 1000 {
		t.Errorf("held: %+v; want at least 1000 reserved", got)
	}
	h.Settle(cost(300))
	h.Settle(cost(300))
	h.Release()
	if err := p.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if got := spent(t, db, ctx, "workspace", ""); got != (money{300, 0}) {
		t.Errorf("settled three times over: %+v; want 300 spent, once", got)
	}
}

func TestALeaseHoldsTheNextCallAndOneInAdvance(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx, p := tenant(t, db), budget.New(db, options)
	for range 50 {
		hold(t, p, ctx, 1000).Settle(cost(10))
	}
	if err := p.Account(ctx); err != nil {
		t.Fatal(err)
	}
	if got := spent(t, db, ctx, "workspace", ""); got.Spent != 500 || got.Reserved > 2000 {
		t.Errorf("after 50 calls: %+v; want 500 spent and at most two calls of 1000 reserved", got)
	}
}

func TestConcurrentCallsSpendExactlyTheLimit(t *testing.T) {
	t.Parallel()
	for _, durable := range []bool{true, false} {
		t.Run(fmt.Sprintf("durable %t", durable), func(t *testing.T) {
			t.Parallel()
			db := open(t)
			ctx := tenant(t, db)
			set(t, db, ctx, "workspace", "", 200*1000)
			o := options
			o.Durable = durable
			purses := []*budget.Purse{budget.New(db, o), budget.New(db, o)} // two processes
			var granted, refused atomic.Int64
			var wg sync.WaitGroup
			for i := range 16 {
				wg.Go(func() {
					for range 25 {
						h, err := purses[i%2].Hold(ctx, router.Spend{Max: 1000})
						if errors.Is(err, ai.ErrBudget) {
							refused.Add(1)
							continue
						}
						if err != nil {
							t.Errorf("Hold() = %v", err)
							return
						}
						granted.Add(1)
						h.Settle(cost(1000))
					}
				})
			}
			wg.Wait()
			for _, p := range purses {
				if err := p.Close(ctx); err != nil {
					t.Fatal(err)
				}
			}
			got := spent(t, db, ctx, "workspace", "")
			if got.Spent != ai.Nano(granted.Load())*1000 || got.Spent > 200*1000 || got.Reserved != 0 {
				t.Errorf("%d granted, %d refused, %+v; want what was granted, at most 200,000 and nothing reserved", granted.Load(), refused.Load(), got)
			}
			if durable && granted.Load() != 200 {
				t.Errorf("%d granted; want exactly 200", granted.Load())
			}
		})
	}
}

func TestASpentBudgetIsAProblemThatSaysWhoseAndUntilWhen(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx, p := tenant(t, db), budget.New(db, options)
	set(t, db, ctx, "workspace", "", 0)
	_, err := p.Hold(ctx, router.Spend{Max: 1, Interactive: true})
	got, ok := errors.AsType[*problem.Error](err)
	if !ok || !errors.Is(err, ai.ErrBudget) || got.Kind != problem.PaymentRequired || got.RetryAfter <= 0 {
		t.Fatalf("Hold() = %v; want a 402 with the time of the next period", err)
	}
	if _, err := p.Hold(ctx, router.Spend{Max: 0}); err != nil {
		t.Errorf("Hold() of a free call = %v; want none", err)
	}
}

func TestEachScopeHasItsLimit(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx, p := tenant(t, db), budget.New(db, options)
	set(t, db, ctx, "agent", "email.triage", 1500)
	spend := func(agent string) error {
		h, err := p.Hold(ctx, router.Spend{Max: 1000, Agent: agent})
		if err == nil {
			h.Settle(cost(1000))
		}
		return err
	}
	if err := errors.Join(spend("email.triage"), spend("contact")); err != nil {
		t.Fatal(err)
	}
	if err := spend("email.triage"); !errors.Is(err, ai.ErrBudget) {
		t.Errorf("second call of the agent: %v; want its budget spent", err)
	}
	if err := spend("contact"); err != nil {
		t.Errorf("another agent: %v; want it served", err)
	}
	if err := p.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if got := spent(t, db, ctx, "agent", "email.triage"); got != (money{1000, 0}) {
		t.Errorf("agent: %+v; want 1000 spent", got)
	}
}

func TestWorkspacesOfAnOrganizationShareItsLimit(t *testing.T) {
	t.Parallel()
	db := open(t)
	one, p := tenant(t, db), budget.New(db, options)
	other := id.New()
	_, err := db.Session().Exec(one, `INSERT INTO identity.workspaces (id, organization_id, slug, name)
		SELECT $1::uuid, organization_id, 'second-' || $1::text, 'Second' FROM identity.workspaces WHERE id = $2`, other, actor.Workspace(one))
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(one, func(tx *pg.Tx) error { tx.Queue(`SELECT ai.limit_organization(2500, NULL, true)`); return nil })
	if err != nil {
		t.Fatal(err)
	}
	two := actor.InWorkspace(one, other)
	hold(t, p, one, 1000).Settle(cost(1000))
	if err := p.Close(one); err != nil { // what it has in advance would count
		t.Fatal(err)
	}
	hold(t, p, two, 1000).Settle(cost(1000))
	if _, err := p.Hold(two, router.Spend{Max: 1000, Agent: "x"}); !errors.Is(err, ai.ErrBudget) {
		t.Errorf("third call: %v; want the organization's budget spent", err)
	}
}

func TestOneRunSpendsWhatARunMay(t *testing.T) {
	t.Parallel()
	db := open(t)
	o := options
	o.PerRun = 2500
	ctx, p := tenant(t, db), budget.New(db, o)
	for i := range 4 {
		h, err := p.Hold(ctx, router.Spend{Max: 1000, RunID: "r"})
		if (err == nil) != (i < 2) {
			t.Errorf("call %d of the run: %v", i+1, err)
		}
		if err == nil {
			h.Settle(cost(900))
		}
	}
	if _, err := p.Hold(ctx, router.Spend{Max: 1000, RunID: "s"}); err != nil {
		t.Errorf("another run: %v", err)
	}
}

func TestABandIsToldOnceAndOnlyCheapModelsRemain(t *testing.T) {
	t.Parallel()
	db := open(t)
	var bands []string
	o := options
	o.Durable = true
	o.Tell = func(_ context.Context, band string) { bands = append(bands, band) }
	ctx, p := tenant(t, db), budget.New(db, o)
	set(t, db, ctx, "workspace", "", 100)
	for i := range 10 {
		hold(t, p, ctx, 10).Settle(cost(10))
		if err := p.Account(ctx); err != nil {
			t.Fatal(err)
		}
		if got, want := p.Cheap(ctx), i == 9; got != want {
			t.Errorf("Cheap() after %d %% = %v", 10*(i+1), got)
		}
	}
	if _, err := p.Hold(ctx, router.Spend{Max: 10}); !errors.Is(err, ai.ErrBudget) {
		t.Errorf("Hold() above the limit = %v", err)
	}
	if got := fmt.Sprint(bands); got != "[warn soft hard]" {
		t.Errorf("told of %s; want each band once", got)
	}
}

func TestALeaseOfADeadProcessIsChargedOnce(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx, dead := tenant(t, db), budget.New(db, options)
	hold(t, dead, ctx, 1000) // and the process is gone
	expire := func() {
		if _, err := db.Session().Exec(ctx, `UPDATE ai_leases SET expires_at = now() - interval '1 second' WHERE workspace_id = $1`, actor.Workspace(ctx)); err != nil {
			t.Fatal(err)
		}
	}
	p := budget.New(db, options)
	if n, err := p.Sweep(ctx, false); n != 0 || err != nil {
		t.Errorf("Sweep() of a living lease = %d, %v", n, err)
	}
	expire()
	for i, want := range []int64{1, 0} {
		if n, err := p.Sweep(ctx, false); n != want || err != nil {
			t.Errorf("Sweep() %d = %d, %v; want %d", i+1, n, err, want)
		}
	}
	if got := spent(t, db, ctx, "workspace", ""); got != (money{2000, 0}) {
		t.Errorf("swept: %+v; want the call and the one in advance charged", got)
	}
}

func TestALeaseThatWasSweptTooEarlyIsNotChargedTwice(t *testing.T) {
	t.Parallel()
	db := open(t)
	ctx, slow := tenant(t, db), budget.New(db, options)
	h := hold(t, slow, ctx, 1000)
	if _, err := db.Session().Exec(ctx, `UPDATE ai_leases SET expires_at = now() - interval '1 second' WHERE workspace_id = $1`, actor.Workspace(ctx)); err != nil {
		t.Fatal(err)
	}
	if n, err := slow.Sweep(ctx, false); n != 1 || err != nil {
		t.Fatalf("Sweep() = %d, %v", n, err)
	}
	h.Settle(cost(400))
	if err := slow.Account(ctx); err != nil {
		t.Fatal(err)
	}
	hold(t, slow, ctx, 1000).Settle(cost(70)) // a new lease serves it
	if err := slow.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if got := spent(t, db, ctx, "workspace", ""); got != (money{2070, 0}) {
		t.Errorf("%+v; want 2000 for the swept lease and 70 for the call after it", got)
	}
}

func TestWhileTheDatabaseIsAwayPeopleHaveAnAllowance(t *testing.T) {
	t.Parallel()
	db := open(t)
	gone, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t)})
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	ctx, o := tenant(t, db), options
	o.Allowance = 1500
	p := budget.New(gone, o)
	if _, err := p.Hold(ctx, router.Spend{Max: 1000}); err == nil {
		t.Error("Hold() in the background = nil; want it refused")
	}
	h, err := p.Hold(ctx, router.Spend{Max: 1000, Interactive: true})
	if err != nil {
		t.Fatalf("Hold() for a person = %v; want the allowance", err)
	}
	if _, err := p.Hold(ctx, router.Spend{Max: 1000, Interactive: true}); err == nil {
		t.Error("Hold() above the allowance = nil; want it refused")
	}
	h.Settle(cost(300))
	if _, err := p.Hold(ctx, router.Spend{Max: 1000, Interactive: true}); err != nil {
		t.Errorf("Hold() after the first was settled = %v; want it within the allowance", err)
	}
}

func TestEveryHoldComesBack(t *testing.T) {
	t.Parallel()
	db := open(t)
	for seed := range uint64(10) {
		ctx, p := tenant(t, db), budget.New(db, options)
		r := rand.New(rand.NewPCG(seed, 1))
		var want ai.Nano
		var open []router.Hold
		end := func(h router.Hold) {
			switch r.IntN(3) {
			case 0:
				h.Release()
			case 1:
				n := ai.Nano(r.IntN(3000)) // more than it held, at times
				h.Settle(cost(n))
				want += n
			default:
				h.Settle(ai.Attempt{Billed: ai.BilledMaybe})
				want += 1000
			}
		}
		for range 60 {
			open = append(open, hold(t, p, ctx, 1000))
			if r.IntN(2) == 0 {
				end(open[0])
				open = open[1:]
			}
			if r.IntN(8) == 0 {
				if err := p.Account(ctx); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, h := range open {
			end(h)
		}
		if err := p.Close(ctx); err != nil {
			t.Fatal(err)
		}
		if got := spent(t, db, ctx, "workspace", ""); got != (money{want, 0}) {
			t.Errorf("seed %d: %+v; want %d spent and nothing reserved", seed, got, want)
		}
	}
}
