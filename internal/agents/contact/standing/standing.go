// Package standing shows what is thought of contacts: of one, with both of its
// scores apart, and of all those that are hot.
package standing

import (
	"context"
	"time"

	"rapport/internal/agents/contact"
	"rapport/internal/api/op"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// agent is the one whose runs are shown.
const agent = "contact"

// An assessor begins to assess a contact; assessment.Service does.
type assessor interface {
	Assess(ctx context.Context, contactID string, deep bool) (runID string, err error)
}

// Service shows assessments.
type Service struct {
	db     *pg.DB
	assess assessor
}

// New returns the service over db; who asks for an assessment has it from a.
func New(db *pg.DB, a assessor) *Service { return &Service{db: db, assess: a} }

// Standing is what is thought of a contact, with both scores apart.
type Standing struct {
	Assessment *Stored  `json:"assessment" doc:"null where the contact was never assessed."`
	Run        *Running `json:"run" doc:"An assessment that is on its way, or the last that failed since."`
	LeadScore  *int     `json:"lead_score"`
	Coverage   float64  `json:"coverage"`
	Composite  *int     `json:"composite" doc:"null where there is neither a lead score nor an assessment that counts."`
	Points     []Point  `json:"points"`
	Sources    []Source `json:"sources" doc:"What the citations are from, as far as it is still there."`
}

// Source is a text that is cited.
type Source struct {
	ID       string    `json:"id"`
	Entity   string    `json:"entity" enum:"message,activity"`
	ThreadID *string   `json:"thread_id"`
	Title    string    `json:"title"`
	At       time.Time `json:"at"`
}

// Stored is an assessment with where it came from.
type Stored struct {
	contact.Assessment
	RunID    string    `json:"run_id"`
	Engine   string    `json:"engine"`
	Model    string    `json:"model"`
	Version  string    `json:"version"`
	Degraded bool      `json:"degraded" doc:"Rules stood in for a model; it counts for nothing until one has answered."`
	AsOf     time.Time `json:"as_of"`
	Outdated bool      `json:"outdated" doc:"Something happened with the contact since."`
}

// Running is a run over the contact.
type Running struct {
	ID        string    `json:"id"`
	State     string    `json:"state" enum:"queued,running,waiting,paused,failed,dead"`
	Error     string    `json:"error"`
	StartedAt time.Time `json:"started_at"`
	RunAt     time.Time `json:"run_at" doc:"When it begins, or began: after mail at the end of ten minutes."`
}

type standingRow struct {
	LeadScore *int32
	Coverage  float64
	Composite *int32
	Points    []Point
}

func (s *Service) standing(ctx context.Context, in *op.ByID) (*op.Body[Standing], error) {
	var heads []standingRow
	var found []Stored
	var runs []Running
	sources := []Source{}
	err := s.db.Read(ctx, func(tx *pg.Tx) error {
		pg.Later(tx, &heads, selectStanding, tx.Workspace(), in.ID)
		pg.Later(tx, &found, selectStored, tx.Workspace(), in.ID)
		pg.Later(tx, &runs, selectRun, tx.Workspace(), in.ID, agent)
		pg.Later(tx, &sources, selectSources, tx.Workspace(), in.ID)
		return tx.Flush()
	})
	if err == nil && len(heads) == 0 {
		err = problem.Missing("contact")
	}
	if err != nil {
		return nil, err
	}
	out := Standing{Coverage: heads[0].Coverage, LeadScore: widen(heads[0].LeadScore), Composite: widen(heads[0].Composite), Points: heads[0].Points, Sources: []Source{}}
	if len(found) > 0 {
		out.Assessment = &found[0]
		if op.Allowed(ctx, "thread:read") == nil {
			out.Sources = sources
		} else {
			out.Assessment.silence()
		}
	}
	if len(runs) > 0 {
		out.Run = &runs[0]
	}
	return &op.Body[Standing]{Body: out}, nil
}

// silence takes the words of mail out, for those who may not read mail.
func (s *Stored) silence() {
	s.Brief = []contact.Sentence{}
	for _, all := range [][]contact.Signal{s.RiskSignals, s.OpportunitySignals} {
		for i := range all {
			all[i].Citations = []contact.Citation{}
		}
	}
}

func widen(n *int32) *int {
	if n == nil {
		return nil
	}
	return new(int(*n))
}

const selectStanding = `
	SELECT c.score AS lead_score, coalesce(l.coverage, 0) AS coverage, ` + points + ` AS points,
		CASE WHEN c.score IS NOT NULL OR a.degraded = false THEN ` + composite + ` END AS composite
	FROM contacts c
	LEFT JOIN lead_scores l ON l.workspace_id = $1 AND l.contact_id = c.id
	LEFT JOIN contact_assessments a ON a.workspace_id = $1 AND a.contact_id = c.id
	WHERE c.workspace_id = $1 AND c.id = $2::uuid`

const selectStored = `
	SELECT a.engagement_score, a.buying_intent, a.decision_stage, a.role_type, a.next_best_action, a.risk_signals, a.opportunity_signals,
		a.engagement_velocity, a.sentiment_score, a.brief, a.confidence, a.run_id::text, a.engine, a.model, a.version, a.degraded, a.as_of,
		c.touch_key > a.as_of AS outdated
	FROM contact_assessments a JOIN contacts c ON c.workspace_id = $1 AND c.id = a.contact_id
	WHERE a.workspace_id = $1 AND a.contact_id = $2::uuid`

// A run that waits for a person has stored its assessment already.
const selectRun = `
	SELECT r.id::text, r.state, r.error, r.started_at, r.run_at
	FROM agent_runs r
	WHERE r.workspace_id = $1 AND r.subject_id = $2::uuid AND r.agent = $3 AND r.program AND r.state IN ('queued', 'running', 'waiting', 'paused', 'failed', 'dead')
		AND NOT EXISTS (SELECT FROM contact_assessments a WHERE a.workspace_id = $1 AND a.contact_id = $2::uuid AND (a.run_id = r.id OR a.as_of > r.started_at))
	ORDER BY r.started_at DESC LIMIT 1`

const selectSources = `
	WITH cited AS (
		SELECT DISTINCT c ->> 'entity' AS entity, (c ->> 'id')::uuid AS id
		FROM contact_assessments a, jsonb_path_query(a.brief || a.risk_signals || a.opportunity_signals, '$[*].citations[*]') c
		WHERE a.workspace_id = $1 AND a.contact_id = $2::uuid
	)
	SELECT m.id::text, c.entity, m.thread_id::text, m.subject AS title, m.sent_at AS at
	FROM cited c JOIN messages m ON m.workspace_id = $1 AND m.id = c.id
	WHERE c.entity = 'message'
	UNION ALL
	SELECT a.id::text, c.entity, NULL, a.subject, a.at
	FROM cited c JOIN activities a ON a.workspace_id = $1 AND a.id = c.id AND a.deleted_at IS NULL
	WHERE c.entity = 'activity'`
