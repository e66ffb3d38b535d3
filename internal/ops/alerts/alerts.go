// Package alerts shows operators what is wrong and what was, and lets them
// silence rules and say that they look after an incident.
package alerts

import (
	"context"

	"rapport/internal/api/op"
	"rapport/internal/platform/alert"
	"rapport/internal/platform/alert/incident"
	"rapport/internal/platform/pg"
)

// Service is over the watch of this process and the book of all of them.
type Service struct {
	watch *incident.Watch
	book  *incident.Book
}

// New returns the service.
func New(db *pg.DB, w *incident.Watch) *Service {
	return &Service{watch: w, book: incident.NewBook(db)}
}

// Sweep removes what is over for long.
func (s *Service) Sweep(tx *pg.Tx) error { return s.book.Sweep(tx) }

const never = "For operators: the truth, at this moment."

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const silences, incidents = "/v1/ops/silences", "/v1/ops/incidents"
	live := op.Cached{Never: never}
	return []op.Operation{
		op.New(op.Meta{Name: "alert.list", Method: "GET", Path: "/v1/ops/alerts", Cached: live, Scope: op.Operator,
			Summary: "List the rules that alert, and how each of them is",
			Doc:     "As of the last look, which is ten seconds old at most; of all processes together. It is answered without the database, too."}, s.list),
		op.New(op.Meta{Name: "alert.test", Method: "POST", Path: "/v1/ops/alerts/test", Scope: op.Operator, Outside: true,
			Summary: "Send a notice that says that it is a test", Doc: "By one channel, or by all that are configured.",
			Example: map[string]any{"body": map[string]any{"channel": "webhook"}}}, s.test),
		op.New(op.Meta{Name: "silence.list", Method: "GET", Path: silences, Cached: live, Scope: op.Operator,
			Summary: "List the silences that hold or will"}, s.silences),
		op.New(op.Meta{Name: "silence.create", Method: "POST", Path: silences, Scope: op.Operator, Status: 201,
			Summary: "Keep a rule, or all of them, from telling anybody for a while",
			Doc:     "The rule is still looked at, and shown as silenced where it would fire. Incidents that are open go on, without reminders.",
			Example: map[string]any{"body": map[string]any{"rule": "cache_hits", "minutes": 60, "reason": "The cache is warming."}}}, s.silence),
		op.New(op.Meta{Name: "silence.delete", Method: "DELETE", Path: silences + "/{silence}", Scope: op.Operator, Status: 204,
			Summary: "End a silence now", Entities: map[string]string{"silence": "silence"}}, s.unsilence),
		op.New(op.Meta{Name: "incident.list", Method: "GET", Path: incidents, Cached: live, Scope: op.Operator,
			Summary: "List incidents, the newest first, and how long they take to repair"}, s.incidents),
		op.New(op.Meta{Name: "incident.get", Method: "GET", Path: incidents + "/{incident}", Cached: live, Scope: op.Operator,
			Summary: "Show an incident from its first sign to its end", Entities: map[string]string{"incident": "incident"}}, s.incident),
		op.New(op.Meta{Name: "incident.acknowledge", Method: "POST", Path: incidents + "/{incident}/acknowledge", Scope: op.Operator,
			Summary: "Say that you look after an incident", Doc: "It ends the reminders. The first who says so is kept.",
			Entities: map[string]string{"incident": "incident"}}, s.acknowledge),
		op.New(op.Meta{Name: "slo.list", Method: "GET", Path: "/v1/ops/slo", Cached: live, Scope: op.Operator,
			Summary: "List what is promised of requests, how it is kept, and for how long the installation was up"}, s.objectives),
	}
}

// State is the rules and the watch over them.
type State struct {
	Data []incident.Alert `json:"data"`
	incident.Health
}

func (s *Service) list(context.Context, *struct{}) (*op.Body[State], error) {
	return &op.Body[State]{Body: State{Data: s.watch.Alerts(), Health: s.watch.Health()}}, nil
}

type testInput struct {
	Body struct {
		Channel string `json:"channel,omitempty" enum:"mail,webhook" doc:"All that are configured unless said."`
	}
}

// Tests is what came of a test.
type Tests struct {
	Data []incident.Tried `json:"data"`
}

func (s *Service) test(ctx context.Context, in *testInput) (*op.Body[Tests], error) {
	tried, err := s.watch.Test(ctx, in.Body.Channel)
	return &op.Body[Tests]{Body: Tests{tried}}, err
}

// Objectives is what is promised, and how it is kept.
type Objectives struct {
	Data   []Objective `json:"data"`
	Uptime Uptime      `json:"uptime"`
}

// Objective is one promise.
type Objective struct {
	SLO        string   `json:"slo"`
	Title      string   `json:"title"`
	Objective  float64  `json:"objective" doc:"Share of requests that are to be good."`
	Window     float64  `json:"window_s"`
	Current    *float64 `json:"current" doc:"Share that was, in the window; null without requests."`
	BudgetLeft *float64 `json:"budget_left" doc:"Share of the bad requests allowed in the window that is left; below 0 the promise is broken."`
	Burn       Burn     `json:"burn" doc:"How many times faster than allowed the budget goes."`
}

// Burn is how fast a budget goes, in windows of an hour, six hours, three days.
type Burn struct {
	Hour     float64 `json:"1h"`
	SixHours float64 `json:"6h"`
	Days     float64 `json:"3d"`
}

// Uptime is for how long the installation was up in the last thirty days.
type Uptime struct {
	Days    int      `json:"days"`
	Share   *float64 `json:"share" doc:"Of the time that was watched, in which most requests succeeded; null if nobody watched yet."`
	Watched float64  `json:"watched_s" doc:"Seconds in which a process ran that looked."`
	Down    float64  `json:"down_s" doc:"Of those, in which most requests failed."`
}

// month is the window of uptime and of repairs, in days.
const month = 30

func (s *Service) objectives(ctx context.Context, _ *struct{}) (*op.Body[Objectives], error) {
	out := Objectives{Data: []Objective{}}
	for _, st := range alert.Standings(s.watch.Source()) {
		o := Objective{SLO: st.Name, Title: st.Title, Objective: st.Target, Window: st.Window.Seconds(), Burn: Burn{st.Burn["1h"], st.Burn["6h"], st.Burn["3d"]}}
		if st.Known {
			o.Current, o.BudgetLeft = &st.Current, &st.Left
		}
		out.Data = append(out.Data, o)
	}
	up, err := s.book.Uptime(ctx, month)
	if err != nil {
		return nil, err
	}
	out.Uptime = Uptime{Days: month, Watched: up.Watched, Down: up.Down}
	if up.Watched > 0 {
		share := 1 - up.Down/up.Watched
		out.Uptime.Share = &share
	}
	return &op.Body[Objectives]{Body: out}, nil
}
