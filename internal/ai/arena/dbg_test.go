package arena

import (
	"context"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

type spy struct {
	o *ours
	w *world
	n *int
}

func (s spy) ask(ctx context.Context, q question, again bool) reply {
	began := time.Now()
	r := q.request()
	if again {
		return s.o.ask(ctx, q, again)
	}
	res, err := s.o.gateway.Do(ctx, r)
	for _, a := range res.Attempts {
		if a.RequestID != "" {
			k := string(a.Kind)
			if a.Hedge {
				k += " hedge"
			}
			if a.Repair {
				k += " repair"
			}
			stats[k]++
		}
	}
	if d := time.Since(began); !q.interactive && !again && (res.Degraded || res.Deferred != nil || err != nil) && q.ticket%9 == 0 && *s.n < 40 {
		*s.n++
		fmt.Printf("%v %s err %v degraded %v took %.1f up %v\n", q.at, q.class, err, res.Degraded, d.Seconds(), res.Upgrade)
		for _, a := range res.Attempts {
			fmt.Printf("   %s %s start %.1f took %.1f hedge %v %s %s waited %.1f\n", a.Engine, a.Model, a.StartedAt.Sub(began).Seconds(), a.Duration.Seconds(), a.Hedge, a.Kind, a.Error, a.Waited.Seconds())
		}
	}
	if err == nil && !res.Degraded && res.Deferred == nil {
		return reply{output: res.Output}
	}
	if res.Deferred != nil {
		return reply{after: res.Deferred.After}
	}
	return reply{after: max(res.Upgrade, time.Second)}
}

var stats = map[string]int{}

func TestDbg(t *testing.T) {
	if os.Getenv("DBG") == "" {
		t.Skip()
	}
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := Ours()
		d := Contender{Name: "spy", enter: func(w *world) contender { return spy{c.enter(w).(*ours), w, &n} }}
		_, err := Run(Setup{Seed: 2, Rate: 15, Fixed: os.Getenv("DBG") == "fixed", Scale: 1}, d)
		_ = err
		for k, v := range stats {
			fmt.Printf("%q %d, ", k, v)
		}
		fmt.Println()
	})
}
