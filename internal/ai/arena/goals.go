package arena

import "fmt"

// Goals are what ours must reach in each scene, as ratios to its rivals.
type Goals struct {
	Behind     float64 // points of in-time share below any gateway
	P95        float64 // of the best gateway's
	PerRequest float64
	Dead       float64 // of the cooling gateway's
	Recovery   float64 // seconds, in the mean
	Slowest    float64 // until the call began that found a provider back, seconds
}

// Standard are the goals of the project.
func Standard() Goals {
	return Goals{Behind: 0.3, P95: 0.8, PerRequest: 1.12, Dead: 0.8, Recovery: 8, Slowest: 8}
}

// Misses lists what ours does not reach.
func (g Goals) Misses(results []Result) []string {
	var out []string
	miss := func(s Scene, format string, args ...any) {
		out = append(out, s.String()+": "+fmt.Sprintf(format, args...))
	}
	for _, r := range results {
		ours := last(results, r.Scene)
		a, b := ours.Sum(), r.Sum()
		switch {
		case r.Name == ours.Name:
			if a.Lost+a.Wrong > 0 {
				miss(r.Scene, "%d lost, %d wrong", a.Lost, a.Wrong)
			}
			if a.PerRequest > g.PerRequest {
				miss(r.Scene, "%.3f calls a request, want %.2f at most", a.PerRequest, g.PerRequest)
			}
			if a.Recovery > g.Recovery {
				miss(r.Scene, "recovery took %.1f s in the mean, want %.0f at most", a.Recovery, g.Recovery)
			}
			if a.Latest > g.Slowest {
				miss(r.Scene, "a provider that was back was found after %.1f s, want %.0f at most", a.Latest, g.Slowest)
			}
		case r.Gateway:
			if a.Share < b.Share-g.Behind {
				miss(r.Scene, "%.2f %% in time, %s has %.2f", a.Share, r.Name, b.Share)
			}
			if a.P95 > g.P95*b.P95 {
				miss(r.Scene, "p95 %.2f s, %s has %.2f", a.P95, r.Name, b.P95)
			}
			if r.Name == cooler && a.Dead > g.Dead*b.Dead {
				miss(r.Scene, "%.0f calls into the dead, %s makes %.0f", a.Dead, r.Name, b.Dead)
			}
		}
	}
	return out
}

// cooler is the rival with the fewest calls into the dead.
const cooler = "litellm-like"
