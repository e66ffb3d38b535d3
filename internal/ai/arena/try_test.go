package arena

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func env(k, d string) string {
	if v := os.Getenv(k); v != "" {
		return v
	}
	return d
}

func TestTry(t *testing.T) {
	if os.Getenv("TRY") == "" {
		t.Skip()
	}
	lo, _ := strconv.Atoi(env("LO", "1"))
	hi, _ := strconv.Atoi(env("HI", "3"))
	rate, _ := strconv.ParseFloat(env("RATE", "5"), 64)
	list := []Contender{Ours()}
	if os.Getenv("TRY") == "all" {
		list = append(Rivals()[2:], Ours())
	}
	for _, fixed := range strings.Fields(env("FIXED", "true false")) {
		for _, c := range list {
			var all []Figures
			var mu sync.Mutex
			byMin := map[int][]fateOf{}
			callsMin := map[int]int{}
			t.Run("x", func(t *testing.T) {
				for seed := lo; seed <= hi; seed++ {
					t.Run("y", func(t *testing.T) {
						t.Parallel()
						synctest.Test(t, func(t *testing.T) {
							var ww *world
							d := c
							d.enter = func(w *world) contender { ww = w; return c.enter(w) }
							f, err := Run(Setup{Seed: uint64(seed), Rate: rate, Fixed: fixed == "true", Scale: 1}, d)
							if err != nil {
								fmt.Println(len(err.Error()), err.Error()[:min(len(err.Error()), 1000)])
							}
							mu.Lock()
							defer mu.Unlock()
							all = append(all, f)
							for _, r := range ww.all {
								byMin[int(r.at/time.Minute)] = append(byMin[int(r.at/time.Minute)], r)
							}
							_ = callsMin
						})
					})
				}
			})
			n := float64(len(all))
			var share, ps, bg, p95, per, dead, cost float64
			var rec []time.Duration
			for _, f := range all {
				share += f.Share() / n
				ps += f.PersonsShare() / n
				bg += 100 * float64(f.InTime-f.PersonsInTime) / float64(f.Requests-f.Persons) / n
				p95 += f.P95().Seconds() / n
				per += f.PerRequest() / n
				dead += float64(f.Dead) / n
				cost += float64(f.Cost) / 1e9 / n
				rec = append(rec, f.Recovery...)
			}
			var sum time.Duration
			for _, r := range rec {
				sum += r
			}
			slices.Sort(rec)
			fmt.Printf("%-24s fixed=%-5s in time %.2f int %.2f bg %.2f p95 %.2f calls %.3f dead %.0f cost %.2f rec mean %.1f max %.1f n=%d\n", c.Name, fixed, share, ps, bg, p95, per, dead, cost, sum.Seconds()/float64(len(rec)), rec[len(rec)-1].Seconds(), len(rec))
			if os.Getenv("MIN") != "" {
				for m := range 28 {
					var any []time.Duration
					in, inP, nP := 0, 0, 0
					for _, r := range byMin[m] {
						ok := one(r.answered <= r.deadline())
						in += ok
						if r.interactive {
							nP++
							inP += ok
							any = append(any, r.any)
						}
					}
					slices.Sort(any)
					fmt.Printf("  min %2d in %.1f int %.1f p50 %.1f p90 %.1f p95 %.1f p99 %.1f\n", m, 100*ratio(in, len(byMin[m])), 100*ratio(inP, nP), any[len(any)/2].Seconds(), any[len(any)*9/10].Seconds(), any[len(any)*95/100].Seconds(), any[len(any)*99/100].Seconds())
				}
			}
		}
	}
}
