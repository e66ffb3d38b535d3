package app

import (
	"context"
	"net"

	"rapport/internal/api/op"
	"rapport/internal/ops/overload"
	"rapport/internal/platform/admit"
)

// ServeHTTP serves on ln as Serve does.
func (a *App) ServeHTTP(ctx context.Context, ln net.Listener) error { return a.serveHTTP(ctx, ln) }

// Load describes how the server is.
func (a *App) Load() overload.Load { return a.parts.load.Load() }

// Admit holds the places of the server.
func (a *App) Admit() *admit.Limiter { return a.admit }

// Warm reads what was hot, and then keeps note of it until ctx ends.
func (a *App) Warm(ctx context.Context) error { return a.warm(ctx) }

// Warming has a process that is about to begin be warmed first.
func (a *App) Warming() { a.ready.warming.Store(true) }

// Sweep removes what is kept for a while only.
func (a *App) Sweep(ctx context.Context) error { return a.sweep(ctx) }

// Door is the one that the operations are behind.
func (a *App) Door() op.Door { return a.door }

// Forget drops what this process remembers, and nobody else.
func (a *App) Forget() { a.parts.cache.Forget("", "") }
