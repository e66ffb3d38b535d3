package series

import (
	"encoding/binary"
	"math"
	"slices"
)

// value is what a part of a line did in one step: how much a counter grew, or
// how much a gauge was, in the units of the line.
type value struct {
	part uint32 // line × parts + which of the line's
	n    int64
}

// parts is how many parts a line may have: the buckets of a histogram and its
// sum.
const parts = 16

// encode writes the values of a step, which are in order of part: the distance
// to the part before, then the value. What did not change takes no room.
func encode(values []value) []byte {
	out := make([]byte, 0, 3*len(values))
	last := uint32(0)
	for _, v := range values {
		out = binary.AppendUvarint(out, uint64(v.part-last))
		out = binary.AppendVarint(out, v.n)
		last = v.part
	}
	return slices.Clip(out)
}

// each passes on the values of a frame, and reports whether it could be read to
// its end.
func each(frame []byte, f func(part uint32, n int64)) bool {
	part := uint64(0)
	for len(frame) > 0 {
		d, k := binary.Uvarint(frame)
		if k <= 0 {
			return false
		}
		n, l := binary.Varint(frame[k:])
		if part += d; l <= 0 || part > math.MaxUint32 {
			return false
		}
		f(uint32(part), n)
		frame = frame[k+l:]
	}
	return true
}

// merge is both frames in one: counters added up, of gauges the larger.
func merge(a, b []byte, gauge func(part uint32) bool) []byte {
	sums := map[uint32]int64{}
	add := func(part uint32, n int64) {
		if was, ok := sums[part]; ok && gauge(part) {
			n = max(n, was)
		} else if ok {
			n += was
		}
		sums[part] = n
	}
	each(a, add)
	each(b, add)
	return encode(ordered(sums))
}

func ordered(sums map[uint32]int64) []value {
	out := make([]value, 0, len(sums))
	for part, n := range sums {
		out = append(out, value{part, n})
	}
	slices.SortFunc(out, func(a, b value) int { return int(a.part) - int(b.part) })
	return out
}

// ring keeps a frame for each step of a span of time, and no more bytes than
// that: in a busy time the oldest go first.
type ring struct {
	step   int64 // seconds
	frames []frame
	bytes  int
	most   int
}

// frame is what happened in the step that began at slot × step.
type frame struct {
	slot int64
	data []byte // nil: nobody looked
}

func newRing(step, span int64, most int) *ring {
	return &ring{step: step, frames: make([]frame, span/step), most: most}
}

func (r *ring) at(slot int64) *frame {
	n := int64(len(r.frames))
	return &r.frames[((slot%n)+n)%n]
}

// put adds a frame to what is known of its step.
func (r *ring) put(f frame, gauge func(uint32) bool) {
	here := r.at(f.slot)
	if here.data != nil && here.slot == f.slot {
		f.data = merge(here.data, f.data, gauge)
	}
	if f.data == nil {
		f.data = []byte{}
	}
	r.bytes += len(f.data) - len(here.data)
	*here = f
	if r.bytes > r.most {
		r.shed()
	}
}

// shed forgets the oldest frames until an eighth is free.
func (r *ring) shed() {
	var slots []int64
	for _, f := range r.frames {
		if f.data != nil {
			slots = append(slots, f.slot)
		}
	}
	slices.Sort(slots)
	for _, s := range slots {
		if r.bytes <= r.most-r.most/8 {
			return
		}
		f := r.at(s)
		r.bytes -= len(f.data)
		*f = frame{}
	}
}

// scan passes on the frames of the steps that begin from from to before to, in
// seconds.
func (r *ring) scan(from, to int64, f func(frame)) {
	first, last := floor(from+r.step-1, r.step), floor(to-1, r.step)
	if span := int64(len(r.frames)); last-first >= span {
		first = last - span + 1
	}
	for slot := first; slot <= last; slot++ {
		if x := r.at(slot); x.data != nil && x.slot == slot {
			f(*x)
		}
	}
}

func floor(t, step int64) int64 {
	if t < 0 {
		return (t - step + 1) / step
	}
	return t / step
}
