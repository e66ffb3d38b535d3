package traffic

import "time"

// quality is how many of the last answers were of use.
type quality struct {
	unfitBits uint64
	n         int
	until     time.Time
}

const judged = 50

func (q *quality) note(unfit bool, now time.Time, p Profile) {
	q.unfitBits = q.unfitBits << 1 & (1<<judged - 1)
	if unfit {
		q.unfitBits |= 1
	}
	if q.n++; q.n < judged {
		return
	}
	bad := 0
	for b := q.unfitBits; b != 0; b &= b - 1 {
		bad++
	}
	if float64(bad) > p.Unfit*judged {
		*q = quality{until: now.Add(p.UnfitFor)}
	}
}

func (q *quality) unfit(now time.Time) bool { return now.Before(q.until) }
