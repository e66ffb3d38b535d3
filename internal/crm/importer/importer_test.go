package importer

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/internal/crm/message"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/queue"
)

// desk is a workspace with the service under test. Jobs are worked by hand.
type desk struct {
	*testing.T
	*Service
	ctx       context.Context
	workspace string
	dir       string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t), APIConns: 3, WorkConns: 2, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	q, err := queue.New(db, queue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{T: t, workspace: pgtest.Workspace(t, db.Session()), dir: t.TempDir()}
	blobs := blob.New(filepath.Join(d.dir, "blobs"))
	d.Service = New(db, q, message.New(db, q, blobs, time.Now), blobs, filepath.Join(d.dir, "uploads"))
	d.log = slog.New(slog.DiscardHandler)
	d.ctx = actor.With(t.Context(), actor.Actor{Kind: actor.User, Name: "Ana", Role: actor.Owner, WorkspaceID: d.workspace})
	return d
}

// upload offers a mailbox and returns its import.
func (d *desk) upload(name string, box string) string {
	d.Helper()
	importID, err := d.Add(d.ctx, name, nil, strings.NewReader(box))
	if err != nil {
		d.Fatal(err)
	}
	return importID
}

// work runs the jobs of an import until nothing is left to read, and ends it.
func (d *desk) work(importID string) Import {
	d.Helper()
	for range 100 {
		if err := d.run(d.ctx, Run{d.workspace, importID}); err != nil {
			d.Fatal(err)
		}
		if got := d.is(importID); got.State != "running" && got.State != "queued" {
			return got
		}
	}
	d.Fatal("the import does not end")
	return Import{}
}

func (d *desk) is(importID string) Import {
	d.Helper()
	got, err := d.get(d.ctx, importID)
	if err != nil {
		d.Fatal(err)
	}
	return got.Body
}

// accounted fails unless each message of an import is accounted for once.
func (d *desk) accounted(importID string, imported, duplicates, refused int64) {
	d.Helper()
	got := d.is(importID)
	if got.Imported != imported || got.Duplicates != duplicates || got.Refused != refused {
		d.Errorf("imported %d, duplicates %d, refused %d; want %d, %d, %d", got.Imported, got.Duplicates, got.Refused, imported, duplicates, refused)
	}
	items := 0
	if err := d.each(d.ctx, importID, func(i Item) error {
		if items++; int64(items) != i.Ordinal {
			d.Errorf("item %d has ordinal %d", items, i.Ordinal)
		}
		return nil
	}); err != nil {
		d.Fatal(err)
	}
	if want := imported + duplicates + refused; int64(items) != want || got.Total == nil || *got.Total != want {
		d.Errorf("%d items, total %v; want %d", items, got.Total, want)
	}
}

func (d *desk) messagesStored() int {
	d.Helper()
	var n int
	err := d.db.Read(d.ctx, func(tx *pg.Tx) (err error) {
		n, err = pg.Value[int](tx, `SELECT count(*)::int FROM messages WHERE workspace_id = $1`, tx.Workspace())
		return err
	})
	if err != nil {
		d.Fatal(err)
	}
	return n
}

func letter(n int) string {
	return fmt.Sprintf("From: Person %d <p%d@many.example>\nTo: me@desk.example\nSubject: Letter %d\nMessage-ID: <%d@many.example>\nDate: Mon, 05 Jan 2026 09:00:00 +0000\n\nText number %d.\n", n%40, n%40, n, n, n)
}

func mbox(mails ...string) string {
	var b strings.Builder
	for _, m := range mails {
		b.WriteString("From someone@many.example Mon Jan  5 09:00:00 2026\n" + m + "\n")
	}
	return b.String()
}

func manyMails(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = letter(i)
	}
	return mbox(all...)
}

func zipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, s)
	z.Close()
	return b.String()
}

func TestEveryMessageIsAccountedForAndASecondImportBringsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	box := zipped(manyMails(250))
	first := d.upload("box.mbox.gz", box)
	if got := d.work(first); got.State != "understanding" || got.Format != "mbox" {
		t.Errorf("state %q, format %q; want understanding, mbox", got.State, got.Format)
	}
	d.accounted(first, 250, 0, 0)
	second := d.upload("box.mbox.gz", box)
	d.work(second)
	d.accounted(second, 0, 250, 0)
	if got := d.messagesStored(); got != 250 {
		t.Errorf("%d messages, want 250", got)
	}
	if left, _ := filepath.Glob(filepath.Join(d.dir, "uploads", "*", "*")); len(left) != 0 {
		t.Errorf("uploads are left: %v", left)
	}
}

func TestConcurrentUploadsOfOneFileStoreEachMessageOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	box := manyMails(150)
	ids := []string{d.upload("a.mbox", box), d.upload("b.mbox", box)}
	var wg sync.WaitGroup
	for _, importID := range ids {
		wg.Go(func() { d.work(importID) })
	}
	wg.Wait()
	a, b := d.is(ids[0]), d.is(ids[1])
	if a.Imported+b.Imported != 150 || a.Duplicates+b.Duplicates != 150 || d.messagesStored() != 150 {
		t.Errorf("imported %d + %d, duplicates %d + %d, stored %d; want 150 each", a.Imported, b.Imported, a.Duplicates, b.Duplicates, d.messagesStored())
	}
}

func TestAnImportWorkedTwiceAtOnceCountsOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	importID := d.upload("a.mbox", manyMails(350))
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if err := d.run(d.ctx, Run{d.workspace, importID}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	d.work(importID)
	d.accounted(importID, 350, 0, 0)
}

func TestAnImportThatIsInterruptedAnywhereLosesAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	importID := d.upload("a.mbox", manyMails(530))
	for cut := time.Millisecond; d.is(importID).State == "running" || d.is(importID).State == "queued"; cut += 7 * time.Millisecond {
		ctx, cancel := context.WithTimeout(d.ctx, cut)
		_ = d.run(ctx, Run{d.workspace, importID}) // it is meant to fail
		cancel()
	}
	d.accounted(importID, 530, 0, 0)
	if got := d.messagesStored(); got != 530 {
		t.Errorf("%d messages, want 530", got)
	}
}

func TestALongImportGoesOnInTheNextJob(t *testing.T) {
	t.Parallel()
	for _, restarted := range []bool{false, true} {
		d := newDesk(t)
		d.shift = 0 // each job stores one batch
		importID := d.upload("a.mbox", manyMails(350))
		for jobs := 1; jobs <= 3; jobs++ {
			if err := d.run(d.ctx, Run{d.workspace, importID}); err != nil {
				t.Fatal(err)
			}
			if got := d.is(importID); got.Imported != int64(100*jobs) || got.BytesDone == 0 || got.BytesDone > got.BytesTotal {
				t.Errorf("after %d jobs: %d imported, %d of %d bytes", jobs, got.Imported, got.BytesDone, got.BytesTotal)
			}
			if restarted {
				d.parked = map[string]*position{}
			}
		}
		if got := d.jobs("import.run", importID); got != 4 {
			t.Errorf("%d jobs, want the first and one after each", got)
		}
		d.work(importID)
		d.accounted(importID, 350, 0, 0)
	}
}

func (d *desk) jobs(kind, importID string) int {
	d.Helper()
	var n int
	if err := d.db.Session().QueryRow(d.ctx, `SELECT count(*) FROM river.river_job WHERE kind = $1 AND args->>'id' = $2`, kind, importID).Scan(&n); err != nil {
		d.Fatal(err)
	}
	return n
}

func TestATruncatedArchiveKeepsWhatCameBeforeAndSaysSo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var mails []string
	for i := range 200 {
		mails = append(mails, letter(i)+strings.Repeat(fmt.Sprintf("%x\n", i*i*7919), 200))
	}
	whole := zipped(mbox(mails...))
	importID := d.upload("a.mbox.gz", whole[:len(whole)/2])
	got := d.work(importID)
	if got.State != "understanding" || !strings.Contains(got.Error, "cut off") || got.Imported < 10 || got.Imported > 190 {
		t.Errorf("state %q, %d imported, error %q", got.State, got.Imported, got.Error)
	}
	d.accounted(importID, got.Imported, 0, 1)
}

func TestAHugeAttachmentIsLeftOutAndItsMessageKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	head := "From: a@many.example\nSubject: Big\nMessage-ID: <big@x>\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee the file.\n--b\nContent-Type: application/zip; name=big.zip\nContent-Transfer-Encoding: base64\n\n"
	line := base64.StdEncoding.EncodeToString(make([]byte, 54)) + "\n"
	lines := (60 << 20) / 54
	body := io.MultiReader(strings.NewReader("From x Mon Jan  5 09:00:00 2026\n"+head), io.LimitReader(&repeating{line: line}, int64(lines*len(line))), strings.NewReader("--b--\n\n"+mbox(letter(1))))
	importID, err := d.Add(d.ctx, "a.mbox", nil, body)
	if err != nil {
		t.Fatal(err)
	}
	d.work(importID)
	d.accounted(importID, 2, 0, 0)
	var note []string
	if err := d.db.Read(d.ctx, func(tx *pg.Tx) (err error) {
		note, err = pg.Column[string](tx, `SELECT note FROM attachments WHERE workspace_id = $1 AND blob = ''`, tx.Workspace())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(note) != 1 || !strings.Contains(note[0], "50 MB") {
		t.Errorf("notes %q, want one that names the limit", note)
	}
}

type repeating struct {
	line string
	at   int
}

func (r *repeating) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		c := copy(p[n:], r.line[r.at:])
		n += c
		r.at = (r.at + c) % len(r.line)
	}
	return n, nil
}

func TestWhatTheDatabaseRefusesIsRefusedAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	importID := d.upload("a.mbox", manyMails(30))
	r, err := d.begin(d.ctx, importID)
	if err != nil {
		t.Fatal(err)
	}
	at, err := d.open(d.workspace, r)
	if err != nil {
		t.Fatal(err)
	}
	defer at.Close()
	b := d.next(d.ctx, at)
	b.entries[17].mail.Subject = "a NUL \x00 that the parser would have removed"
	if err := d.commit(d.ctx, r, b); err != nil {
		t.Fatal(err)
	}
	if got := d.is(importID); got.Imported != 29 || got.Refused != 1 {
		t.Errorf("imported %d, refused %d; want 29, 1", got.Imported, got.Refused)
	}
}

func TestOddMessagesAreAccountedForWithTheirReason(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	importID := d.upload("a.mbox", mbox(
		"Subject: neither sender nor date\n\nHello.\n",
		letter(1), strings.Replace(letter(1), "Text number", "Other text", 1), letter(1),
		"Subject: \x00\xff\xfe\nMessage-ID: <\xff\x00@x>\n\n\x00\xff\n",
		"Subject: injected\r\nX-A: b\r\nBcc: c@x.example\r\n\r\nHi.\r\n"))
	d.work(importID)
	d.accounted(importID, 5, 1, 0)
}
