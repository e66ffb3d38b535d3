package cache

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"rapport/internal/platform/redis"
)

const (
	mostWaiting = 1_000   // answers, to be shared with the next look
	mostShared  = 1 << 20 // bytes of one
	// settling is how long the log may take to tell a process its own changes.
	settling = 5 * time.Second
)

// Shared is a second layer in Redis, which processes of one release share. An
// answer lies there with its position: it shows at least what the log told up
// to there. A process takes it only if it knows of no change that matters to it
// and lies beyond; so it makes no difference what Redis forgets, loses or
// brings back.
type Shared struct {
	redis   *redis.Client
	release string

	mu      sync.Mutex
	waiting map[Key]*entry
	wake    chan struct{}
}

// NewShared returns the layer in r for processes of a release, whose answers
// look the same.
func NewShared(r *redis.Client, release string) *Shared {
	return &Shared{redis: r, release: release, waiting: map[Key]*entry{}, wake: make(chan struct{}, 1)}
}

// stored is what lies in Redis before the body.
type stored struct {
	Server, Snapshot  string
	Key               Key
	ContentType, ETag string
	Pages             int
	IDs, Fields       []string
	Open              bool
}

// name is where an answer lies. The workspace and the kind can be found in it.
func (s *Shared) name(k Key) string {
	sum := sha256.Sum256([]byte(s.release + "\n" + k.Viewer + "\n" + k.Query))
	return "rapport:cache:" + k.Workspace + ":" + k.Kind + ":" + hex.EncodeToString(sum[:])
}

// offer has an answer be shared, once the log was looked at after it was read:
// its own changes would lie beyond its position otherwise.
func (s *Shared) offer(k Key, e *entry) {
	if s == nil || e.Status != ok || len(e.Body) > mostShared {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) < mostWaiting {
		s.waiting[k] = e
	}
}

// due takes what was read before a look began.
func (s *Shared) due(began time.Time) map[Key]*entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[Key]*entry{}
	for k, e := range s.waiting {
		if e.made.Before(began) {
			out[k] = e
			delete(s.waiting, k)
		}
	}
	return out
}

// Share puts answers where other processes find them, until ctx ends.
func (c *Cache) Share(ctx context.Context) {
	if c.shared == nil {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.shared.wake:
			c.share(ctx)
		}
	}
}

// share puts out what still holds. The position is looked at before that, so
// that all that it has been told of counts.
func (c *Cache) share(ctx context.Context) {
	at := c.position.Load()
	due := c.shared.due(at.Began)
	if len(due) == 0 {
		return
	}
	_ = c.shared.redis.Do(ctx, func(ctx context.Context, r rueidis.Client) error { // away: nobody gets them
		var all rueidis.Commands
		for k, e := range due {
			left := time.Until(e.ends)
			if holds, _, _ := e.room.check(e.parts, e.at.Load()); !holds || left < time.Second {
				continue
			}
			head, err := json.Marshal(stored{at.Server, at.Snapshot, k, e.ContentType, e.ETag, e.page.pages, e.page.IDs, e.page.Fields, e.page.Open})
			if err != nil {
				return err
			}
			value := bytes.Join([][]byte{head, e.Body}, []byte("\n"))
			all = append(all, r.B().Set().Key(c.shared.name(k)).Value(rueidis.BinaryString(value)).Px(left).Build())
		}
		for _, res := range r.DoMulti(ctx, all...) {
			if err := res.Error(); err != nil {
				return err
			}
		}
		return nil
	})
}

// borrow takes the answer to r from another process, if it is known to hold.
func (c *Cache) borrow(ctx context.Context, r Request, in *room) *entry {
	if c.shared == nil || c.position.Load() == nil || !in.grounded() {
		return nil
	}
	var value string
	var left int64
	err := c.shared.redis.Do(ctx, func(ctx context.Context, conn rueidis.Client) (err error) {
		name := c.shared.name(r.Key)
		res := conn.DoMulti(ctx, conn.B().Get().Key(name).Build(), conn.B().Pttl().Key(name).Build())
		if value, err = res[0].ToString(); err != nil {
			return err
		}
		left, err = res[1].AsInt64()
		return err
	})
	if err != nil || left <= 0 { // away, or nothing there
		return nil
	}
	e, p := revive(r, value)
	if e == nil {
		return nil
	}
	e.room, e.ends = in, time.Now().Add(min(time.Duration(left)*time.Millisecond, r.Kind.For*11/10))
	e.made = e.ends.Add(-r.Kind.For)
	upTo, holds, stuck := in.holds(e.parts, &p, c.position.Load())
	if stuck {
		c.journal.renew(r.Key.Workspace, in)
	}
	if !holds {
		r.Kind.beyond.Add(1)
		return nil
	}
	e.at.Store(upTo)
	return e
}

// revive reads what lies in Redis. Whatever is wrong with it, it is not there.
func revive(r Request, value string) (*entry, position) {
	head, body, _ := strings.Cut(value, "\n")
	var s stored
	if err := json.Unmarshal([]byte(head), &s); err != nil || s.Key != r.Key {
		return nil, position{}
	}
	p, known := parse(Look{Server: s.Server, Snapshot: s.Snapshot})
	if !known {
		return nil, p
	}
	page := &Page{pages: s.Pages, IDs: s.IDs, Fields: s.Fields, Open: s.Open}
	return &entry{Answer: Answer{Status: ok, ContentType: s.ContentType, ETag: s.ETag, Body: []byte(body)},
		parts: &parts{sources: r.Kind.Sources, ids: r.IDs, page: page}, kind: r.Kind}, p
}

// purge drops what is shared of a workspace and of a kind, "" for every.
func (s *Shared) purge(ctx context.Context, workspace, kind string) error {
	any := func(part string) string {
		if part == "" {
			return "*"
		}
		return part
	}
	pattern := "rapport:cache:" + any(workspace) + ":" + any(kind) + ":*"
	for cursor, first := uint64(0), true; first || cursor != 0; first = false {
		err := s.redis.Do(ctx, func(ctx context.Context, r rueidis.Client) error {
			page, err := r.Do(ctx, r.B().Scan().Cursor(cursor).Match(pattern).Count(1000).Build()).AsScanEntry()
			if err != nil {
				return err
			}
			cursor = page.Cursor
			if len(page.Elements) == 0 {
				return nil
			}
			return r.Do(ctx, r.B().Unlink().Key(page.Elements...).Build()).Error()
		})
		if err != nil {
			return err
		}
	}
	return nil
}
