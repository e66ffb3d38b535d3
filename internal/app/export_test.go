package app

import (
	"context"
	"net"

	"rapport/internal/api/op"
	"rapport/internal/ops/overload"
	"rapport/internal/platform/admit"
	"rapport/internal/platform/alert/incident"
	"rapport/internal/platform/metric"
	"rapport/internal/platform/series"
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

// Channels are the ways in which operators are told.
func (a *App) Channels() []incident.Channel { return a.Config.Channels(a.Config.AlertLetters()) }

// Metrics are what is counted, History what it was.
func (a *App) Metrics() *metric.Metrics { return a.metrics }

// History is what the metrics were.
func (a *App) History() *series.Series { return a.parts.meters.History }

// Count asks the database for what nobody counts in memory, until ctx ends.
func (a *App) Count(ctx context.Context) error { return a.parts.meters.Count(ctx) }
