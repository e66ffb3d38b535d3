package eval

import (
	"encoding/json"
	"slices"
	"strings"

	"rapport/internal/agents"
	"rapport/internal/agents/email/reply"
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
}

func replies() (Suite, error) {
	s := Suite{Agent: reply.Question}
	threads, err := read[thread]("reply")
	for _, t := range threads {
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
	text := strings.ToLower(got.Text())
	m.holds("accepted by the verifier", answer != nil, "refused")
	for _, q := range t.Answered {
		m.holds("answers what is known", treated(got, q) == "answered", q)
	}
	for _, q := range t.Left {
		kind := treated(got, q)
		m.holds("leaves what is unknown", kind == "asked" || kind == "deferred", q)
	}
	for _, s := range t.Has {
		m.holds("says what it should", strings.Contains(text, strings.ToLower(s)), s)
	}
	for _, s := range t.Lacks {
		m.holds("says nothing that it must not", answer != nil && !strings.Contains(text, strings.ToLower(s)), s)
	}
	return nil
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
