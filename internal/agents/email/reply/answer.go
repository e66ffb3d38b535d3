// Package reply drafts answers to mail. A draft acknowledges, answers only what
// our own side has written in the thread, and for the rest asks back or says
// who will answer. It is never sent by itself: it lies in the drafts of the
// person who asked for it, or waits for somebody's approval.
package reply

import (
	"slices"
	"strings"
	"time"

	"rapport/internal/agents/memory/note"
	"rapport/internal/ai/cite"
	"rapport/internal/ai/text"
)

// Question is what is asked of engines; Version names its input, schema and
// meaning.
const (
	Question = "email.reply"
	Version  = "email.reply/1"
)

// RulesVersion names the rules.
const RulesVersion = "reply.rules/2"

// Input is a thread as an answer to its latest message needs it.
type Input struct {
	Subject string `json:"subject"`
	// Latest is the text of the message to answer, in full; From who wrote it.
	Latest string    `json:"latest"`
	From   string    `json:"from"`
	SentAt time.Time `json:"sent_at"`
	// Ours and Theirs are what was written before, oldest first. What Ours say
	// is what our side knows.
	Ours   []Said `json:"ours,omitempty"`
	Theirs []Said `json:"theirs,omitempty"`
	// Name is the name of the contact; "" if nobody knows it.
	Name string `json:"name,omitempty"`
	// Author is the name under which the answer goes out.
	Author   string `json:"author,omitempty"`
	Own      string `json:"own,omitempty"` // our address
	Language string `json:"language"`      // en or de
	Tone     string `json:"tone"`
	TimeZone string `json:"time_zone,omitempty"`
	// Memories are what the workspace has noted before about the sender.
	Memories []note.Note `json:"memories,omitempty"`
	// Instructions are the words of the person who asked for the draft; Draft is
	// the draft that is to be improved.
	Instructions string `json:"instructions,omitempty"`
	Draft        string `json:"draft,omitempty"`
}

// Remember adds what is remembered of the sender. A tone that people prefer is
// taken if the task leaves it open; a language is taken always.
func (in *Input) Remember(notes []note.Note, open bool) {
	in.Memories = notes
	wish := note.WishesOf(notes)
	if open && wish.Tone != "" {
		in.Tone = wish.Tone
	}
	if wish.Language != "" {
		in.Language = wish.Language
	}
}

// LanguageOf is that of a text, where drafts can be written in it; else English.
func LanguageOf(body string) string {
	if text.Parse(body).Lang == "de" {
		return "de"
	}
	return "en"
}

// Own is what the author of a message wrote, without what it quotes, up to most
// bytes.
func Own(body string, most int) string {
	d := text.Parse(body)
	if len(d.Sentences) == 0 {
		return ""
	}
	start, end := d.Sentences[0].Start, d.Sentences[len(d.Sentences)-1].End
	return strings.TrimSpace(d.Text[start:text.Boundary(d.Text, min(end, start+most))])
}

// Said is an earlier message.
type Said struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// Reply is an answer in parts. Text puts them together.
type Reply struct {
	Language       string    `json:"language"`
	Greeting       string    `json:"greeting"`
	Acknowledgment string    `json:"acknowledgment"`
	Body           string    `json:"body"`
	Closing        string    `json:"closing"`
	Answers        []Answer  `json:"answers"`
	Questions      []Enquiry `json:"questions"`
	Gaps           []string  `json:"gaps"`
	Confidence     float64   `json:"confidence"`
}

// Answer is a sentence of the message and what the draft does about it.
type Answer struct {
	Quote string `json:"quote"`
	// Treated is answered, asked back, or left to somebody.
	Treated string `json:"treated"`
	// Source is the sentence of ours that an answer rests on.
	Source string `json:"source"`
}

// Enquiry is what the draft asks back, and why it should be known.
type Enquiry struct {
	Question string `json:"question"`
	Category string `json:"category"`
}

var (
	treatments = []string{"answered", "asked", "deferred"}
	categories = []string{"pain_point", "goal", "budget", "timeline", "context"}
)

// Text is the letter, without signature.
func (r Reply) Text() string {
	var parts []string
	for _, p := range []string{r.Greeting, r.Acknowledgment, r.Body, r.Closing} {
		if p = strings.TrimSpace(p); p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "\n\n")
}

// evidence keeps what stands where it is said to stand.
func (r *Reply) evidence(in Input) {
	latest, ours := cite.Of(in.Latest), cite.Of(joined(in.Ours))
	kept := []Answer{}
	for _, a := range r.Answers {
		var start, end int
		if !slices.Contains(treatments, a.Treated) || !latest.Find(&a.Quote, &start, &end) || len(kept) == 20 {
			continue
		}
		if a.Source != "" && !ours.Find(&a.Source, &start, &end) {
			a.Source = ""
		}
		kept = append(kept, a)
	}
	asked := []Enquiry{}
	for _, q := range r.Questions[:min(len(r.Questions), 5)] {
		if slices.Contains(categories, q.Category) {
			asked = append(asked, Enquiry{bounded(q.Question, 300), q.Category})
		}
	}
	gaps := []string{}
	for _, g := range r.Gaps[:min(len(r.Gaps), 8)] {
		gaps = append(gaps, bounded(g, 300))
	}
	r.Answers, r.Questions, r.Gaps = kept, asked, gaps
	if !(r.Confidence >= 0 && r.Confidence <= 1) {
		r.Confidence = 0
	}
}
