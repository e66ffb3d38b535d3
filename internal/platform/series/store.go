package series

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"

	"rapport/internal/platform/pg"
)

// Load reads what this and other processes have kept.
func (s *Series) Load(ctx context.Context) error {
	if s.db == nil {
		return nil
	}
	s.saving.Lock()
	defer s.saving.Unlock()
	return s.catchUp(pg.OnWorker(ctx))
}

// Save writes what is not in the database yet, and reads what other processes
// wrote. What fails is kept for the next time.
func (s *Series) Save(ctx context.Context) error {
	if s.db == nil {
		return nil
	}
	ctx = pg.OnWorker(ctx)
	s.saving.Lock()
	defer s.saving.Unlock()
	if err := s.catchUp(ctx); err != nil {
		return err
	}
	s.mu.RLock()
	waiting := slices.Clone(s.pending)
	s.mu.RUnlock()
	if len(waiting) == 0 {
		return nil
	}
	if err := s.name(ctx, waiting); err != nil {
		return err
	}
	if err := s.write(ctx, waiting); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	last := waiting[len(waiting)-1]
	if i := slices.IndexFunc(s.pending, func(p pending) bool { return p.slot == last.slot && p.step == last.step && same(p.data, last.data) }); i >= 0 {
		s.pending = slices.Delete(s.pending, 0, i+1)
	}
	return nil
}

// same reports whether a and b are one slice.
func same(a, b []byte) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

type named struct {
	ID  int32
	Key string
}

// name gives each line that waits a number in the database.
func (s *Series) name(ctx context.Context, waiting []pending) error {
	missing := map[string]bool{}
	s.mu.RLock()
	for _, p := range waiting {
		each(p.data, func(part uint32, _ int64) {
			if l := s.numbered[part/parts]; l.stored == 0 {
				missing[l.key] = true
			}
		})
	}
	s.mu.RUnlock()
	if len(missing) == 0 {
		return nil
	}
	keys := make([]string, 0, len(missing))
	for k := range missing {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var found []named
	err := s.db.Global(ctx, func(tx *pg.Tx) error {
		tx.Queue(`INSERT INTO telemetry.series_lines (key) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING`, keys)
		pg.Later(tx, &found, `SELECT id, key FROM telemetry.series_lines WHERE key = ANY ($1)`, keys)
		return tx.Flush()
	})
	if err != nil {
		return fmt.Errorf("name the lines of the history: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range found {
		if l := s.lines[n.Key]; l != nil {
			l.stored = n.ID
		}
	}
	return nil
}

// write stores frames, those of each kind of step in one row, and drops what is
// too old.
func (s *Series) write(ctx context.Context, waiting []pending) error {
	rows := map[int64][]byte{}
	first := map[int64]int64{}
	s.mu.RLock()
	for _, p := range waiting {
		if _, ok := first[p.step]; !ok {
			first[p.step] = p.slot * p.step
		}
		data := s.outward(p.data)
		row := binary.AppendVarint(rows[p.step], p.slot)
		rows[p.step] = append(binary.AppendUvarint(row, uint64(len(data))), data...)
	}
	s.mu.RUnlock()
	return s.db.Global(ctx, func(tx *pg.Tx) error {
		for step, frames := range rows {
			tx.Queue(`INSERT INTO telemetry.series (replica, step, at, frames) VALUES ($1::uuid, $2, to_timestamp($3::double precision), $4)`, s.replica, step, first[step], frames)
		}
		tx.Queue(`DELETE FROM telemetry.series WHERE step = $1 AND at < now() - make_interval(secs => $2)`, fineStep, fineSpan)
		tx.Queue(`DELETE FROM telemetry.series WHERE step = $1 AND at < now() - make_interval(secs => $2)`, coarseStep, coarseSpan)
		return nil
	})
}

// outward is a frame with the numbers of the database.
func (s *Series) outward(data []byte) []byte {
	var values []value
	each(data, func(part uint32, n int64) {
		if l := s.numbered[part/parts]; l.stored > 0 {
			values = append(values, value{uint32(l.stored)*parts + part%parts, n})
		}
	})
	slices.SortFunc(values, func(a, b value) int { return int(a.part) - int(b.part) })
	return encode(values)
}

type stored struct {
	ID     int64
	Step   int32
	Frames []byte
}

// page bounds what is read at once.
const page = 500

// catchUp adds what other processes have written since it was looked at last. A
// row that cannot be read is left out.
func (s *Series) catchUp(ctx context.Context) error {
	var names map[uint32]*line
	for {
		var rows []stored
		var found []named
		err := s.db.Global(ctx, func(tx *pg.Tx) error {
			pg.Later(tx, &rows, `
				SELECT id, step, frames FROM telemetry.series
				WHERE id > $1 AND replica <> $2::uuid ORDER BY id LIMIT $3`, s.read, s.replica, page)
			pg.Later(tx, &found, `SELECT id, key FROM telemetry.series_lines WHERE $1`, names == nil)
			return tx.Flush()
		})
		if err != nil {
			return fmt.Errorf("read the history of metrics: %w", err)
		}
		if names == nil {
			names = s.learn(found)
		}
		for _, r := range rows {
			s.inward(r, names)
			s.read = r.ID
		}
		if len(rows) < page {
			return nil
		}
	}
}

// learn makes the lines that are in the database, as far as this release knows
// their metrics.
func (s *Series) learn(found []named) map[uint32]*line {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[uint32]*line, len(found))
	for _, n := range found {
		l := s.lines[n.Key]
		if l == nil {
			if d, labels, ok := parseKey(n.Key); ok {
				l = s.add(d, labels, n.Key)
			}
		}
		if l != nil {
			l.stored = n.ID
			out[uint32(n.ID)] = l
		}
	}
	return out
}

// inward adds the frames of a row.
func (s *Series) inward(r stored, names map[uint32]*line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	to := s.fine
	if r.Step == coarseStep {
		to = s.coarse
	}
	rest := r.Frames
	for len(rest) > 0 {
		slot, k := binary.Varint(rest)
		if k <= 0 {
			return
		}
		size, l := binary.Uvarint(rest[k:])
		if l <= 0 || uint64(len(rest)-k-l) < size {
			return
		}
		data := rest[k+l:][:size]
		rest = rest[k+l+int(size):]
		sums := map[uint32]int64{}
		each(data, func(part uint32, n int64) {
			if l := names[part/parts]; l != nil {
				sums[l.number*parts+part%parts] += n
			}
		})
		s.arrive(to, frame{slot, encode(ordered(sums))})
	}
}

// arrive adds a frame of another process, unless it is older than what stands
// in its place.
func (s *Series) arrive(to *ring, f frame) {
	if here := to.at(f.slot); here.data != nil && here.slot > f.slot {
		return
	}
	to.put(f, s.gauge)
}
