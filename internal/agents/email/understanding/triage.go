package understanding

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"rapport/internal/agents"
	"rapport/internal/agents/email"
	"rapport/internal/agents/email/prompt"
	"rapport/internal/crm/message"
	"rapport/internal/platform/pg"
)

// triage is the batch that finds out what messages want.
func (s *Service) triage(mails []mail) agents.Batch {
	found := byID(mails)
	b := agents.Batch{Agent: prompt.TriageDefinition()}
	b.Agent.Verify = func(w agents.Work, out json.RawMessage) (json.RawMessage, error) {
		var t email.Triage
		return verified(out, &t, func() []string {
			var in email.TriageInput
			faults := t.Verify(found[w.SubjectID].Body)
			if json.Unmarshal(w.Input, &in) == nil {
				t.Meet(in)
			}
			return faults
		})
	}
	for i := range mails {
		b.Works = append(b.Works, mails[i].work(mails[i].impersonal()))
	}
	b.Later = s.later
	b.Apply = func(tx *pg.Tx, results []agents.Result) error { return s.putTriage(tx, found, results) }
	return b
}

// verified reads an answer, verifies it and writes what is left of it.
func verified(out json.RawMessage, into any, verify func() []string) (json.RawMessage, error) {
	if err := json.Unmarshal(out, into); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if faults := verify(); len(faults) > 0 {
		return nil, errors.New(strings.Join(faults, "; "))
	}
	return json.Marshal(into)
}

// head is what the rows of both agents begin with.
type head struct {
	MessageID string `json:"message_id"`
	RunID     string `json:"run_id"`
	State     string `json:"state"`
	Reason    string `json:"reason"`
	Engine    string `json:"engine"`
	Version   string `json:"version"`
	Degraded  bool   `json:"degraded"`
}

func headOf(r agents.Result) head {
	return head{MessageID: r.SubjectID, RunID: r.RunID, State: string(r.State), Reason: r.Error,
		Engine: r.Engine, Version: r.Version, Degraded: r.Degraded}
}

type triageRow struct {
	head
	*email.Triage
}

// putTriage stores triages, skips and failures. What is skipped here gets no
// intelligence either, for the same reason.
func (s *Service) putTriage(tx *pg.Tx, mails map[string]*mail, results []agents.Result) error {
	var rows []triageRow
	var shown []message.Triaged
	var skipped []intelligenceRow
	for _, r := range results {
		row := triageRow{head: headOf(r)}
		switch r.State {
		case agents.Done:
			row.Triage = new(email.Triage)
			if err := json.Unmarshal(r.Output, row.Triage); err != nil {
				return fmt.Errorf("read a triage: %w", err)
			}
			shown = append(shown, settle(row.Triage, mails[r.SubjectID]))
		case agents.Skipped:
			skipped = append(skipped, intelligenceRow{head: row.head})
		}
		rows = append(rows, row)
	}
	b, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("encode triages: %w", err)
	}
	tx.Queue(upsertTriage, tx.Workspace(), b, s.now())
	message.Understood(tx, shown)
	return s.putIntelligenceRows(tx, skipped, nil)
}

// settle takes the due time from mail that is too old, or that is before the
// mail or years after it, and returns what the thread shows.
func settle(t *email.Triage, m *mail) message.Triaged {
	if !t.RequiresResponse || !m.mayBeDue() || t.DueAt != nil && (t.DueAt.Before(m.SentAt.Add(-24*time.Hour)) || t.DueAt.After(m.SentAt.AddDate(2, 0, 0))) {
		t.DueAt = nil
	}
	return message.Triaged{ThreadID: m.ThreadID, MessageID: m.ID, Intent: &t.Intent, Sentiment: &t.Sentiment, Urgency: &t.Urgency,
		RequiresResponse: t.RequiresResponse, DueAt: t.DueAt}
}

// A failure never hides an answer, nor does a degraded answer hide a full one.
const upsertTriage = `
	INSERT INTO email_triage AS e (workspace_id, message_id, run_id, state, reason, intent, intents, sentiment, mood, urgency, requires_response,
		respond_within, due_at, topics, is_meeting_request, summary, confidence, evidence, engine, version, degraded, updated_at, meeting)
	SELECT $1, r.message_id, r.run_id, r.state, r.reason, r.intent, coalesce(r.intents, '{}'), r.sentiment, r.mood, r.urgency, coalesce(r.requires_response, false),
		coalesce(r.respond_within, 'none'), r.due_at, coalesce(r.topics, '{}'), coalesce(r.is_meeting_request, false), coalesce(r.summary, ''),
		coalesce(r.confidence, 0), coalesce(r.evidence, '[]'), r.engine, r.version, r.degraded, $3, r.meeting
	FROM json_to_recordset($2::json) AS r (message_id uuid, run_id uuid, state text, reason text, intent text, intents text[], sentiment text, mood text,
		urgency text, requires_response boolean, respond_within text, due_at timestamptz, topics text[], is_meeting_request boolean, summary text,
		confidence double precision, evidence jsonb, engine text, version text, degraded boolean, meeting jsonb)
	ORDER BY r.message_id
	ON CONFLICT (workspace_id, message_id) DO UPDATE
	SET run_id = excluded.run_id, state = excluded.state, reason = excluded.reason, intent = excluded.intent, intents = excluded.intents,
		sentiment = excluded.sentiment, mood = excluded.mood, urgency = excluded.urgency, requires_response = excluded.requires_response,
		respond_within = excluded.respond_within, due_at = excluded.due_at, topics = excluded.topics, is_meeting_request = excluded.is_meeting_request,
		summary = excluded.summary, confidence = excluded.confidence, evidence = excluded.evidence, engine = excluded.engine,
		version = excluded.version, degraded = excluded.degraded, updated_at = excluded.updated_at, meeting = excluded.meeting
	WHERE e.state <> 'done' OR excluded.state <> 'failed' AND (e.degraded OR NOT excluded.degraded)`
