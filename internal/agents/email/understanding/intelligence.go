package understanding

import (
	"encoding/json"
	"fmt"

	"rapport/internal/agents"
	"rapport/internal/agents/email"
	"rapport/internal/agents/email/prompt"
	"rapport/internal/crm/event"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
)

// intelligence is the batch that reads closely what contacts wrote.
func (s *Service) intelligence(mails []mail) agents.Batch {
	found := byID(mails)
	b := agents.Batch{Agent: prompt.IntelligenceDefinition()}
	b.Agent.Verify = func(w agents.Work, out json.RawMessage) (json.RawMessage, error) {
		var x email.Intelligence
		return verified(out, &x, func() []string {
			m := found[w.SubjectID]
			return x.Verify(m.Body, append(m.To, m.FromAddress)...)
		})
	}
	for i := range mails {
		if m := &mails[i]; m.impersonal() == "" {
			b.Works = append(b.Works, m.work(m.shallow()))
		}
	}
	b.Later = s.later
	b.Apply = func(tx *pg.Tx, results []agents.Result) error { return s.putIntelligence(tx, found, results) }
	return b
}

type intelligenceRow struct {
	head
	ContactID  *string `json:"contact_id"`
	Summary    string  `json:"summary"`
	Readiness  *int    `json:"readiness"`
	Energy     *int    `json:"energy"`
	Confidence float64 `json:"confidence"`
}

type itemRow struct {
	ID        string `json:"id"`
	MessageID string `json:"message_id"`
	Position  int    `json:"position"`
	email.Item
}

func (s *Service) putIntelligence(tx *pg.Tx, mails map[string]*mail, results []agents.Result) error {
	var rows []intelligenceRow
	var items []itemRow
	var threads []string
	for _, r := range results {
		threads = append(threads, mails[r.SubjectID].ThreadID)
		row := intelligenceRow{head: headOf(r), ContactID: mails[r.SubjectID].ContactID}
		if r.State == agents.Done {
			var x email.Intelligence
			if err := json.Unmarshal(r.Output, &x); err != nil {
				return fmt.Errorf("read intelligence: %w", err)
			}
			row.Summary, row.Readiness, row.Energy, row.Confidence = x.Summary, &x.Readiness, &x.Energy, x.Confidence
			for i, it := range x.Items {
				items = append(items, itemRow{ID: id.New(), MessageID: r.SubjectID, Position: i, Item: it})
			}
		}
		rows = append(rows, row)
	}
	if len(threads) > 0 {
		event.Hint(tx, "thread", threads...)
	}
	return s.putIntelligenceRows(tx, rows, items)
}

func (s *Service) putIntelligenceRows(tx *pg.Tx, rows []intelligenceRow, items []itemRow) error {
	if len(rows) == 0 {
		return nil
	}
	if items == nil {
		items = []itemRow{} // null is no record set
	}
	rowsJSON, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("encode intelligence: %w", err)
	}
	itemsJSON, err := json.Marshal(items)
	if err != nil {
		return fmt.Errorf("encode items: %w", err)
	}
	tx.Queue(upsertIntelligence, tx.Workspace(), rowsJSON, itemsJSON, s.now())
	return nil
}

// The items of a message are replaced as a whole, where its row is.
const upsertIntelligence = `
	WITH put AS (
		INSERT INTO email_intelligence AS e (workspace_id, message_id, contact_id, run_id, state, reason, summary, readiness, energy, confidence,
			engine, version, degraded, updated_at)
		SELECT $1, r.message_id, r.contact_id, r.run_id, r.state, r.reason, r.summary, r.readiness, r.energy, r.confidence, r.engine, r.version, r.degraded, $4
		FROM json_to_recordset($2::json) AS r (message_id uuid, contact_id uuid, run_id uuid, state text, reason text, summary text, readiness integer,
			energy integer, confidence double precision, engine text, version text, degraded boolean)
		ORDER BY r.message_id
		ON CONFLICT (workspace_id, message_id) DO UPDATE
		SET contact_id = excluded.contact_id, run_id = excluded.run_id, state = excluded.state, reason = excluded.reason, summary = excluded.summary,
			readiness = excluded.readiness, energy = excluded.energy, confidence = excluded.confidence, engine = excluded.engine,
			version = excluded.version, degraded = excluded.degraded, updated_at = excluded.updated_at
		WHERE e.state <> 'done' OR excluded.state <> 'failed' AND (e.degraded OR NOT excluded.degraded)
		RETURNING message_id
	), gone AS (
		DELETE FROM intelligence_items WHERE workspace_id = $1 AND message_id IN (SELECT message_id FROM put)
	)
	INSERT INTO intelligence_items (workspace_id, id, message_id, position, kind, body, quote, quote_start, quote_end, attributes)
	SELECT $1, i.id, i.message_id, i.position, i.kind, i.text, i.quote, i.start, i."end", i.attributes
	FROM json_to_recordset($3::json) AS i (id uuid, message_id uuid, position integer, kind text, text text, quote text, start integer, "end" integer, attributes jsonb)
	JOIN put USING (message_id)`
