package arena

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestTry(t *testing.T) {
	for _, fixed := range []bool{true, false} {
		for _, c := range append(Rivals(), Ours()) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				_ = began
				f, err := Run(Setup{Seed: 1, Rate: 5, Fixed: fixed, Scale: 1}, c)
				if err != nil {
					fmt.Println(len(err.Error()), err.Error()[:min(len(err.Error()), 1000)])
				}
				fmt.Printf("%-26s n=%d in time %.2f int %.2f bg %.2f p95 %.2f calls %.3f dead %d lost %d wrong %d cost %v rec %v sure %d unsure %d over %v\n", c.Name, f.Requests, f.Share(), f.PersonsShare(), 100*float64(f.InTime-f.PersonsInTime)/float64(f.Requests-f.Persons), f.P95().Seconds(), f.PerRequest(), f.Dead, f.Lost, f.Wrong, f.Cost, f.Recovery, f.Sure, f.Unsure, f.Over)
			})
		}
	}
}
