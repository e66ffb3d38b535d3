package prompt

import (
	"encoding/json"
	"sync"

	"rapport/internal/agents"
	"rapport/internal/agents/email"
	"rapport/internal/agents/email/meeting"
	"rapport/internal/ai"
	"rapport/internal/ai/guard"
)

// The names of the agents.
const (
	TriageAgent       = "email.triage"
	IntelligenceAgent = "email.intelligence"
)

var triageSchema = sync.OnceValue(func() *ai.Schema {
	return ai.MustCompile(TriageAgent, email.TriageVersion, email.TriageSchema())
})

var intelligenceSchema = sync.OnceValue(func() *ai.Schema {
	return ai.MustCompile(IntelligenceAgent, email.IntelligenceVersion, email.IntelligenceSchema())
})

// TriageDefinition is the agent that says what a message wants: cheap, and
// asked about every message. It lacks Verify.
func TriageDefinition() agents.Definition {
	return agents.Definition{Name: TriageAgent, Version: version(email.TriageVersion), Class: ai.Fast, Schema: triageSchema(), Prompt: told(Triage)}
}

// IntelligenceDefinition is the agent that reads closely. It lacks Verify.
func IntelligenceDefinition() agents.Definition {
	return agents.Definition{Name: IntelligenceAgent, Version: version(email.IntelligenceVersion), Class: ai.Standard, Schema: intelligenceSchema(), Prompt: told(Intelligence)}
}

// version of an agent: what is asked, and by which rules. What a model is told
// is not part of it: a better prompt makes no stored answer wrong.
func version(agent string) string { return agent + "+" + email.RulesVersion }

// told makes of what is said about a message what is said about a work.
func told(of func(email.TriageInput) guard.Prompt) func(agents.Work) guard.Prompt {
	return func(w agents.Work) guard.Prompt {
		var in email.TriageInput
		if json.Unmarshal(w.Input, &in) != nil {
			return guard.Prompt{} // with which no model is asked
		}
		return of(in)
	}
}

// Meet adds to a triage of a work what rules find about the meeting that is
// asked for, whichever engine said that one is.
func Meet(t *email.Triage, w agents.Work) {
	var in email.TriageInput
	if t.Meeting = nil; t.IsMeetingRequest && json.Unmarshal(w.Input, &in) == nil {
		t.Meeting = meeting.Of(in)
	}
}
