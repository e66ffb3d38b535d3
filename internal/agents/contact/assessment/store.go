package assessment

import (
	"encoding/json"
	"fmt"

	"rapport/internal/agents/contact"
	"rapport/internal/agents/flow"
	"rapport/internal/crm/event"
	"rapport/internal/platform/pg"
)

// put stores an assessment and reports whether it did: not over one that looked
// later, and an answer that only stood in not over a full one. What is unknown
// now does not take away an intent or a stage that was known within 90 days, or
// a role.
func put(tx *pg.Tx, runID string, sub subject, a contact.Assessment, ans flow.Answer) (bool, error) {
	var parts [4][]byte
	for i, v := range []any{a.NextBestAction, a.RiskSignals, a.OpportunitySignals, a.Brief} {
		b, err := json.Marshal(v)
		if err != nil {
			return false, fmt.Errorf("encode the assessment: %w", err)
		}
		parts[i] = b
	}
	stored, err := pg.Column[bool](tx, upsert, tx.Workspace(), sub.ID, runID, a.EngagementScore, a.BuyingIntent, a.DecisionStage, a.RoleType,
		a.EngagementVelocity, a.SentimentScore, parts[0], parts[1], parts[2], parts[3], a.Confidence,
		ans.Engine, ans.Model, ans.Version, ans.Degraded, sub.LoadedAt)
	if err != nil {
		return false, fmt.Errorf("store the assessment: %w", err)
	}
	event.HintFields(tx, "contact", []string{"assessment"}, sub.ID)
	return len(stored) > 0, nil
}

const upsert = `
	INSERT INTO contact_assessments AS a (workspace_id, contact_id, run_id, engagement_score, buying_intent, decision_stage, role_type,
		engagement_velocity, sentiment_score, next_best_action, risk_signals, opportunity_signals, brief, confidence,
		engine, model, version, degraded, as_of, intent_at, stage_at)
	VALUES ($1, $2::uuid, $3::uuid, $4, $5, $6, $7, $8, $9, $10::jsonb, $11::jsonb, $12::jsonb, $13::jsonb, $14, $15, $16, $17, $18, $19,
		CASE WHEN $5 <> 'unknown' THEN $19::timestamptz END, CASE WHEN $6 <> 'unknown' THEN $19::timestamptz END)
	ON CONFLICT (workspace_id, contact_id) DO UPDATE
	SET run_id = excluded.run_id, engagement_score = excluded.engagement_score,
		buying_intent = CASE WHEN excluded.buying_intent = 'unknown' AND NOT a.degraded AND a.intent_at > excluded.as_of - interval '90 days' THEN a.buying_intent ELSE excluded.buying_intent END,
		intent_at = CASE WHEN excluded.buying_intent = 'unknown' AND NOT a.degraded AND a.intent_at > excluded.as_of - interval '90 days' THEN a.intent_at ELSE excluded.intent_at END,
		decision_stage = CASE WHEN excluded.decision_stage = 'unknown' AND NOT a.degraded AND a.stage_at > excluded.as_of - interval '90 days' THEN a.decision_stage ELSE excluded.decision_stage END,
		stage_at = CASE WHEN excluded.decision_stage = 'unknown' AND NOT a.degraded AND a.stage_at > excluded.as_of - interval '90 days' THEN a.stage_at ELSE excluded.stage_at END,
		role_type = CASE WHEN excluded.role_type = 'unknown' AND NOT a.degraded THEN a.role_type ELSE excluded.role_type END,
		engagement_velocity = excluded.engagement_velocity, sentiment_score = excluded.sentiment_score,
		next_best_action = excluded.next_best_action, risk_signals = excluded.risk_signals, opportunity_signals = excluded.opportunity_signals,
		brief = excluded.brief, confidence = excluded.confidence, engine = excluded.engine, model = excluded.model, version = excluded.version,
		degraded = excluded.degraded, as_of = excluded.as_of
	WHERE (a.degraded OR NOT excluded.degraded) AND a.as_of <= excluded.as_of
	RETURNING true`
