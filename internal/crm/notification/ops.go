package notification

import (
	"context"

	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Service offers notifications as operations, and mails digests of them.
type Service struct {
	db   *pg.DB
	post Post
	url  string
}

// NewService returns the service over db. Digests go out by post, with links below
// url.
func NewService(db *pg.DB, post Post, url string) *Service {
	return &Service{db: db, post: post, url: url}
}

// Ops lists the operations. Each is about the one who calls.
func (s *Service) Ops() []op.Operation {
	const path = "/v1/workspaces/{workspace}/notifications"
	return []op.Operation{
		op.New(op.Meta{Name: "notification.list", Method: "GET", Cached: op.Cached{On: "notification"}, Path: path, Scope: "notification:read",
			Summary: "List one's own notifications, newest first", Example: map[string]any{"unread": true}}, s.list),
		op.New(op.Meta{Name: "notification.count", Method: "GET", Cached: op.Cached{On: "notification"}, Path: path + "/count", Scope: "notification:read",
			Summary: "Count one's own notifications that are not read"}, s.count),
		op.New(op.Meta{Name: "notification.read", Method: "POST", Path: path + "/read", Scope: "notification:write",
			Summary: "Mark notifications as read", Example: map[string]any{"body": map[string]any{"all": true}}}, s.read),
		op.New(op.Meta{Name: "notification.preferences", Method: "GET", Cached: op.Cached{On: "notification"}, Path: path + "/preferences", Scope: "notification:read",
			Summary: "Say which notifications reach one where"}, s.preferences),
		op.New(op.Meta{Name: "notification.prefer", Method: "PUT", Path: path + "/preferences", Scope: "notification:write",
			Summary: "Choose which notifications reach one where",
			Example: map[string]any{"body": map[string]any{"kinds": map[string]any{"mention": map[string]any{"app": true, "mail": true}}}}}, s.prefer),
	}
}

var listing = list.Spec{
	Columns: `n.id, n.kind, n.title, n.body, n.link, n.entity, n.entity_id, n.created_at, n.read_at`,
	From:    `FROM notifications n WHERE n.workspace_id = $1 AND n.user_id = $2::uuid AND n.app`,
	ID:      "n.id",
	Sorts:   map[string]list.Sort{"created_at": {SQL: "n.created_at", Type: list.Time}},
	Default: "-created_at",
}

type listInput struct {
	op.InWorkspace
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Rows a page."`
	Cursor string `query:"cursor" maxLength:"2000" doc:"next_cursor of the page before."`
	Unread bool   `query:"unread" doc:"Only what is not read."`
}

func (s *Service) list(ctx context.Context, in *listInput) (*op.Raw[op.List[Notification]], error) {
	var body []byte
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		w := list.NewWhere(tx.Workspace(), person(ctx))
		if in.Unread {
			w.Add("n.read_at IS NULL")
		}
		body, err = listing.Page(tx, list.Query{Limit: in.Limit, Cursor: in.Cursor}, w)
		return err
	})
	return op.NewRaw[op.List[Notification]](body), err
}

// person is whose notifications an actor sees; the machine's own key has none.
func person(ctx context.Context) *string {
	who, _ := actor.From(ctx)
	if who.UserID == "" {
		return nil
	}
	return &who.UserID
}

// Count is how much is new.
type Count struct {
	Unread int64 `json:"unread"`
}

const unread = `SELECT count(*) FROM notifications WHERE workspace_id = $1 AND user_id = $2::uuid AND read_at IS NULL AND app`

func (s *Service) count(ctx context.Context, _ *op.InWorkspace) (*op.Body[Count], error) {
	var out op.Body[Count]
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		out.Body.Unread, err = pg.Value[int64](tx, unread, tx.Workspace(), person(ctx))
		return err
	})
	return &out, err
}

type readInput struct {
	op.InWorkspace
	Body struct {
		IDs []string `json:"ids,omitempty" maxItems:"200" format:"uuid" doc:"Those that were read."`
		All bool     `json:"all,omitempty" doc:"All of one's own."`
	}
}

// read marks what the caller names of their own; the rest is passed over.
func (s *Service) read(ctx context.Context, in *readInput) (*op.Body[Count], error) {
	var f problem.Fields
	f.Check(in.Body.All != (len(in.Body.IDs) > 0), "/ids", "conflict", "Name some, or say all.")
	if err := f.Err(); err != nil {
		return nil, err
	}
	who := person(ctx)
	var left []int64
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		if who == nil {
			return nil
		}
		tx.Queue(`
			UPDATE notifications SET read_at = now()
			WHERE workspace_id = $1 AND user_id = $2::uuid AND read_at IS NULL AND ($3 OR id = ANY ($4::uuid[]))`,
			tx.Workspace(), who, in.Body.All, in.Body.IDs)
		event.Hint(tx, Entity, *who)
		pg.LaterColumn(tx, &left, unread, tx.Workspace(), who)
		return nil
	})
	var out op.Body[Count]
	if len(left) > 0 {
		out.Body.Unread = left[0]
	}
	return &out, err
}

// Preferences is what reaches a person where, for every kind.
type Preferences struct {
	Kinds map[Kind]Choice `json:"kinds"`
	Mail  bool            `json:"mail" doc:"Whether this installation can send mail at all."`
}

type choiceRow struct {
	Kind Kind
	Choice
}

func (s *Service) preferences(ctx context.Context, _ *op.InWorkspace) (*op.Body[Preferences], error) {
	var rows []choiceRow
	err := s.db.Read(ctx, func(tx *pg.Tx) error {
		laterChoices(tx, &rows, person(ctx))
		return tx.Flush()
	})
	return s.answer(rows), err
}

func laterChoices(tx *pg.Tx, rows *[]choiceRow, who *string) {
	pg.Later(tx, rows, `SELECT kind, app, mail FROM notification_preferences WHERE workspace_id = $1 AND user_id = $2::uuid`, tx.Workspace(), who)
}

func (s *Service) answer(rows []choiceRow) *op.Body[Preferences] {
	p := Preferences{Kinds: map[Kind]Choice{}, Mail: s.post.Configured()}
	for _, k := range kinds {
		p.Kinds[k.Kind] = k.Choice
	}
	for _, r := range rows {
		p.Kinds[r.Kind] = r.Choice
	}
	return &op.Body[Preferences]{Body: p}
}

type preferInput struct {
	op.InWorkspace
	Body struct {
		Kinds map[Kind]Choice `json:"kinds" doc:"Those that are not named stay as they are."`
	}
}

var errNobody = problem.New(problem.Conflict, "no_person", "This credential is no person's, so nothing is kept for it.")

func (s *Service) prefer(ctx context.Context, in *preferInput) (*op.Body[Preferences], error) {
	who := person(ctx)
	if who == nil {
		return nil, errNobody
	}
	var f problem.Fields
	var names []string
	var app, mail []bool
	for kind, c := range in.Body.Kinds {
		_, known := usual(kind)
		f.Check(known, "/kinds", "not_allowed", "There is no such kind of notification.", allKinds()...)
		names, app, mail = append(names, string(kind)), append(app, c.App), append(mail, c.Mail)
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	var rows []choiceRow
	err := s.db.Write(ctx, func(tx *pg.Tx) error {
		tx.Queue(`
			INSERT INTO notification_preferences (workspace_id, user_id, kind, app, mail)
			SELECT $1, $2::uuid, t.* FROM unnest($3::text[], $4::boolean[], $5::boolean[]) AS t
			ON CONFLICT (workspace_id, user_id, kind) DO UPDATE SET app = excluded.app, mail = excluded.mail`,
			tx.Workspace(), who, names, app, mail)
		event.Hint(tx, Entity, *who)
		laterChoices(tx, &rows, who)
		return nil
	})
	return s.answer(rows), err
}
