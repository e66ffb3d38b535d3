package importer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5/pgconn"

	"rapport/internal/crm/event"
	"rapport/internal/crm/message"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/queue"
)

// commit stores a batch with its progress in one transaction. If the database
// refuses what a message says, that one is found by halving and refused alone.
func (s *Service) commit(ctx context.Context, r row, b *batch) error {
	err := s.db.Write(ctx, func(tx *pg.Tx) error { return s.store(ctx, tx, r, b) })
	if err == nil || !refusesData(err) || len(b.entries) == 0 {
		return err
	}
	if len(b.entries) == 1 {
		e := b.entries[0]
		s.log.ErrorContext(ctx, "a message cannot be stored", "import", r.ID, "ordinal", e.ordinal, "error", err)
		if e.refused != "" {
			return err
		}
		e.refused, e.mail = "The message cannot be stored: the database refuses what it says.", nil
		return s.commit(ctx, r, b)
	}
	half := len(b.entries) / 2
	front, back := *b, *b
	front.entries, front.last, front.rest, front.cut = b.entries[:half], false, false, nil
	back.entries, back.first = b.entries[half:], b.first+int64(half)
	if err := s.commit(ctx, r, &front); err != nil {
		return err
	}
	return s.commit(ctx, r, &back)
}

// refusesData reports whether the data are at fault, not the circumstances.
func refusesData(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (strings.HasPrefix(pe.Code, "22") || strings.HasPrefix(pe.Code, "23") || strings.HasPrefix(pe.Code, "54"))
}

type fence struct {
	State       string
	NextOrdinal int64
}

func (s *Service) store(ctx context.Context, tx *pg.Tx, r row, b *batch) error {
	var stands []fence
	if !b.last && !b.rest {
		// A loss of power may take the latest batches with it, but only together
		// with their progress, so that they are read again. The last one waits
		// for the disk, and all before it with it: then the upload is removed.
		tx.Queue(`SELECT set_config('synchronous_commit', 'off', true)`)
	}
	pg.Later(tx, &stands, `SELECT state, next_ordinal FROM imports WHERE workspace_id = $1 AND id = $2::uuid FOR UPDATE`, tx.Workspace(), r.ID)
	d := message.Delivery{Own: r.OwnAddresses, ImportID: r.ID, Source: "import", Files: b.blobs.Files()}
	for _, e := range b.entries {
		if e.mail != nil {
			d.Mails = append(d.Mails, message.Incoming{Mail: e.mail, Raw: e.raw})
		}
	}
	outcomes, err := s.messages.Store(ctx, tx, d)
	if err != nil {
		return err
	}
	if len(stands) == 0 || stands[0] != (fence{"running", b.first}) {
		return errMoved
	}
	n := b.items(tx, r.ID, outcomes)
	if err := progress(ctx, tx, r, b, n); err != nil {
		return err
	}
	var jobs []queue.Args
	if b.rest {
		jobs = append(jobs, Run{tx.Workspace(), r.ID})
	}
	if b.last {
		jobs = append(jobs, Watch{tx.Workspace(), r.ID})
	}
	return s.queue.Add(ctx, tx, jobs...)
}

// counts is what became of the messages of a batch.
type counts struct{ imported, duplicates, refused int64 }

// items queues a row for each message: what became of it, and why.
func (b *batch) items(tx *pg.Tx, importID string, outcomes []message.Outcome) (n counts) {
	var ordinals []int64
	var kinds, reasons, refs, subjects, froms []string
	var ids []*string
	add := func(ordinal int64, kind, reason, ref string) {
		ordinals, kinds, reasons, refs = append(ordinals, ordinal), append(kinds, kind), append(reasons, reason), append(refs, ref)
	}
	at := 0
	for _, e := range b.entries {
		if e.mail == nil {
			n.refused++
			add(e.ordinal, "refused", e.refused, e.ref)
			subjects, froms, ids = append(subjects, ""), append(froms, ""), append(ids, nil)
			continue
		}
		o := outcomes[at]
		at++
		subjects, froms, ids = append(subjects, e.mail.Subject), append(froms, e.mail.From.Address), append(ids, &o.MessageID)
		if o.Duplicate {
			n.duplicates++
			add(e.ordinal, "duplicate", "A message with this Message-ID and content is there already.", e.ref)
			continue
		}
		n.imported++
		add(e.ordinal, "imported", "", e.ref)
	}
	if b.cut != nil {
		n.refused++
		add(b.first+int64(len(b.entries))+1, "refused", b.cut.Error(), "the rest of the file")
		subjects, froms, ids = append(subjects, ""), append(froms, ""), append(ids, nil)
	}
	if len(ordinals) > 0 {
		tx.Queue(`
			INSERT INTO import_items (workspace_id, import_id, ordinal, outcome, reason, message_ref, subject, from_address, message_id)
			SELECT $1, $2::uuid, t.* FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::uuid[]) AS t`,
			tx.Workspace(), importID, ordinals, kinds, reasons, refs, subjects, froms, ids)
	}
	return n
}

// progress queues where the import stands after a batch.
func progress(ctx context.Context, tx *pg.Tx, r row, b *batch, n counts) error {
	next := b.first + int64(len(b.entries))
	tx.Queue(`
		UPDATE imports
		SET next_ordinal = $3, imported = imported + $4, duplicates = duplicates + $5, refused = refused + $6, bytes_done = greatest(bytes_done, $7),
			error = '', version = version + 1
		WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), r.ID, next, n.imported, n.duplicates, n.refused, b.done)
	if b.shown || b.last {
		event.Hint(tx, "import", r.ID)
	}
	if !b.last {
		return nil
	}
	reason := ""
	if b.cut != nil {
		reason = b.cut.Error()
	}
	tx.Queue(`
		UPDATE imports SET state = 'understanding', total = imported + duplicates + refused, bytes_done = bytes_total, error = $3
		WHERE workspace_id = $1 AND id = $2::uuid`, tx.Workspace(), r.ID, reason)
	return nil
}

// clean makes a name of a file fit for the database and the screen.
func clean(s string, n int) string {
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return -1
		}
		return c
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if r := []rune(s); len(r) > n {
		s = string(r[:n])
	}
	return strings.TrimSpace(fmt.Sprint(s))
}
