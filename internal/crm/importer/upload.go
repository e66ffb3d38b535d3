package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/mail/mailbox"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Upload is a mailbox on its way in.
type Upload struct {
	op.InWorkspace
	op.Stream
	Filename string   `query:"filename" maxLength:"500" doc:"Name of the file; helps to recognise a single message." example:"inbox.mbox.gz"`
	Own      []string `query:"own" maxItems:"50" doc:"Addresses that are yours, separated by commas, beside those of the workspace." example:"ana@lumen.example"`
}

// Create takes an upload and queues its import. An upload that breaks off, is
// too large or is no mailbox leaves an import that failed, with the reason,
// and nothing else.
func (s *Service) Create(ctx context.Context, in *Upload) (*op.Body[Import], error) {
	importID, err := s.Add(ctx, in.Filename, in.Own, in.Reader())
	if err != nil {
		return nil, err
	}
	return s.get(context.WithoutCancel(ctx), importID)
}

// Add imports a mailbox that r holds and returns the id of the import.
func (s *Service) Add(ctx context.Context, name string, own []string, r io.Reader) (string, error) {
	keys, err := ownAddresses(own)
	if err != nil {
		return "", err
	}
	importID, workspace := id.New(), actor.Workspace(ctx)
	name = filename(name)
	if err := s.receive(ctx, importID, name, keys); err != nil {
		return "", err
	}
	size, format, err := s.keep(workspace, importID, name, r)
	// The client may be gone: that has to be written down all the same.
	ctx = context.WithoutCancel(ctx)
	if err == nil {
		err = s.enqueue(ctx, importID, size, format)
	}
	if err != nil {
		if e := s.refuse(ctx, workspace, importID, err); e != nil {
			return "", errors.Join(err, e)
		}
		return "", err
	}
	return importID, nil
}

func ownAddresses(given []string) ([]string, error) {
	var f problem.Fields
	own := []string{}
	for _, a := range given {
		key := mail.AddressKey(a)
		f.Check(key != "", "own", "format", "Give email addresses, separated by commas.")
		own = append(own, key)
	}
	return own, f.Err()
}

// filename is the last part of what the client calls the file.
func filename(given string) string {
	name := path.Base(strings.ReplaceAll(clean(given, 500), `\`, "/"))
	if name == "." || name == "/" {
		name = "mailbox"
	}
	return clean(name, 200)
}

// receive notes an import that begins to arrive, and has somebody watch it.
func (s *Service) receive(ctx context.Context, importID, filename string, own []string) error {
	who, _ := actor.From(ctx)
	by, err := json.Marshal(who)
	if err != nil {
		return fmt.Errorf("encode the actor: %w", err)
	}
	return s.db.Write(ctx, func(tx *pg.Tx) error {
		tx.Queue(`INSERT INTO imports (workspace_id, id, filename, state, own_addresses, actor) VALUES ($1, $2, $3, 'receiving', $4, $5::jsonb)`,
			tx.Workspace(), importID, filename, own, string(by))
		if err := event.Record(ctx, tx, event.Happened{Entity: "import", EntityID: importID, Kind: event.Created}); err != nil {
			return err
		}
		return s.queue.Add(ctx, tx, Watch{tx.Workspace(), importID})
	})
}

// keep spools the upload and recognises what it is.
func (s *Service) keep(workspace, importID, name string, r io.Reader) (int64, mailbox.Format, error) {
	size, err := s.spool.take(workspace, importID, r, maxUpload)
	if err != nil {
		return 0, "", err
	}
	at, err := s.open(workspace, row{ID: importID, Filename: name})
	if err != nil {
		return 0, "", refused(err)
	}
	at.Close()
	return size, at.Format, nil
}

// refused is the answer for a file that is no mailbox.
func refused(err error) error {
	if problem.KindOf(err) != problem.Invalid {
		return err
	}
	return problem.New(problem.Invalid, "import_refused", reasonOf(err)).Because(err)
}

func (s *Service) enqueue(ctx context.Context, importID string, size int64, format mailbox.Format) error {
	return s.db.Write(ctx, func(tx *pg.Tx) error {
		n, err := tx.Exec(`
			UPDATE imports SET state = 'queued', bytes_total = $3, format = $4, version = version + 1
			WHERE workspace_id = $1 AND id = $2::uuid AND state = 'receiving'`, tx.Workspace(), importID, size, string(format))
		if err != nil {
			return err
		}
		if n == 0 {
			return errEnded
		}
		event.Hint(tx, "import", importID)
		return s.queue.Add(ctx, tx, Run{tx.Workspace(), importID})
	})
}

var errEnded = problem.New(problem.Conflict, "import_ended", "This import has ended already.")

// refuse ends an import that never began.
func (s *Service) refuse(ctx context.Context, workspace, importID string, cause error) error {
	err := s.db.Write(ctx, func(tx *pg.Tx) error { return end(ctx, tx, importID, "failed", reasonOf(cause)) })
	return errors.Join(err, s.spool.remove(workspace, importID))
}
