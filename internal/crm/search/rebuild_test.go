package search_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"rapport/internal/crm/company"
	"rapport/internal/crm/contact"
	"rapport/internal/crm/note"
	"rapport/internal/crm/search"
	"rapport/internal/crm/task"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/queue"
)

// rebuilder writes contacts, companies and mail anew; broken, if not nil,
// comes before each step of the mail.
func (d *desk) rebuilder(broken func() error) *search.Rebuilder {
	d.Helper()
	q, err := queue.New(d.db, queue.Options{})
	if err != nil {
		d.Fatal(err)
	}
	now := func() time.Time { return d.clock }
	mails := func(tx *pg.Tx, after string, most int) (string, int, error) {
		if broken != nil {
			if err := broken(); err != nil {
				return "", 0, err
			}
		}
		return d.mails.Reindex(tx, after, most)
	}
	return search.NewRebuilder(d.db, q, now, search.Source{Kind: "contact", Reindex: contact.New(d.db, now).Reindex},
		search.Source{Kind: "company", Reindex: company.New(d.db, now).Reindex}, search.Source{Kind: "task", Reindex: task.New(d.db, q, now).Reindex},
		search.Source{Kind: "note", Reindex: note.New(d.db, now).Reindex}, search.Source{Kind: "thread", Reindex: mails})
}

// forget takes all words away, as the update that brings new ones does.
func (d *desk) forget() {
	d.Helper()
	if _, err := d.db.Session().Exec(d.ctx, `DELETE FROM search.documents WHERE workspace_id = $1`, d.workspace()); err != nil {
		d.Fatal(err)
	}
	if _, err := d.db.Session().Exec(d.ctx, `DELETE FROM search.mail WHERE workspace_id = $1`, d.workspace()); err != nil {
		d.Fatal(err)
	}
}

func TestARebuildFindsAgainWhatWasFound(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.receive(letter("Ana Duarte <ana@lumen.example>", "Invoice", "06-10", "The roof."), letter("Ben <ben@fjord.example>", "Tiles", "06-11", "The roof, too."))
	before := map[string]string{}
	for _, q := range []string{"roof", "ana", "from:ana", "company:lumen", "daurte", "subject:tiles", "after:2026-06-11", "fjord.example"} {
		before[q] = d.titles(q)
	}
	d.forget()
	if got := d.titles("roof"); got != "" {
		t.Fatalf("without words %q is found", got)
	}
	r := d.rebuilder(nil)
	if err := r.Refresh(d.ctx); err != nil {
		t.Fatal(err)
	}
	if err := r.Work(d.ctx, search.Rebuild{}); err != nil {
		t.Fatal(err)
	}
	d.finds(before)
}

func TestARebuildFindsTasksAndNotesWhereTheyBelong(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.meet("Ana Duarte <ana@lumen.example>")
	d.exec(`INSERT INTO tasks (workspace_id, id, title, description, priority, status, entity, entity_id, created_at, updated_at)
		SELECT $1, gen_random_uuid(), t.title, 'Gutters too', 'medium', t.status, 'contact', c.id, now(), now()
		FROM contacts c, (VALUES ('Mend the roof', 'open'), ('Paint the roof', 'done')) AS t (title, status) WHERE c.workspace_id = $1`)
	d.exec(`INSERT INTO tasks (workspace_id, id, title, description, priority, status, created_at, updated_at, deleted_at)
		VALUES ($1, gen_random_uuid(), 'Sell the roof', '', 'medium', 'open', now(), now(), now())`)
	d.exec(`INSERT INTO notes (workspace_id, id, entity, entity_id, body, html, author_name, created_at, updated_at)
		SELECT $1, gen_random_uuid(), 'contact', id, 'Likes **slate** on a roof', '', 'Ben', now(), now() FROM contacts WHERE workspace_id = $1`)
	r := d.rebuilder(nil)
	if err := r.Refresh(d.ctx); err != nil {
		t.Fatal(err)
	}
	if err := r.Work(d.ctx, search.Rebuild{}); err != nil {
		t.Fatal(err)
	}
	d.finds(map[string]string{"roof": "Likes slate on a roof, Mend the roof, Paint the roof", "roof is:open": "Mend the roof", "slate ana": "Likes slate on a roof", "gutters is:done": "Paint the roof"}, "task", "note")
	ana := d.look("ana", "contact").Data[0].ID
	for _, h := range d.look("roof", "task", "note").Data {
		if h.AboutEntity == nil || *h.AboutEntity != "contact" || h.AboutID == nil || *h.AboutID != ana || h.Subtitle != "Ana Duarte" {
			t.Errorf("%s is about %v %v of %q, want the contact Ana Duarte", h.Title, h.AboutEntity, h.AboutID, h.Subtitle)
		}
	}
}

func TestARebuildGoesOnWhereItBroke(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.receive(letter("Ana Duarte <ana@lumen.example>", "Invoice", "06-10", "The roof."))
	d.forget()
	cut := errors.New("cut")
	r := d.rebuilder(func() error {
		err := cut
		cut = nil
		return err
	})
	if err := r.Refresh(d.ctx); err != nil {
		t.Fatal(err)
	}
	if err := r.Work(d.ctx, search.Rebuild{}); err == nil {
		t.Fatal("the cut is not told")
	}
	if got := d.titles("ana", "contact"); got != "Ana Duarte" {
		t.Errorf("before the cut contacts were written, but %q is found", got)
	}
	if err := r.Refresh(d.ctx); err != nil { // the words are of this release: it must not begin again
		t.Fatal(err)
	}
	var kind string
	d.write(func(tx *pg.Tx) (err error) {
		kind, err = pg.Value[string](tx, `SELECT kind FROM search_rebuilds WHERE workspace_id = $1`, tx.Workspace())
		return err
	})
	if kind != "thread" {
		t.Errorf("it stands at %q, want the mail", kind)
	}
	if err := r.Work(d.ctx, search.Rebuild{}); err != nil {
		t.Fatal(err)
	}
	d.finds(map[string]string{"roof": "Invoice"}, "thread")
}

func TestPeopleFollowTheNameOfTheirCompany(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.meet("Ana Duarte <ana@lumen.example>")
	d.exec(`UPDATE companies SET name = 'Kestrel Works' WHERE workspace_id = $1`)
	var companyID string
	d.write(func(tx *pg.Tx) (err error) {
		companyID, err = pg.Value[string](tx, `SELECT id::text FROM companies WHERE workspace_id = $1`, tx.Workspace())
		return err
	})
	if err := contact.New(d.db, time.Now).Renamed(context.WithoutCancel(d.ctx), contact.Renamed{CompanyID: companyID}); err != nil {
		t.Fatal(err)
	}
	d.finds(map[string]string{"ana kestrel": "Ana Duarte"}, "contact")
}
