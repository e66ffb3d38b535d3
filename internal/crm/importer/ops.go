package importer

import (
	"context"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

type example = map[string]any

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/imports"
	entities := map[string]string{"id": "import"}
	return []op.Operation{
		op.New(op.Meta{Name: "import.create", Class: op.Background, Method: "POST", Path: path, Scope: "import:write", Status: 202, Stream: true, Cost: 10,
			Summary: "Import a mailbox", Doc: "The body is the file: an mbox or a single message (.eml), either of them compressed by gzip or not, up to 2 GB.",
			Example: example{"filename": "inbox.mbox", "own": "ana@lumen.example"}}, s.Create),
		op.New(op.Meta{Name: "import.list", Method: "GET", Cached: op.Cached{Never: "Watched while it changes."}, Path: path, Scope: "import:read",
			Summary: "List imports, the latest first"}, s.List),
		op.New(op.Meta{Name: "import.get", Method: "GET", Cached: op.Cached{Never: "Watched while it changes."}, Path: path + "/{id}", Scope: "import:read", Entities: entities,
			Summary: "Read an import and how far it is"}, s.one),
		op.New(op.Meta{Name: "import.items", Method: "GET", Cached: op.Cached{Never: "Watched while it changes."}, Path: path + "/{id}/items", Scope: "import:read", Entities: entities,
			Summary: "List what became of each message", Example: example{"outcome": "refused"}}, s.items),
		op.New(op.Meta{Name: "import.report", Class: op.Background, Method: "GET", Cached: op.Cached{Never: "A file, which is streamed."}, Path: path + "/{id}/report", Scope: "import:read", Entities: entities, Media: "text/csv",
			Summary: "Download what became of each message", Example: example{"format": "csv"}}, s.report),
		op.New(op.Meta{Name: "import.cancel", Method: "POST", Path: path + "/{id}/cancel", Scope: "import:write", Entities: entities,
			Summary: "Stop an import; what it has brought stays"}, s.cancel),
	}
}

// Import is a mailbox that was uploaded, with how far it is.
type Import struct {
	ID              string     `json:"id"`
	Filename        string     `json:"filename"`
	Format          string     `json:"format" doc:"mbox or eml; empty while it is received."`
	State           string     `json:"state" enum:"receiving,queued,running,understanding,done,failed,cancelled"`
	BytesTotal      int64      `json:"bytes_total"`
	BytesDone       int64      `json:"bytes_done"`
	Total           *int64     `json:"total" doc:"Messages; null until all are read. Each is imported, a duplicate or refused."`
	Imported        int64      `json:"imported"`
	Duplicates      int64      `json:"duplicates"`
	Refused         int64      `json:"refused"`
	Triaged         int64      `json:"triaged" doc:"Imported messages whose triage has ended."`
	Personal        int64      `json:"personal"`
	Bulk            int64      `json:"bulk"`
	Automatic       int64      `json:"automatic"`
	Own             int64      `json:"own"`
	Analyzed        int64      `json:"analyzed"`
	AnalysisSkipped int64      `json:"analysis_skipped"`
	Rate            *float64   `json:"rate" doc:"Messages a second."`
	ETASeconds      *int64     `json:"eta_seconds" db:"eta_seconds" doc:"Estimate of what the present state still takes."`
	Error           string     `json:"error" doc:"Why it failed, or why it is not complete."`
	CreatedAt       time.Time  `json:"created_at"`
	StartedAt       *time.Time `json:"started_at"`
	FinishedAt      *time.Time `json:"finished_at"`
	ActorName       string     `json:"actor_name"`
	Version         int64      `json:"version"`
}

const columns = `i.filename, i.format, i.state, i.bytes_total, i.bytes_done, i.total, i.imported, i.duplicates, i.refused,
	n.triaged, n.personal, n.bulk, n.automatic, n.own, n.analyzed, n.analysis_skipped,
	CASE WHEN p.seconds > 0 THEN round((CASE i.state WHEN 'understanding' THEN n.triaged ELSE i.imported + i.duplicates + i.refused END
		/ p.seconds)::numeric, 1)::double precision END AS rate,
	CASE WHEN i.state = 'running' AND i.bytes_done > 0 THEN (p.seconds * (i.bytes_total - i.bytes_done) / i.bytes_done)::bigint
		WHEN i.state = 'understanding' AND n.triaged > 0 THEN (p.seconds * (i.imported - n.triaged) / n.triaged)::bigint END AS eta_seconds,
	i.error, i.created_at, i.started_at, i.finished_at, coalesce(i.actor ->> 'name', '') AS actor_name, i.version`

// counted counts what became of the messages of import i. The look-ups are kept
// apart from the planner, which knows nothing of tables that an import has
// just filled; an import that is done keeps its counts.
const counted = `SELECT count(*) FILTER (WHERE t.state <> 'pending') AS triaged,
			count(*) FILTER (WHERE m.category = 'personal') AS personal, count(*) FILTER (WHERE m.category = 'bulk') AS bulk,
			count(*) FILTER (WHERE m.category = 'automatic') AS automatic, count(*) FILTER (WHERE m.category = 'own') AS own,
			count(*) FILTER (WHERE g.state = 'done') AS analyzed, count(*) FILTER (WHERE g.state = 'skipped') AS analysis_skipped
		FROM messages m
		LEFT JOIN LATERAL (SELECT t.state FROM email_triage t WHERE t.workspace_id = m.workspace_id AND t.message_id = m.id OFFSET 0) t ON true
		LEFT JOIN LATERAL (SELECT g.state FROM email_intelligence g WHERE g.workspace_id = m.workspace_id AND g.message_id = m.id OFFSET 0) g ON true
		WHERE m.workspace_id = i.workspace_id AND m.import_id = i.id`

const from = `
	FROM imports i
	CROSS JOIN LATERAL (
		SELECT k.* FROM jsonb_to_record(i.counts) AS k (triaged bigint, personal bigint, bulk bigint, automatic bigint, own bigint,
			analyzed bigint, analysis_skipped bigint)
		WHERE i.counts IS NOT NULL
		UNION ALL
		` + counted + ` AND i.counts IS NULL
		HAVING i.counts IS NULL
	) n
	CROSS JOIN LATERAL (
		SELECT extract(epoch FROM coalesce(i.finished_at, clock_timestamp()) - i.started_at)::double precision AS seconds
	) p
	WHERE i.workspace_id = $1`

// Listing is what the list of imports offers.
var Listing = list.Spec{
	Columns: "i.id, " + columns,
	From:    from,
	ID:      "i.id",
	Fields: map[string]list.Field{
		"state":      {SQL: "i.state", Type: list.Text, Values: []string{"receiving", "queued", "running", "understanding", "done", "failed", "cancelled"}},
		"created_at": {SQL: "i.created_at", Type: list.Time},
	},
	Sorts:   map[string]list.Sort{"created_at": {SQL: "i.created_at", Type: list.Time}},
	Default: "-created_at",
}

// Query asks for imports.
type Query struct {
	op.InWorkspace
	list.Query
}

// List returns a page of imports.
func (s *Service) List(ctx context.Context, q *Query) (*op.Raw[op.List[Import]], error) {
	var body []byte
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		body, err = Listing.Page(tx, q.Query, list.NewWhere(tx.Workspace()))
		return err
	})
	return op.NewRaw[op.List[Import]](body), err
}

func (s *Service) one(ctx context.Context, in *op.ByID) (*op.Body[Import], error) {
	return s.get(ctx, in.ID)
}

func (s *Service) get(ctx context.Context, importID string) (*op.Body[Import], error) {
	var found []Import
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		found, err = pg.All[Import](tx, `SELECT i.id::text, `+columns+from+` AND i.id = $2::uuid`, tx.Workspace(), importID)
		return err
	})
	if err == nil && len(found) == 0 {
		err = problem.Missing("import")
	}
	if err != nil {
		return nil, err
	}
	return &op.Body[Import]{Body: found[0]}, nil
}

// cancel stops an import. The batch that is being stored is stored still.
func (s *Service) cancel(ctx context.Context, in *op.ByID) (*op.Body[Import], error) {
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		state, err := pg.Column[string](tx, `SELECT state FROM imports WHERE workspace_id = $1 AND id = $2::uuid FOR UPDATE`, tx.Workspace(), in.ID)
		switch {
		case err != nil:
			return err
		case len(state) == 0:
			return problem.Missing("import")
		case state[0] == "done" || state[0] == "failed" || state[0] == "cancelled":
			return errEnded
		}
		workspace := tx.Workspace()
		tx.AfterCommit(func(ctx context.Context) {
			if err := s.spool.remove(workspace, in.ID); err != nil {
				s.log.ErrorContext(ctx, "an upload stays on disk", "import", in.ID, "error", err)
			}
		})
		return end(ctx, tx, in.ID, "cancelled", "")
	})
	if err != nil {
		return nil, err
	}
	return s.get(ctx, in.ID)
}

// Item is what became of one message.
type Item struct {
	Ordinal        int64   `json:"ordinal" doc:"Place in the mailbox, from 1."`
	Outcome        string  `json:"outcome" enum:"imported,duplicate,refused"`
	Reason         string  `json:"reason"`
	MessageRef     string  `json:"message_ref" doc:"How to find it in the mailbox."`
	Subject        string  `json:"subject"`
	From           string  `json:"from"`
	MessageID      *string `json:"message_id" doc:"The message; of a duplicate, the one that was there."`
	Category       *string `json:"category" enum:"personal,bulk,automatic,own"`
	CategoryReason *string `json:"category_reason"`
}

var itemListing = list.Spec{
	Columns: `x.ordinal, x.outcome, x.reason, x.message_ref, x.subject, x.from_address AS from, x.message_id, m.category, m.category_reason`,
	From: `FROM import_items x
	LEFT JOIN messages m ON m.workspace_id = x.workspace_id AND m.id = x.message_id
	WHERE x.workspace_id = $1`,
	ID:      "x.import_id",
	Sorts:   map[string]list.Sort{"ordinal": {SQL: "x.ordinal", Type: list.Int}},
	Default: "ordinal",
}

// ItemQuery asks for the messages of an import.
type ItemQuery struct {
	op.ByID
	Outcome string `query:"outcome" enum:"imported,duplicate,refused" doc:"Only those."`
	Limit   int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Rows a page."`
	Cursor  string `query:"cursor" maxLength:"2000" doc:"next_cursor of the page before."`
}

func (s *Service) items(ctx context.Context, q *ItemQuery) (*op.Raw[op.List[Item]], error) {
	if _, err := s.row(ctx, q.ID); err != nil {
		return nil, missing(err)
	}
	var body []byte
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		w := list.NewWhere(tx.Workspace())
		w.Add("x.import_id = ?::uuid", q.ID)
		if q.Outcome != "" {
			w.Add("x.outcome = ?", q.Outcome)
		}
		body, err = itemListing.Page(tx, list.Query{Limit: q.Limit, Cursor: q.Cursor}, w)
		return err
	})
	return op.NewRaw[op.List[Item]](body), err
}
