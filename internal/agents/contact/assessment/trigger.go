package assessment

import (
	"context"
	"fmt"
	"time"

	"rapport/internal/agents/flow"
	"rapport/internal/crm/identity"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/queue"
)

// What is assessed without anybody asking, so that a flood of mail cannot spend
// the budget: contacts from a warm score on, or who wait for an answer; each
// once in ten minutes, at their end, however many mails came; no old mail that
// an import or a new mailbox brings; and so many runs a day in a workspace,
// besides those of the night.
const (
	bucket    = 10 * time.Minute
	threshold = 40
	fresh     = 48 * time.Hour
	daily     = 50
	// nightly is how many contacts are assessed each night.
	nightly = 10
	// The night is from two to six where the workspace is.
	nightBegins, nightEnds = 2, 6
)

// Arrived has those assessed who wrote the messages. It comes after triage, and
// bears being called twice.
func (s *Service) Arrived(ctx context.Context, messages []string) error {
	now := s.now()
	slot := now.Truncate(bucket)
	return s.db.Write(ctx, func(tx *pg.Tx) error {
		who, err := pg.All[person](tx, `
			SELECT DISTINCT c.id::text, c.name
			FROM messages m
			JOIN contacts c ON c.workspace_id = m.workspace_id AND c.id = m.contact_id AND c.deleted_at IS NULL
			LEFT JOIN email_triage t ON t.workspace_id = m.workspace_id AND t.message_id = m.id AND t.state = 'done' AND NOT t.degraded
			WHERE m.workspace_id = $1 AND m.id = ANY ($2::uuid[]) AND m.direction = 'inbound' AND m.category = 'personal' AND m.sent_at > $3
				AND (c.score_key >= $4 OR t.requires_response)
			ORDER BY 1
			LIMIT greatest($5 - (SELECT count(*) FROM agent_runs r WHERE r.workspace_id = $1 AND r.agent = $6 AND r.priority = $7 AND r.started_at > $8), 0)`,
			tx.Workspace(), messages, now.Add(-fresh), threshold, daily, Name, int(flow.Normal), now.Add(-24*time.Hour))
		if err != nil {
			return fmt.Errorf("find who wrote: %w", err)
		}
		return s.startAll(ctx, tx, who, flow.Start{Once: "mail " + slot.UTC().Format(time.RFC3339), At: slot.Add(bucket), Priority: flow.Normal})
	})
}

func (s *Service) startAll(ctx context.Context, tx *pg.Tx, who []person, st flow.Start) error {
	for _, p := range who {
		if _, err := s.start(ctx, tx, p, st, input{}); err != nil {
			return err
		}
	}
	return nil
}

// Hourly is the job that looks where it is night.
type Hourly struct{}

// Kind names the job.
func (Hourly) Kind() string { return "contact.hourly" }

// In is no workspace.
func (Hourly) In() string { return "" }

// Night is the job that assesses the contacts of a workspace that are most
// alive, if it is night there and this night's are not yet.
type Night struct {
	Workspace string `json:"workspace"`
}

// Kind names the job.
func (Night) Kind() string { return "contact.night" }

// In is the workspace.
func (n Night) In() string { return n.Workspace }

// Work has the queue do the service's jobs.
func (s *Service) Work() {
	queue.Handle(s.queue, s.hourly)
	queue.Handle(s.queue, func(ctx context.Context, _ Night) error { return s.night(ctx) })
	s.queue.Every(time.Hour, Hourly{})
}

func (s *Service) hourly(ctx context.Context, _ Hourly) error {
	workspaces, err := identity.Workspaces(ctx, s.db)
	if err != nil {
		return err
	}
	jobs := make([]queue.Args, len(workspaces))
	for i, w := range workspaces {
		jobs[i] = Night{Workspace: w}
	}
	return s.db.Global(ctx, func(tx *pg.Tx) error { return s.queue.Add(ctx, tx, jobs...) })
}

// night starts what is to be done this night, once: the contacts of whom
// something was heard within 30 days and since they were last assessed.
func (s *Service) night(ctx context.Context) error {
	now := s.now()
	return s.db.Write(ctx, func(tx *pg.Tx) error {
		settings, err := identity.Settings(tx)
		if err != nil {
			return fmt.Errorf("read the time zone: %w", err)
		}
		zone, err := time.LoadLocation(settings.TimeZone)
		if err != nil {
			zone = time.UTC
		}
		local := now.In(zone)
		if local.Hour() < nightBegins || local.Hour() >= nightEnds {
			return nil
		}
		once := "night " + local.Format(time.DateOnly)
		who, err := pg.All[person](tx, `
			SELECT c.id::text, c.name
			FROM contacts c
			LEFT JOIN contact_assessments a ON a.workspace_id = c.workspace_id AND a.contact_id = c.id
			WHERE c.workspace_id = $1 AND c.deleted_at IS NULL AND c.touch_key > $2 AND (a.as_of IS NULL OR a.degraded OR a.as_of < c.touch_key)
				AND NOT EXISTS (SELECT FROM agent_runs r WHERE r.workspace_id = $1 AND r.agent = $3 AND r.input_hash = $4 AND r.started_at > $5)
			ORDER BY c.touch_key DESC, c.id DESC LIMIT $6`,
			tx.Workspace(), now.Add(-30*24*time.Hour), Name, once, now.Add(-24*time.Hour), nightly)
		if err != nil {
			return fmt.Errorf("find who is most alive: %w", err)
		}
		return s.startAll(ctx, tx, who, flow.Start{Once: once, Priority: flow.Bulk})
	})
}
