// Package keys keeps what a workspace asks providers with: keys of its own,
// those that its organization shares, and those of the installation.
package keys

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"rapport/internal/ai"
	"rapport/internal/platform/actor"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/secret"
)

// Sealer seals keys; secret.Keyring does.
type Sealer interface {
	Seal(plain []byte, context string) ([]byte, error)
	Open(sealed []byte, context string) ([]byte, error)
}

var secretColumn = secret.Column{Table: "ai_keys", Name: "secret"}

// Sealed lists the columns whose values are sealed, for rotation.
func Sealed() []secret.Column { return []secret.Column{secretColumn} }

// Service is a router.Keys, and offers the keys as operations. It is safe for
// concurrent use.
type Service struct {
	db          *pg.DB
	seals       Sealer
	environment map[string][]ai.Key
	log         *slog.Logger

	mu    sync.Mutex
	known map[place]found
	edits int // changes that this process made
}

// place is a provider as one workspace sees it.
type place struct{ workspace, provider string }

// found is what was read, and when.
type found struct {
	keys []ai.Key
	at   time.Time
}

// fresh is how long keys are used before they are read again; mostKnown bounds
// what is remembered.
const (
	fresh     = 30 * time.Second
	mostKnown = 10_000
)

// New returns the service over db. The keys of environment, by provider, are
// tried after all others.
func New(db *pg.DB, seals Sealer, environment map[string][]ai.Key, log *slog.Logger) *Service {
	return &Service{db: db, seals: seals, environment: environment, log: log, known: map[place]found{}}
}

// Keys lists the keys for a provider: the workspace's, those that are shared
// in its organization, the installation's. A change elsewhere is noticed
// within 30 s. While the database is away, what was known last is used.
func (s *Service) Keys(ctx context.Context, provider string) ([]ai.Key, error) {
	at := place{actor.Workspace(ctx), provider}
	if at.workspace == "" {
		return s.environment[provider], nil
	}
	s.mu.Lock()
	f, ok := s.known[at]
	edits := s.edits
	s.mu.Unlock()
	if ok && time.Since(f.at) < fresh {
		return f.keys, nil
	}
	keys, err := s.read(ctx, provider)
	if err != nil && pg.Away(err) {
		if !ok {
			f.keys = s.environment[provider]
		}
		return f.keys, nil
	}
	if err != nil {
		return nil, err
	}
	s.remember(at, keys, edits)
	return keys, nil
}

// remember keeps what was read, unless it was changed meanwhile.
func (s *Service) remember(at place, keys []ai.Key, edits int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.edits != edits {
		return
	}
	if len(s.known) >= mostKnown {
		clear(s.known)
	}
	s.known[at] = found{keys, time.Now()}
}

// forget has all keys read anew: a shared one serves other workspaces too.
func (s *Service) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.edits++
	clear(s.known)
}

// sealed is a key as the database gives it.
type sealed struct {
	ID, WorkspaceID string
	Secret          []byte
	BaseURL         string
}

func (s *Service) read(ctx context.Context, provider string) ([]ai.Key, error) {
	var rows []sealed
	err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
		rows, err = pg.All[sealed](tx, `SELECT id::text, workspace_id::text, secret, base_url FROM ai.keys($1)`, provider)
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []ai.Key
	for _, r := range rows {
		plain, err := s.seals.Open(r.Secret, secretColumn.Context(r.WorkspaceID, r.ID))
		if err != nil {
			s.log.WarnContext(ctx, "An AI key cannot be opened and is left out: enter it again.", "provider", provider, "key", r.ID, "error", err)
			continue
		}
		out = append(out, ai.Key{ID: r.ID, Secret: string(plain), BaseURL: r.BaseURL})
	}
	return append(out, s.environment[provider]...), nil
}
