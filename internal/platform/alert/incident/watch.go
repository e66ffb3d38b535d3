package incident

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"rapport/internal/platform/alert"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Options are what a Watch needs besides the database.
type Options struct {
	Source   alert.Source
	Channels []Channel
	Version  string
	// URL is where people reach Rapport: its certificate is looked at.
	URL string
	// Every is how often it looks; ten seconds unless given.
	Every time.Duration
	// Beat tells somebody outside that we look; nil for nobody. It is called once
	// a minute while looks succeed.
	Beat func(context.Context) error
	// Evidence finds traces and a profile of what goes wrong now; nil for none.
	Evidence func() (traces []string, profile string)
	Log      *slog.Logger
	Now      func() time.Time
}

// Watch looks at the rules, keeps incidents and tells people. Several processes
// may watch over one database; each incident is told of once.
type Watch struct {
	Options
	rules     []alert.Rule
	gauges    *gauges
	evaluator *alert.Evaluator
	book      *Book // nil: nothing is written down
	me        string
	log       *slog.Logger
	now       func() time.Time
	began     time.Time
	desks     []*desk

	mu            sync.Mutex
	board         *Board
	silences      []Silence
	unwritten     map[string]*Incident
	watched, down time.Duration
	away          bool
	looked        time.Time
}

// NewWatch returns one over the book of db; with nil it keeps everything in
// memory.
func NewWatch(db *pg.DB, o Options) *Watch {
	w := &Watch{Options: o, rules: alert.Rules(), me: id.New(), log: o.Log, now: o.Now, board: &Board{}, unwritten: map[string]*Incident{}}
	if w.Every == 0 {
		w.Every = 10 * time.Second
	}
	if db != nil {
		w.book = NewBook(db)
	}
	w.gauges = &gauges{Source: o.Source, values: map[string]float64{}}
	w.evaluator = alert.NewEvaluator(w.rules, w.gauges)
	w.board.prepare()
	for _, c := range o.Channels {
		w.desks = append(w.desks, newDesk(c, w))
	}
	return w
}

// Set gives the value of a gauge that the source does not know.
func (w *Watch) Set(name string, value float64) { w.gauges.set(name, value) }

// Source is what the rules look at: that of the options, and what Set gave.
func (w *Watch) Source() alert.Source { return w.gauges }

// Run looks until ctx ends.
func (w *Watch) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	for _, d := range w.desks {
		wg.Go(func() { d.run(ctx) })
	}
	defer wg.Wait()
	if w.Beat != nil {
		wg.Go(func() { w.beat(ctx) })
	}
	wg.Go(func() { w.certificates(ctx) })
	w.began = w.now()
	if !w.align(ctx) {
		return nil
	}
	tick := time.NewTicker(w.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			w.pass(ctx)
		}
	}
}

// align waits until a second after a whole ten of them, when measurements have
// just been taken, and reports whether ctx goes on.
func (w *Watch) align(ctx context.Context) bool {
	now := w.now()
	next := now.Truncate(w.Every).Add(w.Every / 10)
	if !next.After(now) {
		next = next.Add(w.Every)
	}
	wait := time.NewTimer(next.Sub(now))
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-wait.C:
		w.pass(ctx)
		return true
	}
}

// pass looks once. Without the database, everything goes on from what is known
// here, and is written down later.
func (w *Watch) pass(ctx context.Context) {
	now := w.now()
	r := report{at: now, me: w.me, age: now.Sub(w.began), version: w.Version, verdicts: w.evaluator.Pass(now), evidence: w.Evidence}
	notices, err := w.attend(ctx, r)
	w.mu.Lock()
	if err != nil {
		if !w.away && w.book != nil {
			w.log.ErrorContext(ctx, "the database is away; alerts go on without it", "error", err)
		}
		w.away = true
		notices = w.alone(r)
	}
	w.looked = now
	w.mu.Unlock()
	for _, p := range notices {
		for _, d := range w.desks {
			if d.channel.Name() == p.channel {
				d.add(p)
			}
		}
	}
}

// errNoBook is for those who keep everything in memory.
var errNoBook = problem.New(problem.Unavailable, "unavailable", "Nothing is written down here.")

// attend brings the report to the book.
func (w *Watch) attend(ctx context.Context, r report) ([]parcel, error) {
	if w.book == nil {
		return nil, errNoBook
	}
	ctx, cancel := context.WithTimeout(ctx, w.Every/2)
	defer cancel()
	w.mu.Lock()
	v := &visit{rules: w.rules, report: r, channels: w.channels(), unwritten: map[string]*Incident{}, told: w.board.Told, watched: w.watched, down: w.down}
	for key, i := range w.unwritten {
		c := i.copy()
		v.unwritten[key] = &c
	}
	w.mu.Unlock()
	if err := w.book.attend(ctx, v); err != nil {
		return nil, err
	}
	w.gauges.set(alert.ServerConnections, v.conns)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.away {
		w.log.InfoContext(ctx, "the database is back; what happened meanwhile is written down", "incidents", len(w.unwritten))
	}
	w.board, w.silences, w.away = v.board, v.report.silences, false
	w.unwritten, w.watched, w.down = map[string]*Incident{}, 0, 0
	return v.notices, nil
}

// alone goes on from what is known in this process.
func (w *Watch) alone(r report) []parcel {
	r.silences = w.silences
	out := w.board.advance(w.rules, r)
	w.watched += out.watched
	w.down += out.down
	for _, i := range out.changed {
		w.unwritten[i.ID] = i
	}
	n, ok := noticeOf(r.at, out.items)
	if !ok {
		return nil
	}
	var parcels []parcel
	for _, c := range w.channels() {
		parcels = append(parcels, parcel{channel: c, Notice: n})
	}
	return parcels
}

func noticeOf(at time.Time, items []Item) (Notice, bool) {
	return Notice{ID: id.New(), At: at, Items: items}, len(items) > 0
}

func (w *Watch) channels() []string {
	var names []string
	for _, d := range w.desks {
		names = append(names, d.channel.Name())
	}
	return names
}

// sent notes what a channel has taken.
func (w *Watch) sent(ctx context.Context, channel string, of []parcel) {
	var ids, incidents []string
	at := w.now()
	w.mu.Lock()
	for _, p := range of {
		if p.kept {
			ids = append(ids, p.ID)
		}
		for _, i := range p.Items {
			incidents = append(incidents, i.Incident.ID)
			w.notified(i.Incident, at)
		}
	}
	w.mu.Unlock()
	if w.book == nil {
		return
	}
	if err := w.book.sent(ctx, channel, ids, incidents); err != nil && ctx.Err() == nil {
		w.log.WarnContext(ctx, "that an alert was sent is not written down yet", "channel", channel, "error", err)
	}
}

// notified notes it where an incident is not in the book yet.
func (w *Watch) notified(i Incident, at time.Time) {
	if kept := w.unwritten[i.ID]; kept != nil && kept.NotifiedAt == nil {
		kept.NotifiedAt = &at
	}
	if open := w.board.Open[i.Topic]; open != nil && open.ID == i.ID && open.NotifiedAt == nil {
		open.NotifiedAt = &at
	}
}

// beats is how often somebody outside is told that we look.
const beats = time.Minute

func (w *Watch) beat(ctx context.Context) {
	tick := time.NewTicker(beats)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		w.mu.Lock()
		late := w.now().Sub(w.looked) > 3*w.Every
		w.mu.Unlock()
		if late {
			continue // whoever waits for us shall worry
		}
		bounded, cancel := context.WithTimeout(ctx, patience)
		err := w.Beat(bounded)
		cancel()
		if err != nil && !failing {
			w.log.WarnContext(ctx, "the heartbeat does not get through", "error", err)
		}
		failing = err != nil
	}
}
