package assessment

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"rapport/internal/agents"
	"rapport/internal/agents/contact"
	"rapport/internal/agents/flow"
	"rapport/internal/agents/memory"
	"rapport/internal/crm/identity"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// subject is a contact as a run loads it.
type subject struct {
	ID      string        `json:"id"`
	Version int64         `json:"version"`
	OwnerID *string       `json:"owner_id"`
	Input   contact.Input `json:"input"`
	// OpenTasks are those about the contact that are to be done; Asked are the
	// proposals of ours that wait, or were turned down of late.
	OpenTasks int       `json:"open_tasks"`
	Asked     int       `json:"asked"`
	LoadedAt  time.Time `json:"loaded_at"`
}

// work is the subject as a question's. The hour of reading is not what makes it
// another input.
func (s subject) work() (agents.Work, error) {
	w := agents.Work{Entity: "contact", SubjectID: s.ID, At: s.LoadedAt}
	var err error
	if w.Input, err = json.Marshal(s.Input); err != nil {
		return w, fmt.Errorf("encode the contact: %w", err)
	}
	day := s.Input
	day.Now = day.Now.Truncate(24 * time.Hour)
	if w.Key, err = json.Marshal(day); err != nil {
		return w, fmt.Errorf("encode the contact: %w", err)
	}
	return w, nil
}

// quiet is the answer about somebody of whom there is nothing to read.
func quiet(s subject) (flow.Answer, error) {
	a := contact.Rules(s.Input)
	a.Verify(s.Input)
	b, err := json.Marshal(a)
	return flow.Answer{Output: b, Engine: "rules", Version: contact.RulesVersion}, err
}

type headRow struct {
	ID, Name, Email, Title, Status        string
	Company, CompanySize, Industry        string
	Version                               int64
	OwnerID                               *string
	Score                                 *int32
	Coverage                              float64
	Parts                                 []contact.Part
	Total, Days7, Days30, Earlier         int
	SentTotal, Sent7, Sent30, SentEarlier int
	LastHeard, LastSent                   *time.Time
	OpenTasks, Asked                      int
}

type mailRow struct {
	ID, ThreadID, Subject, Body, Sentiment string
	SentAt                                 time.Time
	Intents                                []string
	Readiness                              int
	RequiresResponse, Owed                 bool
	DueAt                                  *time.Time
}

// load reads what is known of a contact, in one round trip.
func (s *Service) load(ctx context.Context, id string) (subject, error) {
	now := s.now().UTC()
	out := subject{ID: id, LoadedAt: now}
	var heads []headRow
	var mails []mailRow
	var known []memory.Memory
	err := s.db.Read(ctx, func(tx *pg.Tx) error {
		ws := tx.Workspace()
		pg.Later(tx, &heads, selectHead, ws, id, now, Name)
		pg.Later(tx, &mails, selectMails, ws, id, contact.MaxMails, contact.MaxText)
		pg.Later(tx, &out.Input.Activities, selectActivities, ws, id, contact.MaxActivities, now)
		pg.Later(tx, &out.Input.Findings, selectFindings, ws, id, contact.MaxMails, contact.MaxFindings, now)
		memory.RecallLater(tx, &known, memory.Subject{ContactID: id})
		settings, err := identity.Settings(tx)
		out.Input.TimeZone = settings.TimeZone
		return err
	})
	if err != nil {
		return out, fmt.Errorf("load a contact: %w", err)
	}
	if len(heads) == 0 {
		return out, problem.Missing("contact")
	}
	out.Input.Now, out.Input.Memories = now, memory.Notes(known)
	out.fill(heads[0], mails)
	return out, nil
}

func (s *subject) fill(h headRow, mails []mailRow) {
	in := &s.Input
	s.Version, s.OwnerID, s.OpenTasks, s.Asked = h.Version, h.OwnerID, h.OpenTasks, h.Asked
	in.Profile = contact.Profile{Name: h.Name, Email: h.Email, Title: h.Title, Company: h.Company, CompanySize: h.CompanySize, Industry: h.Industry, Status: h.Status}
	in.Lead = contact.Lead{Coverage: h.Coverage, Parts: h.Parts}
	if h.Score != nil {
		in.Lead.Score = new(int(*h.Score))
	}
	in.Received = contact.Counts{Total: h.Total, Days7: h.Days7, Days30: h.Days30, Earlier: h.Earlier}
	in.Sent = contact.Counts{Total: h.SentTotal, Days7: h.Sent7, Days30: h.Sent30, Earlier: h.SentEarlier}
	in.Velocity = contact.Velocity(in.Received)
	in.LastHeard, in.LastSent = h.LastHeard, h.LastSent
	for _, m := range mails {
		in.Mails = append(in.Mails, contact.Mail{ID: m.ID, ThreadID: m.ThreadID, SentAt: m.SentAt.UTC(), Subject: m.Subject, Text: m.Body,
			Intents: m.Intents, Sentiment: m.Sentiment, Readiness: m.Readiness, RequiresResponse: m.RequiresResponse, DueAt: m.DueAt, Owed: m.Owed})
	}
	for i := range in.Activities {
		in.Activities[i].Text = strings.TrimSpace(in.Activities[i].Text)
	}
}

// Proposals that wait, and those that were turned down within two weeks, keep
// the agent from asking again.
const selectHead = `
	SELECT c.id::text, c.name, coalesce(c.email, '') AS email, coalesce(c.title, '') AS title, c.status, c.version, c.owner_id::text,
		coalesce(co.name, '') AS company, coalesce(co.size, '') AS company_size, coalesce(co.industry, '') AS industry,
		l.score, coalesce(l.coverage, 0) AS coverage,
		coalesce((SELECT jsonb_agg(jsonb_build_object('name', p ->> 'name', 'points', p -> 'points')) FROM jsonb_array_elements(l.parts) p), '[]') AS parts,
		r.*, w.*,
		(SELECT count(*) FROM tasks t WHERE t.workspace_id = $1 AND t.entity_id = c.id AND t.deleted_at IS NULL AND t.status IN ('open', 'in_progress')) AS open_tasks,
		(SELECT count(*) FROM approvals a WHERE a.workspace_id = $1 AND a.agent = $4 AND a.subject_id = c.id
			AND (a.state = 'pending' OR a.state IN ('rejected', 'expired', 'blocked') AND a.created_at > $3::timestamptz - interval '14 days')) AS asked
	FROM contacts c
	LEFT JOIN companies co ON co.workspace_id = c.workspace_id AND co.id = c.company_id AND co.deleted_at IS NULL
	LEFT JOIN lead_scores l ON l.workspace_id = c.workspace_id AND l.contact_id = c.id
	CROSS JOIN LATERAL (
		SELECT count(*) AS total, count(*) FILTER (WHERE m.sent_at > $3::timestamptz - interval '7 days') AS days7,
			count(*) FILTER (WHERE m.sent_at > $3::timestamptz - interval '30 days') AS days30,
			count(*) FILTER (WHERE m.sent_at > $3::timestamptz - interval '60 days' AND m.sent_at <= $3::timestamptz - interval '30 days') AS earlier,
			max(m.sent_at) AS last_heard
		FROM messages m
		WHERE m.workspace_id = $1 AND m.contact_id = c.id AND m.direction = 'inbound' AND m.category = 'personal' AND m.sent_at <= $3::timestamptz + interval '1 day'
	) r
	CROSS JOIN LATERAL (
		SELECT count(*) AS sent_total, count(*) FILTER (WHERE a.sent_at > $3::timestamptz - interval '7 days') AS sent7,
			count(*) FILTER (WHERE a.sent_at > $3::timestamptz - interval '30 days') AS sent30,
			count(*) FILTER (WHERE a.sent_at > $3::timestamptz - interval '60 days' AND a.sent_at <= $3::timestamptz - interval '30 days') AS sent_earlier,
			max(a.sent_at) AS last_sent
		FROM message_addresses a
		JOIN messages o ON o.workspace_id = a.workspace_id AND o.id = a.message_id AND o.direction = 'outbound'
		WHERE a.workspace_id = $1 AND a.contact_id = c.id AND a.kind IN ('to', 'cc') AND a.sent_at <= $3::timestamptz + interval '1 day'
	) w
	WHERE c.workspace_id = $1 AND c.id = $2::uuid AND c.deleted_at IS NULL`

// latest are the newest personal mails of the contact.
const latest = `(
		SELECT m.id, m.thread_id, m.subject, m.sent_at, m.body FROM messages m
		WHERE m.workspace_id = $1 AND m.contact_id = $2::uuid AND m.direction = 'inbound' AND m.category = 'personal'
		ORDER BY m.sent_at DESC, m.id DESC LIMIT $3
	) m`

// What only stood in for an engine says nothing about the contact. A mail is
// owed an answer until somebody writes into its conversation.
const selectMails = `
	SELECT m.id::text, m.thread_id::text, left(m.subject, 200) AS subject, left(m.body, $4) AS body, m.sent_at,
		coalesce(t.intents, '{}') AS intents, coalesce(t.sentiment, '') AS sentiment, coalesce(e.readiness, 0) AS readiness,
		coalesce(t.requires_response, false) AS requires_response, t.due_at,
		coalesce(t.requires_response, false) AND NOT EXISTS (
			SELECT FROM messages o WHERE o.workspace_id = $1 AND o.thread_id = m.thread_id AND o.direction = 'outbound' AND o.sent_at > m.sent_at)
		AND EXISTS (SELECT FROM threads h WHERE h.workspace_id = $1 AND h.id = m.thread_id AND h.status <> 'done') AS owed
	FROM ` + latest + `
	LEFT JOIN email_triage t ON t.workspace_id = $1 AND t.message_id = m.id AND t.state = 'done' AND NOT t.degraded AND t.superseded_by IS NULL
	LEFT JOIN email_intelligence e ON e.workspace_id = $1 AND e.message_id = m.id AND e.state = 'done' AND NOT e.degraded AND e.superseded_by IS NULL
	ORDER BY m.sent_at DESC, m.id DESC`

const selectActivities = `
	SELECT a.id::text, a.kind, a.at, left(concat_ws(E'\n\n', a.subject, nullif(a.body, ''), nullif(a.outcome, '')), 1500) AS text
	FROM activity_contacts p
	JOIN activities a ON a.workspace_id = p.workspace_id AND a.id = p.activity_id AND a.deleted_at IS NULL
	WHERE p.workspace_id = $1 AND p.contact_id = $2::uuid AND p.active AND p.at <= $4
	ORDER BY p.at DESC, p.activity_id DESC LIMIT $3`

// A date says something only while it is to come.
const selectFindings = `
	SELECT i.message_id::text, i.kind, i.quote, i.quote_start AS start, i.quote_end AS "end", coalesce(i.attributes ->> 'role', '') AS role
	FROM ` + latest + `
	JOIN email_intelligence e ON e.workspace_id = $1 AND e.message_id = m.id AND e.state = 'done' AND NOT e.degraded AND e.superseded_by IS NULL
	JOIN intelligence_items i ON i.workspace_id = $1 AND i.message_id = m.id
		AND (i.kind IN ('goal', 'pain_point', 'requirement', 'question', 'decision', 'commitment', 'money')
			OR i.kind = 'date' AND (i.attributes ->> 'start')::timestamptz > $5)
	ORDER BY m.sent_at DESC, i.position LIMIT $4`
