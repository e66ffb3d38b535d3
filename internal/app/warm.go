package app

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"rapport/internal/platform/actor"
)

const (
	// hotFile, in the data directory, keeps what was asked for most.
	hotFile = "hot"
	mostHot = 200
	// warmUp bounds how much later a process is ready for it.
	warmUp = 2 * time.Second
	// noteHot is how often it is written down, for a process that is killed.
	noteHot = time.Minute
	warmers = 2
)

// hot is a read that was asked for again and again, and for whom.
type hot struct {
	URI   string
	Actor actor.Actor
}

// warm reads what was hot before the last end, as those who asked, and then
// keeps note of what is, until ctx ends. The process is not ready before.
func (a *App) warm(ctx context.Context) error {
	path := filepath.Join(a.Config.Data, hotFile)
	all, err := readHot(path)
	if err != nil {
		a.log.WarnContext(ctx, "nothing is read ahead", "error", err)
	}
	if len(all) > 0 {
		a.readAhead(ctx, all)
	}
	a.ready.warming.Store(false)
	tick := time.NewTicker(noteHot)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return a.writeHot(path)
		case <-tick.C:
			if err := a.writeHot(path); err != nil {
				a.log.WarnContext(ctx, "what is hot is not noted", "error", err)
			}
		}
	}
}

// readAhead asks for all through the door, with the rights that were theirs. It
// waits for the first look at the log, without which nothing is kept.
func (a *App) readAhead(ctx context.Context, all []hot) {
	ctx, cancel := context.WithTimeout(ctx, warmUp)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !a.parts.cache.Sighted() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
	next := make(chan hot)
	var wg sync.WaitGroup
	for range warmers {
		wg.Go(func() {
			for h := range next {
				a.API.Warm(actor.With(ctx, h.Actor), h.URI)
			}
		})
	}
	for _, h := range all {
		select {
		case next <- h:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	wg.Wait()
}

func readHot(path string) ([]hot, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []hot
	if err := gob.NewDecoder(f).Decode(&all); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return all, nil
}

// writeHot replaces the note, which nobody else may read.
func (a *App) writeHot(path string) error {
	var all []hot
	for _, h := range a.parts.cache.Hot(mostHot) {
		who, known := h.By.(actor.Actor)
		if known && (who.Kind == actor.User || who.Kind == actor.APIKey) && (who.Scopes == nil || len(who.Scopes) > 0) { // gob does not tell none from all
			all = append(all, hot{h.Query, who})
		}
	}
	if len(all) == 0 {
		return nil
	}
	draft, err := os.CreateTemp(filepath.Dir(path), hotFile+".*") // of mode 0600
	if err != nil {
		return fmt.Errorf("note what is hot: %w", err)
	}
	defer os.Remove(draft.Name())
	err = gob.NewEncoder(draft).Encode(all)
	if err := errors.Join(err, draft.Close()); err != nil {
		return fmt.Errorf("note what is hot: %w", err)
	}
	return os.Rename(draft.Name(), path)
}
