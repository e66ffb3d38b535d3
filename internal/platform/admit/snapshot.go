package admit

import "time"

// Snapshot is how the limiter is at one moment. Totals count since the process
// began.
type Snapshot struct {
	State     string  `json:"state" enum:"calm,queueing,overloaded" doc:"overloaded: calls are refused; queueing: some wait for a place."`
	Places    int     `json:"places" doc:"Calls that may be in hand at once, as decided by how long they take."`
	Least     int     `json:"least"`
	Most      int     `json:"most"`
	Taken     int     `json:"taken" doc:"Of the places; those that Vital and Entry have of their own are not counted."`
	Waiting   int     `json:"waiting"`
	TypicalMS float64 `json:"typical_ms" doc:"How long the work of a call took lately."`
	Overloads uint64  `json:"overloads_total"`
	Classes   []State `json:"classes"`
}

// State is how one class is.
type State struct {
	Class     string `json:"class" enum:"vital,entry,interactive,browsing,background,inside"`
	Inside    int    `json:"inside" doc:"Calls in hand."`
	Waiting   int    `json:"waiting"`
	Own       int    `json:"own_places" doc:"Places that nobody else fills; 0 if the class shares."`
	Admitted  uint64 `json:"admitted_total"`
	Refused   uint64 `json:"refused_total"`
	Abandoned uint64 `json:"abandoned_total" doc:"Calls whose caller left while they waited."`
}

// Snapshot describes the limiter.
func (l *Limiter) Snapshot() Snapshot {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	s := Snapshot{State: "calm", Places: l.pace.places(), Least: l.pace.least, Most: l.pace.most, Taken: l.taken, Waiting: l.waiting(),
		TypicalMS: float64(l.pace.mean.Microseconds()) / 1000, Overloads: l.trouble.total}
	switch {
	case l.trouble.on(now):
		s.State = "overloaded"
	case s.Waiting > 0:
		s.State = "queueing"
	}
	for c := Vital; c < classes; c++ {
		lane := &l.lanes[c]
		s.Classes = append(s.Classes, State{Class: c.String(), Inside: lane.inside, Waiting: lane.waiting.Len(), Own: lane.reserve,
			Admitted: lane.admitted, Refused: lane.refused, Abandoned: lane.abandoned})
	}
	return s
}
