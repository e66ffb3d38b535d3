package draft

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/problem"
)

type desk struct {
	*testing.T
	*Service
	ctx context.Context
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t), APIConns: 2, WorkConns: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	d := &desk{T: t, Service: New(db, blob.New(t.TempDir()))}
	d.ctx = actor.With(t.Context(), actor.Actor{Kind: actor.User, UserID: id.New(), Role: actor.Owner, WorkspaceID: pgtest.Workspace(t, db.Session())})
	return d
}

func typed(subject, text string) letterInput {
	return letterInput{Mode: "new", Subject: &subject, Text: &text}
}

func (d *desk) begin(in letterInput) Draft {
	d.Helper()
	out, err := d.create(d.ctx, &createInput{Body: in})
	if err != nil {
		d.Fatal(err)
	}
	return out.Body
}

func TestADraftIsItsAuthorsAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	mine := d.begin(typed("Prices", "Hello"))
	who, _ := actor.From(d.ctx)
	who.UserID = id.New()
	other := actor.With(d.ctx, who)
	if _, err := d.get(other, &op.ByID{ID: mine.ID}); problem.KindOf(err) != problem.NotFound {
		t.Errorf("a colleague reads it: %v", err)
	}
	if _, err := d.remove(other, &op.ByID{ID: mine.ID}); problem.KindOf(err) != problem.NotFound {
		t.Errorf("a colleague discards it: %v", err)
	}
	if out, err := d.list(other, &listInput{}); err != nil || len(out.Body.Data) != 0 {
		t.Errorf("a colleague's list has %d, %v", len(out.Body.Data), err)
	}
	if out, err := d.list(d.ctx, &listInput{}); err != nil || len(out.Body.Data) != 1 {
		t.Errorf("the author's list has %d, %v; want 1", len(out.Body.Data), err)
	}
}

func TestSavingKeepsWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	made := d.begin(typed("Prices", "Hello"))
	to := []Recipient{{Address: "ben@"}} // not complete yet
	in := &updateInput{Versioned: op.Versioned{ByID: op.ByID{ID: made.ID}, IfMatch: `"1"`}, Body: letterInput{To: &to}}
	out, err := d.update(d.ctx, in)
	if err != nil || out.Body.Subject != "Prices" || out.Body.Text != "Hello" || out.Body.To[0].Address != "ben@" || out.Body.Version != 2 {
		t.Fatalf("saved as %+v, %v", out, err)
	}
	if _, err := d.update(d.ctx, in); problem.KindOf(err) != problem.Stale {
		t.Errorf("saved from another window: %v, want 412", err)
	}
}

func TestADraftCannotBreakAHeaderOrBorrowRecords(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	files := []string{id.New()}
	evil := []Recipient{{Name: "x\ny", Address: "a@b.example"}}
	for pointer, in := range map[string]letterInput{"/subject": typed("a\r\nBcc: b@c.example", ""), "/to/0": {Mode: "new", To: &evil}, "/attachments/0": {Mode: "new", Attachments: &files},
		"/message_id": {Mode: "reply"}, "/message_id ": {Mode: "reply", MessageID: id.New()}, "/sender_id": {Mode: "new", SenderID: id.New()}} {
		_, err := d.create(d.ctx, &createInput{Body: in})
		if p, ok := errors.AsType[*problem.Error](err); !ok || p.Kind != problem.Invalid || p.Fields[0].Pointer != strings.TrimSpace(pointer) {
			t.Errorf("%s: %v", pointer, err)
		}
	}
}

func TestAnUploadIsBounded(t *testing.T) {
	t.Parallel()
	b := &bounded{r: strings.NewReader("0123456789"), left: 9}
	if _, err := io.ReadAll(b); !errors.Is(err, errTooLarge) || !errors.Is(b.err, errTooLarge) {
		t.Errorf("ten bytes of nine: %v", err)
	}
	b = &bounded{r: io.MultiReader(strings.NewReader("01"), broken{}), left: 9}
	if _, err := io.ReadAll(b); !errors.Is(err, errBroken) {
		t.Errorf("a body that breaks off: %v", err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("gone") }

func TestAFileKeepsTheEndOfItsName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{`C:\docs\offer.pdf`: "offer.pdf", "../../etc/passwd": "passwd", "a\r\nb.txt": "ab.txt", "": "file", "/": "file",
		strings.Repeat("ä", 300) + ".pdf": strings.Repeat("ä", 196) + ".pdf"} {
		if got := filename(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	if got := mediaType("text/html; charset=x", "a.pdf"); got != "text/html" {
		t.Errorf("the type is %q", got)
	}
	if got := mediaType("nonsense", "a.unknown-kind"); got != "application/octet-stream" {
		t.Errorf("the type is %q", got)
	}
}
