package goal

import (
	"cmp"
	"fmt"
	"regexp"

	"rapport/internal/agents/orchestrator/plan"
)

// The agents that templates call on.
const (
	Email    = "email"
	Contact  = "contact"
	Content  = "content"
	calendar = "calendar"
	campaign = "campaign"
)

// worthwhile is the score from which a letter is drafted to somebody who did
// not write: content is for contacts of whom something is to be expected.
const worthwhile = 60

const instructionsField = `"instructions": {"type": "string", "maxLength": 1000, "title": "Instructions", "description": "What the letters should say or keep to, in your words."}`

// Templates are the known goals, in the order of their use.
func Templates() []Template {
	return append(leadTemplates(), workTemplates()...)
}

func leadTemplates() []Template {
	return []Template{
		{Name: "new_lead_intake", Title: "Take in a new lead", About: "Assesses the contact, then drafts the answer to what they wrote, or a first letter.",
			Schema: `{"type": "object", "required": ["contact_id"], "additionalProperties": false, "properties": {
				"contact_id": {"type": "string", "format": "uuid", "title": "Contact"}, ` + instructionsField + `}}`,
			Needs: []string{Contact}, Wants: map[string]string{Email: "the answer to their mail", Content: "a first letter"},
			words: regexp.MustCompile(`(?i)\b(new|fresh|incoming)\b.*\bleads?\b|\blead intake\b|\bqualify\b`),
			find:  oneContact, make: intake},
		{Name: "hot_lead_followup", Title: "Follow up hot leads", About: "Assesses the hottest leads and drafts a letter to each: the answer where they wait for one, else a follow-up.",
			Schema: `{"type": "object", "additionalProperties": false, "properties": {
				"limit": {"type": "integer", "minimum": 1, "maximum": 8, "default": 3, "title": "How many leads"}, ` + instructionsField + `}}`,
			Needs: []string{Contact, Content}, Wants: map[string]string{Email: "answers to those who wait for one"},
			words: regexp.MustCompile(`(?i)\bhot(test)?\b.*\bleads?\b|\bfollow[- ]?ups?\b.*\bleads?\b|\bbest leads?\b`),
			find:  hotContacts, make: followUp},
		{Name: "meeting_request", Title: "Answer a meeting request", About: "Drafts the answer to a conversation that asks for a meeting, after a look at who asks.",
			Schema: `{"type": "object", "required": ["thread_id"], "additionalProperties": false, "properties": {
				"thread_id": {"type": "string", "format": "uuid", "title": "Conversation"}, ` + instructionsField + `}}`,
			Needs: []string{Email}, Wants: map[string]string{calendar: "free times of yours", Contact: "the look at who asks"},
			words: regexp.MustCompile(`(?i)\b(answer|handle|reply)\b.*\b(meeting|appointment|call)\b|\bmeeting request`),
			find:  oneThread, make: meeting},
		{Name: "re_engagement", Title: "Win back quiet contacts", About: "Finds contacts with whom you were in touch and who fell quiet, and drafts a letter to each of the most promising.",
			Schema: `{"type": "object", "additionalProperties": false, "properties": {
				"days": {"type": "integer", "minimum": 14, "maximum": 730, "default": 60, "title": "Quiet for days"},
				"limit": {"type": "integer", "minimum": 1, "maximum": 8, "default": 3, "title": "How many contacts"}, ` + instructionsField + `}}`,
			Needs: []string{Contact, Content},
			words: regexp.MustCompile(`(?i)\bre-?engag|\bwin(ning)? back\b|\b(cold|quiet|silent|dormant)\b.*\b(leads?|contacts?|customers?)\b`),
			find:  quietContacts, make: reEngage},
	}
}

func workTemplates() []Template {
	return []Template{
		{Name: "weekly_report", Title: "Report on the week", About: "Counts the mail, how fast it was answered, hot leads, tasks, and what the agents did and cost in the last whole week. No model is asked.",
			Schema: `{"type": "object", "additionalProperties": false, "properties": {
				"weeks_back": {"type": "integer", "minimum": 0, "maximum": 52, "default": 0, "title": "Weeks back", "description": "0 is the last whole week."}}}`,
			words: regexp.MustCompile(`(?i)\bweek(ly)?\b.*\b(report|summary|figures|numbers)\b|\b(report|summary)\b.*\bweek\b`),
			make:  report},
		{Name: "content_week", Title: "Write a week of posts", About: "Drafts up to five posts on a subject, each from another side.",
			Schema: `{"type": "object", "required": ["topic"], "additionalProperties": false, "properties": {
				"topic": {"type": "string", "minLength": 3, "maxLength": 300, "title": "Subject"},
				"platform": {"type": "string", "enum": ["linkedin", "facebook", "instagram", "tiktok", "twitter"], "default": "linkedin", "title": "Platform"},
				"limit": {"type": "integer", "minimum": 1, "maximum": 5, "default": 3, "title": "How many posts"}}}`,
			Needs: []string{Content},
			words: regexp.MustCompile(`(?i)\bweek\b.*\b(posts?|content|social)\b|\b(posts?|content)\b.*\bweek\b|\bcontent week\b`),
			make:  posts},
		{Name: "client_onboarding", Title: "Welcome a new client", About: "Assesses the contact, then drafts a welcome letter and the letters of the first weeks.",
			Schema: `{"type": "object", "required": ["contact_id"], "additionalProperties": false, "properties": {
				"contact_id": {"type": "string", "format": "uuid", "title": "Contact"}, ` + instructionsField + `}}`,
			Needs: []string{Contact, Content}, Wants: map[string]string{calendar: "the first meeting"},
			words: regexp.MustCompile(`(?i)\bonboard|\bwelcome\b.*\b(client|customer)\b`),
			find:  oneContact, make: onboard},
		{Name: "campaign_postmortem", Title: "Look back on a campaign", About: "Compares what a campaign was to bring with what it brought.",
			Schema: `{"type": "object", "additionalProperties": false, "properties": {}}`,
			Needs:  []string{campaign}, Lacking: "Campaigns are not built yet, so there is nothing to look back on.",
			words: regexp.MustCompile(`(?i)\bcampaign\b.*\b(post-?mortem|review|look back|went)\b|\bpost-?mortem\b`),
			make:  func(*draft, Arguments, Facts) {}},
	}
}

func assess(id string, p Person) plan.Step {
	return plan.Step{ID: id, Agent: Contact, Title: "Assess " + p.Name, Input: map[string]any{"task": "assess", "contact_id": p.ID}}
}

func reply(id string, p Person, instructions string, needs ...string) plan.Step {
	return plan.Step{ID: id, Agent: Email, Title: "Draft the answer to " + p.Name, Needs: needs,
		Input: given(map[string]any{"task": "reply", "thread_id": p.ThreadID}, "instructions", instructions)}
}

// letter is a draft to somebody.
type letter struct{ kind, title, instructions string }

func write(id string, p Person, l letter, needs ...string) plan.Step {
	return plan.Step{ID: id, Agent: Content, Title: l.title, Needs: needs,
		Input: given(map[string]any{"kind": l.kind, "contact_id": p.ID}, "instructions", l.instructions)}
}

// given adds what is not empty.
func given(m map[string]any, key, value string) map[string]any {
	if value != "" {
		m[key] = value
	}
	return m
}

func intake(d *draft, a Arguments, f Facts) {
	p := f.People[0]
	d.step(assess("assess", p))
	switch {
	case p.Waits && d.step(reply("reply", p, a.Instructions, "assess")):
	case p.Score != nil && *p.Score < worthwhile:
		d.note(fmt.Sprintf("No first letter: the score of %s is %d, and letters are drafted from %d on.", p.Name, *p.Score, worthwhile))
	default:
		d.step(write("write", p, letter{"followup", "Draft a first letter to " + p.Name, cmp.Or(a.Instructions, "A short first letter: who we are, what we noticed about them, one question.")}, "assess"))
	}
}

func followUp(d *draft, a Arguments, f Facts) {
	for i, p := range f.People {
		look := fmt.Sprintf("assess_%d", i+1)
		d.step(assess(look, p))
		if p.Waits && d.step(reply(fmt.Sprintf("reply_%d", i+1), p, a.Instructions, look)) {
			continue
		}
		d.step(write(fmt.Sprintf("write_%d", i+1), p, letter{"followup", "Draft a follow-up to " + p.Name, a.Instructions}, look))
	}
	if len(f.People) == 0 {
		d.note("There are no hot leads now: no contact has a score of 70 or more.")
	}
}

func meeting(d *draft, a Arguments, f Facts) {
	p := f.People[0]
	if p.ID != "" {
		d.step(assess("assess", p))
	}
	d.step(reply("reply", p, cmp.Or(a.Instructions, "Thank them and say that we would like to meet. Ask for two or three times that suit them. Promise no time."), "assess"))
}

func reEngage(d *draft, a Arguments, f Facts) {
	for i, p := range f.People {
		look := fmt.Sprintf("assess_%d", i+1)
		d.step(assess(look, p))
		d.step(write(fmt.Sprintf("write_%d", i+1), p, letter{"followup", "Draft a letter to " + p.Name, cmp.Or(a.Instructions, "They fell quiet. Take up where we stopped, offer something of use, ask one easy question. No reproach.")}, look))
	}
	if len(f.People) == 0 {
		d.note("Nobody with whom you were in touch has been quiet for that long.")
	}
}

func report(d *draft, a Arguments, _ Facts) {
	d.step(plan.Step{ID: "report", Agent: plan.Reading, Title: "Count the week", Input: map[string]any{"weeks_back": a.Back}})
}

func posts(d *draft, a Arguments, _ Facts) {
	if a.Limit == 0 {
		a.Limit = 3
	}
	sides := []string{"a question that readers ask", "a mistake that many make", "how it is done, step by step", "a view of your own", "what changes if one begins today"}
	for i := range a.Limit {
		d.step(plan.Step{ID: fmt.Sprintf("post_%d", i+1), Agent: Content, Title: fmt.Sprintf("Draft post %d: %s", i+1, sides[i]),
			Input: map[string]any{"kind": "social_post", "platform": cmp.Or(a.Platform, "linkedin"), "instructions": a.Topic + ". This post is about " + sides[i] + "."}})
	}
}

func onboard(d *draft, a Arguments, f Facts) {
	p := f.People[0]
	d.step(assess("assess", p))
	d.step(write("welcome", p, letter{"followup", "Draft a welcome to " + p.Name, cmp.Or(a.Instructions, "Welcome them as a new client: thanks, what happens next, whom to ask.")}, "assess"))
	d.step(write("sequence", p, letter{"sequence", "Draft the letters of the first weeks", cmp.Or(a.Instructions, "Letters of the first four weeks for a new client: getting started, a tip, a check-in, asking how it goes.")}, "assess"))
}
