package reading

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"rapport/internal/crm/event"
	"rapport/internal/crm/mailbox"
	"rapport/internal/crm/message"
	"rapport/internal/platform/imap"
	"rapport/internal/platform/pg"
)

// progress is how far a folder has been read, as it is stored.
type progress struct {
	FolderID                            string
	Validity, Top, Bottom, Next, ModSeq int64
	Counted, Total, Done, StuckUID      int64
	Strikes                             int32
	Complete                            bool
	Since, Reached                      *time.Time
	Trouble                             string
}

func (p *progress) sinceIs(since *time.Time) bool { return p.Validity == 0 || sameDay(p.Since, since) }

// progresses reads what is known of folders.
func (s *Reader) progresses(ctx context.Context, places []mailbox.Place) (map[string]progress, error) {
	out := map[string]progress{}
	for _, f := range places {
		out[f.ID] = progress{FolderID: f.ID}
	}
	err := s.DB.Read(ctx, func(tx *pg.Tx) error {
		rows, err := pg.All[progress](tx, `
			SELECT folder_id::text, validity, top, bottom, next, modseq AS mod_seq, counted, total, done, stuck_uid, strikes, complete, since, reached, trouble
			FROM mailbox_progress WHERE workspace_id = $1 AND mailbox_id = $2::uuid`, tx.Workspace(), s.account.ID)
		for _, r := range rows {
			if _, chosen := out[r.FolderID]; chosen {
				out[r.FolderID] = r
			}
		}
		return err
	})
	return out, err
}

// addresses lists those of all mailboxes of the workspace: mail from them is
// ours.
func (s *Reader) addresses(ctx context.Context) (out []string, err error) {
	err = s.DB.Read(ctx, func(tx *pg.Tx) error {
		out, err = pg.Column[string](tx, `SELECT address FROM mailboxes WHERE workspace_id = $1 AND deleted_at IS NULL`, tx.Workspace())
		return err
	})
	return out, err
}

// AskAgain lets messages of an account that were refused be asked for once
// more, by the next Reader.
func AskAgain(tx *pg.Tx, mailboxID string) {
	tx.Queue(`UPDATE mailbox_messages SET again = true WHERE workspace_id = $1 AND mailbox_id = $2::uuid AND refused <> ''`, tx.Workspace(), mailboxID)
}

// begin stores that a folder is being read.
func (s *Reader) begin(ctx context.Context, p *place) error {
	p.Since = s.account.Since
	return s.DB.Write(ctx, func(tx *pg.Tx) error {
		tx.Queue(`
			INSERT INTO mailbox_progress (workspace_id, folder_id, mailbox_id) VALUES ($1, $2, $3)
			ON CONFLICT (workspace_id, folder_id) DO NOTHING`, tx.Workspace(), p.ID, s.account.ID)
		p.queue(tx)
		return nil
	})
}

// save stores how far a folder has been read.
func (s *Reader) save(ctx context.Context, p *place) error {
	return s.DB.Write(ctx, func(tx *pg.Tx) error {
		p.queue(tx)
		s.hint(tx)
		return nil
	})
}

func (p *place) queue(tx *pg.Tx) {
	tx.Queue(`
		UPDATE mailbox_progress SET validity = $3, top = $4, bottom = $5, next = $6, modseq = $7, counted = $8, total = $9, done = $10,
			stuck_uid = $11, strikes = $12, complete = $13, since = $14, reached = $15, trouble = $16, synced_at = now()
		WHERE workspace_id = $1 AND folder_id = $2::uuid`,
		tx.Workspace(), p.ID, p.Validity, p.Top, p.Bottom, p.Next, p.ModSeq, p.Counted, p.Total, p.Done,
		p.StuckUID, p.Strikes, p.Complete, p.Since, p.Reached, p.Trouble)
}

// hint tells those who look on that there is progress, now and then.
func (s *Reader) hint(tx *pg.Tx) {
	if now := s.Now(); now.Sub(s.hinted) > time.Second {
		s.hinted = now
		event.Hint(tx, "mailbox", s.account.ID)
	}
}

// trouble notes that a folder cannot be read.
func (s *Reader) trouble(ctx context.Context, p *place, cause error) error {
	reason := "It cannot be opened."
	if f, ok := errors.AsType[*imap.Fault](cause); ok {
		reason = f.Sentence()
	}
	s.open, p.Trouble = nil, reason
	return s.DB.Write(ctx, func(tx *pg.Tx) error {
		tx.Queue(`
			INSERT INTO mailbox_progress (workspace_id, folder_id, mailbox_id, trouble, complete) VALUES ($1, $2, $3, $4, true)
			ON CONFLICT (workspace_id, folder_id) DO UPDATE SET trouble = excluded.trouble`, tx.Workspace(), p.ID, s.account.ID, reason)
		return nil
	})
}

// shut reports whether the folder could not be opened when that was last tried.
func (p *place) shut() bool {
	return p.Trouble != "" && p.Trouble != unruly && !strings.HasPrefix(p.Trouble, renumberedOn)
}

const renumberedOn = "The server numbered this folder anew on "

// forget begins a folder again: its messages have new numbers, or older ones
// are wanted than before. What is stored is found again by its identity.
func (s *Reader) forget(ctx context.Context, p *place, state imap.State) error {
	renumbered := p.Validity != int64(state.Validity)
	p.progress = progress{FolderID: p.ID}
	if renumbered {
		p.Trouble = renumberedOn + s.Now().UTC().Format("2 January 2006") + "; it was read again."
	}
	s.open = nil
	return s.DB.Write(ctx, func(tx *pg.Tx) error {
		if renumbered {
			tx.Queue(`DELETE FROM mailbox_messages WHERE workspace_id = $1 AND folder_id = $2::uuid`, tx.Workspace(), p.ID)
			tx.Queue(`UPDATE mailbox_progress SET stored = 0, refused = 0 WHERE workspace_id = $1 AND folder_id = $2::uuid`, tx.Workspace(), p.ID)
		}
		p.queue(tx)
		return nil
	})
}

// errMoved says that another process has begun the folder anew.
var errMoved = errors.New("the folder is not as this worker knows it")

// commit stores a batch. If the database refuses what a message says, that one
// is found by halving and refused alone.
func (s *Reader) commit(ctx context.Context, p *place, b *batch) error {
	if len(b.entries) == 0 {
		return nil
	}
	err := s.DB.Write(ctx, func(tx *pg.Tx) error { return s.store(ctx, tx, p, b) })
	if err == nil || !refusesData(err) {
		return err
	}
	if len(b.entries) == 1 {
		e := b.entries[0]
		s.Logger.ErrorContext(ctx, "a message cannot be stored", "mailbox", s.account.ID, "uid", e.head.UID, "error", err)
		if e.refused != "" {
			return err
		}
		e.refused, e.mail = "The message cannot be stored: the database refuses what it says.", nil
		return s.commit(ctx, p, b)
	}
	half := len(b.entries) / 2
	for _, part := range [][]*entry{b.entries[:half], b.entries[half:]} {
		if err := s.commit(ctx, p, &batch{entries: part, blobs: b.blobs}); err != nil {
			return err
		}
	}
	return nil
}

// refusesData reports whether the data are at fault, not the circumstances.
func refusesData(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (strings.HasPrefix(pe.Code, "22") || strings.HasPrefix(pe.Code, "23") || strings.HasPrefix(pe.Code, "54"))
}

func (s *Reader) store(ctx context.Context, tx *pg.Tx, p *place, b *batch) error {
	var stands []int64
	// A loss of power takes messages and rows together: they come again.
	tx.Queue(`SELECT set_config('synchronous_commit', 'off', true)`)
	pg.LaterColumn(tx, &stands, `SELECT validity FROM mailbox_progress WHERE workspace_id = $1 AND folder_id = $2::uuid FOR UPDATE`, tx.Workspace(), p.ID)
	d := message.Delivery{Own: s.own, Source: "mailbox", Files: b.blobs.Files()}
	for _, e := range b.entries {
		if e.mail != nil {
			d.Mails = append(d.Mails, message.Incoming{Mail: e.mail, Raw: e.raw, Read: e.head.Seen})
		}
	}
	outcomes, err := s.Messages.Store(ctx, tx, d)
	if err != nil {
		return err
	}
	if len(stands) == 0 || stands[0] != p.Validity {
		return errMoved
	}
	var uids, sizes []int64
	var ids []*string
	var seen []bool
	var refused []string
	at := 0
	for _, e := range b.entries {
		uids, sizes, seen, refused = append(uids, int64(e.head.UID)), append(sizes, e.head.Size), append(seen, e.head.Seen), append(refused, e.refused)
		if e.mail == nil {
			ids = append(ids, nil)
			continue
		}
		ids = append(ids, &outcomes[at].MessageID)
		at++
	}
	tx.Queue(`
		WITH gone AS (
			DELETE FROM mailbox_messages WHERE workspace_id = $1 AND folder_id = $2::uuid AND uid = ANY ($3::bigint[]) AND again
			RETURNING uid
		)
		UPDATE mailbox_progress SET refused = refused - (SELECT count(*) FROM gone) WHERE workspace_id = $1 AND folder_id = $2::uuid`,
		tx.Workspace(), p.ID, uids)
	tx.Queue(insertMessages, tx.Workspace(), p.ID, s.account.ID, uids, ids, sizes, seen, refused)
	s.hint(tx)
	return nil
}

// insertMessages notes where messages lie. One that makes its thread unread is
// followed, so that reading it here can be told to the server.
const insertMessages = `
	WITH new AS (
		INSERT INTO mailbox_messages (workspace_id, folder_id, mailbox_id, uid, message_id, size, seen, refused, follow)
		SELECT $1, $2::uuid, $3::uuid, t.uid, t.id, t.size, t.seen, t.refused, coalesce(th.unread AND NOT t.seen, false)
		FROM unnest($4::bigint[], $5::uuid[], $6::bigint[], $7::boolean[], $8::text[]) AS t (uid, id, size, seen, refused)
		LEFT JOIN messages m ON m.workspace_id = $1 AND m.id = t.id
		LEFT JOIN threads th ON th.workspace_id = $1 AND th.id = m.thread_id
		ON CONFLICT (workspace_id, folder_id, uid) DO NOTHING
		RETURNING refused
	)
	UPDATE mailbox_progress
	SET stored = stored + (SELECT count(*) FROM new WHERE refused = ''),
		refused = mailbox_progress.refused + (SELECT count(*) FROM new WHERE refused <> '')
	WHERE workspace_id = $1 AND folder_id = $2::uuid`

// knownOf returns which of heads have a row that counts.
func (s *Reader) knownOf(ctx context.Context, p *place, heads []imap.Head) (map[uint32]bool, error) {
	var uids []int64
	for _, h := range heads {
		uids = append(uids, int64(h.UID))
	}
	rows, err := s.column(ctx, `SELECT uid FROM mailbox_messages WHERE workspace_id = $1 AND folder_id = $2::uuid AND uid = ANY ($3) AND NOT again`, p.ID, uids)
	known := map[uint32]bool{}
	for _, uid := range rows {
		known[uid] = true
	}
	return known, err
}

// column reads UIDs of a folder.
func (s *Reader) column(ctx context.Context, sql string, args ...any) (out []uint32, err error) {
	err = s.DB.Read(ctx, func(tx *pg.Tx) error {
		rows, err := pg.Column[int64](tx, sql, slices.Concat([]any{tx.Workspace()}, args)...)
		for _, uid := range rows {
			out = append(out, uint32(uid))
		}
		return err
	})
	return out, err
}

// known returns UIDs that have rows, upwards.
func (s *Reader) known(ctx context.Context, p *place, after int64, most int) ([]uint32, error) {
	return s.column(ctx, `SELECT uid FROM mailbox_messages WHERE workspace_id = $1 AND folder_id = $2::uuid AND uid > $3 ORDER BY uid LIMIT $4`, p.ID, after, most)
}

// knownBelow is known, downwards.
func (s *Reader) knownBelow(ctx context.Context, p *place, before int64, most int) ([]uint32, error) {
	return s.column(ctx, `SELECT uid FROM mailbox_messages WHERE workspace_id = $1 AND folder_id = $2::uuid AND uid < $3 ORDER BY uid DESC LIMIT $4`, p.ID, before, most)
}

// lowestKnown returns some UIDs from bottom upwards.
func (s *Reader) lowestKnown(ctx context.Context, p *place) ([]uint32, error) {
	return s.known(ctx, p, p.Bottom-1, 5)
}

// refusedBefore returns UIDs that shall be asked for again.
func (s *Reader) refusedBefore(ctx context.Context, p *place) ([]uint32, error) {
	return s.column(ctx, `SELECT uid FROM mailbox_messages WHERE workspace_id = $1 AND folder_id = $2::uuid AND refused <> '' AND again ORDER BY uid DESC LIMIT $3`, p.ID, window)
}

// readHere returns UIDs of messages that were unread when they came and have
// been read here.
func (s *Reader) readHere(ctx context.Context, p *place) ([]uint32, error) {
	return s.column(ctx, `
		SELECT x.uid FROM mailbox_messages x
		JOIN messages m ON m.workspace_id = $1 AND m.id = x.message_id
		JOIN threads t ON t.workspace_id = $1 AND t.id = m.thread_id
		WHERE x.workspace_id = $1 AND x.mailbox_id = $3::uuid AND x.folder_id = $2::uuid AND x.follow AND NOT x.seen AND NOT t.unread
		LIMIT 500`, p.ID, s.account.ID)
}

// drop notes that messages are no longer in a folder. They stay stored.
func (s *Reader) drop(ctx context.Context, p *place, uids []uint32) error {
	if len(uids) == 0 {
		return nil
	}
	gone := make([]int64, len(uids))
	for i, uid := range uids {
		gone[i] = int64(uid)
	}
	return s.DB.Write(ctx, func(tx *pg.Tx) error {
		_, err := tx.Exec(`
			WITH gone AS (
				DELETE FROM mailbox_messages WHERE workspace_id = $1 AND folder_id = $2::uuid AND uid = ANY ($3::bigint[])
				RETURNING refused
			)
			UPDATE mailbox_progress
			SET stored = stored - (SELECT count(*) FROM gone WHERE refused = ''),
				refused = mailbox_progress.refused - (SELECT count(*) FROM gone WHERE refused <> '')
			WHERE workspace_id = $1 AND folder_id = $2::uuid`, tx.Workspace(), p.ID, gone)
		return err
	})
}

// seen notes what is read on the server.
func (s *Reader) seen(ctx context.Context, p *place, changed map[uint32]bool) error {
	if len(changed) == 0 {
		return nil
	}
	var uids []int64
	var seen []bool
	for uid, is := range changed {
		uids, seen = append(uids, int64(uid)), append(seen, is)
	}
	err := s.DB.Write(ctx, func(tx *pg.Tx) error {
		tx.Queue(`
			UPDATE mailbox_messages x SET seen = t.seen FROM unnest($3::bigint[], $4::boolean[]) AS t (uid, seen)
			WHERE x.workspace_id = $1 AND x.folder_id = $2::uuid AND x.uid = t.uid AND x.seen <> t.seen`, tx.Workspace(), p.ID, uids, seen)
		return nil
	})
	if err != nil {
		return fmt.Errorf("note what was read: %w", err)
	}
	return nil
}
