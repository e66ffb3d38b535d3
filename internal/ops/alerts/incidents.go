package alerts

import (
	"context"
	"slices"
	"strings"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/alert"
	"rapport/internal/platform/alert/incident"
	"rapport/internal/platform/id"
	"rapport/internal/platform/problem"
)

// Silences is those that hold or will.
type Silences struct {
	Data []incident.Silence `json:"data"`
}

func (s *Service) silences(ctx context.Context, _ *struct{}) (*op.Body[Silences], error) {
	list, err := s.book.Silences(ctx)
	return &op.Body[Silences]{Body: Silences{list}}, err
}

// longest is how long a silence may hold: one that nobody remembers is worse
// than an alert.
const longest = 30 * 24 * 60

type silenceInput struct {
	Body struct {
		Rule     string     `json:"rule" minLength:"1" maxLength:"100" doc:"A rule, or * for all of them."`
		Minutes  int        `json:"minutes" minimum:"1" maximum:"43200" doc:"For how long."`
		StartsAt *time.Time `json:"starts_at,omitempty" doc:"From when on; now unless said."`
		Kind     string     `json:"kind,omitempty" enum:"silence,maintenance" default:"silence" doc:"Maintenance is work that was planned, such as a deploy."`
		Reason   string     `json:"reason" minLength:"1" maxLength:"300"`
	}
}

// Validate looks whether there is such a rule.
func (in *silenceInput) validate() error {
	names := []string{"*"}
	for _, r := range alert.Rules() {
		names = append(names, r.Name)
	}
	var f problem.Fields
	f.Check(slices.Contains(names, in.Body.Rule), "/rule", "unknown", "There is no such rule.", names...)
	f.Check(strings.TrimSpace(in.Body.Reason) != "", "/reason", "required", "Say why, for whoever wonders later.")
	f.Check(in.Body.StartsAt == nil || time.Until(*in.Body.StartsAt) < longest*time.Minute, "/starts_at", "range", "A silence begins within 30 days.")
	return f.Err()
}

func (s *Service) silence(ctx context.Context, in *silenceInput) (*op.Body[incident.Silence], error) {
	if err := in.validate(); err != nil {
		return nil, err
	}
	b := in.Body
	sil := incident.Silence{ID: id.New(), Rule: b.Rule, Kind: b.Kind, Reason: strings.TrimSpace(b.Reason), StartsAt: time.Now(), CreatedBy: caller(ctx)}
	if b.StartsAt != nil {
		sil.StartsAt = *b.StartsAt
	}
	sil.EndsAt = sil.StartsAt.Add(time.Duration(b.Minutes) * time.Minute)
	made, err := s.book.Silence(ctx, sil)
	return &op.Body[incident.Silence]{Body: made}, err
}

// caller is the user who acts, or "machine" for the machine's own key.
func caller(ctx context.Context) string {
	if a, ok := actor.From(ctx); ok && a.UserID != "" {
		return a.UserID
	}
	return "machine"
}

type silenceRef struct {
	Silence string `path:"silence"`
}

func (s *Service) unsilence(ctx context.Context, in *silenceRef) (*op.NoContent, error) {
	return nil, s.book.Unsilence(ctx, in.Silence)
}

type incidentsInput struct {
	State string `query:"state" enum:"all,open" default:"all"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

// Incidents is the last ones.
type Incidents struct {
	Data   []Incident      `json:"data"`
	Days   int             `json:"days" doc:"What repair is about."`
	Repair incident.Repair `json:"repair" doc:"Means of the incidents that were resolved in the last days."`
}

// Incident is one, with how long each part of it took.
type Incident struct {
	incident.Incident
	State       string   `json:"state" enum:"open,acknowledged,mitigated,resolved"`
	Detect      float64  `json:"detect_s" doc:"From the first sign until it was detected."`
	Notify      *float64 `json:"notify_s" doc:"From there until a channel had taken the notice; null if none has."`
	Acknowledge *float64 `json:"acknowledge_s" doc:"From being detected until somebody acknowledged it; null if nobody did."`
	Mitigate    *float64 `json:"mitigate_s" doc:"From the first sign until nothing was broken any more."`
	Resolve     *float64 `json:"resolve_s" doc:"From the first sign until it was resolved."`
	Timeline    []Moment `json:"timeline"`
}

// Moment is something that happened in an incident.
type Moment struct {
	At   time.Time `json:"at"`
	What string    `json:"what" enum:"began,detected,notified,acknowledged,mitigated,resolved,fired"`
	Note string    `json:"note" doc:"The rule, for fired."`
}

func described(i incident.Incident) Incident {
	out := Incident{Incident: i, State: "open", Detect: i.DetectedAt.Sub(i.BeganAt).Seconds(), Notify: since(i.DetectedAt, i.NotifiedAt),
		Acknowledge: since(i.DetectedAt, i.AcknowledgedAt), Mitigate: since(i.BeganAt, i.MitigatedAt), Resolve: since(i.BeganAt, i.ResolvedAt)}
	out.Timeline = []Moment{{At: i.BeganAt, What: "began"}, {At: i.DetectedAt, What: "detected"}}
	for _, f := range i.Rules {
		out.Timeline = append(out.Timeline, Moment{f.At, "fired", f.Rule})
	}
	for _, step := range []struct {
		what string
		at   *time.Time
	}{{"notified", i.NotifiedAt}, {"acknowledged", i.AcknowledgedAt}, {"mitigated", i.MitigatedAt}, {"resolved", i.ResolvedAt}} {
		if step.at == nil {
			continue
		}
		out.Timeline = append(out.Timeline, Moment{At: *step.at, What: step.what})
		if step.what != "notified" {
			out.State = step.what
		}
	}
	slices.SortStableFunc(out.Timeline, func(a, b Moment) int { return a.At.Compare(b.At) })
	return out
}

func since(from time.Time, to *time.Time) *float64 {
	if to == nil {
		return nil
	}
	s := max(to.Sub(from).Seconds(), 0)
	return &s
}

func (s *Service) incidents(ctx context.Context, in *incidentsInput) (*op.Body[Incidents], error) {
	list, err := s.book.Incidents(ctx, in.State == "open", in.Limit)
	if err != nil {
		return nil, err
	}
	out := Incidents{Data: []Incident{}, Days: month}
	for _, i := range list {
		out.Data = append(out.Data, described(i))
	}
	out.Repair, err = s.book.Repairs(ctx, month)
	return &op.Body[Incidents]{Body: out}, err
}

type incidentRef struct {
	Incident string `path:"incident"`
}

func (s *Service) incident(ctx context.Context, in *incidentRef) (*op.Body[Incident], error) {
	i, err := s.book.Incident(ctx, in.Incident)
	return &op.Body[Incident]{Body: described(i)}, err
}

func (s *Service) acknowledge(ctx context.Context, in *incidentRef) (*op.Body[Incident], error) {
	i, err := s.book.Acknowledge(ctx, in.Incident, caller(ctx))
	return &op.Body[Incident]{Body: described(i)}, err
}
