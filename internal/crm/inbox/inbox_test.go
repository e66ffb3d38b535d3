package inbox

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/crm/message"
	"rapport/internal/crm/thread"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/id"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
	"rapport/internal/platform/queue"
)

// desk is a workspace behind HTTP.
type desk struct {
	*testing.T
	db       *pg.DB
	blobs    *blob.Store
	messages *message.Service
	handler  http.Handler
	ctx      context.Context
	ws       string
}

// anyone is who holds any credential: the owner of the workspace.
type anyone struct{ actor actor.Actor }

func (a anyone) Authenticate(context.Context, op.Credential, op.Place) (actor.Actor, error) {
	return a.actor, nil
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	db, err := pg.Open(t.Context(), pg.Config{URL: pgtest.Shared(t), APIConns: 2, WorkConns: 2, Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	q, err := queue.New(db, queue.Options{Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{T: t, db: db, blobs: blob.New(t.TempDir()), ws: pgtest.Workspace(t, db.Session())}
	who := actor.Actor{Kind: actor.User, Name: "Ana", Role: actor.Owner, WorkspaceID: d.ws}
	d.ctx = actor.With(t.Context(), who)
	d.messages = message.New(db, q, d.blobs, time.Now)
	d.handler = httpapi.New(append(New(db, d.blobs).Ops(), thread.New(db, q, time.Now).Ops()...), op.Door{Auth: anyone{who}}, log).Handler()
	return d
}

// deliver stores mails as they are written.
func (d *desk) deliver(sources ...string) []string {
	d.Helper()
	b := d.blobs.Batch(d.ws)
	var in []message.Incoming
	for _, source := range sources {
		source = strings.ReplaceAll(source, "NOW", time.Now().UTC().Format(time.RFC1123Z))
		m, err := mail.Parse(strings.NewReader(source), b.Put)
		if err != nil {
			d.Fatal(err)
		}
		sum, _, err := b.Put(strings.NewReader(source))
		if err != nil {
			d.Fatal(err)
		}
		in = append(in, message.Incoming{Mail: m, Raw: sum})
	}
	if err := b.Sync(); err != nil {
		d.Fatal(err)
	}
	for i := range in {
		in[i].Raw = b.Ref(in[i].Raw)
		for j := range in[i].Mail.Attachments {
			a := &in[i].Mail.Attachments[j]
			a.Ref = b.Ref(a.Ref)
		}
	}
	var ids []string
	err := d.db.Write(d.ctx, func(tx *pg.Tx) error {
		out, err := d.messages.Store(d.ctx, tx, message.Delivery{Mails: in, Own: []string{"me@desk.example"}, Source: "import", Files: b.Files()})
		for _, o := range out {
			ids = append(ids, o.MessageID)
		}
		return err
	})
	if err != nil {
		d.Fatal(err)
	}
	return ids
}

func (d *desk) call(method, path, etag, body string) *httptest.ResponseRecorder {
	d.Helper()
	r := httptest.NewRequestWithContext(d.Context(), method, "/v1/workspaces/"+d.ws+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer x")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if etag != "" {
		r.Header.Set("If-Match", etag)
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w
}

func get[T any](d *desk, path string) (out T) {
	d.Helper()
	w := d.call("GET", path, "", "")
	if w.Code != 200 {
		d.Fatalf("GET %s: %d %s", path, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		d.Fatalf("GET %s: %v in %s", path, err, w.Body)
	}
	return out
}

func (d *desk) write(sql string, args ...any) {
	d.Helper()
	if err := d.db.Write(d.ctx, func(tx *pg.Tx) error {
		tx.Queue(sql, append([]any{d.ws}, args...)...)
		return nil
	}); err != nil {
		d.Fatal(err)
	}
}

const (
	question = "From: Ana <ana@lumen.example>\nTo: Me <me@desk.example>\nCc: ben@north.example\nSubject: Offer\nMessage-ID: <1@x>\nDate: NOW\n\nCan you send it by Friday?\n"
	answer   = "From: me@desk.example\nTo: ana@lumen.example\nSubject: Re: Offer\nMessage-ID: <2@x>\nIn-Reply-To: <1@x>\nDate: NOW\n\nYes.\n"
	news     = "From: news@shop.example\nTo: me@desk.example\nSubject: News\nMessage-ID: <3@x>\nList-Id: <n.shop.example>\nDate: NOW\n\nBuy.\n"
)

func TestFoldersHoldTheirThreads(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ids := d.deliver(question, news)
	if got := get[Counts](d, "/threads/counts"); got != (Counts{Open: 1, Bulk: 1, All: 2}) {
		t.Errorf("counts %+v, want one open, one bulk", got)
	}
	d.understand(ids[0])
	if got := get[Counts](d, "/threads/counts"); got.NeedsReply != 1 {
		t.Errorf("counts %+v, want one that needs a reply", got)
	}
	d.deliver(answer)
	if got := get[Counts](d, "/threads/counts"); got != (Counts{Waiting: 1, Bulk: 1, All: 2}) {
		t.Errorf("counts %+v after our answer, want one waiting, one bulk", got)
	}
	for folder, want := range map[string]int{"needs_reply": 0, "open": 0, "waiting": 1, "snoozed": 0, "done": 0, "bulk": 1, "all": 2} {
		if got := len(get[op.List[message.Thread]](d, "/threads?folder="+folder).Data); got != want {
			t.Errorf("%s has %d threads, want %d", folder, got, want)
		}
	}
}

// understand says of a message that it is urgent and wants an answer.
func (d *desk) understand(messageID string) {
	d.Helper()
	urgent := "high"
	if err := d.db.Write(d.ctx, func(tx *pg.Tx) error {
		message.Understood(tx, []message.Triaged{{MessageID: messageID, Urgency: &urgent, RequiresResponse: true}})
		return nil
	}); err != nil {
		d.Fatal(err)
	}
}

func TestTheLatestMessageThatCameInIsShown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.deliver(question)[0]
	second := d.deliver(strings.NewReplacer("<1@x>", "<4@x>\nIn-Reply-To: <1@x>", "Friday", "Monday").Replace(question))[0]
	d.understand(first)
	if got := get[Counts](d, "/threads/counts"); got.NeedsReply != 0 {
		t.Error("the thread shows what was understood of an earlier message")
	}
	d.understand(second)
	if got := get[op.List[message.Thread]](d, `/threads?filter={"field":"urgency","op":"eq","value":"high"}`); len(got.Data) != 1 {
		t.Errorf("%d urgent threads, want 1", len(got.Data))
	}
}

func TestThreadsAreFoundByWords(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.deliver(question, news)
	for q, want := range map[string]int{"friday": 1, "offer": 1, "lumen": 1, "ana+offer": 1, "nothing": 0, "%25": 0, "_": 0} {
		if got := len(get[op.List[message.Thread]](d, "/threads?q="+q).Data); got != want {
			t.Errorf("%q finds %d threads, want %d", q, got, want)
		}
	}
}

func TestAThreadComesWithAllThatIsKnown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ids := d.deliver(question, answer)
	d.write(`INSERT INTO email_triage (workspace_id, message_id, state, intent, evidence) VALUES ($1, $2::uuid, 'done', 'question', '[{"field":"intent","quote":"Can","start":0,"end":3}]')`, ids[0])
	d.write(`INSERT INTO email_intelligence (workspace_id, message_id, state) VALUES ($1, $2::uuid, 'done')`, ids[0])
	d.write(`INSERT INTO intelligence_items (workspace_id, id, message_id, position, kind, body, quote, quote_start, quote_end)
		VALUES ($1, $3::uuid, $2::uuid, 0, 'date', 'Friday', 'Friday', 19, 25)`, ids[0], id.New())
	threads := get[op.List[message.Thread]](d, "/threads")
	got := get[Thread](d, "/threads/"+threads.Data[0].ID)
	if len(got.Messages) != 2 || got.Messages[0].ID != ids[0] || got.Messages[1].Direction != "outbound" {
		t.Fatalf("messages %+v, want the question and the answer", got.Messages)
	}
	m := got.Messages[0]
	if m.From.Name != "Ana" || m.From.ContactID == nil || len(m.To) != 1 || len(m.Cc) != 1 || m.AddressCount != 3 || m.TextCut {
		t.Errorf("got %+v", m)
	}
	if m.Triage == nil || m.Triage.Category != "personal" || len(m.Triage.Evidence) != 1 || m.Intelligence == nil || len(m.Intelligence.Items) != 1 {
		t.Fatalf("triage %+v, intelligence %+v", m.Triage, m.Intelligence)
	}
	if i := m.Intelligence.Items[0]; string([]rune(m.Text)[i.Start:i.End]) != i.Quote {
		t.Errorf("text[%d:%d] is not %q", i.Start, i.End, i.Quote)
	}
	if one := get[Message](d, "/messages/"+ids[1]); one.Text != "Yes." || one.Triage == nil || one.Triage.State != "pending" || one.Triage.Category != "own" || one.Intelligence == nil {
		t.Errorf("message %+v, triage %+v; want what has not been read to be pending", one, one.Triage)
	}
}

func TestPeopleDecideAboutAThread(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.deliver(question)
	th := get[op.List[message.Thread]](d, "/threads").Data[0]
	path := "/threads/" + th.ID
	etag := d.call("GET", path, "", "").Header().Get("ETag")
	soon := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	for _, c := range []struct {
		name, etag, body string
		status           int
	}{
		{"without If-Match", "", `{"status":"done"}`, 428},
		{"stale", `"99"`, `{"status":"done"}`, 412},
		{"no such status", etag, `{"status":"gone"}`, 422},
		{"snoozed without a time", etag, `{"status":"snoozed"}`, 422},
		{"snoozed into the past", etag, `{"snoozed_until":"2001-01-01T00:00:00Z"}`, 422},
		{"an unknown field", etag, `{"subject":"x"}`, 422},
		{"a stranger as assignee", etag, `{"assignee_id":"` + id.New() + `"}`, 422},
		{"nobody as assignee", etag, `{"assignee_id":"x"}`, 422},
		{"snoozed", etag, `{"snoozed_until":"` + soon + `","unread":false}`, 200},
	} {
		if w := d.call("PATCH", path, c.etag, c.body); w.Code != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, w.Code, w.Body, c.status)
		}
	}
	got := get[Thread](d, path)
	if got.Status != "snoozed" || got.Unread || got.SnoozedUntil == nil || got.Version != th.Version+1 {
		t.Errorf("got %+v, want it snoozed and read", got.Thread)
	}
}

func TestDownloadsAreHarmless(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	source := "From: ana@lumen.example\nSubject: Files <b>\nMessage-ID: <9@x>\nDate: NOW\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n" +
		"--b\nContent-Type: text/html\n\n<p onclick=evil()>Hi</p><script>evil()</script><img src=cid:logo><img src=https://track.example/p.png>\n" +
		"--b\nContent-Type: image/png; name=\"a\\\"b;évil.png\"\nContent-ID: <logo>\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--b--\n"
	messageID := d.deliver(source)[0]
	page := d.call("GET", "/messages/"+messageID+"/html", "", "")
	body, policy := page.Body.String(), page.Header().Get("Content-Security-Policy")
	for _, bad := range []string{"evil()", " src=\"https://track", "<b>"} {
		if strings.Contains(body, bad) {
			t.Errorf("the page holds %q: %s", bad, body)
		}
	}
	if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "sandbox") || strings.Contains(policy, "allow-scripts") || strings.Contains(policy, "https:") {
		t.Errorf("policy %q", policy)
	}
	if with := d.call("GET", "/messages/"+messageID+"/html?images=1", "", "").Body.String(); !strings.Contains(with, `src="https://track.example/p.png"`) {
		t.Errorf("images=1 does not load the image: %s", with)
	}
	_, rest, ok := strings.Cut(body, `src="/v1/workspaces/`+d.ws)
	path, _, _ := strings.Cut(rest, `"`)
	if !ok {
		t.Fatalf("the inline image is not linked: %s", body)
	}
	file := d.call("GET", path, "", "")
	if file.Code != 200 || file.Body.String() != "\x89PNG\r\n\x1a\n" {
		t.Errorf("attachment: %d %q", file.Code, file.Body)
	}
	h := file.Header()
	if !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; filename=") || strings.Count(h.Get("Content-Disposition"), `"`) != 2 ||
		h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("headers %v", h)
	}
	raw := d.call("GET", "/messages/"+messageID+"/raw", "", "")
	if !strings.HasPrefix(raw.Body.String(), "From: ana@lumen.example\n") || raw.Header().Get("Content-Type") != "message/rfc822" {
		t.Errorf("source: %q", raw.Body)
	}
}

func TestAnotherTenantSeesNoConversation(t *testing.T) {
	t.Parallel()
	d, other := newDesk(t), newDesk(t)
	messageID := d.deliver(question)[0]
	threadID := get[op.List[message.Thread]](d, "/threads").Data[0].ID
	for _, path := range []string{"/threads/" + threadID, "/messages/" + messageID, "/messages/" + messageID + "/html", "/messages/" + messageID + "/raw", "/attachments/" + messageID} {
		if w := other.call("GET", path, "", ""); w.Code != 404 {
			t.Errorf("GET %s: %d, want 404", path, w.Code)
		}
	}
	if w := other.call("PATCH", "/threads/"+threadID, `"1"`, `{"status":"done"}`); w.Code != 404 {
		t.Errorf("PATCH: %d, want 404", w.Code)
	}
}

func TestDispositionNamesFilesSafely(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"offer.pdf":       `attachment; filename="offer.pdf"; filename*=UTF-8''offer.pdf`,
		"Übersicht 1.pdf": `attachment; filename="_bersicht 1.pdf"; filename*=UTF-8''%C3%9Cbersicht%201.pdf`,
		"a\"\r\nX: y":     `attachment; filename="a___X_ y"; filename*=UTF-8''a___X_%20y`,
		"../../etc":       `attachment; filename="_.._etc"; filename*=UTF-8''_.._etc`,
		"":                `attachment; filename="attachment"; filename*=UTF-8''attachment`,
	} {
		if got := disposition(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}

func TestALargeThreadIsBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var sources []string
	for i := range 130 {
		sources = append(sources, strings.NewReplacer("<1@x>", "<a"+id.New()+"@x>\nReferences: <root@x>", "by Friday", strings.Repeat("é", 51_000*(i/129))).Replace(question))
	}
	d.deliver(sources...)
	got := get[Thread](d, "/threads/"+get[op.List[message.Thread]](d, "/threads").Data[0].ID)
	if len(got.Messages) != 100 || got.MessageCount != 130 {
		t.Errorf("%d of %d messages, want 100 of 130", len(got.Messages), got.MessageCount)
	}
	cut := 0
	for _, m := range got.Messages {
		if m.TextCut {
			cut++
		}
	}
	if cut != 1 {
		t.Errorf("%d texts are cut, want 1", cut)
	}
}
