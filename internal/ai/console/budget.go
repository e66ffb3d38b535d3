package console

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Budget is what may be spent on models, and what was. Money is in
// thousand-millionths of a US dollar.
type Budget struct {
	Version     int64       `json:"version" doc:"0 while the defaults of the installation hold."`
	Default     bool        `json:"default"`
	WarnPercent int         `json:"warn_percent"`
	Enforced    bool        `json:"enforced" doc:"false: the limits are only watched."`
	Day         Purse       `json:"day"`
	Month       Purse       `json:"month"`
	Limits      []Limited   `json:"limits" doc:"Of agents and people."`
	Organized   *Organized  `json:"organization,omitempty" doc:"Of all workspaces together; left out without a limit."`
	Ends        PeriodsEnds `json:"ends"`
}

// Purse is one period of one limit.
type Purse struct {
	Limit    *int64 `json:"limit_nano" doc:"null: none."`
	Spent    int64  `json:"spent_nano"`
	Reserved int64  `json:"reserved_nano" doc:"Held for calls that are under way."`
	State    string `json:"state" enum:"ok,warn,soft,hard" doc:"soft from 95 %: only cheap models are asked; hard: none that costs something."`
}

// Limited is the limit of an agent or a person.
type Limited struct {
	Limit
	SpentDay   int64 `json:"spent_day_nano"`
	SpentMonth int64 `json:"spent_month_nano"`
}

// Limit is what an agent or a person may spend.
type Limit struct {
	Scope    string `json:"scope" enum:"agent,user"`
	Subject  string `json:"subject" minLength:"1" maxLength:"100" doc:"The name of an agent, such as email.triage, or the id of a member."`
	Daily    *int64 `json:"daily_nano" minimum:"0" maximum:"1000000000000000"`
	Monthly  *int64 `json:"monthly_nano" minimum:"0" maximum:"1000000000000000"`
	Enforced bool   `json:"enforced"`
}

// Organized is what an organization may spend, and has.
type Organized struct {
	Daily      *int64 `json:"daily_nano"`
	Monthly    *int64 `json:"monthly_nano"`
	Enforced   bool   `json:"enforced"`
	SpentDay   int64  `json:"spent_day_nano"`
	SpentMonth int64  `json:"spent_month_nano"`
}

// PeriodsEnds says when the next day and month begin.
type PeriodsEnds struct {
	Day   time.Time `json:"day"`
	Month time.Time `json:"month"`
}

// limitRow is a limit with what was spent under it.
type limitRow struct {
	Scope, Subject         string
	DailyNano, MonthlyNano *int64
	WarnPercent            int
	Enforced               bool
	Version                int64
	SpentDay, HeldDay      int64
	SpentMonth, HeldMonth  int64
}

type organizationRow struct {
	DailyNano, MonthlyNano *int64
	Enforced               bool
	SpentDay, SpentMonth   int64
}

// laterLimits queues the read of all limits of the workspace; the first row is
// the workspace's own, of version 0 where it has none.
func laterLimits(tx *pg.Tx, rows *[]limitRow, organization *[]organizationRow) {
	pg.Later(tx, rows, `
		SELECT w.scope, w.subject, l.daily_nano, l.monthly_nano, coalesce(l.warn_percent, 80) AS warn_percent, coalesce(l.enforced, true) AS enforced,
			coalesce(l.version, 0) AS version, coalesce(d.spent_nano, 0) AS spent_day, coalesce(d.reserved_nano, 0) AS held_day,
			coalesce(m.spent_nano, 0) AS spent_month, coalesce(m.reserved_nano, 0) AS held_month
		FROM (SELECT 'workspace' AS scope, '' AS subject UNION SELECT scope, subject FROM ai_limits WHERE workspace_id = $1 AND scope IN ('agent', 'user')) w
		LEFT JOIN ai_limits l ON l.workspace_id = $1 AND l.scope = w.scope AND l.subject = w.subject
		LEFT JOIN ai_spend d ON d.workspace_id = $1 AND d.scope = w.scope AND d.subject = w.subject AND d.period = 'day' AND d.starts_on = $2::date
		LEFT JOIN ai_spend m ON m.workspace_id = $1 AND m.scope = w.scope AND m.subject = w.subject AND m.period = 'month' AND m.starts_on = date_trunc('month', $2::date)::date
		ORDER BY w.scope <> 'workspace', w.scope, w.subject`, tx.Workspace(), today())
	pg.Later(tx, organization, `SELECT daily_nano, monthly_nano, enforced, spent_day, spent_month FROM ai.organization($1::date)`, today())
}

func (s *Service) budget(ctx context.Context, _ *op.InWorkspace) (*op.Record[Budget], error) {
	var rows []limitRow
	var organization []organizationRow
	err := s.DB.Read(ctx, func(tx *pg.Tx) error {
		laterLimits(tx, &rows, &organization)
		return tx.Flush()
	})
	if err != nil {
		return nil, err
	}
	return s.show(rows, organization), nil
}

func (s *Service) show(rows []limitRow, organization []organizationRow) *op.Record[Budget] {
	own := rows[0]
	if own.Version == 0 {
		own.DailyNano, own.MonthlyNano = orDefault(s.Daily), orDefault(s.Monthly)
	}
	day := today()
	out := Budget{Version: own.Version, Default: own.Version == 0, WarnPercent: own.WarnPercent, Enforced: own.Enforced, Limits: []Limited{},
		Day:   Purse{own.DailyNano, own.SpentDay, own.HeldDay, band(own.SpentDay+own.HeldDay, own.DailyNano, own.WarnPercent)},
		Month: Purse{own.MonthlyNano, own.SpentMonth, own.HeldMonth, band(own.SpentMonth+own.HeldMonth, own.MonthlyNano, own.WarnPercent)},
		Ends:  PeriodsEnds{day.AddDate(0, 0, 1), monthOf(day).AddDate(0, 1, 0)}}
	for _, r := range rows[1:] {
		out.Limits = append(out.Limits, Limited{Limit: r.limit(), SpentDay: r.SpentDay, SpentMonth: r.SpentMonth})
	}
	for _, o := range organization {
		if o.DailyNano != nil || o.MonthlyNano != nil {
			out.Organized = &Organized{o.DailyNano, o.MonthlyNano, o.Enforced, o.SpentDay, o.SpentMonth}
		}
	}
	return op.NewRecord(out, own.Version)
}

func (r limitRow) limit() Limit {
	return Limit{Scope: r.Scope, Subject: r.Subject, Daily: r.DailyNano, Monthly: r.MonthlyNano, Enforced: r.Enforced}
}

type budgetInput struct {
	op.InWorkspace
	IfMatch string `header:"If-Match" doc:"The ETag of the budget that the change is based on."`
	Body    struct {
		Daily       *int64  `json:"daily_nano" minimum:"0" maximum:"1000000000000000" doc:"null: no limit."`
		Monthly     *int64  `json:"monthly_nano" minimum:"0" maximum:"1000000000000000"`
		WarnPercent int     `json:"warn_percent,omitempty" minimum:"1" maximum:"95" default:"80"`
		Enforced    *bool   `json:"enforced,omitempty" doc:"true unless said."`
		Limits      []Limit `json:"limits,omitempty" maxItems:"200"`
	}
}

func (s *Service) updateBudget(ctx context.Context, in *budgetInput) (out *op.Record[Budget], err error) {
	version, err := op.Versioned{IfMatch: in.IfMatch}.Version()
	if err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *pg.Tx) error {
		tx.Queue(`SELECT pg_advisory_xact_lock(7203017, hashtext($1::text))`, tx.Workspace())
		var before []limitRow
		var organization []organizationRow
		members := in.membersLater(tx)
		laterLimits(tx, &before, &organization)
		if err := tx.Flush(); err != nil {
			return err
		}
		if before[0].Version != version {
			return op.Stale(before[0].Version)
		}
		if err := in.check(members); err != nil {
			return err
		}
		var after []limitRow
		in.store(tx)
		laterLimits(tx, &after, &organization)
		if err := tx.Flush(); err != nil {
			return err
		}
		out = s.show(after, organization)
		changes := event.Changes{}
		changes.Set("limits", wording(before), wording(after))
		return event.Record(ctx, tx, event.Happened{Entity: "ai_budget", EntityID: tx.Workspace(), Kind: event.Updated, Changes: changes})
	})
	return out, err
}

// wording is limits as the log of changes shows them.
func wording(rows []limitRow) string {
	list := make([]map[string]any, 0, len(rows))
	for _, r := range rows {
		list = append(list, map[string]any{"limit": r.limit(), "warn_percent": r.WarnPercent})
	}
	b, err := json.Marshal(list)
	if err != nil {
		return ""
	}
	return string(b)
}

// membersLater queues the question whether those whose money is limited are
// members.
func (in *budgetInput) membersLater(tx *pg.Tx) []*event.Member {
	var out []*event.Member
	for i, l := range in.Body.Limits {
		if l.Scope == "user" && id.Valid(l.Subject) {
			out = append(out, event.MemberLater(tx, fmt.Sprintf("/limits/%d/subject", i), &l.Subject))
		}
	}
	return out
}

func (in *budgetInput) check(members []*event.Member) error {
	var f problem.Fields
	for _, m := range members {
		m.Check(&f)
	}
	b := in.Body
	f.Check(b.Daily == nil || b.Monthly == nil || *b.Daily <= *b.Monthly, "/daily_nano", "out_of_range", "A day cannot have more than its month.")
	seen := map[[2]string]bool{}
	for i, l := range b.Limits {
		at := fmt.Sprintf("/limits/%d", i)
		f.Check(l.Scope != "user" || id.Valid(l.Subject), at+"/subject", "format", "Name a member by id.")
		f.Check(!seen[[2]string{l.Scope, l.Subject}], at+"/subject", "duplicate", "There is a limit for this one already.")
		f.Check(l.Daily != nil || l.Monthly != nil, at+"/daily_nano", "required", "Limit the day, the month or both.")
		f.Check(l.Daily == nil || l.Monthly == nil || *l.Daily <= *l.Monthly, at+"/daily_nano", "out_of_range", "A day cannot have more than its month.")
		seen[[2]string{l.Scope, l.Subject}] = true
	}
	return f.Err()
}

// store queues the change.
func (in *budgetInput) store(tx *pg.Tx) {
	b := in.Body
	enforced := b.Enforced == nil || *b.Enforced
	const upsert = `
		INSERT INTO ai_limits AS l (workspace_id, scope, subject, daily_nano, monthly_nano, warn_percent, enforced) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (workspace_id, scope, subject) DO UPDATE SET daily_nano = excluded.daily_nano, monthly_nano = excluded.monthly_nano,
			warn_percent = excluded.warn_percent, enforced = excluded.enforced, version = l.version + 1, updated_at = now()`
	tx.Queue(`DELETE FROM ai_limits WHERE workspace_id = $1 AND scope IN ('agent', 'user')`, tx.Workspace())
	tx.Queue(upsert, tx.Workspace(), "workspace", "", b.Daily, b.Monthly, b.WarnPercent, enforced)
	for _, l := range b.Limits {
		tx.Queue(upsert, tx.Workspace(), l.Scope, l.Subject, l.Daily, l.Monthly, b.WarnPercent, l.Enforced)
	}
}

type organizationInput struct {
	op.InWorkspace
	Body struct {
		Daily    *int64 `json:"daily_nano" minimum:"0" maximum:"1000000000000000" doc:"null: no limit."`
		Monthly  *int64 `json:"monthly_nano" minimum:"0" maximum:"1000000000000000"`
		Enforced *bool  `json:"enforced,omitempty" doc:"true unless said."`
	}
}

func (s *Service) limitOrganization(ctx context.Context, in *organizationInput) (out *op.Record[Budget], err error) {
	if who, _ := actor.From(ctx); who.Kind == actor.APIKey {
		return nil, problem.New(problem.Forbidden, "forbidden", "An API key is bound to its workspace and cannot change the organization. Sign in to do so.")
	}
	b := in.Body
	var f problem.Fields
	f.Check(b.Daily == nil || b.Monthly == nil || *b.Daily <= *b.Monthly, "/daily_nano", "out_of_range", "A day cannot have more than its month.")
	if err := f.Err(); err != nil {
		return nil, err
	}
	err = s.DB.Write(ctx, func(tx *pg.Tx) error {
		var rows []limitRow
		var organization []organizationRow
		tx.Queue(`SELECT ai.limit_organization($1, $2, $3)`, b.Daily, b.Monthly, b.Enforced == nil || *b.Enforced)
		laterLimits(tx, &rows, &organization)
		if err := tx.Flush(); err != nil {
			return err
		}
		out = s.show(rows, organization)
		return event.Record(ctx, tx, event.Happened{Entity: "ai_budget", EntityID: tx.Workspace(), Kind: event.Updated,
			Changes: event.Changes{"organization": {nil, map[string]any{"daily_nano": b.Daily, "monthly_nano": b.Monthly}}}})
	})
	return out, err
}
