// Package run owns the goroutines of a process: it starts long-lived parts,
// stops all when one fails or the process is told to end, and waits for each.
package run

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
)

// Group is a set of parts that live and end together. Those added last end
// first, so that what others stand on goes last.
type Group struct {
	log   *slog.Logger
	parts []part
}

type part struct {
	name string
	run  func(context.Context) error
}

// NewGroup returns an empty group.
func NewGroup(log *slog.Logger) *Group { return &Group{log: log} }

// Add adds a part. run returns when its context ends; a return before that,
// with an error or without, ends the whole group.
func (g *Group) Add(name string, run func(context.Context) error) {
	g.parts = append(g.parts, part{name, run})
}

// Run starts the parts in order and returns when all have ended: nil if it was
// ctx that ended them.
func (g *Group) Run(ctx context.Context) error {
	type ending struct {
		name string
		err  error
	}
	failed := make(chan ending, len(g.parts))
	var stops []func()
	for _, p := range g.parts {
		own, cancel := context.WithCancel(context.WithoutCancel(ctx))
		var wg sync.WaitGroup
		wg.Go(func() {
			failed <- ending{p.name, Guard(own, g.log, p.name, p.run)}
		})
		stops = append(stops, func() { cancel(); wg.Wait() })
	}
	var first error
	select {
	case <-ctx.Done():
	case e := <-failed:
		first = fmt.Errorf("%s ended: %w", e.name, errors.Join(e.err, errEarly))
	}
	for i := len(stops) - 1; i >= 0; i-- {
		stops[i]()
		g.log.DebugContext(ctx, "part stopped", "part", g.parts[i].name)
	}
	for range len(failed) {
		if e := <-failed; e.err != nil {
			first = errors.Join(first, fmt.Errorf("%s: %w", e.name, e.err))
		}
	}
	return first
}

// Guard calls f. A panic is logged with its stack, under the name of the part of
// the server that it broke, and is an error.
func Guard(ctx context.Context, log *slog.Logger, part string, f func(context.Context) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			log.ErrorContext(ctx, "a part of the server panicked", "part", part, "value", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = ErrPanic
		}
	}()
	return f(ctx)
}

// ErrPanic is the error of a part that panicked.
var ErrPanic = errors.New("it panicked")

var errEarly = errors.New("before it was told to")
