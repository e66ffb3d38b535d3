package incident

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Channel is a way to tell people.
type Channel interface {
	Name() string
	// Send hands a notice over. One that fails is tried again, with the same id.
	Send(ctx context.Context, n Notice) error
}

// parcel is a notice on its way by one channel; one that is kept is in the book.
type parcel struct {
	Notice
	channel string
	kept    bool
}

// desk sends notices by one channel, in their order. What cannot be sent waits,
// and is put into one notice with what comes meanwhile.
type desk struct {
	channel Channel
	log     *slog.Logger
	now     func() time.Time
	sent    func(ctx context.Context, channel string, of []parcel)
	wake    chan struct{}

	mu      sync.Mutex
	waiting []parcel
	status  ChannelStatus
}

// ChannelStatus is how a channel does.
type ChannelStatus struct {
	Channel  string     `json:"channel"`
	Sent     int64      `json:"sent" doc:"Notices that it took, of the process that answers."`
	Failures int64      `json:"failures" doc:"Attempts that failed."`
	Waiting  int        `json:"waiting" doc:"Notices that are not sent yet."`
	Last     *time.Time `json:"last_sent_at"`
	Error    string     `json:"error" doc:"Why the last attempt failed; empty if it did not."`
}

func newDesk(c Channel, w *Watch) *desk {
	return &desk{channel: c, log: w.log, now: w.now, sent: w.sent, wake: make(chan struct{}, 1), status: ChannelStatus{Channel: c.Name()}}
}

const (
	first    = 10 * time.Second
	most     = 5 * time.Minute
	patience = 30 * time.Second // for one attempt
	stale    = 24 * time.Hour   // what is older is no news
)

func (d *desk) add(p parcel) {
	d.mu.Lock()
	d.waiting = append(d.waiting, p)
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// run sends until ctx ends.
func (d *desk) run(ctx context.Context) {
	again := time.NewTimer(0)
	defer again.Stop()
	failed := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
			if failed > 0 { // its time will come
				continue
			}
		case <-again.C:
		}
		if failed = d.attempt(ctx, failed); failed > 0 {
			again.Reset(min(first<<min(failed-1, 10), most))
		}
	}
}

// attempt sends what waits and returns how often it has failed by now.
func (d *desk) attempt(ctx context.Context, failed int) int {
	d.mu.Lock()
	d.waiting = slices.DeleteFunc(d.waiting, func(p parcel) bool { return d.now().Sub(p.At) > stale })
	batch := slices.Clone(d.waiting)
	d.mu.Unlock()
	if len(batch) == 0 {
		return 0
	}
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := d.channel.Send(bounded, together(batch))
	d.mu.Lock()
	d.note(err, len(batch))
	d.mu.Unlock()
	if err != nil {
		// It is counted and logged. Nobody is told: that would be told this way, too.
		d.log.WarnContext(ctx, "an alert could not be sent", "channel", d.channel.Name(), "attempt", failed+1, "error", err)
		return failed + 1
	}
	d.sent(ctx, d.channel.Name(), batch)
	return 0
}

func (d *desk) note(err error, n int) {
	if err != nil {
		d.status.Failures++
		d.status.Error = reason(err)
		return
	}
	at := d.now()
	d.waiting = slices.Delete(d.waiting, 0, n)
	d.status.Sent += int64(n)
	d.status.Last, d.status.Error = &at, ""
}

// reason is a cause in the words that an operator may see: an address that
// holds a secret is not among them, since channels keep it out.
func reason(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "It did not answer in time."
	}
	text := err.Error()
	return text[:min(len(text), 300)]
}

// together is one notice of several: of each incident, what was said last.
func together(batch []parcel) Notice {
	n := batch[0].Notice
	if len(batch) == 1 {
		return n
	}
	n.Items = nil
	for i, p := range batch {
		for _, item := range p.Items {
			later := slices.ContainsFunc(batch[i+1:], func(q parcel) bool {
				return slices.ContainsFunc(q.Items, func(j Item) bool { return j.Incident.ID == item.Incident.ID && j.Kind != Reminder })
			})
			if !later {
				n.Items = append(n.Items, item)
			}
		}
		n.At = p.At
	}
	n.ID = batch[len(batch)-1].ID
	return n
}

func (d *desk) snapshot() ChannelStatus {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.status
	s.Waiting = len(d.waiting)
	return s
}
