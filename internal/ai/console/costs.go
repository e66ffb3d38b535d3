package console

import (
	"context"
	"math"
	"slices"
	"time"

	"rapport/internal/ai"
	"rapport/internal/ai/policy"
	"rapport/internal/api/op"
	"rapport/internal/platform/pg"
)

// Costs are what models cost, and who was asked beside who should be.
type Costs struct {
	Today     int64    `json:"today_nano" doc:"In thousand-millionths of a US dollar, since midnight UTC."`
	Month     int64    `json:"month_nano"`
	Reserved  int64    `json:"reserved_nano" doc:"Held for calls that are under way; not in the other sums."`
	Forecast  Forecast `json:"forecast"`
	Shares    []Share  `json:"shares" doc:"Of this month, by provider; rules are left out."`
	Answered  int64    `json:"answered" doc:"Answers of models this month, of which the shares are."`
	Local     int64    `json:"local" doc:"Answers of rules this month."`
	Drift     float64  `json:"drift" doc:"From how many points beside its target a share is a warning."`
	Simulated bool     `json:"simulated"`
	AsOf      string   `json:"as_of" doc:"The day of UTC that today is."`
}

// Forecast is what the month will have cost if it goes on as of late.
type Forecast struct {
	Month    int64  `json:"month_nano"`
	PerDay   int64  `json:"per_day_nano" doc:"The mean of the days that were looked at."`
	Days     int    `json:"days" doc:"How many days were looked at: the last 7 before today, or those since the first call."`
	Quiet    int    `json:"quiet_days" doc:"Of them, those without a call."`
	Coverage string `json:"coverage" enum:"none,partial,full" doc:"full: 7 days; none: today is the first day, and the forecast is what was spent."`
}

// Share is what part a provider had.
type Share struct {
	Provider string   `json:"provider"`
	Answered int64    `json:"answered"`
	Tokens   int64    `json:"tokens"`
	CostNano int64    `json:"cost_nano"`
	ByCalls  float64  `json:"by_calls" doc:"Percent."`
	ByTokens float64  `json:"by_tokens"`
	ByMoney  float64  `json:"by_money"`
	Target   *float64 `json:"target" doc:"Percent of calls that the routing policy expects; null without one."`
	Drifts   bool     `json:"drifts" doc:"The share of calls is too far from its target; not said of fewer than 20 answers."`
}

// consumed is what a provider did this month.
type consumed struct {
	Provider                   string
	Answered, Tokens, CostNano int64
}

// spending is what today and this month have cost.
type spending struct {
	Period            string
	SpentNano, Held   int64
	FirstDay          *time.Time
	LastWeek, Counted int64
	Active            int64
}

func (s *Service) costs(ctx context.Context, _ *op.InWorkspace) (*op.Body[Costs], error) {
	day := today()
	var by []consumed
	var spent []spending
	err := s.DB.Read(ctx, func(tx *pg.Tx) error {
		pg.Later(tx, &by, `
			SELECT provider, sum(calls - failures)::bigint AS answered, sum(input_tokens + output_tokens + cached_tokens)::bigint AS tokens, sum(cost_nano)::bigint AS cost_nano
			FROM ai_usage WHERE workspace_id = $1 AND day BETWEEN $2 AND $3 GROUP BY provider`, tx.Workspace(), monthOf(day), day)
		pg.Later(tx, &spent, `
			SELECT p.period, coalesce(s.spent_nano, 0) AS spent_nano, coalesce(s.reserved_nano, 0) AS held, u.first_day, u.last_week, u.active
			FROM (VALUES ('day', $2::date), ('month', $3::date)) AS p (period, starts_on)
			LEFT JOIN ai_spend s ON s.workspace_id = $1 AND s.scope = 'workspace' AND s.subject = '' AND s.period = p.period AND s.starts_on = p.starts_on
			CROSS JOIN (SELECT min(day) AS first_day, coalesce(sum(cost_nano) FILTER (WHERE day >= $2::date - 7), 0)::bigint AS last_week,
				count(DISTINCT day) FILTER (WHERE day >= $2::date - 7) AS active FROM ai_usage WHERE workspace_id = $1 AND day < $2::date) u`,
			tx.Workspace(), day, monthOf(day))
		return tx.Flush()
	})
	if err != nil {
		return nil, err
	}
	out := Costs{Simulated: s.Simulated, AsOf: day.Format(time.DateOnly)}
	for _, p := range spent {
		if p.Period == "day" {
			out.Today, out.Reserved = p.SpentNano, p.Held
			continue
		}
		out.Month = p.SpentNano
		out.Forecast = forecast(p, time.Now().UTC())
	}
	out.share(by, s.Policy(ctx))
	return &op.Body[Costs]{Body: out}, nil
}

// forecast adds to what the month has cost the mean of the last days for what
// is left of it.
func forecast(p spending, now time.Time) Forecast {
	day := now.Truncate(24 * time.Hour)
	f := Forecast{Month: p.SpentNano, Coverage: "none"}
	if p.FirstDay == nil {
		return f
	}
	f.Days = min(7, int(day.Sub(*p.FirstDay).Hours()/24))
	f.Quiet = f.Days - int(p.Active)
	f.Coverage = "partial"
	if f.Days == 7 {
		f.Coverage = "full"
	}
	f.PerDay = p.LastWeek / int64(f.Days)
	left := monthOf(day).AddDate(0, 1, 0).Sub(now).Hours() / 24
	f.Month += int64(float64(f.PerDay) * left)
	return f
}

// enough answers make a share that says something.
const enough = 20

// share says who had which part, in the order of the targets.
func (c *Costs) share(by []consumed, p *policy.Policy) {
	c.Drift = p.DriftPoints()
	for name := range p.Targets {
		if !slices.ContainsFunc(by, func(o consumed) bool { return o.Provider == name }) {
			by = append(by, consumed{Provider: name})
		}
	}
	var tokens, money int64
	for _, o := range by {
		if o.Provider == "rules" {
			c.Local = o.Answered
			continue
		}
		c.Answered, tokens, money = c.Answered+o.Answered, tokens+o.Tokens, money+o.CostNano
	}
	c.Shares = []Share{}
	for _, o := range by {
		if o.Provider == "rules" {
			continue
		}
		s := Share{Provider: o.Provider, Answered: o.Answered, Tokens: o.Tokens, CostNano: o.CostNano,
			ByCalls: percent(o.Answered, c.Answered), ByTokens: percent(o.Tokens, tokens), ByMoney: percent(o.CostNano, money)}
		if target, ok := p.Targets[o.Provider]; ok {
			s.Target = &target
			s.Drifts = c.Answered >= enough && math.Abs(s.ByCalls-target) >= c.Drift
		}
		c.Shares = append(c.Shares, s)
	}
	slices.SortFunc(c.Shares, func(a, b Share) int {
		if order := slices.Index(providers, a.Provider) - slices.Index(providers, b.Provider); order != 0 {
			return order
		}
		return 0
	})
}

// providers is the order in which they are shown.
var providers = []string{"gemini", "openrouter", "anthropic", "compatible", "rules"}

// percent is rounded to a tenth.
func percent(part, all int64) float64 {
	if all == 0 {
		return 0
	}
	return math.Round(1000*float64(part)/float64(all)) / 10
}

// band is how far a limit is spent, in words.
func band(used int64, most *int64, warn int) string {
	switch {
	case most == nil:
		return "ok"
	case used >= *most:
		return "hard"
	case float64(used) >= 0.95*float64(*most):
		return "soft"
	case float64(used)*100 >= float64(warn)*float64(*most):
		return "warn"
	}
	return "ok"
}

// orDefault is the limit of a workspace that has set none.
func orDefault(n ai.Nano) *int64 {
	v := int64(n)
	return &v
}
