// Package weekly computes what a week was like from what is stored: figures
// that can be counted, and no words of a model.
package weekly

import (
	"time"

	"rapport/internal/platform/pg"
)

// Report is one week of a workspace.
type Report struct {
	From time.Time `json:"from"` // a Monday, 00:00 in the time zone
	To   time.Time `json:"to"`   // the Monday after, exclusive
	Zone string    `json:"time_zone"`
	Mail Mail      `json:"mail"`
	// Before is the mail of the week before.
	Before  Mail    `json:"mail_before"`
	Answers Answers `json:"answers"`
	Hot     int64   `json:"hot_leads"` // at the time of the report
	Leads   []Lead  `json:"leads"`     // the hottest, at most ten
	Tasks   Tasks   `json:"tasks"`
	Agents  []Agent `json:"agents"`
	Goals   Goals   `json:"goals"`
	// Models is what calls of models cost, whoever made them.
	Models int64 `json:"models_cost_nano"`
}

// Mail is how many messages there were. Personal is what people wrote to us.
type Mail struct {
	Personal int64 `json:"personal"`
	Bulk     int64 `json:"bulk"`
	Sent     int64 `json:"sent"`
}

// Answers is how long people waited. The times are of what was answered.
type Answers struct {
	Answered int64    `json:"answered"`
	Median   *float64 `json:"median_seconds"` // nil where nothing was answered
	Slow     *float64 `json:"p90_seconds"`
	Waiting  int64    `json:"waiting"` // open conversations that await an answer now
	Overdue  int64    `json:"overdue"`
}

// Lead is a contact with its score.
type Lead struct {
	ContactID string `json:"contact_id"`
	Name      string `json:"name"`
	Score     int64  `json:"score"`
	New       bool   `json:"new" db:"fresh"` // the score came up in this week
}

// Tasks is what was done and what is left.
type Tasks struct {
	Done    int64 `json:"done"`
	Open    int64 `json:"open"`
	Overdue int64 `json:"overdue"`
}

// Agent is what one agent did.
type Agent struct {
	Name   string `json:"agent" db:"agent"`
	Runs   int64  `json:"runs"`
	Failed int64  `json:"failed"`
	Cost   int64  `json:"cost_nano" db:"cost"`
}

// Goals are those that were set in the week.
type Goals struct {
	Set    int64 `json:"set" db:"started"`
	Done   int64 `json:"done"`
	Failed int64 `json:"failed"`
}

// Week is the last whole week before now in a time zone, UTC if there is no
// such; back counts further weeks into the past.
func Week(now time.Time, zone string, back int) (from, to time.Time, place string) {
	at, err := time.LoadLocation(zone)
	if err != nil || zone == "" {
		at = time.UTC
	}
	y, m, d := now.In(at).Date()
	since := (int(now.In(at).Weekday()) + 6) % 7 // days after Monday
	to = time.Date(y, m, d-since-7*back, 0, 0, 0, 0, at)
	return to.AddDate(0, 0, -7), to, at.String()
}

// Read computes the report of the week before to, in one round trip.
func Read(tx *pg.Tx, from, to time.Time, zone string, now time.Time) (Report, error) {
	r := Report{From: from, To: to, Zone: zone, Leads: []Lead{}, Agents: []Agent{}}
	var mail, before []Mail
	var answers []Answers
	var tasks []Tasks
	var goals []Goals
	var hot, models []int64
	ws := tx.Workspace()
	pg.Later(tx, &mail, volume, ws, from, to)
	pg.Later(tx, &before, volume, ws, from.AddDate(0, 0, -7), from)
	pg.Later(tx, &answers, answered, ws, from, to, now)
	pg.LaterColumn(tx, &hot, `SELECT count(*) FROM contacts WHERE workspace_id = $1 AND deleted_at IS NULL AND score_key >= 70`, ws)
	pg.Later(tx, &r.Leads, `
		SELECT c.id::text AS contact_id, c.name, c.score_key::bigint AS score, coalesce(l.computed_at >= $2 AND l.computed_at < $3, false) AS fresh
		FROM contacts c LEFT JOIN lead_scores l ON l.workspace_id = c.workspace_id AND l.contact_id = c.id
		WHERE c.workspace_id = $1 AND c.deleted_at IS NULL AND c.score_key >= 70
		ORDER BY c.score_key DESC, c.id DESC
		LIMIT 10`, ws, from, to)
	pg.Later(tx, &tasks, `
		SELECT count(*) FILTER (WHERE status = 'done' AND completed_at >= $2 AND completed_at < $3) AS done,
			count(*) FILTER (WHERE status IN ('open', 'in_progress')) AS open,
			count(*) FILTER (WHERE status IN ('open', 'in_progress') AND due_at < $4) AS overdue
		FROM tasks WHERE workspace_id = $1 AND deleted_at IS NULL`, ws, from, to, now)
	pg.Later(tx, &r.Agents, `
		SELECT agent, count(*) AS runs, count(*) FILTER (WHERE state IN ('failed', 'dead')) AS failed, coalesce(sum(cost_nano), 0)::bigint AS cost
		FROM agent_runs WHERE workspace_id = $1 AND started_at >= $2 AND started_at < $3
		GROUP BY agent ORDER BY runs DESC, agent`, ws, from, to)
	pg.Later(tx, &goals, `
		SELECT count(*) AS started, count(*) FILTER (WHERE state = 'done') AS done, count(*) FILTER (WHERE state IN ('failed', 'dead')) AS failed
		FROM agent_runs WHERE workspace_id = $1 AND agent = 'orchestrator' AND program AND started_at >= $2 AND started_at < $3`, ws, from, to)
	pg.LaterColumn(tx, &models, `
		SELECT coalesce(sum(cost_nano), 0)::bigint FROM ai_usage WHERE workspace_id = $1 AND day >= $2::date AND day < $3::date`,
		ws, from.Format(time.DateOnly), to.Format(time.DateOnly))
	if err := tx.Flush(); err != nil {
		return Report{}, err
	}
	r.Mail, r.Before, r.Answers, r.Tasks, r.Goals, r.Hot, r.Models = mail[0], before[0], answers[0], tasks[0], goals[0], hot[0], models[0]
	return r, nil
}

// A message of the week stands in a thread that went on since; that way the
// indexes of threads find it.
const week = `
		FROM threads t JOIN messages m ON m.workspace_id = t.workspace_id AND m.thread_id = t.id
		WHERE t.workspace_id = $1 AND t.last_message_at >= $2 AND m.sent_at >= $2 AND m.sent_at < $3`

const volume = `
		SELECT count(*) FILTER (WHERE m.direction = 'inbound' AND m.category = 'personal') AS personal,
			count(*) FILTER (WHERE m.direction = 'inbound' AND m.category <> 'personal') AS bulk,
			count(*) FILTER (WHERE m.direction = 'outbound') AS sent` + week

// The answer to what somebody wrote is our next message of the conversation.
// Of several letters in a row the first is the one that waited.
const answered = `
		WITH waited AS (
			SELECT extract(epoch FROM a.sent_at - m.sent_at)::double precision AS seconds
			FROM threads t JOIN messages m ON m.workspace_id = t.workspace_id AND m.thread_id = t.id
			JOIN LATERAL (
				SELECT x.sent_at FROM messages x
				WHERE x.workspace_id = m.workspace_id AND x.thread_id = m.thread_id AND x.sent_at > m.sent_at AND x.direction = 'outbound'
				ORDER BY x.sent_at LIMIT 1) a ON true
			WHERE t.workspace_id = $1 AND t.last_message_at >= $2 AND m.direction = 'inbound' AND m.category = 'personal'
			AND a.sent_at >= $2 AND a.sent_at < $3
			AND NOT EXISTS (
				SELECT 1 FROM messages y
				WHERE y.workspace_id = m.workspace_id AND y.thread_id = m.thread_id AND y.sent_at < m.sent_at AND y.direction = 'inbound'
				AND NOT EXISTS (
					SELECT 1 FROM messages z
					WHERE z.workspace_id = m.workspace_id AND z.thread_id = m.thread_id AND z.direction = 'outbound' AND z.sent_at > y.sent_at AND z.sent_at < m.sent_at))
		), waiting AS (
			SELECT count(*) AS waiting, count(*) FILTER (WHERE due_at < $4) AS overdue
			FROM threads WHERE workspace_id = $1 AND requires_response AND status = 'open'
		)
		SELECT count(seconds) AS answered, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median,
			percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds) AS slow,
			(SELECT waiting FROM waiting) AS waiting, (SELECT overdue FROM waiting) AS overdue
		FROM waited`
