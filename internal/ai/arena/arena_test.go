package arena_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"rapport/internal/ai/arena"
)

// host plays jobs in bubbles, two at a time.
func host(t *testing.T) arena.Host {
	return func(jobs []func()) {
		t.Run("runs", func(t *testing.T) {
			for i, job := range jobs {
				t.Run(fmt.Sprint(i), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(*testing.T) { job() })
				})
			}
		})
	}
}

func gateways() []arena.Contender {
	var out []arena.Contender
	for _, c := range arena.Rivals() {
		if c.Gateway {
			out = append(out, c)
		}
	}
	return append(out, arena.Ours())
}

// The lead over the rivals is what the router is for. A few short schedules
// show it; the whole comparison is rapport bench ai.
func TestOursKeepsItsLead(t *testing.T) {
	t.Parallel()
	b := arena.Bench{Contenders: gateways(), Scenes: []arena.Scene{{Fixed: true, Rate: 5}, {Rate: 5}}, Seeds: []uint64{2001, 2002, 2003, 2004}, Scale: 0.5}
	results, err := b.Run(host(t))
	if err != nil {
		t.Error(err)
	}
	goals := arena.Standard()
	goals.PerRequest, goals.Slowest = 1.15, 12 // of few calls and few outages
	for _, miss := range goals.Misses(results) {
		t.Error(miss)
	}
	if t.Failed() {
		var table strings.Builder
		_ = arena.Write(&table, results)
		t.Log(table.String())
	}
}

// At 15 a second two providers cannot take over what the third leaves, which is
// slow for minutes in this schedule, and then down. Who makes six calls where we
// make one answers more jobs in time, so only what persons wait for is held to
// the goal.
func TestPersonsWaitLessWhereCapacityIsShort(t *testing.T) {
	t.Parallel()
	var soonest []arena.Contender
	for _, c := range gateways() {
		if c.Name != "bifrost-like, 3 retries" { // a person waits 12 s for it
			soonest = append(soonest, c)
		}
	}
	b := arena.Bench{Contenders: soonest, Scenes: []arena.Scene{{Rate: 15}}, Seeds: []uint64{2004}, Scale: 0.5}
	results, err := b.Run(host(t))
	if err != nil {
		t.Error(err)
	}
	goals := arena.Standard()
	goals.Behind, goals.PerRequest = 15, 1.2
	for _, miss := range goals.Misses(results) {
		t.Error(miss)
	}
}

func TestNothingIsLostWrongOrLeftOverInTwoHundredSchedules(t *testing.T) {
	t.Parallel()
	b := arena.Bench{Contenders: []arena.Contender{arena.Ours()}, Scenes: []arena.Scene{{Rate: 5}}, Scale: 0.03}
	for seed := range uint64(200) {
		b.Seeds = append(b.Seeds, 10_000+seed)
	}
	results, err := b.Run(host(t))
	if err != nil {
		t.Error(err) // permits, holds, attempts and money
	}
	calls := 0
	for i, f := range results[0].Runs {
		if f.Lost != 0 || f.Wrong != 0 {
			t.Errorf("seed %d: %d lost, %d wrong, want none", b.Seeds[i], f.Lost, f.Wrong)
		}
		calls += f.Sure
	}
	if calls < 10_000 {
		t.Errorf("%d calls were booked as metered, want 10,000 or more", calls)
	}
}

func TestEveryPolicyIsCaredForAlike(t *testing.T) {
	t.Parallel()
	b := arena.Bench{Contenders: append(arena.Rivals(), arena.Ours()), Scenes: []arena.Scene{{Rate: 5}}, Seeds: []uint64{2004}, Scale: 0.1}
	results, err := b.Run(host(t))
	if err != nil {
		t.Error(err)
	}
	for _, r := range results {
		f := r.Runs[0]
		if f.Lost != 0 || f.Wrong != 0 || f.Requests != results[0].Runs[0].Requests || f.Requests < 500 || len(f.Any) != f.Persons {
			t.Errorf("%s: %d requests, %d lost, %d wrong, %d of %d persons answered; want the same requests, all cared for", r.Name, f.Requests, f.Lost, f.Wrong, len(f.Any), f.Persons)
		}
	}
}

func TestTheSameSeedIsTheSameSchedule(t *testing.T) {
	t.Parallel()
	a, b := fmt.Sprint(arena.Random(7, 1)), fmt.Sprint(arena.Random(7, 1))
	if a != b || a == fmt.Sprint(arena.Random(8, 1)) {
		t.Errorf("Random(7) = %s, then %s; want the same, and another for 8", a, b)
	}
}

func TestWhatWasTunedOnIsNotReported(t *testing.T) {
	t.Parallel()
	for _, seed := range arena.Fresh() {
		if slices.Contains(arena.Tuning(), seed) {
			t.Errorf("seed %d is of the tuning and of the report", seed)
		}
	}
}
