package console

import (
	"context"
	"encoding/json"
	"time"

	"rapport/internal/ai"
	"rapport/internal/api/op"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Call is one question to the gateway. What was asked and answered is not kept.
type Call struct {
	ID           string    `json:"id"`
	Task         string    `json:"task"`
	Class        string    `json:"class" enum:"fast,extract,standard,deep"`
	Agent        string    `json:"agent" doc:"Empty for what a person asked."`
	RunID        *string   `json:"run_id"`
	UserID       *string   `json:"user_id"`
	Interactive  bool      `json:"interactive" doc:"Somebody waited for it."`
	Outcome      string    `json:"outcome" enum:"answered,cached,degraded,deferred,failed,cancelled"`
	Error        string    `json:"error"`
	Engine       string    `json:"engine"`
	Model        string    `json:"model"`
	Attempts     int       `json:"attempts"`
	InputTokens  int64     `json:"input_tokens"`
	OutputTokens int64     `json:"output_tokens"`
	CachedTokens int64     `json:"cached_tokens"`
	CostNano     int64     `json:"cost_nano" doc:"In thousand-millionths of a US dollar."`
	Estimated    bool      `json:"estimated" doc:"A provider did not say what was consumed."`
	StartedAt    time.Time `json:"started_at"`
	DurationMS   int64     `json:"duration_ms"`
}

// CallTrail is a call with its attempts.
type CallTrail struct {
	Call
	Simulated bool         `json:"simulated" db:"-" doc:"Providers are simulated in this installation."`
	Trail     []ai.Attempt `json:"trail" db:"-" doc:"Who was asked, in order, and who was not and why."`
}

const callColumns = `id, task, class, agent, run_id, user_id, interactive, outcome, error, engine, model, jsonb_array_length(attempts) AS attempts,
	input_tokens, output_tokens, cached_tokens, cost_nano, estimated, started_at, duration_ms`

// Listing is what the list of calls offers. It has no filters beside its
// parameters: calls are many, and their order is their only index.
var Listing = list.Spec{
	Columns: callColumns,
	From:    "FROM ai_calls\n\tWHERE workspace_id = $1",
	ID:      "id",
	Fields:  map[string]list.Field{"started_at": {SQL: "started_at", Type: list.Time}},
	Sorts:   map[string]list.Sort{"started_at": {SQL: "started_at", Type: list.Time}},
	Default: "-started_at",
}

type callsInput struct {
	op.InWorkspace
	list.Query
	Outcome  string `query:"outcome" enum:"answered,cached,degraded,deferred,failed,cancelled"`
	Provider string `query:"provider" maxLength:"100" doc:"That answered, or was asked." example:"openrouter"`
	Task     string `query:"task" maxLength:"100" example:"email.triage"`
	Agent    string `query:"agent" maxLength:"100" example:"email.triage"`
	RunID    string `query:"run_id" format:"uuid" doc:"Calls of one run of an agent."`
}

func (s *Service) calls(ctx context.Context, in *callsInput) (out *op.Raw[op.List[Call]], err error) {
	err = s.DB.Read(ctx, func(tx *pg.Tx) error {
		w := list.NewWhere(tx.Workspace())
		for _, c := range []struct{ condition, value string }{
			{"outcome = ?", in.Outcome}, {"task = ?", in.Task}, {"agent = ?", in.Agent}, {"run_id = ?::uuid", in.RunID},
			{"attempts @> jsonb_build_array(jsonb_build_object('engine', ?::text))", in.Provider},
		} {
			if c.value != "" {
				w.Add(c.condition, c.value)
			}
		}
		body, err := Listing.Page(tx, in.Query, w)
		out = op.NewRaw[op.List[Call]](body)
		return err
	})
	return out, err
}

func (s *Service) call(ctx context.Context, in *op.ByID) (*op.Body[CallTrail], error) {
	var found []CallTrail
	var trails []json.RawMessage
	err := s.DB.Read(ctx, func(tx *pg.Tx) error {
		pg.Later(tx, &found, `
			SELECT id::text, task, class, agent, run_id::text, user_id::text, interactive, outcome, error, engine, model, jsonb_array_length(attempts) AS attempts,
				input_tokens, output_tokens, cached_tokens, cost_nano, estimated, started_at, duration_ms
			FROM ai_calls WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), in.ID)
		pg.LaterColumn(tx, &trails, `SELECT attempts FROM ai_calls WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), in.ID)
		return tx.Flush()
	})
	if err == nil && (len(found) == 0 || len(trails) == 0) {
		err = problem.Missing("call")
	}
	if err != nil {
		return nil, err
	}
	found[0].Simulated, found[0].Trail = s.Simulated, []ai.Attempt{}
	if err := json.Unmarshal(trails[0], &found[0].Trail); err != nil {
		return nil, err
	}
	return &op.Body[CallTrail]{Body: found[0]}, nil
}
