package schedule

import (
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"rapport/internal/platform/problem"
)

// least is how far apart two runs of a schedule are.
const least = 5 * time.Minute

// rhythm is a cron expression in a time zone.
type rhythm struct {
	spec cron.Schedule
	zone *time.Location
}

// parse reads five fields or one of @hourly, @daily, @weekly, @monthly, and
// adds what is wrong to f.
func parse(expression, zone string, f *problem.Fields) rhythm {
	loc, err := time.LoadLocation(zone)
	f.Check(err == nil && zone != "" && zone != "Local", "/time_zone", "format", "Name a time zone such as Europe/Lisbon.")
	spec, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor).Parse(expression)
	f.Check(err == nil && !strings.Contains(expression, "TZ="), "/cron", "format", "Write five fields, minute hour day month weekday, such as 0 7 * * 1 for Mondays at 07:00.")
	if f.Err() != nil {
		return rhythm{}
	}
	r := rhythm{spec, loc}
	f.Check(r.sane(time.Now()), "/cron", "range", "A schedule runs every 5 minutes at most, and some time within the next years.")
	return r
}

// next is when the schedule comes up after t. A time that the clock skips in
// spring is left out that day; one that it shows twice in autumn comes up once.
func (r rhythm) next(t time.Time) time.Time {
	at := r.spec.Next(t.In(r.zone))
	if before := t.In(r.zone); !at.IsZero() && sameClock(before, at) && at.Sub(before) <= 2*time.Hour {
		at = r.spec.Next(at)
	}
	return at.UTC()
}

// sameClock reports whether two times show the same on the wall.
func sameClock(a, b time.Time) bool {
	const wall = "2006-01-02 15:04"
	return a.Format(wall) == b.Format(wall)
}

// sane looks at a day and more of firings.
func (r rhythm) sane(from time.Time) bool {
	at := r.next(from)
	for range 300 {
		if at.IsZero() {
			return false
		}
		then := r.next(at)
		if !then.IsZero() && then.Sub(at) < least {
			return false
		}
		at = then
		if at.Sub(from) > 25*time.Hour {
			break
		}
	}
	return true
}
