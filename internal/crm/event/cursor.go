package event

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Cursor is a place in the feed: what its snapshot could see comes before it,
// everything else after. The zero Cursor is nowhere.
type Cursor struct {
	at       time.Time
	snapshot string // as PostgreSQL writes it: xmin:xmax:in progress
}

// String is the cursor as ParseCursor reads it.
func (c Cursor) String() string {
	if c.snapshot == "" {
		return ""
	}
	return strconv.FormatInt(c.at.Unix(), 36) + "." + c.snapshot
}

// ParseCursor reads what String wrote. It comes back from outside, so that
// PostgreSQL must never see one that it would not have written.
func ParseCursor(s string) (Cursor, bool) {
	age, snapshot, _ := strings.Cut(s, ".")
	at, err := strconv.ParseInt(age, 36, 64)
	if err != nil || len(s) > 2000 {
		return Cursor{}, false
	}
	parts := strings.Split(snapshot, ":")
	if len(parts) != 3 {
		return Cursor{}, false
	}
	xids := parts[:2]
	if parts[2] != "" {
		xids = append(slices.Clone(xids), strings.Split(parts[2], ",")...)
	}
	var n []uint64
	for _, x := range xids {
		v, err := strconv.ParseUint(x, 10, 62)
		if err != nil || v == 0 {
			return Cursor{}, false
		}
		n = append(n, v)
	}
	running := n[2:]
	if n[0] > n[1] || !slices.IsSorted(running) || len(running) > 0 && (running[0] < n[0] || running[len(running)-1] >= n[1]) {
		return Cursor{}, false
	}
	return Cursor{at: time.Unix(at, 0), snapshot: snapshot}, true
}

// kept is how long the feed holds a line; reading stops short of it, since the
// lines of one moment may go in any order.
const (
	kept     = 72 * time.Hour
	readable = kept - time.Hour
)

// over reports whether the feed may have forgotten what came after c.
func (c Cursor) over(now time.Time) bool {
	return c.snapshot == "" || now.Sub(c.at) > readable || c.at.Sub(now) > time.Hour
}
