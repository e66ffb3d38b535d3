package fault

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"rapport/internal/ai"
)

// How long a provider is left alone. Default is for a full window of which
// nobody says when it opens; Shortest stands for "at once"; Longest bounds what
// is believed of a hint, which a spent quota may exceed.
const (
	Default  = time.Minute
	Shortest = 100 * time.Millisecond
	Longest  = 24 * time.Hour
)

// rolling is how long a window of spending is left alone at least.
const rolling = 5 * time.Minute

// hint sets how long the provider wants to be left alone.
func hint(f *ai.Fault, e Evidence) {
	switch f.Kind {
	case ai.QuotaExhausted:
		if f.Wait > 0 {
			return // known from the quota
		}
	case ai.RateLimited, ai.Overloaded, ai.Transient:
	default:
		f.Wait, f.WaitFrom = 0, ""
		return
	}
	wait, from, ok := Hint(e)
	switch {
	case ok:
		f.Wait, f.WaitFrom = min(max(wait, Shortest), Longest), from
	case f.Kind == ai.RateLimited, f.Kind == ai.QuotaExhausted, e.Status == http.StatusTooManyRequests:
		f.Wait, f.WaitFrom = Default, "default"
	}
}

// Hint reads how long the provider asks to wait, and where it says so. A hint
// that is no sensible time counts as none.
func Hint(e Evidence) (wait time.Duration, from string, ok bool) {
	if v := e.Header.Get("Retry-After-Ms"); v != "" {
		if wait, ok = number(v, time.Millisecond); ok {
			return wait, "retry-after-ms", true
		}
	}
	if v := e.Header.Get("Retry-After"); v != "" {
		if wait, ok = seconds(v); ok {
			return wait, "retry-after", true
		}
		if wait, ok = until(v, e); ok {
			return wait, "retry-after-date", true
		}
	}
	if s := read(e); s.waits {
		return s.wait, "body", true
	}
	if e.Status == http.StatusTooManyRequests {
		if wait, ok = reset(e); ok {
			return wait, "reset-header", true
		}
	}
	return 0, "", false
}

// until is the time from the answer to the date, by the provider's own clock if
// the answer tells it.
func until(date string, e Evidence) (time.Duration, bool) {
	t, ok := parse(date)
	if !ok {
		return 0, false
	}
	wait := t.Sub(now(e))
	return wait, wait >= 0 && !now(e).IsZero()
}

// now is when the answer came, by the clock of the provider.
func now(e Evidence) time.Time {
	if t, ok := parse(e.Header.Get("Date")); ok {
		return t
	}
	return e.At
}

func parse(date string) (time.Time, bool) {
	date = strings.TrimSpace(date)
	if t, err := http.ParseTime(date); err == nil {
		return t, true
	}
	for _, layout := range []string{time.RFC1123, time.RFC1123Z, time.RFC3339} {
		if t, err := time.Parse(layout, date); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// windows are the names that providers count by.
var windows = []struct{ remaining, reset string }{
	{"Anthropic-Ratelimit-Requests-Remaining", "Anthropic-Ratelimit-Requests-Reset"},
	{"Anthropic-Ratelimit-Tokens-Remaining", "Anthropic-Ratelimit-Tokens-Reset"},
	{"Anthropic-Ratelimit-Input-Tokens-Remaining", "Anthropic-Ratelimit-Input-Tokens-Reset"},
	{"Anthropic-Ratelimit-Output-Tokens-Remaining", "Anthropic-Ratelimit-Output-Tokens-Reset"},
	{"X-Ratelimit-Remaining", "X-Ratelimit-Reset"},
	{"X-Ratelimit-Remaining-Requests", "X-Ratelimit-Reset-Requests"},
	{"X-Ratelimit-Remaining-Tokens", "X-Ratelimit-Reset-Tokens"},
}

// reset is when the last of the empty windows is full again; if none is said
// to be empty, when the first of all is.
func reset(e Evidence) (time.Duration, bool) {
	var empty, first time.Duration
	var anyEmpty, any bool
	for _, w := range windows {
		wait, ok := instant(e.Header.Get(w.reset), e)
		if !ok {
			continue
		}
		if strings.TrimSpace(e.Header.Get(w.remaining)) == "0" {
			empty, anyEmpty = max(empty, wait), true
		}
		if !any || wait < first {
			first, any = wait, true
		}
	}
	if anyEmpty {
		return empty, true
	}
	return first, any
}

// instant reads a time of reset: a date, seconds or milliseconds since 1970, a
// number of seconds, or a duration.
func instant(v string, e Evidence) (time.Duration, bool) {
	if v == "" {
		return 0, false
	}
	if wait, ok := until(v, e); ok {
		return wait, true
	}
	if n, err := strconv.ParseInt(v, 10, 64); err == nil {
		switch {
		case n > 1e12 && !now(e).IsZero():
			return since(time.UnixMilli(n), e)
		case n > 1e9 && n <= 1e12 && !now(e).IsZero():
			return since(time.Unix(n, 0), e)
		}
	}
	if wait, ok := seconds(v); ok {
		return wait, true
	}
	d, err := time.ParseDuration(v)
	return d, err == nil && d >= 0
}

func since(t time.Time, e Evidence) (time.Duration, bool) {
	wait := t.Sub(now(e))
	return wait, wait >= 0
}

// midnight is the time until the next one of the Pacific, when the daily
// quotas of Gemini begin anew.
func midnight(e Evidence) time.Duration {
	if now(e).IsZero() {
		return 0
	}
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil { // a machine without zones; the program brings them
		zone = time.FixedZone("PST", -8*60*60)
	}
	t := now(e).In(zone)
	return time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, zone).Sub(t)
}

// month is the time until the next one begins.
func month(e Evidence) time.Duration {
	if now(e).IsZero() {
		return 0
	}
	t := now(e).UTC()
	return time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC).Sub(t)
}
