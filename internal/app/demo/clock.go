package demo

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// clock turns the relative times of the files into dates. It counts in working
// days, so that nobody writes on a Sunday and replies stay in order.
type clock struct{ now time.Time }

// at reads "1h10m", a time before now, or "12d 10:40", the local time of a
// working day before the present one.
func (c clock) at(ago string) (time.Time, error) {
	days, clockTime, ok := strings.Cut(ago, "d ")
	if !ok {
		d, err := time.ParseDuration(ago)
		if err != nil || d > 6*time.Hour {
			return time.Time{}, fmt.Errorf("time %q is neither 6h or less nor of the form 12d 10:40", ago)
		}
		return c.now.Add(-d), nil
	}
	n, err := strconv.Atoi(days)
	if err != nil || n < 1 {
		return time.Time{}, fmt.Errorf("time %q counts no working days", ago)
	}
	t, err := time.Parse("15:04", clockTime)
	if err != nil || t.Hour() >= 18 {
		return time.Time{}, fmt.Errorf("time %q names no time before 18:00", ago)
	}
	day := c.day(-n)
	return time.Date(day.Year(), day.Month(), day.Day(), t.Hour(), t.Minute(), 0, 0, day.Location()), nil
}

// day returns the n-th working day after today, or before if n is negative. On
// a weekend, today is the Friday.
func (c clock) day(n int) time.Time {
	t := c.now
	for !working(t) {
		t = t.AddDate(0, 0, -1)
	}
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	for n > 0 {
		if t = t.AddDate(0, 0, step); working(t) {
			n--
		}
	}
	return t
}

func working(t time.Time) bool { return t.Weekday() != time.Saturday && t.Weekday() != time.Sunday }
