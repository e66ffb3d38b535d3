package live

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/internal/api/httpapi"
	"rapport/internal/api/op"
	"rapport/internal/crm/event"
	"rapport/internal/crm/notification"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/id"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/pg/pgtest"
)

// door lets in whoever shows a token that it knows, until that is taken away.
type door struct {
	mu     sync.Mutex
	people map[string]actor.Actor
}

func (d *door) Authenticate(_ context.Context, c op.Credential, _ op.Place) (actor.Actor, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	who, ok := d.people[c.Token]
	if !ok {
		return who, op.ErrUnauthenticated
	}
	return who, nil
}

func (d *door) set(token string, who actor.Actor) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.people[token] = who
}

func (d *door) revoke(token string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.people, token)
}

// desk is a server of streams alone, over a database of its own.
type desk struct {
	*testing.T
	*Service
	door   *door
	server *httptest.Server
	h2     *httptest.Server
}

func newDesk(t *testing.T, dsn string, p pace) *desk {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	db, err := pg.Open(t.Context(), pg.Config{URL: dsn, APIConns: 4, WorkConns: 2, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	d := &desk{T: t, Service: New(db, quiet), door: &door{people: map[string]actor.Actor{}}}
	d.pace = p
	d.Offer([]string{"thread:read", "contact:read", "api_key:read", "notification:read"})
	h := httpapi.New(d.Ops(), op.Door{Auth: d.door}, quiet).Handler()
	d.server, d.h2 = httptest.NewServer(h), httptest.NewUnstartedServer(h)
	d.h2.EnableHTTP2 = true
	d.h2.StartTLS()
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = d.Service.Run(ctx) })
	t.Cleanup(func() { d.Close(); d.server.Close(); d.h2.Close(); stop(); wg.Wait() })
	d.until("the reader knows where it is", func() bool { d.hub.mu.Lock(); defer d.hub.mu.Unlock(); return d.hub.cursor != "" })
	return d
}

func (d *desk) until(what string, done func() bool) {
	d.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 6000 {
		if done() {
			return
		}
		<-tick.C
	}
	d.Fatal(what + ": never so")
}

var fast = pace{flush: 20 * time.Millisecond, beat: time.Hour, recheck: time.Hour}

// member lets somebody in with a token of their own.
func (d *desk) member(workspace string, role actor.Role) (token, user string) {
	token, user = id.New(), id.New()
	d.door.set(token, actor.Actor{Kind: actor.User, UserID: user, WorkspaceID: workspace, Role: role})
	return token, user
}

func (d *desk) workspace() string { return pgtest.Workspace(d, d.db.Session()) }

// do writes in a workspace.
func (d *desk) do(workspace string, f func(tx *pg.Tx)) {
	d.Helper()
	ctx := actor.With(d.Context(), actor.Actor{Kind: actor.System, Role: actor.Owner, WorkspaceID: workspace})
	if err := d.db.Write(ctx, func(tx *pg.Tx) error { f(tx); return nil }); err != nil {
		d.Fatal(err)
	}
}

// heard is an event as a browser takes it.
type heard struct {
	name, id, data string
}

func (h heard) change(t *testing.T) (c change) {
	t.Helper()
	if err := json.Unmarshal([]byte(h.data), &c); err != nil {
		t.Fatalf("%v in %q", err, h.data)
	}
	return c
}

// ear is an open stream.
type ear struct {
	*testing.T
	events chan heard // closed with the stream
	status int
	header http.Header
	close  func()
}

func (d *desk) listen(token string, header ...string) *ear {
	d.Helper()
	return d.listenAt(d.server, token, header...)
}

func (d *desk) listenAt(server *httptest.Server, token string, header ...string) *ear {
	d.Helper()
	ctx, stop := context.WithCancel(d.Context())
	req, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/v1/workspaces/w/live", nil)
	if err != nil {
		d.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := server.Client().Do(req)
	if err != nil {
		d.Fatal(err)
	}
	e := &ear{T: d.T, events: make(chan heard, 1000), status: res.StatusCode, header: res.Header, close: stop}
	d.Cleanup(stop)
	go func() {
		defer res.Body.Close()
		defer close(e.events)
		var h heard
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch {
			case lines.Text() == "" && h.name != "":
				e.events <- h
				h = heard{}
			case name == "event":
				h.name = value
			case name == "id":
				h.id = value
			case name == "data":
				h.data = value
			}
		}
	}()
	return e
}

func (e *ear) next() heard {
	e.Helper()
	select {
	case h, ok := <-e.events:
		if !ok {
			e.Fatal("the stream has ended")
		}
		return h
	case <-time.After(time.Minute):
		e.Fatal("the stream tells nothing")
	}
	return heard{}
}

// want waits for an event of a name, which must be the next.
func (e *ear) want(name string) heard {
	e.Helper()
	h := e.next()
	if h.name != name {
		e.Fatalf("heard %+v, want %s", h, name)
	}
	return h
}

func TestAChangeIsToldToWhoMayReadIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.URL(t), fast)
	ours, theirs := d.workspace(), d.workspace()
	viewer, _ := d.member(ours, actor.Viewer)
	owner, _ := d.member(ours, actor.Owner)
	stranger, _ := d.member(theirs, actor.Owner)
	viewing, owning, elsewhere := d.listen(viewer), d.listen(owner), d.listen(stranger)
	for _, e := range []*ear{viewing, owning, elsewhere} {
		e.want("hello")
	}
	key, thread, foreign := id.New(), id.New(), id.New()
	d.do(ours, func(tx *pg.Tx) { event.Hint(tx, "api_key", key); event.Hint(tx, "unheard_of", id.New()) })
	if c := owning.want("change").change(t); c.Entity != "api_key" || !slices.Equal(c.IDs, []string{key}) {
		t.Errorf("the owner heard %+v, want the key", c)
	}
	d.do(ours, func(tx *pg.Tx) { event.Hint(tx, "thread", thread) })
	for who, e := range map[string]*ear{"viewer": viewing, "owner": owning} {
		if c := e.want("change").change(t); c.Entity != "thread" || !slices.Equal(c.IDs, []string{thread}) || c.Kind != event.Hinted {
			t.Errorf("the %s heard %+v first, want the thread", who, c)
		}
	}
	d.do(theirs, func(tx *pg.Tx) { event.Hint(tx, "thread", foreign) })
	if c := elsewhere.want("change").change(t); !slices.Equal(c.IDs, []string{foreign}) {
		t.Errorf("another tenant heard %+v first, want only their own", c)
	}
}

func TestNotificationsAreToldToTheirPerson(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.URL(t), fast)
	w := d.workspace()
	ana, anaID := d.member(w, actor.Member)
	ben, benID := d.member(w, actor.Member)
	hears := map[string]*ear{anaID: d.listen(ana), benID: d.listen(ben)}
	for _, e := range hears {
		e.want("hello")
	}
	d.do(w, func(tx *pg.Tx) {
		event.Hint(tx, notification.Entity, anaID)
		event.Hint(tx, notification.Entity, benID)
	})
	for user, e := range hears {
		if c := e.want("change").change(t); !slices.Equal(c.IDs, []string{user}) {
			t.Errorf("%s heard %+v", user, c)
		}
	}
}

// A page goes on where it was, also on another process of the same database.
func TestAStreamGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	dsn := pgtest.URL(t)
	d := newDesk(t, dsn, fast)
	w := d.workspace()
	token, user := d.member(w, actor.Member)
	before := d.listen(token)
	before.want("hello")
	first := id.New()
	d.do(w, func(tx *pg.Tx) { event.Hint(tx, "thread", first) })
	at := before.want("change").id
	if at == "" {
		t.Fatal("a change carries no place")
	}
	before.close()
	missed := id.New()
	d.do(w, func(tx *pg.Tx) { event.Hint(tx, "thread", missed) })
	again := newDesk(t, dsn, fast)
	again.door.set(token, actor.Actor{Kind: actor.User, UserID: user, WorkspaceID: w, Role: actor.Member})
	after := again.listen(token, "Last-Event-ID", at)
	after.want("hello")
	if c := after.want("change").change(t); !slices.Equal(c.IDs, []string{missed}) {
		t.Errorf("after a restart the stream told %+v, want what was missed", c)
	}
}

func TestAForgottenPlaceIsResynced(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.URL(t), fast)
	token, _ := d.member(d.workspace(), actor.Member)
	for _, since := range []string{"x", "1.5:5:", "t1.4000000000:4000000000:"} {
		e := d.listen(token, "Last-Event-ID", since)
		e.want("hello")
		e.want("resync")
	}
}

// What a page read just before it listens may have changed in between.
func TestTheLastSecondsAreToldAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.URL(t), fast)
	w := d.workspace()
	token, _ := d.member(w, actor.Member)
	first := d.listen(token)
	first.want("hello")
	thread := id.New()
	d.do(w, func(tx *pg.Tx) { event.Hint(tx, "thread", thread) })
	first.want("change")
	late := d.listen(token)
	late.want("hello")
	if c := late.want("change").change(t); !slices.Equal(c.IDs, []string{thread}) {
		t.Errorf("who came just after heard %+v, want the change", c)
	}
}

func TestARevokedCredentialEndsItsStream(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.URL(t), pace{flush: time.Millisecond, beat: time.Hour, recheck: 10 * time.Millisecond})
	w := d.workspace()
	gone, _ := d.member(w, actor.Member)
	stays, _ := d.member(w, actor.Member)
	one, other := d.listen(gone), d.listen(stays)
	one.want("hello")
	other.want("hello")
	d.door.revoke(gone)
	if h := one.want("bye"); !strings.Contains(h.data, "credential") {
		t.Errorf("the stream ended with %q", h.data)
	}
	if h, open := <-one.events; open {
		t.Errorf("after bye came %+v", h)
	}
	if again := d.listen(gone); again.status != http.StatusUnauthorized {
		t.Errorf("the credential is answered %d, want 401", again.status)
	}
	d.do(w, func(tx *pg.Tx) { event.Hint(tx, "thread", id.New()) })
	other.want("change")
}

// A role that was lowered hears less, without a new stream.
func TestRightsFollowTheRole(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.URL(t), pace{flush: time.Millisecond, beat: time.Hour, recheck: 5 * time.Millisecond})
	w := d.workspace()
	token, user := d.member(w, actor.Viewer)
	e := d.listen(token)
	e.want("hello")
	d.door.set(token, actor.Actor{Kind: actor.User, UserID: user, WorkspaceID: w, Role: actor.Owner})
	d.until("the owner hears of keys", func() bool {
		d.do(w, func(tx *pg.Tx) { event.Hint(tx, "api_key", id.New()) })
		select {
		case h := <-e.events:
			return h.change(t).Entity == "api_key"
		default:
			return false
		}
	})
}

func TestAnEndingProcessSaysBye(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.URL(t), fast)
	token, _ := d.member(d.workspace(), actor.Member)
	e := d.listen(token)
	e.want("hello")
	d.Close()
	if h := e.want("bye"); !strings.Contains(h.data, "shutdown") {
		t.Errorf("the stream ended with %q", h.data)
	}
	if late := d.listen(token); late.status != http.StatusServiceUnavailable {
		t.Errorf("a stream after that is answered %d, want 503", late.status)
	}
}

func TestStreamsWorkOverHTTP2(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.URL(t), pace{flush: time.Millisecond, beat: time.Millisecond, recheck: time.Hour})
	transport, _ := d.h2.Client().Transport.(*http.Transport)
	if transport.TLSClientConfig == nil {
		transport.TLSClientConfig = &tls.Config{}
	}
	w := d.workspace()
	token, _ := d.member(w, actor.Member)
	e := d.listenAt(d.h2, token)
	if got := e.header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("the answer is %q", got)
	}
	e.want("hello")
	d.do(w, func(tx *pg.Tx) { event.Hint(tx, "thread", id.New()) })
	e.want("change")
}

// Who does not listen keeps nobody waiting, and asks for everything later.
func TestASlowStreamIsToldToAskAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.URL(t), fast)
	w := d.workspace()
	stuck := newSubscriber(actor.Actor{WorkspaceID: w}, func(string) bool { return true })
	if !d.hub.join(stuck) {
		t.Fatal("there is no room")
	}
	token, _ := d.member(w, actor.Member)
	e := d.listen(token)
	e.want("hello")
	for range mostPending + 1 {
		d.hub.deliver(event.Batch{Changes: []event.Change{{Workspace: w, Entity: "thread", EntityID: id.New(), Kind: event.Hinted}}})
	}
	if told, _, lost := stuck.take(); !lost || len(told) > 0 {
		t.Errorf("who took nothing is told %d changes (lost: %v), want to ask again", len(told), lost)
	}
	e.want("change")
}

func TestAnEntityIsToldFourTimesASecondAtMost(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.URL(t), pace{flush: time.Hour, beat: time.Hour, recheck: time.Hour})
	w := d.workspace()
	token, _ := d.member(w, actor.Member)
	e := d.listen(token)
	e.want("hello")
	d.do(w, func(tx *pg.Tx) { event.Hint(tx, "thread", id.New()) })
	e.want("change") // at once
	d.do(w, func(tx *pg.Tx) { event.Hint(tx, "thread", id.New()) })
	d.until("the change has come", func() bool { return d.pendingOf(w) > 0 })
	select {
	case h := <-e.events:
		t.Errorf("heard %+v before the time", h)
	default:
	}
}

// pendingOf counts what the streams of a workspace have not told.
func (d *desk) pendingOf(workspace string) (n int) {
	d.hub.mu.Lock()
	defer d.hub.mu.Unlock()
	for sub := range d.hub.rooms[workspace] {
		sub.mu.Lock()
		n += len(sub.pending)
		sub.mu.Unlock()
	}
	return n
}

func TestManyRecordsAreAll(t *testing.T) {
	t.Parallel()
	b := event.Batch{}
	for range mostIDs + 1 {
		b.Changes = append(b.Changes, event.Change{Workspace: "w", Entity: "thread", EntityID: id.New(), Kind: event.Created, Fields: []string{"status"}})
	}
	c := collect(b)["w"]["thread"]
	if c.IDs != nil || c.Kind != event.Created || !slices.Equal(c.Fields, []string{"status"}) {
		t.Errorf("%d records are told as %+v, want all of them", len(b.Changes), c)
	}
}

// However many listen, the database sees the one reader of the process.
func TestStreamsHoldNoConnections(t *testing.T) {
	t.Parallel()
	d := newDesk(t, pgtest.URL(t), pace{flush: time.Millisecond, beat: 10 * time.Millisecond, recheck: 20 * time.Millisecond})
	w := d.workspace()
	var ears []*ear
	for range 100 {
		token, _ := d.member(w, actor.Member)
		e := d.listen(token)
		e.want("hello")
		ears = append(ears, e)
	}
	d.do(w, func(tx *pg.Tx) { event.Hint(tx, "thread", id.New()) })
	for _, e := range ears {
		e.want("change")
	}
	open, used := int32(0), int32(0)
	for _, s := range d.db.Stats() {
		open, used = open+s.Open, used+s.InUse
	}
	if open > 6 || used > 1 {
		t.Errorf("100 streams: %d connections open, %d in use; want at most the pools' 6, and 1 of the reader", open, used)
	}
}
