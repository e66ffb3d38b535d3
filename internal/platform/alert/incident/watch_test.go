package incident_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"rapport/internal/platform/alert"
	"rapport/internal/platform/alert/incident"
)

// watching runs a watch without a database in virtual time.
func watching(t *testing.T, s *traffic, beat func(context.Context) error, phones ...*phone) *incident.Watch {
	t.Helper()
	o := incident.Options{Source: s, Version: "1.0", Log: quiet(), Now: time.Now, Beat: beat}
	for _, p := range phones {
		o.Channels = append(o.Channels, p)
	}
	w := incident.NewWatch(nil, o)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run() = %v", err)
		}
	})
	return w
}

func stateOf(w *incident.Watch, rule string) alert.State {
	for _, a := range w.Alerts() {
		if a.Rule == rule {
			return a.State
		}
	}
	return ""
}

// after lets time pass; it is virtual.
func after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestAnIncidentIsToldOnceAndItsEndOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, p := &traffic{}, &phone{name: "mail"}
		w := watching(t, s, nil, p)
		after(3 * time.Minute)
		s.fail(0.02)
		after(25 * time.Second)
		if got := p.kinds(); !slices.Equal(got, []incident.Kind{incident.Opened}) {
			t.Fatalf("told %v within 25 s, want that it began", got)
		}
		i := p.told[0].Items[0].Incident
		if i.Severity != alert.P1 || i.Topic != "availability" || i.Release.Version != "1.0" || len(i.Rules) != 1 || i.Rules[0].Rule != "error_rate" || i.Rules[0].Value != 2 {
			t.Errorf("the incident is %+v", i)
		}
		after(5 * time.Minute)
		s.fail(0)
		after(2 * time.Minute)
		if got := p.kinds(); !slices.Equal(got, []incident.Kind{incident.Opened, incident.Resolved}) {
			t.Fatalf("told %v, want its beginning and its end", got)
		}
		if got := stateOf(w, "error_rate"); got != alert.OK {
			t.Errorf("error_rate is %s, want ok", got)
		}
		end := p.told[1].Items[0].Incident
		if end.ID != i.ID || end.MitigatedAt == nil || end.ResolvedAt == nil || end.ResolvedAt.Before(*end.MitigatedAt) || !end.MitigatedAt.After(end.BeganAt) {
			t.Errorf("the end is %+v", end)
		}
	})
}

// A second rule of the topic is the same incident; it is told because it is
// graver. Another topic is another incident, in the same notice if it comes at
// the same time.
func TestRulesOfATopicAreOneIncident(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, p := &traffic{}, &phone{name: "mail"}
		watching(t, s, nil, p)
		after(3 * time.Minute)
		s.fail(0.02)
		after(30 * time.Second)
		s.fail(0.9)
		after(30 * time.Second)
		if got := p.kinds(); !slices.Equal(got, []incident.Kind{incident.Opened, incident.Grew}) {
			t.Fatalf("told %v, want a beginning that grew", got)
		}
		grown := p.told[1].Items[0].Incident
		if grown.ID != p.told[0].Items[0].Incident.ID || grown.Severity != alert.P0 || grown.Title != "Most requests fail" || len(grown.Rules) != 2 {
			t.Errorf("it grew to %+v", grown)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s, p := &traffic{}, &phone{name: "mail"}
		watching(t, s, nil, p)
		after(3 * time.Minute)
		s.wait(400)
		after(55 * time.Second) // queue_age fires after one minute of looks, together with what begins now
		s.fail(0.9)
		after(time.Minute)
		if len(p.told) != 1 || len(p.told[0].Items) != 2 {
			t.Errorf("told %d notices, %v; want one of two incidents", len(p.told), p.kinds())
		}
	})
}

func TestWhatNobodyAcknowledgesIsToldAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, p := &traffic{}, &phone{name: "mail"}
		watching(t, s, nil, p)
		s.fail(0.9) // P0: every quarter of an hour
		after(50 * time.Minute)
		if got := p.kinds(); !slices.Equal(got, []incident.Kind{incident.Opened, incident.Reminder, incident.Reminder, incident.Reminder}) {
			t.Errorf("told %v in 50 minutes, want three reminders", got)
		}
	})
}

// What comes back soon is the same incident, and nobody is told anew at once.
func TestFlappingIsQuiet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, p := &traffic{}, &phone{name: "mail"}
		watching(t, s, nil, p)
		after(3 * time.Minute)
		for range 20 {
			s.fail(0.02)
			after(40 * time.Second)
			s.fail(0)
			after(80 * time.Second)
		}
		ids := map[string]bool{}
		opened := 0
		for _, n := range p.told {
			for _, i := range n.Items {
				ids[i.Incident.ID] = true
				if i.Kind == incident.Opened {
					opened++
				}
			}
		}
		if len(ids) != 1 || opened > 9 {
			t.Errorf("forty minutes of flapping: %d incidents, told %d times that it began; want one, and at most every five minutes", len(ids), opened)
		}
	})
}

// A channel that fails is tried again, less and less often, holds up no other,
// and leads to no alert. What it missed comes in one notice.
func TestAChannelThatFailsIsTriedAgainAndNeverALoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, dead, well := &traffic{}, &phone{name: "mail", dead: true}, &phone{name: "webhook"}
		w := watching(t, s, nil, dead, well)
		after(3 * time.Minute)
		s.fail(0.02)
		after(30 * time.Minute)
		s.fail(0)
		after(5 * time.Minute)
		if got := well.kinds(); !slices.Equal(got, []incident.Kind{incident.Opened, incident.Resolved}) {
			t.Errorf("the other channel told %v", got)
		}
		calls := dead.calls()
		if len(calls) < 6 || len(calls) > 14 {
			t.Errorf("tried %d times in 35 minutes, want between 6 and 14", len(calls))
		}
		for i := 2; i < len(calls); i++ {
			if calls[i].Sub(calls[i-1]) < min(calls[i-1].Sub(calls[i-2]), 5*time.Minute) {
				t.Errorf("attempt %d came sooner than the one before it: %v", i, calls)
			}
		}
		h := w.Health().Channels[0]
		if h.Failures != int64(len(calls)) || h.Waiting != 2 || h.Error != "nobody picks up" {
			t.Errorf("the channel's status is %+v", h)
		}
		dead.die(false)
		after(6 * time.Minute)
		if got := dead.kinds(); !slices.Equal(got, []incident.Kind{incident.Resolved}) || len(dead.told) != 1 {
			t.Errorf("when it is back it tells %v in %d notices, want the end alone", got, len(dead.told))
		}
	})
}

func TestTheHeartbeatBeatsWhileWeLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		beats := 0
		watching(t, &traffic{}, func(context.Context) error { beats++; return errors.New("no") })
		after(10*time.Minute + time.Second)
		if beats != 10 {
			t.Errorf("%d beats in ten minutes, want 10", beats)
		}
	})
}
