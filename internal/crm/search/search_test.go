package search_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/internal/crm/contact"
	"rapport/internal/crm/message"
	"rapport/internal/crm/search"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/id"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/problem"
	"rapport/internal/platform/queue"
)

// desk is a workspace, in Lisbon, with mail and people that can be searched.
type desk struct {
	*testing.T
	*search.Service
	db    *pg.DB
	mails *message.Service
	ctx   context.Context
	clock time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t), APIConns: 2, WorkConns: 2, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	q, err := queue.New(db, queue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{T: t, db: db, Service: search.New(db), clock: time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)}
	d.mails = message.New(db, q, blob.New(t.TempDir()), func() time.Time { return d.clock })
	d.ctx = actor.With(t.Context(), actor.Actor{Kind: actor.System, Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, db.Session())})
	return d
}

// receive stores mail as its source: header fields, an empty line, the text.
func (d *desk) receive(sources ...string) {
	d.Helper()
	var in []message.Incoming
	for _, s := range sources {
		m, err := mail.Parser{Now: d.clock}.Parse(strings.NewReader(strings.ReplaceAll(s, "\n", "\r\n")))
		if err != nil {
			d.Fatal(err)
		}
		in = append(in, message.Incoming{Mail: m, Raw: strings.Repeat("0", 64)})
	}
	d.write(func(tx *pg.Tx) error {
		_, err := d.mails.Store(d.ctx, tx, message.Delivery{Mails: in, Own: []string{"me@desk.example"}, Source: "import"})
		return err
	})
}

// letter is a mail of some day in 2026, "01-31" or "01-31 23:30".
func letter(from, subject, day, text string) string {
	form := "01-02 15:04"
	at, err := time.Parse(form, day)
	if err != nil {
		at, _ = time.Parse(form, day+" 10:00")
	}
	at = at.AddDate(2026, 0, 0)
	return fmt.Sprintf("From: %s\nTo: Me <me@desk.example>\nSubject: %s\nDate: %s\nMessage-ID: <%s@x.example>\n\n%s\n", from, subject, at.Format(time.RFC1123Z), id.New(), text)
}

// meet makes contacts: "Ana Duarte <ana@lumen.example>".
func (d *desk) meet(names ...string) {
	d.Helper()
	var people []contact.Person
	for _, n := range names {
		name, address, _ := strings.Cut(strings.TrimSuffix(n, ">"), " <")
		people = append(people, contact.Person{Name: name, Address: address, Key: mail.AddressKey(address), SeenAt: d.clock, Source: "import"})
	}
	d.write(func(tx *pg.Tx) error {
		_, err := contact.Ensure(d.ctx, tx, people)
		return err
	})
}

func (d *desk) write(f func(*pg.Tx) error) {
	d.Helper()
	if err := d.db.Write(d.ctx, f); err != nil {
		d.Fatal(err)
	}
}

func (d *desk) exec(sql string, args ...any) {
	d.Helper()
	d.write(func(tx *pg.Tx) error {
		_, err := tx.Exec(sql, append([]any{tx.Workspace()}, args...)...)
		return err
	})
}

func (d *desk) look(q string, kinds ...string) search.Found {
	d.Helper()
	out, err := d.Search(d.ctx, &search.Query{Q: q, Kinds: kinds, Limit: 50})
	if err != nil {
		d.Fatalf("%q: %v", q, err)
	}
	return out.Body
}

// titles are what is found, in order of the alphabet.
func (d *desk) titles(q string, kinds ...string) string {
	d.Helper()
	var out []string
	for _, h := range d.look(q, kinds...).Data {
		out = append(out, h.Title)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// finds fails unless each query finds these titles.
func (d *desk) finds(want map[string]string, kinds ...string) {
	d.Helper()
	for q, titles := range want {
		if got := d.titles(q, kinds...); got != titles {
			d.Errorf("%s finds %q, want %q", q, got, titles)
		}
	}
}

func TestNamesAreFoundHoweverTheyAreTyped(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.meet("Ana Duarte <ana@lumen.example>", "Zoë Çelik <zoe@birch.example>", "Michael O'Hara <mo@birch.example>", "Bjørn Lindqvist <bl@fjord.example>")
	d.finds(map[string]string{
		"ana": "Ana Duarte", "an": "Ana Duarte", "DUARTE": "Ana Duarte", "duarte ana": "Ana Duarte", `"Ana Duarte"`: "Ana Duarte", `"Duarte Ana"`: "Ana Duarte",
		"zoe celik": "Zoë Çelik", "çelik": "Zoë Çelik", "o'hara": "Michael O'Hara", "bjorn": "Bjørn Lindqvist", "ana@lumen.example": "Ana Duarte", "lumen.example": "Ana Duarte",
		"micheal": "Michael O'Hara", "daurte": "Ana Duarte", "lindkvist": "Bjørn Lindqvist", "duartee": "Ana Duarte", "duart ana": "Ana Duarte",
		"ana -duarte": "", "nobody": "", "birch": "Michael O'Hara, Zoë Çelik",
	}, "contact")
	if got := d.look("ana", "contact").Data[0]; got.Entity != "contact" || got.Subtitle != "ana@lumen.example" {
		t.Errorf("got %+v, want the contact with their address", got)
	}
}

func TestOperatorsNarrowTheMail(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.receive(
		letter("Ana Duarte <ana@lumen.example>", "Invoice 42", "06-10", "The invoice for the roof is late."),
		letter("Ben Ode <ben@fjord.example>", "Roof tiles", "06-11", "Ana sent an invoice, see the annual report."),
		letter("Ben Ode <ben@fjord.example>", "Report", "02-01", "A report that is annual."),
		strings.Replace(letter("Ana Duarte <ana@lumen.example>", "Plans", "05-05", ""), "\n\n", "\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n", 1)+
			"--b\nContent-Type: text/plain\n\nHere they are.\n--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=\"floor_plan-v2.pdf\"\n\nx\n--b--\n",
	)
	d.exec(`UPDATE threads SET unread = subject = 'Invoice 42', status = CASE subject WHEN 'Report' THEN 'done' ELSE 'open' END WHERE workspace_id = $1`)
	d.finds(map[string]string{
		"invoice": "Invoice 42, Roof tiles", "from:ana invoice": "Invoice 42", "from:ana is:unread invoice": "Invoice 42", "from:ben is:unread": "",
		`"annual report"`: "Roof tiles", "annual report": "Report, Roof tiles", "invoice -tiles": "Invoice 42", `report -"annual report"`: "Report",
		"from:ana@lumen.example": "Invoice 42, Plans", "from:duarte": "Invoice 42, Plans", `from:"ana duarte"`: "Invoice 42, Plans", "from:daurte": "Invoice 42, Plans",
		"to:me from:ben": "Report, Roof tiles", "to:ana": "", "subject:roof": "Roof tiles", "subject:invoice": "Invoice 42",
		"company:lumen": "Invoice 42, Plans", "company:lumne": "Invoice 42, Plans", "company:fjord report": "Report, Roof tiles", "company:nowhere": "",
		"has:attachment": "Plans", "floor plan": "Plans", "pdf": "Plans", "is:done": "Report", "is:open from:ben": "Roof tiles", "is:open is:done": "",
		"after:2026-06-11": "Roof tiles", "before:2026-06-10 after:2026-03": "Plans", "in:contacts invoice": "", "in:mail late": "Invoice 42",
	}, "thread")
	d.finds(map[string]string{"company:lumen": "Ana Duarte, Lumen", "from:ana": "", "in:companies lumen": "Lumen", "in:contacts ana": "Ana Duarte"}, "contact", "company")
}

func TestDaysAreThoseOfTheWorkspace(t *testing.T) {
	t.Parallel()
	d := newDesk(t) // in June Lisbon is an hour ahead of UTC
	d.receive(letter("Ana <ana@x.example>", "Late", "06-09 22:59", "."), letter("Ana <ana@x.example>", "Early", "06-09 23:00", "."))
	d.finds(map[string]string{"after:2026-06-10": "Early", "before:2026-06-10": "Late"}, "thread")
}

func TestAHitNamesTheMessageThatMatched(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := letter("Ana Duarte <ana@lumen.example>", "Roof", "06-10", strings.Repeat("Nothing of note here. ", 30)+"The chimney leaks since spring, they say."+strings.Repeat(" More words.", 60))
	_, ref, _ := strings.Cut(first, "Message-ID: ")
	ref, _, _ = strings.Cut(ref, "\n")
	reply := strings.Replace(letter("Ben <ben@fjord.example>", "Re: Roof", "06-11", "No idea.\n\n> The chimney leaks since spring, they say."), "\n\n", "\nIn-Reply-To: "+ref+"\n\n", 1)
	d.receive(first, reply)
	hits := d.look("chimney").Data
	if len(hits) != 1 || hits[0].ThreadID == nil || hits[0].MessageID == nil {
		t.Fatalf("got %+v, want the thread and its message", hits)
	}
	var sender string
	d.write(func(tx *pg.Tx) (err error) {
		sender, err = pg.Value[string](tx, `SELECT from_address FROM messages WHERE workspace_id = $1 AND id = $2`, tx.Workspace(), *hits[0].MessageID)
		return err
	})
	if sender != "ana@lumen.example" || hits[0].Subtitle != "Ana Duarte" {
		t.Errorf("the message of %s by %q matched, want that of Ana, not the one that quotes her", sender, hits[0].Subtitle)
	}
	if !strings.Contains(hits[0].Snippet, "The \u0002chimney\u0003 leaks") || len([]rune(hits[0].Snippet)) > 200 {
		t.Errorf("the snippet is %q", hits[0].Snippet)
	}
}

func TestLongTextsKeepTheirNames(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.receive(letter("Ana <ana@x.example>", "Minutes", "06-10", strings.Repeat("so much was said again ", 1500)+"by Wilhelmina Kestrel of zephyr@gale.example about order 77123 and plain things"))
	d.finds(map[string]string{"wilhelmina": "Minutes", "zephyr@gale.example": "Minutes", "77123": "Minutes", "plain": "", "said": "Minutes"}, "thread")
}

func TestWhatChangesIsFoundAsItIsNow(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.receive(letter("x17@gale.example", "Offer", "06-10", "An offer."))
	d.finds(map[string]string{"from:wilhelmina": "", "offer is:unread": "Offer"}, "thread")
	d.exec(`UPDATE threads SET unread = false WHERE workspace_id = $1`)
	d.finds(map[string]string{"offer is:unread": ""}, "thread")
	var who string
	d.write(func(tx *pg.Tx) (err error) {
		who, err = pg.Value[string](tx, `UPDATE contacts SET name = 'Wilhelmina Kestrel' WHERE workspace_id = $1 RETURNING id::text`, tx.Workspace())
		search.Put(tx, "contact", search.Document{ID: who, Title: "Wilhelmina Kestrel"})
		return err
	})
	d.finds(map[string]string{"from:wilhelmina": "Offer", "from:wihlelmina": "Offer"}, "thread")
	d.finds(map[string]string{"kestrel": "Wilhelmina Kestrel"}, "contact")
	d.write(func(tx *pg.Tx) error {
		search.Remove(tx, "contact", who)
		return nil
	})
	d.finds(map[string]string{"kestrel": ""}, "contact")
	d.exec(`UPDATE threads SET last_message_id = NULL WHERE workspace_id = $1`)
	d.exec(`DELETE FROM messages WHERE workspace_id = $1`)
	d.finds(map[string]string{"offer": ""}, "thread")
}

func TestTasksAreFoundByTheirState(t *testing.T) {
	t.Parallel()
	d, about := newDesk(t), id.New()
	d.write(func(tx *pg.Tx) error {
		search.Put(tx, "task", search.Document{ID: id.New(), Title: "Call Ana", Words: "about the roof", Marks: []string{"is:open"}},
			search.Document{ID: id.New(), Title: "Pay Ben", Words: "for the roof", Marks: []string{"is:done"}})
		search.Put(tx, "note", search.Document{ID: id.New(), Title: "Lunch", Words: "They like the **roof**.", About: search.Ref{Entity: "company", ID: about}})
		return nil
	})
	d.finds(map[string]string{"roof": "Call Ana, Lunch, Pay Ben", "roof is:open": "Call Ana", "is:done": "Pay Ben", "in:notes roof": "Lunch", "is:unread roof": ""})
	if got := d.look("lunch", "note").Data[0]; got.AboutID == nil || *got.AboutID != about || *got.AboutEntity != "company" {
		t.Errorf("the note is %+v, want it to name what it is about", got)
	}
}

func TestTheNewestAndTheNamedComeFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.meet("Roof Masters <info@roofmasters.example>")
	d.receive(letter("Ana <ana@x.example>", "Old", "01-10", "The roof."), letter("Ana <ana@x.example>", "New", "06-10", "The roof."), letter("Ana <ana@x.example>", "Roof", "04-10", "Hello."))
	var got []string
	for _, h := range d.look("roof", "contact", "thread").Data {
		got = append(got, h.Title)
	}
	if want := "Roof Masters, Roof, New, Old"; strings.Join(got, ", ") != want {
		t.Errorf("in order: %q, want %q", got, want)
	}
}

func TestPagesJoinWithoutGapOrTwin(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var mails []string
	for i := range 25 {
		mails = append(mails, letter("Ana <ana@x.example>", fmt.Sprintf("Roof %02d", i), fmt.Sprintf("03-%02d", i+1), "The roof."))
	}
	d.receive(mails...)
	seen := map[string]bool{}
	cursor := ""
	for page := 0; ; page++ {
		out, err := d.Search(d.ctx, &search.Query{Q: "roof", Kinds: []string{"thread"}, Limit: 10, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range out.Body.Data {
			if seen[h.ID] {
				t.Errorf("%s comes twice", h.Title)
			}
			seen[h.ID] = true
		}
		if !out.Body.HasMore {
			break
		}
		cursor = *out.Body.NextCursor
	}
	if len(seen) != 25 {
		t.Errorf("%d hits on all pages, want 25", len(seen))
	}
	for _, c := range []string{"x", "AAAA", cursor + "x"} {
		_, err := d.Search(d.ctx, &search.Query{Q: "roof", Limit: 10, Cursor: c})
		if p, ok := errors.AsType[*problem.Error](err); !ok || p.Code != "bad_cursor" {
			t.Errorf("the cursor %q: %v, want bad_cursor", c, err)
		}
	}
	if _, err := d.Search(d.ctx, &search.Query{Q: "tiles", Kinds: []string{"thread"}, Limit: 10, Cursor: cursor}); err == nil {
		t.Error("a cursor of another search is taken")
	}
}
