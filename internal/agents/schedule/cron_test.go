package schedule

import (
	"testing"
	"time"

	"rapport/internal/platform/problem"
)

func TestATimeComesUpOnceADayAlsoWhenClocksAreMoved(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, cron, zone, from, want string }{
		{"on a Monday", "0 7 * * 1", "Europe/Lisbon", "2026-06-03T12:00:00Z", "2026-06-08T06:00:00Z"},
		{"in spring, at a time that is skipped", "30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z"},
		{"in autumn, at a time that comes twice", "30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
		{"every quarter of an hour", "*/15 * * * *", "UTC", "2026-01-01T00:00:00Z", "2026-01-01T00:15:00Z"},
		{"on the 29th of February", "0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"},
	} {
		var f problem.Fields
		r := parse(c.cron, c.zone, &f)
		if err := f.Err(); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		from, _ := time.Parse(time.RFC3339, c.from)
		if got := r.next(from).Format(time.RFC3339); got != c.want {
			t.Errorf("%s: after %s comes %s, want %s", c.name, c.from, got, c.want)
		}
	}
}

func TestWhatNobodyMeansIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, cron, zone, pointer string }{
		{"each second", "* * * * * *", "UTC", "/cron"},
		{"each second in words", "@every 1s", "UTC", "/cron"},
		{"each minute", "* * * * *", "UTC", "/cron"},
		{"twice within five minutes", "0,4 * * * *", "UTC", "/cron"},
		{"twice within five minutes, over midnight", "58,1 * * * *", "UTC", "/cron"},
		{"never", "0 0 31 2 *", "UTC", "/cron"},
		{"no expression", "soon", "UTC", "/cron"},
		{"no zone", "0 7 * * *", "Middle/Earth", "/time_zone"},
		{"the zone of the machine", "0 7 * * *", "Local", "/time_zone"},
	} {
		var f problem.Fields
		parse(c.cron, c.zone, &f)
		if len(f) == 0 || f[0].Pointer != c.pointer {
			t.Errorf("%s: %v, want a fault of %s", c.name, f, c.pointer)
		}
	}
}

func FuzzCron(f *testing.F) {
	for _, seed := range []string{"0 7 * * 1", "*/5 * * * *", "@daily", "TZ=UTC 0 0 * * *", "60 24 * * 8", "1-2-3 * * * *", "* * * * MON-FRI/2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		var faults problem.Fields
		r := parse(expression, "Europe/Lisbon", &faults)
		if len(faults) > 0 {
			return
		}
		from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		if at := r.next(from); !at.After(from) {
			t.Errorf("%q: after %s comes %s", expression, from, at)
		}
	})
}
