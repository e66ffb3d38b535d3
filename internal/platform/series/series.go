// Package series keeps the metrics of the server over time: each ten seconds
// for a day and each five minutes for a month, in memory and in PostgreSQL, so
// that charts and burn rates need nothing else.
//
// A step keeps what changed in it and no more. Memory is bounded in bytes: in a
// time that is very busy the past becomes shorter, not the server larger.
package series

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"rapport/internal/platform/id"
	"rapport/internal/platform/metric"
	"rapport/internal/platform/pg"
)

const (
	fineStep, fineSpan     = 10, 24 * 60 * 60
	coarseStep, coarseSpan = 300, 30 * 24 * 60 * 60
	// most is how many bytes the frames of each may take.
	most = 6 << 20
)

// Series is the history of one process, with what others left in the database.
type Series struct {
	metrics *metric.Metrics
	db      *pg.DB // nil: nothing outlives the process
	log     *slog.Logger
	replica string

	mu           sync.RWMutex
	lines        map[string]*line
	numbered     []*line
	byName       map[string][]*line
	full         bool
	fine, coarse *ring
	five         map[uint32]int64 // of the five minutes under way
	fiveSlot     int64
	pending      []pending // not in the database yet

	saving sync.Mutex // one at a time writes and reads
	read   int64      // up to where the database was read
}

// pending is a frame that waits for the database.
type pending struct {
	step int64
	frame
}

// New returns the history of m, which is kept in db.
func New(m *metric.Metrics, db *pg.DB, log *slog.Logger) *Series {
	return &Series{metrics: m, db: db, log: log, replica: id.New(), lines: map[string]*line{}, byName: map[string][]*line{},
		fine: newRing(fineStep, fineSpan, most), coarse: newRing(coarseStep, coarseSpan, most), five: map[uint32]int64{}}
}

// saveEvery is how often the database is written and read.
const saveEvery = 5 * time.Minute

// Run looks at the metrics each ten seconds and saves them each five minutes,
// until ctx ends, and then once more. Whatever fails, it goes on.
func (s *Series) Run(ctx context.Context) error {
	tick, save := time.NewTicker(fineStep*time.Second), time.NewTicker(saveEvery)
	defer tick.Stop()
	defer save.Stop()
	saved := make(chan struct{}, 1)
	saved <- struct{}{}
	begin := func(ctx context.Context, work func(context.Context) error) {
		select {
		case <-saved:
		default:
			return // the last one is not over yet
		}
		go func() {
			defer func() { saved <- struct{}{} }()
			if err := work(ctx); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "the history of metrics is not in the database yet; it is kept", "error", err)
			}
		}()
	}
	begin(ctx, s.Load)
	for {
		select {
		case now := <-tick.C:
			s.Sample(now)
		case <-save.C:
			begin(ctx, s.Save)
		case <-ctx.Done():
			<-saved
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			s.Sample(time.Now())
			s.closeFive()
			if err := s.Save(last); err != nil {
				s.log.ErrorContext(last, "the last minutes of metrics are lost", "error", err)
			}
			return nil
		}
	}
}

// Sample takes note of what the metrics are now. A clock that jumps does no
// harm: what happened counts for the step that the clock says.
func (s *Series) Sample(now time.Time) {
	var points []metric.Point
	if err := s.metrics.Each(func(p metric.Point) { points = append(points, p) }); err != nil {
		s.log.Warn("some metrics cannot be read", "error", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sums := map[uint32]int64{}
	var values []value
	for _, p := range points {
		l := s.line(p)
		if l == nil {
			continue
		}
		values = l.step(p, values[:0])
		for _, v := range values {
			sums[v.part] += v.n
		}
	}
	f := frame{floor(now.Unix(), fineStep), encode(ordered(sums))}
	s.fine.put(f, s.gauge)
	s.keep(pending{fineStep, f})
	if slot := floor(now.Unix(), coarseStep); slot != s.fiveSlot {
		s.close()
		s.fiveSlot = slot
	}
	for part, n := range sums {
		if s.gauge(part) {
			if was, ok := s.five[part]; ok {
				n = max(n, was)
			}
			s.five[part] = n
			continue
		}
		s.five[part] += n
	}
}

// closeFive ends the five minutes under way.
func (s *Series) closeFive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.close()
}

func (s *Series) close() {
	if len(s.five) == 0 {
		return
	}
	f := frame{s.fiveSlot, encode(ordered(s.five))}
	s.coarse.put(f, s.gauge)
	s.keep(pending{coarseStep, f})
	clear(s.five)
}

// keep has a frame saved later. While the database is away for long the oldest
// are forgotten.
func (s *Series) keep(p pending) {
	const bound = fineSpan / fineStep
	if len(s.pending) >= bound {
		s.pending = append(s.pending[:0], s.pending[len(s.pending)-bound+bound/8:]...)
	}
	s.pending = append(s.pending, p)
}

// line is the line of a point; nil if there are too many.
func (s *Series) line(p metric.Point) *line {
	key := keyOf(p.Definition, p.Labels)
	if l := s.lines[key]; l != nil {
		return l
	}
	return s.add(p.Definition, p.Labels, key)
}

func (s *Series) add(d metric.Definition, labels []metric.Label, key string) *line {
	if len(s.numbered) >= maxLines {
		if !s.full {
			s.full = true
			s.log.Error("there are more metrics than the built-in history keeps; the newest are left out", "lines", maxLines)
		}
		return nil
	}
	l := newLine(d, labels, key, uint32(len(s.numbered)))
	s.lines[key] = l
	s.numbered = append(s.numbered, l)
	s.byName[d.Name] = append(s.byName[d.Name], l)
	return l
}

// gauge reports whether a part is of a gauge.
func (s *Series) gauge(part uint32) bool {
	n := part / parts
	return int(n) < len(s.numbered) && s.numbered[n].Kind == metric.Gauge
}
