package lead

import (
	"encoding/json"
	"fmt"
	"time"

	"rapport/internal/crm/event"
	"rapport/internal/platform/pg"
)

// subject is a contact with its facts and the score that it has.
type subject struct {
	ID                string
	Title             string
	Size              string
	Industry          string
	LastInteractionAt *time.Time
	Score             *int32
	facts             Facts
}

type mailRow struct {
	ContactID string
	ThreadID  string
	Ours      bool
	SentAt    time.Time
}

type requestRow struct {
	ContactID string
	Requests
}

type findingRow struct {
	ContactID string
	Readiness int
	Goals     bool
	Pains     bool
	Reqs      bool
}

// gather reads the facts of contacts, at most Batch of them, in one round
// trip. Those to be updated are alive and stay locked until tx ends, so that of
// two scorings at once the later sees what the earlier wrote.
func gather(tx *pg.Tx, ids []string, forUpdate bool) ([]*subject, error) {
	var found []*subject
	var mails []mailRow
	var requests []requestRow
	var findings []findingRow
	lock := ""
	if forUpdate {
		lock = "\n\t\tAND c.deleted_at IS NULL\n\tORDER BY c.id FOR NO KEY UPDATE OF c"
	}
	var rows []subject
	pg.Later(tx, &rows, selectSubjects+lock, tx.Workspace(), ids)
	pg.Later(tx, &mails, selectMails, tx.Workspace(), ids)
	pg.Later(tx, &requests, selectRequests, tx.Workspace(), ids)
	pg.Later(tx, &findings, selectFindings, tx.Workspace(), ids, closely)
	if err := tx.Flush(); err != nil {
		return nil, fmt.Errorf("gather facts: %w", err)
	}
	byID := make(map[string]*subject, len(rows))
	for i := range rows {
		s := &rows[i]
		s.facts = Facts{ContactID: s.ID, Title: s.Title, CompanySize: s.Size, Industry: s.Industry, LastSeen: s.LastInteractionAt}
		byID[s.ID] = s
		found = append(found, s)
	}
	for _, m := range mails {
		if s := byID[m.ContactID]; s != nil {
			s.facts.Mails = append(s.facts.Mails, Mail{ThreadID: m.ThreadID, Ours: m.Ours, SentAt: m.SentAt})
		}
	}
	for _, r := range requests {
		if s := byID[r.ContactID]; s != nil {
			s.facts.Requests = r.Requests
		}
	}
	for _, f := range findings {
		if s := byID[f.ContactID]; s != nil {
			s.facts.Findings = append(s.facts.Findings, Findings{Goals: f.Goals, Pains: f.Pains, Requirements: f.Reqs, Readiness: f.Readiness})
		}
	}
	return found, nil
}

const selectSubjects = `
	SELECT c.id::text, coalesce(c.title, '') AS title, coalesce(co.size, '') AS size, coalesce(co.industry, '') AS industry,
		c.last_interaction_at, c.score
	FROM contacts c LEFT JOIN companies co ON co.workspace_id = c.workspace_id AND co.id = c.company_id AND co.deleted_at IS NULL
	WHERE c.workspace_id = $1 AND c.id = ANY ($2::uuid[])`

// The newest hundred in each direction are enough to know somebody.
const selectMails = `
	SELECT c.id::text AS contact_id, m.thread_id::text, m.ours, m.sent_at
	FROM unnest($2::uuid[]) AS c (id)
	CROSS JOIN LATERAL (
		(SELECT i.thread_id, false AS ours, i.sent_at
		FROM messages i
		WHERE i.workspace_id = $1 AND i.contact_id = c.id AND i.direction = 'inbound' AND i.category = 'personal'
		ORDER BY i.sent_at DESC, i.id DESC LIMIT 100)
		UNION ALL
		(SELECT o.thread_id, true AS ours, a.sent_at
		FROM message_addresses a
		JOIN messages o ON o.workspace_id = a.workspace_id AND o.id = a.message_id AND o.direction = 'outbound'
		WHERE a.workspace_id = $1 AND a.contact_id = c.id AND a.kind IN ('to', 'cc')
		ORDER BY a.sent_at DESC, a.message_id DESC LIMIT 100)
	) m`

const selectRequests = `
	SELECT m.contact_id::text, count(*) AS mails,
		count(*) FILTER (WHERE t.is_meeting_request OR t.intent = 'meeting_request' OR 'meeting_request' = ANY (t.intents)) AS meetings,
		count(*) FILTER (WHERE t.intent = ANY ('{sales_inquiry,pricing_inquiry,proposal}') OR t.intents && '{sales_inquiry,pricing_inquiry,proposal}') AS offers
	FROM messages m
	JOIN email_triage t ON t.workspace_id = m.workspace_id AND t.message_id = m.id
	WHERE m.workspace_id = $1 AND m.contact_id = ANY ($2::uuid[]) AND m.direction = 'inbound'
		AND t.state = 'done' AND NOT t.degraded AND t.superseded_by IS NULL
	GROUP BY m.contact_id`

const selectFindings = `
	SELECT c.id::text AS contact_id, i.readiness, coalesce(k.goals, false) AS goals, coalesce(k.pains, false) AS pains, coalesce(k.reqs, false) AS reqs
	FROM unnest($2::uuid[]) AS c (id)
	CROSS JOIN LATERAL (
		SELECT e.message_id, coalesce(e.readiness, 0) AS readiness, m.sent_at
		FROM messages m
		JOIN email_intelligence e ON e.workspace_id = m.workspace_id AND e.message_id = m.id
		WHERE m.workspace_id = $1 AND m.contact_id = c.id AND m.direction = 'inbound'
			AND e.state = 'done' AND NOT e.degraded AND e.superseded_by IS NULL
		ORDER BY m.sent_at DESC, m.id DESC LIMIT $3
	) i
	LEFT JOIN LATERAL (
		SELECT bool_or(x.kind = 'goal') AS goals, bool_or(x.kind = 'pain_point') AS pains, bool_or(x.kind = 'requirement') AS reqs
		FROM intelligence_items x WHERE x.workspace_id = $1 AND x.message_id = i.message_id
	) k ON true
	ORDER BY c.id, i.sent_at DESC`

// put queues the scores of contacts. A score that came out as before keeps the
// moment when it did.
func put(tx *pg.Tx, scored map[string]Result) error {
	var ids, parts []string
	var scores []*int32
	var coverages []float64
	var at []time.Time
	for id, r := range scored {
		b, err := json.Marshal(r.Parts)
		if err != nil {
			return fmt.Errorf("encode the parts: %w", err)
		}
		ids, parts, scores = append(ids, id), append(parts, string(b)), append(scores, narrow(r.Score))
		coverages, at = append(coverages, r.Coverage), append(at, r.ComputedAt)
	}
	event.HintFields(tx, "contact", []string{"score"}, ids...)
	tx.Queue(`
		INSERT INTO lead_scores AS l (workspace_id, contact_id, score, coverage, parts, formula, computed_at)
		SELECT $1, id, score, coverage, parts, $7, at
		FROM unnest($2::uuid[], $3::integer[], $4::double precision[], $5::jsonb[], $6::timestamptz[]) AS t (id, score, coverage, parts, at)
		ON CONFLICT (workspace_id, contact_id) DO UPDATE
		SET score = excluded.score, coverage = excluded.coverage, parts = excluded.parts, formula = excluded.formula, computed_at = excluded.computed_at
		WHERE (l.score, l.coverage, l.parts, l.formula) IS DISTINCT FROM (excluded.score, excluded.coverage, excluded.parts, excluded.formula)`,
		tx.Workspace(), ids, scores, coverages, parts, at, Formula)
	return nil
}

func narrow(n *int) *int32 {
	if n == nil {
		return nil
	}
	return new(int32(*n))
}

func widen(n *int32) *int {
	if n == nil {
		return nil
	}
	return new(int(*n))
}

type storedScore struct {
	Score      *int32
	Coverage   float64
	Parts      []Part
	Formula    string
	ComputedAt time.Time
}

// stored returns the score of a contact by this formula, nil if there is none.
func stored(tx *pg.Tx, contactID string) (*Result, error) {
	rows, err := pg.All[storedScore](tx, `
		SELECT score, coverage, parts, formula, computed_at FROM lead_scores
		WHERE workspace_id = $1 AND contact_id = $2::uuid AND formula = $3`, tx.Workspace(), contactID, Formula)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	s := rows[0]
	r := Result{Score: widen(s.Score), Coverage: s.Coverage, Parts: s.Parts, Version: s.Formula, ComputedAt: s.ComputedAt.UTC()}
	r.Band = BandOf(r.Score)
	return &r, nil
}

// after lists the next contacts in order of id.
func after(tx *pg.Tx, id string, limit int) ([]string, error) {
	return pg.Column[string](tx, `
		SELECT id::text FROM contacts
		WHERE workspace_id = $1 AND deleted_at IS NULL AND id > $2::uuid
		ORDER BY id LIMIT $3`, tx.Workspace(), id, limit)
}
