package console

import (
	"context"
	"slices"
	"strings"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

type usageInput struct {
	op.InWorkspace
	From string `query:"from" format:"date" doc:"The first day; 29 days before to, unless said."`
	To   string `query:"to" format:"date" doc:"The last day; today, unless said."`
	By   string `query:"by" maxLength:"100" default:"day" doc:"What is counted apart, of day, provider, model, agent, user and task, with commas between."`
}

// Use is what was asked of models, and what it cost.
type Use struct {
	Day          string `json:"day,omitempty" doc:"Of UTC."`
	Provider     string `json:"provider,omitempty"`
	Model        string `json:"model,omitempty"`
	Agent        string `json:"agent,omitempty" doc:"Left out for what people asked themselves."`
	UserID       string `json:"user_id,omitempty"`
	Task         string `json:"task,omitempty"`
	Attempts     int64  `json:"attempts"`
	Failures     int64  `json:"failures"`
	InputTokens  int64  `json:"input_tokens" doc:"Without those that a provider's cache held."`
	OutputTokens int64  `json:"output_tokens"`
	CachedTokens int64  `json:"cached_tokens"`
	CostNano     int64  `json:"cost_nano" doc:"In thousand-millionths of a US dollar."`
	DurationMS   int64  `json:"duration_ms" doc:"Of all attempts together."`
}

// Used is usage by group.
type Used struct {
	From string   `json:"from"`
	To   string   `json:"to"`
	By   []string `json:"by"`
	Data []Use    `json:"data" doc:"At most 2,000 groups, newest day first, then by cost."`
	More bool     `json:"more" doc:"There are further groups: narrow the days, or count fewer things apart."`
}

// dimensions are what usage can be counted apart by, as columns.
var dimensions = map[string]string{"day": "u.day", "provider": "u.provider", "model": "u.model", "agent": "u.agent", "user": "u.person", "task": "u.task"}

// fields are the dimensions as columns of a Use.
var fields = map[string]string{"day": "u.day::text AS day", "provider": "u.provider", "model": "u.model", "agent": "u.agent", "user": "u.person AS user_id", "task": "u.task"}

const (
	mostGroups = 2000
	mostDays   = 400
	usualDays  = 30
)

func (s *Service) usage(ctx context.Context, in *usageInput) (*op.Body[Used], error) {
	from, to, by, err := in.span()
	if err != nil {
		return nil, err
	}
	var out []Use
	err = s.DB.Read(ctx, func(tx *pg.Tx) (err error) {
		out, err = pg.All[Use](tx, grouped(by), tx.Workspace(), from, to, mostGroups+1)
		return err
	})
	if err != nil {
		return nil, err
	}
	used := Used{From: from.Format(time.DateOnly), To: to.Format(time.DateOnly), By: by, Data: out, More: len(out) > mostGroups}
	if used.More {
		used.Data = out[:mostGroups]
	}
	return &op.Body[Used]{Body: used}, nil
}

func (in *usageInput) span() (from, to time.Time, by []string, err error) {
	var f problem.Fields
	to = today()
	if in.To != "" {
		to, err = time.Parse(time.DateOnly, in.To)
		f.Check(err == nil, "to", "format", "A day is written 2026-11-22.")
	}
	from = to.AddDate(0, 0, 1-usualDays)
	if in.From != "" {
		from, err = time.Parse(time.DateOnly, in.From)
		f.Check(err == nil, "from", "format", "A day is written 2026-11-22.")
	}
	f.Check(!from.After(to), "from", "out_of_range", "The first day is not after the last one.")
	f.Check(to.Sub(from) <= mostDays*24*time.Hour, "from", "out_of_range", "At most 400 days at once.")
	by = slices.Compact(strings.Split(in.By, ","))
	known := []string{"day", "provider", "model", "agent", "user", "task"}
	for i, name := range by {
		f.Check(slices.Contains(known, name) && !slices.Contains(by[:i], name), "by", "unknown", "Name each once of day, provider, model, agent, user and task, with commas between.", known...)
	}
	return from, to, by, f.Err()
}

// grouped is the sum over the dimensions, whose names come from dimensions
// alone.
func grouped(by []string) string {
	var columns, keys []string
	for _, name := range by {
		columns, keys = append(columns, fields[name]), append(keys, dimensions[name])
	}
	order := "cost_nano DESC"
	if slices.Contains(by, "day") {
		order = "u.day DESC, cost_nano DESC"
	}
	list := strings.Join(columns, ", ")
	return `SELECT ` + list + `, sum(u.calls)::bigint AS attempts, sum(u.failures)::bigint AS failures, sum(u.input_tokens)::bigint AS input_tokens,
		sum(u.output_tokens)::bigint AS output_tokens, sum(u.cached_tokens)::bigint AS cached_tokens, sum(u.cost_nano)::bigint AS cost_nano, sum(u.duration_ms)::bigint AS duration_ms
		FROM ai_usage u WHERE u.workspace_id = $1 AND u.day BETWEEN $2 AND $3
		GROUP BY ` + strings.Join(keys, ", ") + ` ORDER BY ` + order + `, ` + strings.Join(keys, ", ") + ` LIMIT $4`
}
