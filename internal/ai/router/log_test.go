package router_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/ai/router"
)

func TestWaitsAndFailoversAreLoggedWithTheRealWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var lines bytes.Buffer
		o := options(&engine{name: "a", answer: fails(0, transient())}, &engine{name: "b", answer: fails(1, limited(3*time.Second))})
		o.Log = slog.New(slog.NewJSONHandler(&lines, nil))
		if _, err := router.New(o).Do(t.Context(), what()); err != nil {
			t.Fatal(err)
		}
		type line struct {
			Msg, Provider, Model, Kind string
			Attempt, Of                int
			Wait                       time.Duration
		}
		var got []line
		for d := json.NewDecoder(&lines); d.More(); {
			var l line
			if err := d.Decode(&l); err != nil {
				t.Fatal(err)
			}
			got = append(got, l)
		}
		want := []line{
			{"AI call failed, failing over", "b", "m", "transient", 2, 6, 0},
			{"AI call failed, waiting", "a", "m", "rate_limited", 3, 6, time.Second},
			{"AI call failed, failing over", "a", "m", "rate_limited", 3, 6, time.Second},
			{"AI call failed, waiting", "b", "m", "transient", 4, 6, 2 * time.Second},
			{"AI call failed, failing over", "b", "m", "transient", 4, 6, 2 * time.Second},
			{"AI call answered after several attempts", "b", "m", "", 4, 6, 0},
		}
		if len(got) != len(want) {
			t.Fatalf("%d lines, want %d: %+v", len(got), len(want), got)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("line %d: %+v, want %+v", i, got[i], want[i])
			}
		}
	})
}
