package incident

import (
	"slices"
	"time"

	"rapport/internal/platform/alert"
	"rapport/internal/platform/id"
)

// Entry is how a rule is, of all processes together.
type Entry struct {
	State      alert.State `json:"state"`
	Value      float64     `json:"value"`
	Since      time.Time   `json:"since,omitzero"`
	IncidentID string      `json:"incident_id,omitempty"`
}

// replica is what one process found, and when.
type replica struct {
	Seen     time.Time                `json:"seen"`
	Started  time.Time                `json:"started"`
	Verdicts map[string]alert.Verdict `json:"verdicts"`
}

// Board is what all processes know together.
type Board struct {
	Rules    map[string]Entry    `json:"rules"`
	Replicas map[string]*replica `json:"replicas"`
	// Open are the incidents that go on, Past those that ended last, by topic.
	Open    map[string]*Incident `json:"open"`
	Past    map[string]*Incident `json:"past"`
	Told    map[string]time.Time `json:"told"` // when a topic was last told of
	Release Release              `json:"release"`
	Seen    time.Time            `json:"seen,omitzero"`
}

func (b *Board) prepare() {
	if b.Rules == nil {
		b.Rules = map[string]Entry{}
	}
	if b.Replicas == nil {
		b.Replicas = map[string]*replica{}
	}
	if b.Open == nil {
		b.Open = map[string]*Incident{}
	}
	if b.Past == nil {
		b.Past = map[string]*Incident{}
	}
	if b.Told == nil {
		b.Told = map[string]time.Time{}
	}
}

const (
	// lost is how long a process may be silent before it no longer counts.
	lost = 45 * time.Second
	// settling is how long a process that has just begun must not say that all is
	// well again: it has not looked for long enough.
	settling = time.Minute
	// cooling is how soon after its end an incident that comes back is the same
	// one, of which people are not told anew.
	cooling = 5 * time.Minute
	// gap is how long nobody may have looked for that time to count as watched.
	gap = 30 * time.Second
)

// reminders are how often people are told again of what nobody has
// acknowledged.
var reminders = [...]struct {
	severity alert.Severity
	every    time.Duration
}{{alert.P0, 15 * time.Minute}, {alert.P1, time.Hour}}

// report is what a process brings to the board.
type report struct {
	at       time.Time
	me       string
	age      time.Duration // of the process
	version  string
	evidence func() (traces []string, profile string)
	verdicts map[string]alert.Verdict
	silences []Silence
}

// shift moves the report to another clock, by which it is now: that of the
// database, so that the times of several processes can be compared.
func (r *report) shift(now time.Time) {
	by := now.Sub(r.at)
	r.at = now
	moved := make(map[string]alert.Verdict, len(r.verdicts))
	for rule, v := range r.verdicts {
		for _, t := range []*time.Time{&v.Began, &v.Since, &v.Mended} {
			if !t.IsZero() {
				*t = t.Add(by)
			}
		}
		moved[rule] = v
	}
	r.verdicts = moved
}

// outcome is what a report led to.
type outcome struct {
	items         []Item      // to be told
	changed       []*Incident // to be written down
	watched, down time.Duration
}

// advance takes in a report and says what follows.
func (b *Board) advance(rules []alert.Rule, r report) outcome {
	b.prepare()
	var out outcome
	out.watched, out.down = b.watch(r.at)
	b.released(r)
	b.Replicas[r.me] = &replica{Seen: r.at, Started: r.at.Add(-r.age), Verdicts: r.verdicts}
	for name, other := range b.Replicas {
		if r.at.Sub(other.Seen) > lost {
			delete(b.Replicas, name)
		}
	}
	topics := map[string][]alert.Rule{}
	var order []string
	for _, rule := range rules {
		b.Rules[rule.Name] = b.entry(rule, r)
		if topics[rule.Group] == nil {
			order = append(order, rule.Group)
		}
		topics[rule.Group] = append(topics[rule.Group], rule)
	}
	for _, topic := range order {
		b.topic(topic, topics[topic], r, &out)
	}
	return out
}

// watch is the time since the last look, and what of it was an outage.
func (b *Board) watch(now time.Time) (watched, down time.Duration) {
	if since := now.Sub(b.Seen); !b.Seen.IsZero() && since > 0 && since <= gap {
		watched = since
		if e := b.Rules["outage"]; e.State == alert.Firing || e.State == alert.Silenced {
			down = since
		}
	}
	if now.After(b.Seen) {
		b.Seen = now
	}
	return watched, down
}

func (b *Board) released(r report) {
	if b.Release.Version == r.version {
		return
	}
	b.Release = Release{Version: r.version, Since: r.at, Before: b.Release.Version}
}

// entry puts together what all processes find of a rule: the gravest counts.
func (b *Board) entry(rule alert.Rule, r report) Entry {
	rank := []alert.State{alert.NoData, alert.OK, alert.Pending, alert.Firing}
	e := Entry{State: alert.NoData}
	for _, p := range b.Replicas {
		v, known := p.Verdicts[rule.Name]
		if !known {
			continue
		}
		is, was := slices.Index(rank, v.State), slices.Index(rank, e.State)
		worse := v.Value > e.Value
		if rule.Op == alert.Under {
			worse = v.Value < e.Value
		}
		if is > was || is == was && (worse || e.Since.IsZero()) {
			e.State, e.Value, e.Since = v.State, v.Value, v.Since
		}
	}
	if e.State == alert.Firing && slices.ContainsFunc(r.silences, func(s Silence) bool { return s.covers(rule.Name, r.at) }) {
		e.State = alert.Silenced
	}
	return e
}

func (b *Board) topic(topic string, rules []alert.Rule, r report, out *outcome) {
	var firing, active []alert.Rule
	for _, rule := range rules {
		switch b.Rules[rule.Name].State {
		case alert.Firing:
			firing, active = append(firing, rule), append(active, rule)
		case alert.Silenced:
			active = append(active, rule)
		}
	}
	open := b.Open[topic]
	switch {
	case open == nil && len(firing) > 0:
		b.begin(topic, firing, r, out)
	case open != nil && len(active) == 0:
		b.end(open, r, out)
	case open != nil:
		b.goOn(open, firing, active, r, out)
	}
	if open = b.Open[topic]; open != nil {
		for _, rule := range active {
			e := b.Rules[rule.Name]
			e.IncidentID = open.ID
			b.Rules[rule.Name] = e
		}
	}
}

// begin opens an incident, or opens the last one again.
func (b *Board) begin(topic string, firing []alert.Rule, r report, out *outcome) {
	past := b.Past[topic]
	delete(b.Past, topic)
	if past != nil && past.ResolvedAt != nil && r.at.Sub(*past.ResolvedAt) < cooling {
		past.ResolvedAt, past.MitigatedAt = nil, nil
		past.Reopened++
		b.Open[topic] = past
		if b.join(past, firing, r) || r.at.Sub(b.Told[topic]) >= cooling {
			b.tell(Opened, past, r, out)
		}
		out.changed = append(out.changed, past)
		return
	}
	i := &Incident{ID: id.New(), Topic: topic, BeganAt: r.at, DetectedAt: r.at, Severity: alert.P3, Release: b.Release, Traces: []string{}}
	if r.evidence != nil {
		i.Traces, i.Profile = r.evidence()
	}
	for _, p := range b.Replicas {
		for _, rule := range firing {
			if v := p.Verdicts[rule.Name]; v.State == alert.Firing && !v.Began.IsZero() && v.Began.Before(i.BeganAt) {
				i.BeganAt = v.Began
			}
		}
	}
	b.join(i, firing, r)
	b.Open[topic] = i
	b.tell(Opened, i, r, out)
	out.changed = append(out.changed, i)
}

// join adds rules to an incident and reports whether it became graver.
func (b *Board) join(i *Incident, firing []alert.Rule, r report) (graver bool) {
	for _, rule := range firing {
		value := b.Rules[rule.Name].Value
		at := slices.IndexFunc(i.Rules, func(f Fired) bool { return f.Rule == rule.Name })
		if at < 0 {
			at = len(i.Rules)
			i.Rules = append(i.Rules, Fired{Rule: rule.Name, Title: rule.Title, Severity: rule.Severity, Value: value,
				Threshold: rule.Threshold(), Unit: rule.Unit, At: r.at, Runbook: rule.Runbook()})
		}
		if f := &i.Rules[at]; rule.Op == alert.Under && value < f.Value || rule.Op != alert.Under && value > f.Value {
			f.Value = value
		}
		if rule.Severity < i.Severity || i.Title == "" {
			graver = graver || i.Title != ""
			i.Severity, i.Title = rule.Severity, rule.Title
		}
	}
	return graver
}

// goOn follows an open incident.
func (b *Board) goOn(i *Incident, firing, active []alert.Rule, r report, out *outcome) {
	before := len(i.Rules)
	graver := b.join(i, firing, r)
	mended := b.mended(active)
	if mended != nil && mended.Before(i.DetectedAt) {
		at := i.DetectedAt
		mended = &at
	}
	changed := len(i.Rules) != before || (mended == nil) != (i.MitigatedAt == nil)
	i.MitigatedAt = mended
	switch {
	case graver:
		b.tell(Grew, i, r, out)
	case len(firing) > 0 && b.due(i, r.at):
		b.tell(Reminder, i, r, out)
	}
	if changed {
		out.changed = append(out.changed, i)
	}
}

// mended is since when none of the active rules is broken in any process, nil
// if one still is.
func (b *Board) mended(active []alert.Rule) *time.Time {
	var last time.Time
	for _, p := range b.Replicas {
		for _, rule := range active {
			v := p.Verdicts[rule.Name]
			if v.State == alert.Pending || v.State == alert.Firing && v.Mended.IsZero() {
				return nil
			}
			if v.Mended.After(last) {
				last = v.Mended
			}
		}
	}
	if last.IsZero() {
		return nil
	}
	return &last
}

func (b *Board) due(i *Incident, now time.Time) bool {
	for _, again := range reminders {
		if i.Severity == again.severity && i.AcknowledgedAt == nil {
			return now.Sub(b.Told[i.Topic]) >= again.every
		}
	}
	return false
}

// end closes an incident, unless a process counts that has not looked for long.
func (b *Board) end(i *Incident, r report, out *outcome) {
	for _, p := range b.Replicas {
		if r.at.Sub(p.Started) < settling {
			return
		}
	}
	at := r.at
	i.ResolvedAt = &at
	if i.MitigatedAt == nil {
		i.MitigatedAt = &at
	}
	delete(b.Open, i.Topic)
	b.Past[i.Topic] = i
	if !b.Told[i.Topic].IsZero() && b.Told[i.Topic].After(i.DetectedAt.Add(-time.Second)) {
		out.items = append(out.items, Item{Resolved, i.copy()})
	}
	out.changed = append(out.changed, i)
}

func (b *Board) tell(k Kind, i *Incident, r report, out *outcome) {
	b.Told[i.Topic] = r.at
	out.items = append(out.items, Item{k, i.copy()})
}
