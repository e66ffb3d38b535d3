package app_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"rapport/internal/platform/pg/pgtest"
)

// site is a place where the system that Rapport takes over from called a model,
// and what has become of it.
type site struct {
	file  string // under src/
	calls int
	did   string
	// questions are ours, by name.
	questions []string
	state     string // built, or why not
}

const (
	built     = "built"
	calendar  = "issue 9: the calendar agent"
	whatsapp  = "issue 9: WhatsApp"
	mindmap   = "issue 9: mind maps"
	assistant = "issue 9: the assistant in the client's workspace"
	gateway   = "built: the gateway routes every question by its class; there is no call of its own"
)

// sites are all calls within the scope. A file that is not listed calls no
// model in what Rapport takes over.
var sites = []site{
	{"lib/agents/email-intelligence-agent.ts", 1, "Reads one mail as an analyst: ideas, goals, pains, requirements, mood", []string{"email.intelligence"}, built},
	{"lib/agents/email-processor.ts", 1, "Sorts a mail: intent, urgency, what to do", []string{"email.triage"}, built},
	{"lib/agents/intelligence-extraction.ts", 1, "A second extractor over the same mail", []string{"email.intelligence"}, built},
	{"lib/agents/contact-intelligence.ts", 1, "Judges a contact and says what to do next", []string{"contact.intelligence"}, built},
	{"lib/agents/content-personalization.ts", 1, "Writes a follow-up, proposal or case study for a contact", []string{"content.followup", "content.proposal", "content.case_study"}, built},
	{"lib/agents/calendar-intelligence.ts", 4, "Finds meetings in mail, suggests times, words the answer, judges patterns", nil, calendar + "; that a mail asks for a meeting is found with email.triage already"},
	{"lib/agents/whatsapp-intelligence.ts", 3, "Analyses a message, drafts the answer, updates the contact", nil, whatsapp},
	{"lib/agents/mindmap-analysis.ts", 2, "Analyses a mind map and enriches a node", nil, mindmap},
	{"lib/agents/multi-model-orchestrator.ts", 1, "Chooses a model and calls it", nil, gateway},
	{"lib/agents/model-router.ts", 1, "Chooses a model by task and calls it", nil, gateway},
	{"lib/ai/enhanced-router.ts", 1, "Chooses a model by cost and calls it", nil, gateway},
	{"lib/ai/orchestrator.ts", 2, "Plans what follows an event, and generates content", []string{"orchestrator.plan", "content.followup"}, built},
	{"lib/ai/claude-client.ts", 6, "Copy of landing pages, their SEO, variations, improvements, tips on copy and design", []string{"content.landing_copy", "content.seo", "content.improve"}, "built; lists of tips are left out, a person asks for an improvement instead"},
	{"lib/clientAgent/clientAgentPlannerService.ts", 2, "Answers a chat and proposes actions", nil, assistant + "; proposals, guardrails and approvals are built"},
	{"lib/claude/client.ts", 1, "Six writers: automatic reply, persona, strategy, hooks, campaign, mind map from mail", []string{"email.reply", "content.persona", "content.strategy", "content.hooks", "content.campaign_plan"}, "built; the mind map is issue 9"},
	{"lib/agents/agentPlanner.ts", 1, "Plans commands to a desktop", nil, "out of scope: agents act by operations of Rapport alone"},
	{"lib/orchestrator/orchestratorEngine.ts", 1, "Says what a plan is for", []string{"orchestrator.plan"}, built},
	{"lib/orchestrator/taskDecomposer.ts", 1, "Takes a goal apart into steps", []string{"orchestrator.plan"}, built},
	{"lib/campaigns/multiChannelBlueprintEngine.ts", 1, "Plans a campaign for each channel", []string{"content.campaign_plan"}, built},
	{"lib/reasoning/passEngine.ts", 4, "Passes of reasoning before an answer", nil, "out of scope: a model thinks within one question, where its class is deep"},
	{"lib/ai/onboarding-intelligence.ts", 4, "Profile, authority, personas and strategy of a new business", nil, "out of scope: optional; claims rest on facts that the workspace supplies"},
	{"lib/anthropic/rate-limiter.ts", 1, "Retries a call", nil, "built: the gateway retries, within a budget; there is no call of its own"},
	{"app/api/ai/chat/route.ts", 1, "Answers a chat", nil, assistant},
	{"app/api/calendar/generate/route.ts", 1, "Plans posts for a month", []string{"content.social_post"}, "built as single posts; a calendar of them is issue 9"},
	{"app/api/calendar/[postId]/regenerate/route.ts", 1, "Writes a post anew", []string{"content.social_post"}, built},
	{"app/api/competitors/analyze/route.ts", 1, "Compares with competitors", []string{"content.competitor_analysis"}, built},
	{"app/api/landing-pages/generate/route.ts", 1, "Writes a landing page", []string{"content.landing_copy", "content.seo"}, built},
	{"app/api/landing-pages/[id]/regenerate/route.ts", 1, "Writes a part of it anew", []string{"content.improve"}, built},
	{"app/api/landing-pages/[id]/alternatives/route.ts", 1, "Writes alternatives of a text", []string{"content.improve"}, built},
	{"app/api/media/analyze/route.ts", 1, "Analyses a transcript", nil, "issue 9: media"},
	{"app/api/sequences/generate/route.ts", 1, "Writes the letters of a sequence", []string{"content.sequence"}, built},
	{"app/api/social-templates/generate/route.ts", 1, "Writes posts", []string{"content.social_post"}, built},
	{"app/api/social-templates/[id]/variations/route.ts", 1, "Varies a post", []string{"content.social_variations"}, built},
	{"app/api/cron/health-check/route.ts", 1, "Pays for a ping every five minutes", nil, "out of scope: health is told from calls and lists, which cost nothing"},
	{"app/api/test-opus-4-5/route.ts", 1, "Anybody may ask a model", nil, "out of scope: rapport ai ask does it with rights and a budget"},
	{"lib/aido/*.ts", 2, "Content and clusters for search engines", nil, "out of scope: another product"},
	{"lib/synthex/*.ts", 7, "Has a model invent figures about search engines", nil, "out of scope: another product; no figure is invented here"},
}

// registered are the questions of the agents of the release, with their agents.
func registered(t *testing.T) (questions map[string]string, agents []string) {
	t.Helper()
	n := newWorldAt(t, pgtest.URL(t), false).newTenant(t, "sites")
	var all struct {
		Data []struct {
			Name, Version, Purpose string
			Questions              []struct{ Name, Class string }
		}
	}
	n.call(t, "GET", "{w}/agents", nil).want(t, 200).decode(t, &all)
	questions = map[string]string{}
	for _, a := range all.Data {
		var classes []string
		for _, q := range a.Questions {
			questions[q.Name] = a.Name
			classes = append(classes, "`"+q.Name+"` ("+q.Class+")")
		}
		agents = append(agents, fmt.Sprintf("| %s | %s | %s | %s |", a.Name, a.Version, a.Purpose, strings.Join(classes, ", ")))
	}
	return questions, agents
}

func page(questions map[string]string, agents []string) []byte {
	var b bytes.Buffer
	b.WriteString("# Call sites of models\n\nWritten by a test (`go test ./internal/app -run CallSite -update`) from the registry of agents and a table of the calls that the system made which Rapport takes over from.\n" +
		"Every question passes the one gateway; `internal/arch_test.go` keeps vendors' packages and plain HTTP out of everything else.\n\n" +
		"## Our agents and their questions\n\n| agent | version | purpose | questions (class) |\n|---|---|---|---|\n")
	for _, a := range agents {
		b.WriteString(a + "\n")
	}
	b.WriteString("\n## What became of each call\n\n| file | calls | what it did | our question | agent | state |\n|---|---|---|---|---|---|\n")
	for _, s := range sites {
		var names, by []string
		for _, q := range s.questions {
			names = append(names, "`"+q+"`")
			if a := questions[q]; !slices.Contains(by, a) {
				by = append(by, a)
			}
		}
		fmt.Fprintf(&b, "| `%s` | %d | %s | %s | %s | %s |\n", s.file, s.calls, s.did, or(strings.Join(names, ", ")), or(strings.Join(by, ", ")), s.state)
	}
	return b.Bytes()
}

func or(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func TestEveryCallSiteHasItsRow(t *testing.T) {
	t.Parallel()
	const path = "../../docs/AI_CALL_SITES.md"
	questions, agents := registered(t)
	named := map[string]bool{}
	for _, s := range sites {
		for _, q := range s.questions {
			named[q] = true
			if questions[q] == "" && strings.HasPrefix(s.state, built) {
				t.Errorf("%s is built with %s, which no agent asks", s.file, q)
			}
		}
		if s.state == built && len(s.questions) == 0 {
			t.Errorf("%s is built and names no question", s.file)
		}
	}
	for q, a := range questions {
		if !named[q] {
			t.Errorf("no call site names %s of the agent %s", q, a)
		}
	}
	got := page(questions, agents)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the registry and the table say: run this test with -update and review the diff", path)
	}
}
