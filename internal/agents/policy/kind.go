package policy

import (
	"slices"
	"strings"
	"time"
)

// reach is how far an operation goes.
type reach int

// The reaches. Within adds something of its own that a person sees and takes
// back: notes, tasks, drafts. Changes touches what others made. Begins has
// agents work, by words that then count as a person's. Rules is what governs
// people, money or agents, and no agent's business. What is unknown, begins,
// destroys or goes outward is asked for, however small the risk.
const (
	unknown reach = iota
	within
	changes
	begins
	destroys
	outward
	rules
)

// kind is what is known of an operation.
type kind struct {
	base    int
	reach   reach
	says    string
	free    bool // not counted as an action: nothing happens until a person acts
	public  bool
	landing bool
}

// nouns whose operations no agent has, whatever its registry says.
var ruling = [...]string{"approval", "agent_policy", "agent", "run", "schedule", "api_key", "member", "invitation", "workspace", "organization", "sender",
	"mailbox", "oauth", "grant", "ai", "ai_key", "ai_policy", "ai_budget", "brand_voice", "custom_field", "audit", "auth", "password", "session", "account", "me", "user",
	"secret", "vault", "demo", "import", "export", "webhook", "change", "ops", "notification"}

// kindOf knows the operation of a proposal, and by its fields how far it goes.
func kindOf(p Proposal) kind {
	noun, verb, _ := strings.Cut(p.Operation, ".")
	if slices.Contains(ruling[:], noun) {
		return kind{base: 100, reach: rules, says: "It governs people, money or agents."}
	}
	switch p.Operation {
	case "note.create", "activity.create":
		return kind{base: 10, reach: within, says: "It writes down something new."}
	case "draft.create", "draft.update", "content.create", "content.update":
		return kind{base: 10, reach: within, free: true, says: "It is a draft: nothing leaves before a person sends it."}
	case "content.approve", "content.reject":
		return kind{base: 100, reach: rules, says: "It says that a person has read it."}
	case "goal.confirm":
		return kind{base: 25, reach: begins, free: true, says: "It begins a plan; each step of it is judged by itself."}
	case "content.generate", "content.generate_bulk", "content.iterate", "thread.draft_reply", "goal.create":
		return kind{base: 30, reach: begins, says: "It has an agent work."}
	case "task.create", "message.task":
		return kind{base: 30, reach: within, says: "It gives somebody work."}
	case "contact.tag", "company.tag":
		return kind{base: 15, reach: changes, says: "It sets tags."}
	case "contact.email.add", "contact.email.remove", "contact.email.primary":
		return kind{base: 60, reach: changes, says: "It changes where mail to somebody goes."}
	case "message.send", "outbox.retry", "outbox.mark_sent", "content.send":
		return kind{base: 50, reach: outward, says: "It sends mail to people outside."}
	case "content.publish", "post.publish", "landing.publish":
		return kind{base: 50, reach: outward, says: "It publishes something.", public: true, landing: noun == "landing"}
	case "thread.update":
		return kind{base: 20, reach: changes, says: "It changes the state of a conversation."}
	case "memory.create", "content.submit", "content.revert":
		return kind{base: 20, reach: changes, says: "It changes what others rely on."}
	}
	return usual(p, noun, verb)
}

// usual goes by the verb.
func usual(p Proposal, noun, verb string) kind {
	known := slices.Contains([]string{"contact", "company", "task", "note", "activity", "tag", "thread", "view", "content", "memory", "draft"}, noun)
	switch {
	case !known:
	case verb == "create":
		return kind{base: 20, reach: changes, says: "It adds a record."}
	case verb == "update" && slices.Contains(p.Fields, "emails"):
		return kind{base: 60, reach: changes, says: "It changes where mail to somebody goes."}
	case verb == "update" && len(p.Fields) == 1 && p.Fields[0] == "status":
		return kind{base: 20, reach: changes, says: "It changes a status."}
	case verb == "update":
		return kind{base: 25, reach: changes, says: "It changes fields of a record."}
	case verb == "delete":
		return kind{base: 45, reach: destroys, says: "It deletes a record."}
	case verb == "restore":
		return kind{base: 20, reach: changes, says: "It restores a record."}
	case strings.HasPrefix(verb, "bulk"):
		return kind{base: 60, reach: destroys, says: "It changes many records at once."}
	}
	return kind{base: 50, reach: unknown, says: "It is of a kind that has no rule."}
}

// Counts reports whether an operation is one of an agent's actions a day.
func Counts(operation string) bool { return !kindOf(Proposal{Operation: operation}).free }

// Governs reports whether an operation is no agent's and no client's to propose.
func Governs(operation string) bool {
	return kindOf(Proposal{Operation: operation}).reach == rules
}

// Act is what the rules know of an operation before anybody proposes it.
type Act struct {
	Operation string `json:"operation"`
	Says      string `json:"says" doc:"What it does, in words."`
	Risk      int    `json:"risk" doc:"0 to 100, before what the circumstances add."`
	Band      string `json:"band" enum:"low,medium,high,critical"`
	Always    bool   `json:"always" doc:"Whether it is asked for whatever the policy says."`
	Free      bool   `json:"free" doc:"Whether nothing happens until a person acts: it counts against no limit and has no hours."`
}

// Describe says what the rules know of operations. Those that only read are
// none of theirs.
func Describe(operations []string) []Act {
	out := []Act{}
	for _, o := range operations {
		if strings.HasSuffix(o, ".get") || strings.HasSuffix(o, ".list") {
			continue
		}
		k := kindOf(Proposal{Operation: o})
		out = append(out, Act{Operation: o, Says: k.says, Risk: k.base, Band: Band(k.base), Always: k.reach != within && k.reach != changes, Free: k.free})
	}
	return out
}

// Fate is what becomes of an action.
type Fate string

// The fates.
const (
	AtOnce Fate = "at_once"
	Asked  Fate = "asked"
	Never  Fate = "never"
)

// Rehearse says what would have become of an action whose risk is known, had
// this charter been in force at the time.
func (c Charter) Rehearse(p Proposal, score int, at time.Time) Fate {
	k := kindOf(p)
	switch {
	case !c.Enabled, k.reach == rules, !c.lets(p.Operation):
		return Never
	case c.asks(p, k, score, at):
		return Asked
	}
	return AtOnce
}
