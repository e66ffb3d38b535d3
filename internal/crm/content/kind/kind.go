// Package kind says what kinds of content there are: what each consists of, as
// a JSON schema, which rules no schema can say, and how it reads as text.
package kind

import (
	"embed"
	"encoding/json"
	"slices"
	"sync"

	"rapport/internal/ai"
)

// Version names what the schemas mean.
const Version = "1"

// Kind is one kind of content.
type Kind struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	// Mail kinds are letters to one contact, and can be sent.
	Mail bool `json:"mail" doc:"A letter to one contact, which can be sent."`
	// Inner kinds are for the workspace's own people: plans, not promises.
	Inner bool `json:"inner" doc:"For the workspace's own people: a plan, which nobody else reads."`
	// Deep kinds are worth long thought when that is asked for.
	Deep bool `json:"deep" doc:"Worth longer thought, when that is asked for."`
}

// All lists the kinds, in the order of their use.
func All() []Kind {
	return []Kind{
		{Name: "followup", Title: "Follow-up", Mail: true},
		{Name: "proposal", Title: "Proposal", Mail: true, Deep: true},
		{Name: "case_study", Title: "Case study", Mail: true},
		{Name: "sequence", Title: "Sequence"},
		{Name: "landing_copy", Title: "Landing page"},
		{Name: "seo", Title: "Search result"},
		{Name: "improve", Title: "Better wording"},
		{Name: "social_post", Title: "Social post"},
		{Name: "social_variations", Title: "Post variations"},
		{Name: "hooks", Title: "Hooks"},
		{Name: "persona", Title: "Persona", Inner: true},
		{Name: "strategy", Title: "Strategy", Inner: true, Deep: true},
		{Name: "campaign_plan", Title: "Campaign plan", Inner: true, Deep: true},
		{Name: "competitor_analysis", Title: "Competitors", Inner: true},
	}
}

// Find returns the kind of a name.
func Find(name string) (Kind, bool) {
	all := All()
	i := slices.IndexFunc(all, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return all[i], true
}

//go:embed schema
var files embed.FS

var compiled = sync.OnceValue(func() map[string]*ai.Schema {
	out := map[string]*ai.Schema{}
	for _, k := range All() {
		text, err := files.ReadFile("schema/" + k.Name + ".json")
		if err != nil {
			panic(err) // it is part of the program
		}
		out[k.Name] = ai.MustCompile("content."+k.Name, Version, text)
	}
	return out
})

// Schema is what a body of the kind must satisfy.
func (k Kind) Schema() *ai.Schema { return compiled()[k.Name] }

// Letter is the body of a mail kind.
type Letter struct {
	SubjectLines  []string `json:"subject_lines"`
	Body          string   `json:"body"`
	CTA           string   `json:"cta"`
	Tone          string   `json:"tone"`
	TalkingPoints []string `json:"key_talking_points"`
	SocialProof   []Proof  `json:"social_proof"`
}

// Proof is what others have gained, as a fact of the workspace says.
type Proof struct {
	FactID string `json:"fact_id"`
	Text   string `json:"text"`
}

// Tone is the tone that a body says it has, "" where its kind has none.
func Tone(body json.RawMessage) string {
	var l struct {
		Tone string `json:"tone"`
	}
	_ = json.Unmarshal(body, &l) // of another form: no tone
	return l.Tone
}
