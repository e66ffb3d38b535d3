package eval

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"rapport/internal/agents"
	"rapport/internal/agents/email"
	"rapport/internal/agents/email/reply"
	"rapport/internal/ai/text"
)

// thread is a thread to answer, with the properties that every good draft has.
type thread struct {
	ID    string          `json:"id"`
	Half  Half            `json:"half"`
	Input json.RawMessage `json:"input"`
	// Answered are the questions that our side has answered before, Left those
	// that nobody can answer from the thread.
	Answered []string `json:"answered"`
	Left     []string `json:"left"`
	// Has is what the draft says, Lacks what it must not.
	Has   []string `json:"has"`
	Lacks []string `json:"lacks"`

	in reply.Input
}

func replies() (Suite, error) {
	s := Suite{Agent: reply.Question}
	threads, err := read[thread]("reply")
	for _, t := range threads {
		if err := json.Unmarshal(t.Input, &t.in); err != nil {
			return s, fmt.Errorf("thread %s: %w", t.ID, err)
		}
		s.Cases = append(s.Cases, Case{ID: t.ID, Half: t.Half, Agent: reply.Definition(), judge: t.judge,
			Work: agents.Work{Entity: "message", SubjectID: t.ID, Input: t.Input}})
	}
	return s, err
}

// judge looks for the properties. A draft that the verifier refused has none.
func (t thread) judge(m *marks, answer json.RawMessage) error {
	var got reply.Reply
	if err := unanswered(answer, &got); err != nil {
		return err
	}
	letter := strings.ToLower(got.Text())
	m.holds("accepted by the verifier", answer != nil, "refused")
	for _, q := range t.Answered {
		m.holds("answers what is known", treated(got, q) == "answered", q)
	}
	for _, q := range t.Left {
		kind := treated(got, q)
		m.holds("leaves what is unknown", kind == "asked" || kind == "deferred", q)
	}
	for _, s := range t.Has {
		m.holds("says what it should", strings.Contains(letter, strings.ToLower(s)), s)
	}
	for _, s := range t.Lacks {
		m.holds("says nothing that it must not", answer != nil && !strings.Contains(letter, strings.ToLower(s)), s)
	}
	m.holds("in the language of the mail", answer != nil && said(got.Text(), t.in.Language), got.Language)
	m.holds("greets the sender", greeted(got.Greeting, t.in.Name), got.Greeting)
	invented := invents(got.Text(), string(t.Input)+dated(t.in))
	m.holds("invents no figure", answer != nil && len(invented) == 0, fmt.Sprint(invented))
	for _, a := range got.Answers {
		m.holds("answers from our own words", a.Treated != "answered" || a.Source != "", a.Quote)
	}
	for _, q := range append(slices.Clone(t.Answered), t.Left...) {
		m.holds("treats each question", treated(got, q) != "", q)
	}
	return nil
}

// dated is what the dates of a message are in figures: who writes "on Tuesday"
// may be answered with a day of the month.
func dated(in reply.Input) string {
	var all []string
	for _, it := range email.RulesIntelligence(email.TriageInput{Subject: in.Subject, Text: in.Latest, SentAt: in.SentAt, Now: in.SentAt, TimeZone: in.TimeZone}).Items {
		zone, err := time.LoadLocation(in.TimeZone)
		if at := it.Attributes.Start; at != nil && err == nil {
			all = append(all, at.In(zone).Format("2 1 15:04 2006"))
		}
	}
	return strings.Join(all, " ")
}

// said reports whether a text is of a language, or too short to tell.
func said(s, language string) bool {
	found := text.ParseAll(s).Lang
	return found == language || found == ""
}

// greeted reports whether a greeting names the sender, where we know who it is.
func greeted(greeting, name string) bool {
	if greeting == "" || name == "" || strings.ContainsAny(name, "@:/<>0123456789") {
		return greeting != ""
	}
	for _, part := range strings.Fields(name) {
		if strings.Contains(greeting, part) {
			return true
		}
	}
	return false
}

// treated is what a draft does about a sentence; "" if it does not say.
func treated(r reply.Reply, sentence string) string {
	i := slices.IndexFunc(r.Answers, func(a reply.Answer) bool {
		return strings.Contains(a.Quote, sentence) || strings.Contains(sentence, a.Quote)
	})
	if i < 0 {
		return ""
	}
	return r.Answers[i].Treated
}
