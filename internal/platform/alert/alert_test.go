package alert_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"rapport/internal/platform/alert"
)

// scene is traffic over virtual time, sampled every ten seconds and looked at as
// often, some seconds later.
type scene struct {
	*virtual
	r       *rand.Rand
	eval    *alert.Evaluator
	now     time.Time
	seconds int
	phase   int

	rate   func(second int) float64 // requests a second
	failed float64                  // share
	slower float64                  // seconds
	fired  map[string][]int         // the seconds at which a rule began to fire
	ended  map[string][]int
	state  map[string]alert.State
}

func newScene(seed uint64, rate float64) *scene {
	v := newVirtual()
	return &scene{virtual: v, r: rand.New(rand.NewPCG(seed, 1)), eval: alert.NewEvaluator(alert.Rules(), v), now: time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC),
		rate: func(int) float64 { return rate }, failed: 0.0003, phase: int(seed % 10),
		fired: map[string][]int{}, ended: map[string][]int{}, state: map[string]alert.State{}}
}

// run lets seconds pass.
func (s *scene) run(seconds int) {
	for range seconds {
		for range poisson(s.r, s.rate(s.seconds)) {
			took := 0.015 * math.Exp(0.8*s.r.NormFloat64()) // p95 at 56 ms
			if s.r.Float64() < 0.003 {
				took += 0.6 // a pause of the collector, a cold page
			}
			s.request(s.r.Float64() < s.failed, took+s.slower)
		}
		s.seconds++
		s.now = s.now.Add(time.Second)
		if s.seconds%10 == 0 {
			s.sample()
		}
		if s.seconds%10 == s.phase {
			s.look()
		}
	}
}

func (s *scene) look() {
	for rule, v := range s.eval.Pass(s.now) {
		if v.State == alert.Firing && s.state[rule] != alert.Firing {
			s.fired[rule] = append(s.fired[rule], s.seconds)
		}
		if v.State != alert.Firing && s.state[rule] == alert.Firing {
			s.ended[rule] = append(s.ended[rule], s.seconds)
		}
		s.state[rule] = v.State
	}
}

func TestOnePercentOfErrorsFiresWithinThirtySeconds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		s := newScene(seed, 100)
		s.run(600 + int(seed*7%10)) // at any point between two samples
		if len(s.fired) > 0 {
			t.Fatalf("seed %d: %v fired before", seed, s.fired)
		}
		began := s.seconds
		s.failed = 0.01
		s.run(90)
		repaired := s.seconds
		s.failed = 0.0003
		s.run(300)
		check(t, s, seed, "error_rate", began, 30, repaired, 120)
	}
}

func TestHalfASecondMoreFiresWithinAMinute(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		s := newScene(seed, 30)
		s.run(600 + int(seed*7%10))
		began := s.seconds
		s.slower = 0.5
		s.run(120)
		repaired := s.seconds
		s.slower = 0
		s.run(300)
		check(t, s, seed, "latency_p95", began, 60, repaired, 120)
	}
}

func check(t *testing.T, s *scene, seed uint64, rule string, began, soon, repaired, over int) {
	t.Helper()
	if len(s.fired[rule]) != 1 || s.fired[rule][0]-began > soon {
		t.Errorf("seed %d: %s fired at %v, want once within %d s after %d", seed, rule, s.fired[rule], soon, began)
	}
	if len(s.ended[rule]) != 1 || s.ended[rule][0] <= repaired || s.ended[rule][0]-repaired > over {
		t.Errorf("seed %d: %s ended at %v, want once within %d s after %d", seed, rule, s.ended[rule], over, repaired)
	}
	for other, at := range s.fired {
		if len(s.ended[other]) != len(at) {
			t.Errorf("seed %d: %s fires still", seed, other)
		}
	}
}

// A long failure: the budget burns, too, and that ends soon after it is mended.
func TestABudgetThatBurnsFastFiresAndEnds(t *testing.T) {
	t.Parallel()
	s := newScene(3, 20)
	s.run(3 * 3600)
	began := s.seconds
	s.failed = 0.2
	s.run(900)
	repaired := s.seconds
	s.failed = 0.0003
	s.run(600)
	check(t, s, 3, "error_rate", began, 30, repaired, 120)
	const rule = "availability_burn_fast"
	if len(s.fired[rule]) != 1 || len(s.ended[rule]) != 1 || s.ended[rule][0]-repaired > 120 {
		t.Errorf("%s fired at %v and ended at %v, want once each, and the end within 120 s after %d", rule, s.fired[rule], s.ended[rule], repaired)
	}
}

// A day as it is: much by day, next to nothing by night, a failure in three
// thousand, now and then a slow answer.
func TestNormalNoiseWakesNobody(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		s := newScene(seed, 0)
		s.rate = func(second int) float64 {
			hour := float64(second) / 3600
			return 0.05 + 12*math.Pow(math.Sin(math.Pi*hour/24), 4)
		}
		s.gauges = map[string]float64{"db_server_connections": 17, "queue_oldest_seconds": 4, "disk_free_ratio": 0.4, "ai_spend_ratio": 0.3, "mailboxes": 0, "ai_provider_closed": 0}
		s.run(24 * 3600)
		if len(s.fired) > 0 {
			t.Errorf("seed %d: fired %v, want nothing in 24 hours", seed, s.fired)
		}
	}
}

func TestALoneFailureAtNightPagesNobody(t *testing.T) {
	t.Parallel()
	s := newScene(1, 0.02)
	s.failed = 0
	s.run(6 * 3600)
	for range 3 { // one every twenty minutes, of some thirty requests
		s.request(true, 0.02)
		s.run(1200)
	}
	if len(s.fired) > 0 {
		t.Errorf("fired %v, want nothing", s.fired)
	}
	for range 6 { // and this is no accident any more
		s.request(true, 0.02)
		s.run(60)
	}
	if len(s.fired["error_rate"]) != 1 {
		t.Errorf("fired %v, want error_rate once", s.fired)
	}
}

// What a clock does must not count as time in which something was broken, nor
// as time in which it was mended.
func TestAClockThatJumpsNeitherFiresNorResolves(t *testing.T) {
	t.Parallel()
	v := newVirtual()
	e := alert.NewEvaluator(alert.Rules(), v)
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	pass := func(step time.Duration) alert.State {
		now = now.Add(step)
		return e.Pass(now)["queue_age"].State
	}
	v.gauges["queue_oldest_seconds"] = 10
	pass(0)
	v.gauges["queue_oldest_seconds"] = 400
	for _, c := range []struct {
		step time.Duration
		want alert.State
	}{{10 * time.Second, alert.Pending}, {24 * time.Hour, alert.Pending}, {-48 * time.Hour, alert.Pending}, {10 * time.Second, alert.Pending}, {10 * time.Second, alert.Pending}, {10 * time.Second, alert.Firing}} {
		if got := pass(c.step); got != c.want {
			t.Errorf("broken, after %v: %s, want %s", c.step, got, c.want)
		}
	}
	v.gauges["queue_oldest_seconds"] = 10
	for _, c := range []struct {
		step time.Duration
		want alert.State
	}{{10 * time.Second, alert.Firing}, {24 * time.Hour, alert.Firing}, {-48 * time.Hour, alert.Firing}, {10 * time.Second, alert.Firing}, {10 * time.Second, alert.Firing}, {10 * time.Second, alert.OK}} {
		if got := pass(c.step); got != c.want {
			t.Errorf("mended, after %v: %s, want %s", c.step, got, c.want)
		}
	}
}

func TestWithoutMeasurementsNothingFires(t *testing.T) {
	t.Parallel()
	e := alert.NewEvaluator(alert.Rules(), nothing{})
	for rule, v := range e.Pass(time.Now()) {
		if v.State != alert.NoData {
			t.Errorf("%s is %s, want no_data", rule, v.State)
		}
	}
}

// Each gauge has a value at which its rule fires, and one at which it does not.
func TestGaugesFireBeyondTheirThresholds(t *testing.T) {
	t.Parallel()
	for rule, c := range map[string]struct {
		metric    string
		well, ill float64
	}{
		"connections": {"db_server_connections", 40, 41}, "queue_age": {"queue_oldest_seconds", 300, 301}, "disk": {"disk_free_ratio", 0.1, 0.09},
		"certificate": {"certificate_expiry_days", 14, 13}, "ai_spend": {"ai_spend_ratio", 0.79, 0.8}, "provider_closed": {"ai_provider_closed", 0, 1},
		"mailbox_failing": {"mailboxes", 0, 1},
	} {
		v := newVirtual()
		e := alert.NewEvaluator(alert.Rules(), v)
		now := time.Now()
		after := func(value float64) (s alert.State) {
			v.gauges[c.metric] = value
			for range 95 {
				now = now.Add(10 * time.Second)
				s = e.Pass(now)[rule].State
			}
			return s
		}
		if got := []alert.State{after(c.well), after(c.ill), after(c.well)}; !slices.Equal(got, []alert.State{alert.OK, alert.Firing, alert.OK}) {
			t.Errorf("%s at %v, %v, %v is %v", rule, c.well, c.ill, c.well, got)
		}
	}
}

func TestCountersFireWhenTheyGrow(t *testing.T) {
	t.Parallel()
	v := newVirtual()
	e := alert.NewEvaluator(alert.Rules(), v)
	now := time.Now()
	state := map[string]alert.Verdict{}
	for i := range 200 {
		if i == 100 {
			v.now.schedules++
		}
		v.now.hits += 60
		v.now.misses += 40
		v.sample()
		now = now.Add(10 * time.Second)
		state = e.Pass(now)
		if i == 99 && state["schedule_missed"].State != alert.OK || i == 101 && state["schedule_missed"].State != alert.Firing {
			t.Errorf("look %d: schedule_missed is %s", i, state["schedule_missed"].State)
		}
	}
	if got := state["cache_hits"]; got.State != alert.Firing || math.Abs(got.Value-60) > 0.01 {
		t.Errorf("cache_hits = %+v, want firing at 60 %%", got)
	}
}
