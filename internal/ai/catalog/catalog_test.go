package catalog_test

import (
	"strings"
	"testing"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestACostIsTheSumOfItsFiveTerms(t *testing.T) {
	t.Parallel()
	u := ai.Usage{InputTokens: 1000, OutputTokens: 200, CachedTokens: 5000, CacheWriteTokens: 300, CacheWriteLongTokens: 40, ThinkingTokens: 150}
	got, known := catalog.Default().Cost("anthropic", "claude-sonnet-5-5", u, day("2026-11-22"))
	if want := ai.Nano(1000*2000 + 200*10_000 + 5000*100 + 300*2500 + 40*4000); got != want || !known {
		t.Errorf("Cost() = %d, %v; want %d, known", got, known, want)
	}
}

func TestAPriceHoldsFromItsDayOn(t *testing.T) {
	t.Parallel()
	u := ai.Usage{InputTokens: 1000, OutputTokens: 1000}
	for at, want := range map[string]ai.Nano{"2026-11-30": 12_000_000, "2026-12-01": 24_000_000} {
		if got, known := catalog.Default().Cost("gemini", "gemini-4-argon", u, day(at)); got != want || !known {
			t.Errorf("Cost() on %s = %d, %v; want %d", at, got, known, want)
		}
	}
}

func TestALargePromptMakesTheWholeRequestDearer(t *testing.T) {
	t.Parallel()
	c := catalog.Default()
	small, _ := c.Cost("anthropic", "claude-haiku-5-5", ai.Usage{InputTokens: 60_000, CachedTokens: 40_000, OutputTokens: 10}, day("2026-11-22"))
	large, _ := c.Cost("anthropic", "claude-haiku-5-5", ai.Usage{InputTokens: 60_001, CachedTokens: 40_000, OutputTokens: 10}, day("2026-11-22"))
	if small != 60_000*100+40_000*10+10*500 || large != 60_001*500+40_000*50+10*2500 {
		t.Errorf("Cost() = %d at 100,000 tokens and %d above; want 6405000 and 32025500", small, large)
	}
}

func TestAnUnknownModelCostsTheMostAndSaysSo(t *testing.T) {
	t.Parallel()
	got, known := catalog.Default().Cost("anthropic", "claude-next", ai.Usage{OutputTokens: 1}, day("2026-11-22"))
	if got != 50_000 || known {
		t.Errorf("Cost() = %d, %v; want the dearest model's 50000, unknown", got, known)
	}
}

func TestAFeeIsAddedAndRoundedUp(t *testing.T) {
	t.Parallel()
	got, _ := catalog.Default().Cost("openrouter", "openai/gpt-6-luna", ai.Usage{InputTokens: 1}, day("2026-11-22"))
	if got != 106 { // 100 + 5.5 %
		t.Errorf("Cost() = %d, want 106", got)
	}
}

func TestOwnMachinesAreFree(t *testing.T) {
	t.Parallel()
	got, known := catalog.Default().Cost("compatible", "llama-local", ai.Usage{InputTokens: 1e6}, time.Now())
	if got != 0 || !known {
		t.Errorf("Cost() = %d, %v; want 0, known", got, known)
	}
}

func TestNoCallCostsMoreThanMost(t *testing.T) {
	t.Parallel()
	c, at := catalog.Default(), day("2026-11-22")
	for _, m := range c.Models {
		most, _ := c.Most(m.Provider, m.ID, 150_000, 4000, at)
		for _, u := range []ai.Usage{
			{InputTokens: 150_000, OutputTokens: 4000},
			{CacheWriteTokens: 100_000, InputTokens: 50_000, OutputTokens: 4000},
			{CachedTokens: 150_000, OutputTokens: 4000, ThinkingTokens: 4000},
		} {
			if got, _ := c.Cost(m.Provider, m.ID, u, at); got > most {
				t.Errorf("%s: %+v costs %d, more than Most() = %d", m.ID, u, got, most)
			}
		}
	}
}

func TestACatalogIsRefusedWithEachFault(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"as_of":"2026-11-22","providers":[],"models":[{"provider":"x","id":"m","family":"f","context":1,"max_output":1,"thinking":"none","schema":false,"tools":false,"source":"","prices":[{"from":"2026-01-01","input":1,"output":-1}]}]}`: "there is no provider",
		`{"models":[{"provider":"x","id":"","thinking":"deeply"}]}`: "thinking is none, adaptive",
		`{"as_of":"22 November"}`:                                   "parsing time",
		`{"as_of":"2026-11-22","price":3}`:                          "unknown field",
		`{"providers":[{"name":"p"}],"models":[{"provider":"p","id":"m","family":"f","context":1,"max_output":1,"thinking":"none","prices":[{"from":"2026-02-01","until":"2026-01-01"}]}]}`: "until a later one",
	} {
		if _, err := catalog.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%.60s…) = %v, want %q", text, err, want)
		}
	}
}
