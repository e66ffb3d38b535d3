package importer

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/internal/api/op"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

func TestAnImportIsDoneWhenAllOfItIsUnderstood(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	importID := d.upload("a.mbox", manyMails(3))
	d.work(importID)
	for _, table := range []string{"email_triage", "email_intelligence"} {
		if err := d.watch(d.ctx, Watch{d.workspace, importID}); err == nil {
			t.Errorf("the watch ends before the rows of %s are there", table)
		}
		if err := d.db.Write(d.ctx, func(tx *pg.Tx) error {
			tx.Queue(`INSERT INTO `+table+` (workspace_id, message_id, state) SELECT $1, id, 'done' FROM messages WHERE workspace_id = $1`, tx.Workspace())
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.watch(d.ctx, Watch{d.workspace, importID}); err != nil {
		t.Fatal(err)
	}
	if got := d.is(importID); got.State != "done" || got.Triaged != 3 || got.Personal != 3 || got.Analyzed != 3 || got.FinishedAt == nil {
		t.Errorf("got %+v, want it done with 3 triaged and analysed", got)
	}
}

func TestACancelledImportStops(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.shift = 0
	importID := d.upload("a.mbox", manyMails(350))
	if err := d.run(d.ctx, Run{d.workspace, importID}); err != nil {
		t.Fatal(err)
	}
	in := &op.ByID{ID: importID}
	if got, err := d.cancel(d.ctx, in); err != nil || got.Body.State != "cancelled" {
		t.Fatalf("cancel: %v, %v", got, err)
	}
	if err := d.run(d.ctx, Run{d.workspace, importID}); err != nil {
		t.Fatal(err)
	}
	if got := d.messagesStored(); got != 100 {
		t.Errorf("%d messages, want the 100 of before", got)
	}
	if _, err := d.cancel(d.ctx, in); !errors.Is(err, errEnded) {
		t.Errorf("cancelling again: %v, want import_ended", err)
	}
}

func TestTheReportCannotRunFormulas(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	importID := d.upload("a.mbox", mbox("From: a@x.example\nSubject: =HYPERLINK(\"http://x\"),\"b\"\nMessage-ID: <1@x>\n\nHi.\n", letter(2)))
	d.work(importID)
	var b bytes.Buffer
	if err := d.writeCSV(d.ctx, &b, importID); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 3 || !strings.Contains(lines[1], `"'=HYPERLINK(""http://x""),""b"""`) {
		t.Errorf("got %q", lines)
	}
	b.Reset()
	if err := d.writeJSON(d.ctx, &b, importID); err != nil || strings.Count(b.String(), `"outcome":"imported"`) != 2 {
		t.Errorf("JSON: %v, %s", err, b.String())
	}
}

func TestAnotherTenantSeesNoImport(t *testing.T) {
	t.Parallel()
	d, other := newDesk(t), newDesk(t)
	importID := d.upload("a.mbox", manyMails(1))
	for name, err := range map[string]error{
		"get": second(other.get(other.ctx, importID)), "items": second(other.items(other.ctx, &ItemQuery{ByID: op.ByID{ID: importID}, Limit: 1})),
		"report": second(other.report(other.ctx, &reportQuery{ByID: op.ByID{ID: importID}})), "cancel": second(other.cancel(other.ctx, &op.ByID{ID: importID})),
	} {
		if problem.KindOf(err) != problem.NotFound {
			t.Errorf("%s: %v, want not found", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestTheUploadIsGoneWithItsDisk(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	importID := d.upload("a.mbox", manyMails(1))
	if err := os.RemoveAll(filepath.Join(d.dir, "uploads")); err != nil {
		t.Fatal(err)
	}
	if err := d.run(d.ctx, Run{d.workspace, importID}); err != nil {
		t.Fatal(err)
	}
	d.failed(1)
}
