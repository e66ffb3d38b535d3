package standing

import (
	"context"
	"time"

	"rapport/internal/agents/contact"
	"rapport/internal/api/op"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
)

// HotLead is a contact that is worth a call, with what makes it so.
type HotLead struct {
	ContactID         string         `json:"contact_id"`
	Name              string         `json:"name"`
	Email             string         `json:"email"`
	Title             string         `json:"title"`
	CompanyName       string         `json:"company_name"`
	Status            string         `json:"status"`
	OwnerID           *string        `json:"owner_id"`
	Composite         int            `json:"composite" doc:"Lead score and the points of the assessment, 100 at most."`
	LeadScore         *int           `json:"lead_score"`
	Coverage          float64        `json:"coverage" doc:"The share of the lead score's weights of which something is known."`
	Points            []Point        `json:"points" doc:"What the composite is made of."`
	Assessed          bool           `json:"assessed" doc:"False where the composite is the lead score alone: there is no assessment, or only one that stood in."`
	AsOf              *time.Time     `json:"as_of"`
	Action            contact.Action `json:"next_best_action"`
	LastInteractionAt *time.Time     `json:"last_interaction_at"`
}

// Point is a part of the composite.
type Point struct {
	Part   string `json:"part" enum:"score,velocity,role,intent,stage"`
	Value  string `json:"value" doc:"What it is given for, such as decision_maker."`
	Points int    `json:"points"`
}

// composite is the score that hot leads are found by, over a contact c and its
// assessment a.
const (
	bonus     = `coalesce(a.velocity_points + a.role_points + a.intent_points + a.stage_points, 0)`
	composite = `least(100, greatest(c.score_key, 0) + ` + bonus + `)`
	points    = `jsonb_path_query_array(jsonb_build_array(
			jsonb_build_object('part', 'score', 'value', coalesce(c.score, 0)::text, 'points', coalesce(c.score, 0)),
			jsonb_build_object('part', 'velocity', 'value', a.engagement_velocity::text, 'points', coalesce(a.velocity_points, 0)),
			jsonb_build_object('part', 'role', 'value', a.role_type, 'points', coalesce(a.role_points, 0)),
			jsonb_build_object('part', 'intent', 'value', a.buying_intent, 'points', coalesce(a.intent_points, 0)),
			jsonb_build_object('part', 'stage', 'value', a.decision_stage, 'points', coalesce(a.stage_points, 0))), '$[*] ? (@.points > 0)')`
)

// Listing is the list of hot leads, over workspace, least composite and owner:
// those whose lead score stands alone, in the order of its index, and those
// whom an assessment gives points.
var Listing = list.Spec{
	Columns: `c.id AS contact_id, c.name, coalesce(c.email, '') AS email, coalesce(c.title, '') AS title, coalesce(co.name, '') AS company_name, c.status, c.owner_id,
		k.composite, c.score AS lead_score, coalesce(l.coverage, 0) AS coverage, ` + points + ` AS points,
		coalesce(NOT a.degraded, false) AS assessed, a.as_of, coalesce(a.next_best_action, '{"kind": "none", "text": "", "due": null}') AS next_best_action, c.last_interaction_at`,
	From: `FROM (%s) k
	JOIN contacts c ON c.workspace_id = $1 AND c.id = k.id
	LEFT JOIN companies co ON co.workspace_id = $1 AND co.id = c.company_id AND co.deleted_at IS NULL
	LEFT JOIN lead_scores l ON l.workspace_id = $1 AND l.contact_id = c.id
	LEFT JOIN contact_assessments a ON a.workspace_id = $1 AND a.contact_id = c.id
	WHERE c.workspace_id = $1`,
	ID:      "k.id",
	Sorts:   map[string]list.Sort{"composite": {SQL: "k.composite", Type: list.Int}},
	Default: "-composite",
	Parts: []list.Part{
		func(cut func(key, id string) string) string {
			return `SELECT c.id, c.score_key AS composite FROM contacts c
			WHERE c.workspace_id = $1 AND c.deleted_at IS NULL AND c.score_key >= $2 AND ($3::uuid IS NULL OR c.owner_id = $3)
				AND NOT EXISTS (SELECT FROM contact_assessments a WHERE a.workspace_id = $1 AND a.contact_id = c.id AND ` + bonus + ` > 0)` + cut("c.score_key", "c.id")
		},
		func(cut func(key, id string) string) string {
			return `SELECT c.id, ` + composite + ` AS composite FROM contact_assessments a
			JOIN contacts c ON c.workspace_id = $1 AND c.id = a.contact_id AND c.deleted_at IS NULL
			WHERE a.workspace_id = $1 AND ` + bonus + ` > 0 AND ` + composite + ` >= $2 AND ($3::uuid IS NULL OR c.owner_id = $3)` + cut(composite, "c.id")
		},
	},
}

type hotInput struct {
	op.InWorkspace
	Limit   int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Rows a page."`
	Cursor  string `query:"cursor" maxLength:"2000" doc:"next_cursor of the page before."`
	Least   int    `query:"least" minimum:"1" maximum:"100" default:"70" doc:"The lowest composite that is listed; hot is from 70."`
	OwnerID string `query:"owner_id" format:"uuid" doc:"Only those of this owner."`
}

func (s *Service) hot(ctx context.Context, in *hotInput) (*op.Raw[op.List[HotLead]], error) {
	var body []byte
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		w := list.NewWhere(tx.Workspace(), in.Least, op.Given(in.OwnerID))
		body, err = Listing.Page(tx, list.Query{Limit: in.Limit, Cursor: in.Cursor}, w)
		return err
	})
	return op.NewRaw[op.List[HotLead]](body), err
}
