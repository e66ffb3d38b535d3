package console

import (
	"testing"
	"time"

	"rapport/internal/ai/policy"
)

func TestTheForecastSaysWhatItGoesBy(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) // 10.5 days are left
	day := func(d int) *time.Time { at := time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC); return &at }
	for name, c := range map[string]struct {
		of   spending
		want Forecast
	}{
		"nothing before today": {spending{SpentNano: 50}, Forecast{Month: 50, Coverage: "none"}},
		"since yesterday":      {spending{SpentNano: 50, FirstDay: day(19), LastWeek: 40, Active: 1}, Forecast{Month: 470, PerDay: 40, Days: 1, Coverage: "partial"}},
		"a week with a rest":   {spending{SpentNano: 500, FirstDay: day(1), LastWeek: 140, Active: 5}, Forecast{Month: 710, PerDay: 20, Days: 7, Quiet: 2, Coverage: "full"}},
		"a week of nothing":    {spending{SpentNano: 500, FirstDay: day(1)}, Forecast{Month: 500, Days: 7, Quiet: 7, Coverage: "full"}},
	} {
		if got := forecast(c.of, noon); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestADriftIsToldOfEnoughAnswersOnly(t *testing.T) {
	t.Parallel()
	p := &policy.Policy{Targets: map[string]float64{"gemini": 20, "openrouter": 70, "anthropic": 10}}
	for answers, want := range map[int64]bool{10: true, 9: false} { // doubled: 20 and 18
		var c Costs
		c.share([]consumed{{"openrouter", answers, 100, 10}, {"gemini", answers, 100, 30}, {"rules", 500, 0, 0}}, p)
		if len(c.Shares) != 3 || c.Shares[0].Provider != "gemini" || c.Shares[0].ByCalls != 50 || c.Shares[0].ByMoney != 75 || c.Shares[2].ByCalls != 0 || c.Local != 500 {
			t.Fatalf("the shares are %+v", c)
		}
		for _, s := range c.Shares {
			if got := s.Drifts; got != want {
				t.Errorf("of %d answers, %s drifts: %v, want %v", 2*answers, s.Provider, got, want)
			}
		}
	}
}

func TestBandsOfABudget(t *testing.T) {
	t.Parallel()
	hundred, nothing := int64(100), int64(0)
	for _, c := range []struct {
		used int64
		most *int64
		want string
	}{{1000, nil, "ok"}, {79, &hundred, "ok"}, {80, &hundred, "warn"}, {95, &hundred, "soft"}, {100, &hundred, "hard"}, {0, &nothing, "hard"}} {
		if got := band(c.used, c.most, 80); got != c.want {
			t.Errorf("band(%d) = %s, want %s", c.used, got, c.want)
		}
	}
}
