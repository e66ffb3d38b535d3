package limit

import "time"

// Tier is a plan as far as limits are concerned.
type Tier struct {
	Name       string
	Concurrent int32
	Quotas     Quotas
}

// The tiers, the smallest first.
const (
	Free       = "FREE"
	Starter    = "STARTER"
	Pro        = "PRO"
	Enterprise = "ENTERPRISE"
)

// Tiers is the table of plans. An hour is sixty minutes at the same pace, a day
// ten such hours; after a pause, a quarter of both may be taken at once.
func Tiers() []Tier {
	return []Tier{
		{Free, 5, quotas(60, 30, 600)},
		{Starter, 10, quotas(300, 100, 10_000)},
		{Pro, 25, quotas(1200, 300, 60_000)},
		{Enterprise, 100, quotas(6000, 1000, 600_000)},
	}
}

// TierNames lists the tiers by name.
func TierNames() []string {
	var out []string
	for _, t := range Tiers() {
		out = append(out, t.Name)
	}
	return out
}

func quotas(minute, burst, ai int64) Quotas {
	return Quotas{
		Minute: {minute, burst, time.Minute},
		Hour:   {60 * minute, 15 * minute, time.Hour},
		Day:    {600 * minute, 150 * minute, 24 * time.Hour},
		AIDay:  {ai, ai / 2, 24 * time.Hour},
	}
}
