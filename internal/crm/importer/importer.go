// Package importer brings mailboxes in: an upload is kept on disk, read in
// short jobs, and every message in it is accounted for.
package importer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"rapport/internal/crm/event"
	"rapport/internal/crm/message"
	"rapport/internal/crm/notification"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/id"
	"rapport/internal/platform/mail/mailbox"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// shift is how long one job reads before it leaves the rest to the next.
const shift = 60 * time.Second

// showEvery bounds how often an import shows its progress unasked.
const showEvery = 500 * time.Millisecond

// Service runs imports.
type Service struct {
	db       *pg.DB
	queue    *queue.Queue
	messages *message.Service
	blobs    *blob.Store
	spool    spool
	log      *slog.Logger
	now      func() time.Time
	shift    time.Duration
	// parked holds the mailboxes that a job of this process has left, at the
	// place where the next goes on.
	mu     sync.Mutex
	parked map[string]*position
}

// New returns the service; uploads are kept below dir until they are read.
func New(db *pg.DB, q *queue.Queue, messages *message.Service, blobs *blob.Store, dir string) *Service {
	return &Service{db: db, queue: q, messages: messages, blobs: blobs, spool: spool{dir}, log: slog.Default(),
		now: time.Now, shift: shift, parked: map[string]*position{}}
}

// Run is the job that reads a part of an import.
type Run struct {
	Workspace string `json:"workspace"`
	ID        string `json:"id"`
}

// Kind names the job.
func (Run) Kind() string { return "import.run" }

// In is the workspace of the import.
func (r Run) In() string { return r.Workspace }

// Watch is the job that ends an import: when all its messages are understood,
// or when its upload does not go on.
type Watch struct {
	Workspace string `json:"workspace"`
	ID        string `json:"id"`
}

// Kind names the job.
func (Watch) Kind() string { return "import.watch" }

// In is the workspace of the import.
func (w Watch) In() string { return w.Workspace }

// Handle lets q work the jobs of imports.
func (s *Service) Handle(q *queue.Queue) {
	queue.Handle(q, s.run)
	queue.Handle(q, s.watch)
}

// row is an import as its jobs see it.
type row struct {
	ID           string
	Filename     string
	State        string
	OwnAddresses []string
	NextOrdinal  int64
	Imported     int64
	Actor        []byte
	CreatedAt    time.Time
	StartedAt    *time.Time
}

const rowColumns = `id::text, filename, state, own_addresses, next_ordinal, imported, actor, created_at, started_at`

// run reads messages from where the import stands, until the shift or the
// mailbox ends. It may be killed at any moment and run again, even twice at
// once: each batch is stored with its progress, or not at all, and only by
// whoever stands at the right place.
func (s *Service) run(ctx context.Context, job Run) error {
	r, err := s.begin(ctx, job.ID)
	if err != nil || r.State != "running" {
		return err
	}
	ctx = actor.With(ctx, actor.Actor{Kind: actor.Import, ID: r.ID, Name: r.Filename, Role: actor.Member, WorkspaceID: job.Workspace, BatchID: r.ID})
	at, err := s.open(job.Workspace, r)
	if problem.KindOf(err) == problem.Invalid || errors.Is(err, errGone) {
		return s.fail(ctx, r.ID, err)
	}
	if err != nil {
		return s.note(ctx, r.ID, err)
	}
	err = s.read(ctx, r, at)
	switch {
	case errors.Is(err, errMoved):
		at.Close()
		return nil
	case err != nil:
		at.Close()
		return s.note(ctx, r.ID, err)
	}
	return nil
}

// errMoved says that another job is ahead, or that the import was cancelled.
var errMoved = errors.New("the import is not where this job stands")

func (s *Service) begin(ctx context.Context, importID string) (r row, err error) {
	err = s.db.Write(ctx, func(tx *pg.Tx) (err error) {
		r, err = pg.One[row](tx, `
			UPDATE imports SET state = CASE state WHEN 'queued' THEN 'running' ELSE state END, started_at = coalesce(started_at, now()),
				version = version + 1
			WHERE workspace_id = $1 AND id = $2::uuid AND state IN ('queued', 'running')
			RETURNING `+rowColumns, tx.Workspace(), importID)
		event.Hint(tx, "import", importID)
		if errors.Is(err, pg.ErrNone) {
			return nil
		}
		return err
	})
	return r, err
}

// read stores one batch while the next is parsed.
func (s *Service) read(ctx context.Context, r row, at *position) error {
	inner, cancel := context.WithCancel(ctx)
	batches := make(chan *batch)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		defer close(batches)
		s.produce(inner, at, batches)
	})
	var shown time.Time
	for b := range batches {
		if b.shown = s.now().Sub(shown) >= showEvery; b.shown {
			shown = s.now()
		}
		err := b.err
		if err == nil {
			err = s.commit(ctx, r, b)
		}
		b.blobs.Discard()
		if err != nil {
			return err
		}
		if b.last {
			at.Close()
			return s.spool.remove(actor.Workspace(ctx), r.ID)
		}
		if b.rest {
			s.park(r.ID, at)
			return nil
		}
	}
	return ctx.Err()
}

// fail ends an import that can never go on.
func (s *Service) fail(ctx context.Context, importID string, cause error) error {
	s.log.ErrorContext(ctx, "import failed", "import", importID, "error", cause)
	return s.db.Write(ctx, func(tx *pg.Tx) error { return end(ctx, tx, importID, "failed", reasonOf(cause)) })
}

// note shows why an import does not go on for now; the queue tries again.
func (s *Service) note(ctx context.Context, importID string, cause error) error {
	err := s.db.Write(context.WithoutCancel(ctx), func(tx *pg.Tx) error {
		tx.Queue(`UPDATE imports SET error = $3, version = version + 1 WHERE workspace_id = $1 AND id = $2::uuid AND state = 'running'`,
			tx.Workspace(), importID, "Interrupted and tried again: "+reasonOf(cause))
		return nil
	})
	return errors.Join(fmt.Errorf("import %s: %w", importID, cause), err)
}

// end moves an import into a final state, once.
func end(ctx context.Context, tx *pg.Tx, importID, state, reason string) error {
	ended, err := pg.All[ended](tx, `
		UPDATE imports i SET state = $3, error = CASE WHEN $4 = '' THEN i.error ELSE $4 END, finished_at = now(), version = i.version + 1
		FROM (SELECT id, state FROM imports WHERE workspace_id = $1 AND id = $2::uuid FOR UPDATE) b
		WHERE i.workspace_id = $1 AND i.id = b.id AND i.state NOT IN ('done', 'failed', 'cancelled')
		RETURNING b.state, i.filename, i.imported, coalesce(i.actor ->> 'id', '') AS by`, tx.Workspace(), importID, state, reason)
	if err != nil || len(ended) == 0 {
		return err
	}
	if state == "done" {
		tx.Queue(`
			UPDATE imports i SET counts = (SELECT to_jsonb(k) FROM (`+counted+`) k)
			WHERE i.workspace_id = $1 AND i.id = $2::uuid`, tx.Workspace(), importID)
	}
	changes := event.Changes{}
	changes.Set("state", ended[0].State, state)
	if err := ended[0].tell(ctx, tx, importID, state, reason); err != nil {
		return err
	}
	return event.Record(ctx, tx, event.Happened{Entity: "import", EntityID: importID, Kind: event.Updated, Changes: changes, Reason: reason})
}

// ended is what an import was when it ended.
type ended struct {
	State, Filename string
	Imported        int64
	By              string
}

// tell lets whoever began an import know that it is over.
func (e ended) tell(ctx context.Context, tx *pg.Tx, importID, state, reason string) error {
	n := notification.New{UserID: e.By, Kind: notification.ImportFinished, Link: "imports/" + importID, Entity: "import", EntityID: importID}
	switch state {
	case "done":
		n.Title, n.Body = "An import has finished", fmt.Sprintf("%s: %s. %s", e.Filename, came(e.Imported), reason)
	case "failed":
		n.Title, n.Body = "An import has failed", e.Filename+": "+reason
	default:
		return nil // whoever cancels one knows
	}
	if !id.Valid(n.UserID) {
		return nil // it began by the command line
	}
	return notification.Notify(ctx, tx, n)
}

func came(n int64) string {
	if n == 1 {
		return "one message came in"
	}
	return fmt.Sprintf("%d messages came in", n)
}

// reasonOf is what people may read of an error.
func reasonOf(err error) string {
	if p, ok := errors.AsType[*problem.Error](err); ok {
		return p.Detail
	}
	if t, ok := errors.AsType[*mailbox.Truncated](err); ok {
		return t.Error()
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return "The server stopped."
	}
	return "A fault on the server; its log says more."
}
