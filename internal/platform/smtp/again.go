package smtp

import (
	"errors"
	"time"

	"rapport/internal/platform/problem"
)

// patience is how long a mail is tried that was refused for the time being.
const patience = 24 * time.Hour

// Again says when to try once more after so many attempts, the first of them
// at first: after 1, 5, 15 and 60 minutes, then hourly and later every four
// hours, until a day has passed.
func Again(attempts int, first, now time.Time) (at time.Time, ok bool) {
	waits := []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, time.Hour, time.Hour, 4 * time.Hour}
	at = now.Add(waits[min(max(attempts, 1), len(waits))-1])
	return at, at.Sub(first) <= patience
}

// Verdict is what an attempt comes to: accepted, uncertain, to be tried again
// at some time, or over, with the reason.
type Verdict struct {
	Accepted, Uncertain bool
	Again               time.Time // zero for never
	Reason              string
}

// What an attempt comes to, in one word.
const (
	Sent      = "sent"
	Failed    = "failed"
	Uncertain = "uncertain"
	Deferred  = "deferred" // it is tried again
)

// Outcome is the verdict in one word.
func (v Verdict) Outcome() string {
	switch {
	case v.Accepted:
		return Sent
	case v.Uncertain:
		return Uncertain
	case v.Again.IsZero():
		return Failed
	}
	return Deferred
}

// Judge tells what err of Deliver means for a mail that has been tried so many
// times, first at first. An error that is no Failure came before the final
// dot, so the mail was not accepted; it is tried again unless somebody has to mend
// something first.
func Judge(err error, attempts int, first, now time.Time) Verdict {
	if err == nil {
		return Verdict{Accepted: true}
	}
	v := Verdict{Reason: "Rapport could not send the mail; the server's log says why."}
	temporary := true
	if f, ok := errors.AsType[*Failure](err); ok {
		v.Reason, v.Uncertain, temporary = f.Error(), f.Uncertain, f.Temporary
	} else if p, ok := errors.AsType[*problem.Error](err); ok {
		v.Reason, temporary = p.Detail, p.Kind >= problem.Internal
	}
	if !v.Uncertain && temporary {
		if at, ok := Again(attempts, first, now); ok {
			v.Again = at
		}
	}
	return v
}
