package importer

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

func TestWhatIsNoMailboxIsRefusedBeforeAnythingIsQueued(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, body := range map[string]string{"empty": "", "binary.zip": "PK\x03\x04\x00\x00\x00", "text.txt": "hello there", "half.gz": zipped(manyMails(3))[:8]} {
		_, err := d.Add(d.ctx, name, nil, strings.NewReader(body))
		p, ok := errors.AsType[*problem.Error](err)
		if !ok || p.Code != "import_refused" || p.Kind != problem.Invalid {
			t.Errorf("%s: %v, want import_refused", name, err)
		}
	}
	d.failed(4)
}

// failed checks that n imports failed with a reason, without jobs or files.
func (d *desk) failed(n int) {
	d.Helper()
	var reasons []string
	if err := d.db.Read(d.ctx, func(tx *pg.Tx) (err error) {
		reasons, err = pg.Column[string](tx, `SELECT error FROM imports WHERE state = 'failed'`)
		return err
	}); err != nil {
		d.Fatal(err)
	}
	if len(reasons) != n || slices.Contains(reasons, "") {
		d.Errorf("imports failed for %q, want %d with a reason", reasons, n)
	}
	if left, _ := filepath.Glob(filepath.Join(d.dir, "uploads", "*", "*")); len(left) != 0 {
		d.Errorf("uploads are left: %v", left)
	}
}

func TestAnUploadThatBreaksOffLeavesNoHalfImport(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, cancel := context.WithCancel(d.ctx)
	broken := io.MultiReader(strings.NewReader(manyMails(10)), iotest.ErrReader(io.ErrUnexpectedEOF))
	cancelling := readerFunc(func(p []byte) (int, error) {
		n, err := broken.Read(p)
		if err == io.ErrUnexpectedEOF {
			cancel() // as the server does when the client is gone
		}
		return n, err
	})
	if _, err := d.Add(ctx, "a.mbox", nil, cancelling); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want upload_broken", err)
	}
	d.failed(1)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestAnUploadThatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if _, err := d.spool.take(d.workspace, "0190a0a0-0000-7000-8000-000000000000", strings.NewReader("12345"), 4); !errors.Is(err, errTooLarge) {
		t.Errorf("got %v, want upload_too_large", err)
	}
	d.failed(0)
}

func TestAnUploadWhoseServerWasKilledIsGivenUp(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const importID = "0190a0a0-0000-7000-8000-000000000001"
	if err := d.receive(d.ctx, importID, "a.mbox", []string{}); err != nil {
		t.Fatal(err)
	}
	if err := d.watch(d.ctx, Watch{d.workspace, importID}); err == nil {
		t.Error("a fresh upload is not watched on")
	}
	d.now = func() time.Time { return time.Now().Add(time.Hour) }
	if err := d.watch(d.ctx, Watch{d.workspace, importID}); err != nil {
		t.Fatal(err)
	}
	d.failed(1)
}

func TestAMailboxIsUploadedOverHTTP(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	who, _ := actor.From(d.ctx)
	handler := httpapi.New(d.Ops(), op.Door{Auth: anyone{who}}, d.log).Handler()
	call := func(method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, "/v1/workspaces/"+d.workspace+"/imports"+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer x")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	w := call("POST", "?filename=inbox.mbox&own=p1@many.example,p2@many.example", manyMails(3))
	var made Import
	if err := json.Unmarshal(w.Body.Bytes(), &made); w.Code != 202 || err != nil || made.State != "queued" || made.ActorName != "Ana" {
		t.Fatalf("upload: %d %s", w.Code, w.Body)
	}
	d.work(made.ID)
	if got := d.is(made.ID); got.Own != 2 || got.Personal != 1 {
		t.Errorf("own %d, personal %d; want 2 and 1", got.Own, got.Personal)
	}
	for path, want := range map[string]string{
		"": made.ID, "/" + made.ID: `"state":"understanding"`, "/" + made.ID + "/items?outcome=imported&limit=1": `"has_more":true`,
		"/" + made.ID + "/report?format=csv": "ordinal,outcome", "/" + made.ID + "/report?format=json": `"ordinal":3`,
	} {
		if w := call("GET", path, ""); w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("GET %q: %d %s, want %s", path, w.Code, w.Body, want)
		}
	}
	if w := call("POST", "?own=nobody", manyMails(1)); w.Code != 422 {
		t.Errorf("a bad address of ours: %d, want 422", w.Code)
	}
	if w := call("POST", "?filename=x.zip", "PK"); w.Code != 422 || !strings.Contains(w.Body.String(), "import_refused") {
		t.Errorf("no mailbox: %d %s, want 422 import_refused", w.Code, w.Body)
	}
}

// anyone is who holds any credential.
type anyone struct{ actor actor.Actor }

func (a anyone) Authenticate(context.Context, op.Credential, op.Place) (actor.Actor, error) {
	return a.actor, nil
}
