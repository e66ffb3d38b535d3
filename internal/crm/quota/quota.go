// Package quota says what a workspace may do by its tier, and takes the cost of
// each call from it.
package quota

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"rapport/internal/platform/limit"
	"rapport/internal/platform/pg"
)

// Options are what an installation decides for all.
type Options struct {
	Tier string // of a workspace that has none of its own
	// Auth is how often a minute an address may sign in, register, or ask for a
	// password; other calls without a credential six times as often.
	Auth int64
	// Shadow lists policies that decide and count but refuse nobody: tiers by
	// name, auth, public, operator, or all.
	Shadow []string
	Log    *slog.Logger
	// Refused hears of each call that a window of a policy refused.
	Refused func(policy, window string)
}

// Service knows the limits of every workspace.
type Service struct {
	db     *pg.DB
	store  *limit.Store
	o      Options
	tiers  map[string]*plan
	own    atomic.Pointer[map[string]*plan] // of workspaces with limits of their own
	loaded atomic.Pointer[time.Time]        // the latest change that is known

	auth, public, operator *limit.Policy
}

// plan is what a workspace may do, ready to be asked for.
type plan struct {
	Limits
	workspace, credential *limit.Policy
}

// Override changes a window of the tier.
type Override struct {
	Tokens int64 `json:"tokens" minimum:"1" maximum:"1000000000" doc:"What comes back in each period."`
	Burst  int64 `json:"burst" minimum:"1" maximum:"1000000000" doc:"What can be taken at once."`
}

// Overrides are what a workspace has besides its tier.
type Overrides struct {
	Windows map[string]Override `json:"windows,omitempty" doc:"By minute, hour, day or ai_day; a window that is not named is the tier's."`
	// CredentialPercent of the minute is the most that one key or person gets.
	CredentialPercent int64 `json:"credential_percent,omitempty" minimum:"0" maximum:"100" doc:"The part of the minute that one key or person may use up; 100 unless said."`
	Concurrent        int32 `json:"concurrent,omitempty" minimum:"0" maximum:"100000" doc:"Calls at a time; the tier's unless said."`
}

// Limits are those of a workspace.
type Limits struct {
	Tier      string    `json:"tier" enum:"FREE,STARTER,PRO,ENTERPRISE"`
	Overrides Overrides `json:"overrides"`
	Shadow    bool      `json:"shadow" doc:"Decide and count, but refuse nothing."`
}

// New returns the service over db, which counts in store. Load reads what
// workspaces have of their own.
func New(db *pg.DB, store *limit.Store, o Options) *Service {
	s := &Service{db: db, store: store, o: o, tiers: map[string]*plan{}}
	for _, t := range limit.Tiers() {
		s.tiers[t.Name] = s.plan(Limits{Tier: t.Name})
	}
	s.own.Store(&map[string]*plan{})
	s.loaded.Store(&time.Time{})
	minute := func(n int64) limit.Quotas {
		return limit.Quotas{limit.Minute: {Tokens: n, Burst: n, Period: time.Minute}, limit.Hour: {Tokens: 15 * n, Burst: 15 * n, Period: time.Hour}}
	}
	s.auth = limit.NewPolicy(limit.Policy{Name: "auth", Quotas: minute(2 * o.Auth), Strict: true, Shadow: s.shadowed("auth")}) // a login costs 2
	s.public = limit.NewPolicy(limit.Policy{Name: "public", Quotas: minute(max(120, 6*o.Auth)), Concurrent: 50, Shadow: s.shadowed("public")})
	top := limit.Tiers()[len(limit.Tiers())-1]
	s.operator = limit.NewPolicy(limit.Policy{Name: "operator", Quotas: limit.Quotas{limit.Minute: top.Quotas[limit.Minute]}, Shadow: s.shadowed("operator")})
	return s
}

func (s *Service) shadowed(policy string) bool {
	return slices.Contains(s.o.Shadow, policy) || slices.Contains(s.o.Shadow, "all")
}

// Policies lists what Options.Shadow may name.
func Policies() []string {
	return append(limit.TierNames(), "auth", "public", "operator", "all")
}

// plan makes the policies of limits.
func (s *Service) plan(l Limits) *plan {
	i := slices.IndexFunc(limit.Tiers(), func(t limit.Tier) bool { return t.Name == l.Tier })
	tier := limit.Tiers()[max(i, 0)] // the database checks the name
	for w, name := range limit.Names() {
		if o, ok := l.Overrides.Windows[name]; ok {
			tier.Quotas[w].Tokens, tier.Quotas[w].Burst = o.Tokens, o.Burst
		}
	}
	shadow := l.Shadow || s.shadowed(l.Tier)
	percent := cmp.Or(l.Overrides.CredentialPercent, 100)
	minute := tier.Quotas[limit.Minute]
	minute.Tokens, minute.Burst = max(minute.Tokens*percent/100, 1), max(minute.Burst*percent/100, 1)
	return &plan{Limits: l,
		workspace:  limit.NewPolicy(limit.Policy{Name: strings.ToLower(l.Tier), Quotas: tier.Quotas, Concurrent: cmp.Or(l.Overrides.Concurrent, tier.Concurrent), Shadow: shadow}),
		credential: limit.NewPolicy(limit.Policy{Name: "credential", Quotas: limit.Quotas{limit.Minute: minute}, Shadow: shadow}),
	}
}

// of is the plan of a workspace.
func (s *Service) of(workspace string) *plan {
	if p, ok := (*s.own.Load())[workspace]; ok {
		return p
	}
	return s.tiers[s.o.Tier]
}

// Run keeps up with what other processes change, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := s.Load(ctx); err != nil && ctx.Err() == nil {
				s.o.Log.WarnContext(ctx, "limits of workspaces could not be read; the last ones hold", "error", err)
			}
		}
	}
}
