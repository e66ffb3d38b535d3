// Package live tells open pages what changed, as server-sent events: which
// records, never what they hold. A page asks again for what it shows.
package live

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/draft"
	"rapport/internal/crm/event"
	"rapport/internal/crm/notification"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Service serves the streams of one process.
type Service struct {
	db      *pg.DB
	hub     *hub
	reader  *event.Reader
	also    func(event.Batch)
	log     *slog.Logger
	scopes  []string
	resumes chan struct{} // one token for each resume at once
	pace    pace
}

// pace is how often a stream does what it does.
type pace struct{ flush, beat, recheck time.Duration }

// usual: an entity four times a second at most, a sign of life for proxies, and
// how long a revoked credential may go on listening.
var usual = pace{flush: 250 * time.Millisecond, beat: 15 * time.Second, recheck: 30 * time.Second}

const (
	resumesAtOnce = 4
	mostResumed   = 1000 // changes; beyond it the client asks for all again
)

// New returns the service over db. Streams tell nothing until Run runs.
func New(db *pg.DB, log *slog.Logger) *Service {
	s := &Service{db: db, hub: newHub(), log: log, resumes: make(chan struct{}, resumesAtOnce), pace: usual}
	s.reader = event.NewReader(db, log, s.spread)
	return s
}

// Also has others hear what this process hears of the feed: each batch, before
// the streams tell of it, and each look.
func (s *Service) Also(tell func(event.Batch), looked func(event.Look)) {
	s.also = tell
	s.reader.Looked(looked)
}

func (s *Service) spread(b event.Batch) {
	if s.also != nil {
		s.also(b)
	}
	s.hub.deliver(b)
}

// Offer sets the scopes that exist: an entity without one is told to nobody.
func (s *Service) Offer(scopes []string) { s.scopes = scopes }

// Run follows the feed until ctx ends.
func (s *Service) Run(ctx context.Context) error { return s.reader.Run(ctx) }

// Close ends all streams, each with a word, and takes no more.
func (s *Service) Close() { s.hub.close() }

// Ops lists the operations.
func (s *Service) Ops() []op.Operation {
	return []op.Operation{
		op.New(op.Meta{Name: "live.follow", Method: "GET", Cached: op.Cached{Never: "A stream."}, Path: "/v1/workspaces/{workspace}/live", Scope: op.Anyone, Media: "text/event-stream",
			Summary: "Follow what changes in a workspace, as server-sent events",
			Doc: "Events: `hello` {cursor} begins; `change` {entity, ids, kind, fields} says which records changed, at most four times a second for each entity, " +
				"where ids is null for many and kind is changed for more than one; `resync` {} says that something was missed, so ask again for all that is shown; " +
				"`bye` {reason} ends with shutdown or credential. Entities that the caller may not read are left out. A comment comes every 15 s. " +
				"The id of an event is where the next stream goes on, as the header Last-Event-ID or the parameter since."}, s.follow),
	}
}

type followInput struct {
	op.InWorkspace
	LastEventID string `header:"Last-Event-ID" maxLength:"2000" doc:"The id of the last event of the stream before."`
	Since       string `query:"since" maxLength:"2000" doc:"The same, for who cannot set headers."`
}

var errFull = problem.New(problem.Unavailable, "too_many_streams", "Too many event streams are open. Close some, or try again in a moment.").Retry(15 * time.Second)

func (s *Service) follow(ctx context.Context, in *followInput) (*op.File, error) {
	who, _ := actor.From(ctx)
	sub := newSubscriber(who, s.reads(ctx))
	if !s.hub.join(sub) {
		return nil, errFull
	}
	since := in.LastEventID
	if since == "" {
		since = in.Since
	}
	return op.NewEventStream(func(w io.Writer) {
		defer s.hub.leave(sub)
		st := &stream{Service: s, sub: sub, w: w}
		if err := st.run(ctx, since); err != nil && ctx.Err() == nil {
			s.log.DebugContext(ctx, "an event stream broke off", "error", err)
		}
	}), nil
}

// nouns are the scopes of entities that have none of their own name.
var nouns = map[string]string{"ai_budget": "ai", "bulk_run": "change", "message": "thread", "oauth_grant": "mailbox", "outgoing": "outbox", "user": "member"}

// Scope is what it takes to read an entity of the feed, among those offered;
// "" for nothing that anybody has.
func (s *Service) Scope(entity string) string {
	noun := entity
	if n, ok := nouns[entity]; ok {
		noun = n
	}
	if scope := noun + ":read"; slices.Contains(s.scopes, scope) {
		return scope
	}
	return ""
}

// reads returns whether the actor of ctx may read an entity.
func (s *Service) reads(ctx context.Context) func(string) bool {
	known := map[string]bool{}
	return func(entity string) bool {
		may, ok := known[entity]
		if !ok {
			scope := s.Scope(entity)
			may = scope != "" && op.Allowed(ctx, scope) == nil
			known[entity] = may
		}
		return may
	}
}

// resume tells sub what it missed since a cursor that came from outside. What
// changes meanwhile may be told twice.
func (s *Service) resume(ctx context.Context, sub *subscriber, since string) error {
	from, ok := event.ParseCursor(since)
	if !ok {
		sub.lose()
		return nil
	}
	select {
	case s.resumes <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.resumes }()
	var b event.Batch
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		b, err = event.Since(tx, from, time.Now(), mostResumed)
		return err
	})
	if err != nil || b.Lost {
		sub.lose()
		return nil // a database that is away is no reason to end
	}
	for _, news := range collect(b) {
		sub.add(news, b.Cursor.String())
	}
	return nil
}

// ended reports whether the caller has lost the right to listen; what they may
// read follows what they are by now.
func (s *Service) ended(ctx context.Context, sub *subscriber) bool {
	who, err := op.Again(ctx)
	switch {
	case err == nil && who.WorkspaceID == sub.workspace:
		sub.allow(s.reads(actor.With(ctx, who)))
		return false
	case err == nil:
		return true
	}
	p, ok := errors.AsType[*problem.Error](err)
	return ok && slices.Contains([]problem.Kind{problem.Unauthorized, problem.NotFound, problem.Forbidden}, p.Kind)
}

// later is when a client comes back, in milliseconds: not all at once.
func later(from, to int) int { return from + rand.IntN(to-from) }

// ownOnly says that an entity is told to one person: the record is the person.
func ownOnly(entity string) bool { return entity == notification.Entity || entity == draft.Entity }
