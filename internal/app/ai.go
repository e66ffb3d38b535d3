package app

import (
	"rapport/internal/agents/email"
	"rapport/internal/ai"
	"rapport/internal/ai/catalog"
	"rapport/internal/ai/console"
	"rapport/internal/ai/console/answers"
	"rapport/internal/ai/console/keys"
	"rapport/internal/ai/console/policies"
	"rapport/internal/ai/policy"
	"rapport/internal/ai/provider/rules"
	"rapport/internal/ai/router"
	"rapport/internal/ai/traffic"
)

// buildAI builds the way to engines and what people see of it. Without a
// vendor's key the rules are the engine.
func (a *App) buildAI(p *parts) {
	known := catalog.Default()
	p.aiKeys = keys.New(a.DB, a.secrets, nil, a.log)
	p.aiPolicies = policies.New(a.DB, known, policies.Base{Policy: policy.Default()}, a.log)
	state := traffic.New(traffic.Standard(), answers.NewClosures(a.DB), a.log)
	own := rules.New(rules.Set{Version: email.RulesVersion, Tasks: email.RulesTasks()}, rules.Set{Version: console.RulesVersion, Tasks: console.RulesTasks()})
	p.gateway = router.New(router.Options{Providers: []ai.Provider{own}, Policy: p.aiPolicies.Policy, Catalog: known, Keys: p.aiKeys,
		Cache: answers.New(a.DB, a.log), Traffic: state, Log: a.log})
	p.console = console.New(console.Parts{DB: a.DB, Gateway: p.gateway, Catalog: known, Policy: p.aiPolicies.Policy, Keys: p.aiKeys.Keys, Traffic: state.State,
		Daily: 50 * ai.Dollar, Monthly: 1500 * ai.Dollar})
}
