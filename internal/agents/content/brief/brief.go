// Package brief is what a writer is told, whoever writes: for whom, about what,
// in which voice, and above all what may be claimed.
package brief

import (
	_ "embed" // the schema is data
	"fmt"
	"strings"
	"sync"

	"rapport/internal/agents/memory/note"
	"rapport/internal/ai"
	"rapport/internal/crm/content"
	"rapport/internal/crm/content/claim"
	"rapport/internal/crm/content/kind"
)

//go:embed input.json
var schemaText []byte

var schema = sync.OnceValue(func() *ai.Schema { return ai.MustCompile("content", "1", schemaText) })

// Schema is what a Wish must satisfy.
func Schema() *ai.Schema { return schema() }

// Wish is what somebody wants written. It is the input of a run.
type Wish struct {
	Kind      string `json:"kind"`
	ContactID string `json:"contact_id,omitempty"`
	ThreadID  string `json:"thread_id,omitempty"`
	// ContentID and Feedback are for a new version of what is there.
	ContentID string `json:"content_id,omitempty"`
	Feedback  string `json:"feedback,omitempty"`
	// Instructions are the words of the person who asks.
	Instructions string `json:"instructions,omitempty"`
	Tone         string `json:"tone,omitempty"`
	Topic        string `json:"topic,omitempty"`
	// Text is what is to be worded better or varied.
	Text        string   `json:"text,omitempty"`
	Platform    string   `json:"platform,omitempty"`
	PageType    string   `json:"page_type,omitempty"`
	Steps       int      `json:"steps,omitempty"`
	Days        int      `json:"days,omitempty"`
	Budget      int      `json:"budget,omitempty"`
	Currency    string   `json:"currency,omitempty"`
	Competitors []string `json:"competitors,omitempty"`
	// Facts are those of the draft that is written anew: a person put them
	// there. No run is started with any.
	Facts []claim.Fact `json:"facts,omitempty"`
	Deep  bool         `json:"deep,omitempty"`
	// Confirm writes although the contact's score is low.
	Confirm bool `json:"confirm,omitempty"`
}

// Reader is who will read it, as records of the workspace say. Others can write
// these fields.
type Reader struct {
	Name     string `json:"name,omitempty"`
	Title    string `json:"title,omitempty"`
	Company  string `json:"company,omitempty"`
	Industry string `json:"industry,omitempty"`
	Email    string `json:"email,omitempty"`
	Status   string `json:"status,omitempty"`
	Score    *int   `json:"score,omitempty"`
}

// Mail is a message of the conversation so far.
type Mail struct {
	Day     string `json:"day"`
	Ours    bool   `json:"ours"`
	Subject string `json:"subject"`
}

// Brief is the whole question.
type Brief struct {
	Wish
	Reader Reader `json:"reader"`
	Author string `json:"author"`
	// Recent are the last messages; Said is what the reader wrote last.
	Recent  []Mail   `json:"recent,omitempty"`
	Said    string   `json:"said,omitempty"`
	Signals []string `json:"signals,omitempty"`
	// Memories are what the workspace has noted before about the reader and of
	// letters like this.
	Memories []note.Note `json:"memories,omitempty"`
	// Previous is the version that Feedback is about.
	Previous string        `json:"previous,omitempty"`
	Voice    content.Voice `json:"voice"`
}

// Of is the kind of content that is wanted.
func (b Brief) Of() kind.Kind {
	k, _ := kind.Find(b.Kind)
	return k
}

// Asked is what the person has said, in all fields.
func (b Brief) Asked() string {
	parts := []string{b.Instructions, b.Feedback, b.Topic}
	if b.Kind == "improve" || b.Kind == "social_variations" {
		parts = append(parts, b.Text)
	}
	return strings.TrimSpace(strings.Join(parts, "\n"))
}

// Known are all facts that may be claimed: those given along, then those of the
// brand voice.
func (b Brief) Known() []claim.Fact {
	return append(append([]claim.Fact{}, b.Facts...), b.Voice.Facts...)
}

// Material is what the text may rely on. Nothing that came from outside
// supports a claim: of the reader there are the names alone.
func (b Brief) Material() claim.Material {
	m := content.Materials(b.Kind, content.Reader{Name: b.Reader.Name, Title: b.Reader.Title, Company: b.Reader.Company, Email: b.Reader.Email}, b.Voice, b.Author)
	m.Facts = b.Known()
	m.Brief = b.Asked()
	for _, c := range b.Competitors {
		m.Names = append(m.Names, content.NameOf(c))
	}
	return m
}

// Remember adds what is remembered of the reader; a tone that people prefer is
// taken unless the wish says one.
func (b *Brief) Remember(notes []note.Note) {
	b.Memories = notes
	if tone := note.WishesOf(notes).Tone; b.Of().Mail && b.Tone == "" && (tone == "friendly" || tone == "professional") {
		b.Tone = tone
	}
}

// Foreign reports whether words from outside have a part in the question.
func (b Brief) Foreign() bool {
	return b.Reader != (Reader{}) || b.Said != "" || len(b.Recent) > 0 || len(b.Signals) > 0 || note.Foreign(b.Memories)
}

// First is the reader's first name, as it may be used to address them.
func (b Brief) First() string {
	first, _, _ := strings.Cut(content.NameOf(b.Reader.Name), " ")
	if strings.ContainsAny(first, ".@[]/:0123456789") {
		return ""
	}
	return first
}

// Title is what the draft will be called.
func (b Brief) Title() string {
	about := content.NameOf(b.Reader.Name)
	if about == "" {
		about = content.NameOf(b.Topic)
	}
	if about == "" {
		return b.Of().Title
	}
	return fmt.Sprintf("%s – %s", b.Of().Title, about)
}

// Faults compares an answer with the wish: what nobody asked for is wrong even
// where its kind allows it.
func (b Brief) Faults(body Answer) []string {
	var out []string
	add := func(wrong bool, text string) {
		if wrong {
			out = append(out, text)
		}
	}
	add(b.Platform != "" && body.Platform != "" && body.Platform != b.Platform, "platform: it is for "+b.Platform)
	add(b.PageType != "" && body.PageType != "" && body.PageType != b.PageType, "page_type: it is a page of the type "+b.PageType)
	add(b.Steps > 0 && body.Steps != nil && len(body.Steps) != b.Steps, fmt.Sprintf("steps: there are %d steps", b.Steps))
	add(b.Kind == "campaign_plan" && body.Budget.Total != b.Budget, fmt.Sprintf("budget/total: it is %d", b.Budget))
	add(b.Kind == "campaign_plan" && b.Budget > 0 && b.Currency != "" && body.Budget.Currency != b.Currency, "budget/currency: it is "+b.Currency)
	add(b.Tone != "" && body.Tone != "" && body.Tone != b.Tone, "tone: it is "+b.Tone)
	for i, c := range body.Calendar {
		add(b.Days > 0 && c.Day > b.Days, fmt.Sprintf("content_calendar/%d/day: there are %d days", i, b.Days))
	}
	return out
}

// Answer is what Faults looks at.
type Answer struct {
	Platform string `json:"platform"`
	PageType string `json:"page_type"`
	Tone     string `json:"tone"`
	Steps    []struct {
		Step int `json:"step"`
	} `json:"steps"`
	Budget struct {
		Total    int    `json:"total"`
		Currency string `json:"currency"`
	} `json:"budget"`
	Calendar []struct {
		Day int `json:"day"`
	} `json:"content_calendar"`
}
