package cache

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Look is a look at the log: all that was committed on Server before Snapshot,
// as PostgreSQL writes it (xmin:xmax:in progress), has been told of.
type Look struct {
	Began            time.Time
	Server, Snapshot string
}

// position is a Look that others can be compared with.
type position struct {
	Look
	min, max uint64
	running  []uint64 // sorted
}

// parse reads the snapshot of a look.
func parse(l Look) (p position, ok bool) {
	parts := strings.Split(l.Snapshot, ":")
	if len(parts) != 3 {
		return p, false
	}
	xids := parts[:2]
	if parts[2] != "" {
		xids = append(xids, strings.Split(parts[2], ",")...)
	}
	var n []uint64
	for _, x := range xids {
		v, err := strconv.ParseUint(x, 10, 64)
		if err != nil {
			return p, false
		}
		n = append(n, v)
	}
	return position{Look: l, min: n[0], max: n[1], running: n[2:]}, slices.IsSorted(n[2:])
}

// sees reports whether the transaction xid was committed, or given up, before p.
func (p *position) sees(xid uint64) bool {
	if xid < p.min {
		return true
	}
	if xid >= p.max {
		return false
	}
	_, running := slices.BinarySearch(p.running, xid)
	return !running
}

// includes reports whether p sees all that q sees.
func (p *position) includes(q *position) bool {
	if p.Server != q.Server || q.max > p.max {
		return false
	}
	return !slices.ContainsFunc(p.running, q.sees)
}
