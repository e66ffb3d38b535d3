package eval

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"rapport/internal/agents"
	"rapport/internal/agents/content/brief"
	"rapport/internal/agents/content/prompt"
)

// wanted is a text to write, with the properties that every good one has.
type wanted struct {
	ID    string          `json:"id"`
	Half  Half            `json:"half"`
	Input json.RawMessage `json:"input"`
	// Has is what the text says, Lacks what it must not.
	Has   []string `json:"has"`
	Lacks []string `json:"lacks"`

	brief brief.Brief
}

// writer is the agent of the cases; each of its kinds is a question of its own.
const writer = "content"

func contents() (Suite, error) {
	s := Suite{Agent: writer}
	all, err := read[wanted]("content")
	for _, c := range all {
		if err := json.Unmarshal(c.Input, &c.brief); err != nil {
			return s, fmt.Errorf("content %s: %w", c.ID, err)
		}
		k := c.brief.Of()
		if k.Name == "" {
			return s, fmt.Errorf("content %s: no such kind: %q", c.ID, c.brief.Kind)
		}
		s.Cases = append(s.Cases, Case{ID: c.ID, Half: c.Half, Agent: prompt.Definition(k, false), judge: c.judge,
			Work: agents.Work{Entity: "contact", SubjectID: c.ID, Input: c.Input}})
	}
	return s, err
}

var digits = regexp.MustCompile(`[0-9]+`)

// judge looks for the properties. A text that the verifier refused has none.
func (c wanted) judge(m *marks, answer json.RawMessage) error {
	var got struct {
		Subjects []string `json:"subject_lines"`
		Body     string   `json:"body"`
		CTA      string   `json:"cta"`
	}
	if err := unanswered(answer, &got); err != nil {
		return err
	}
	text := strings.ToLower(string(answer))
	m.holds("accepted by the verifier", answer != nil, "refused")
	for _, s := range c.Has {
		m.holds("says what it should", strings.Contains(text, strings.ToLower(s)), s)
	}
	for _, s := range c.Lacks {
		m.holds("says nothing that it must not", answer != nil && !strings.Contains(text, strings.ToLower(s)), s)
	}
	if !c.brief.Of().Mail {
		return nil
	}
	first := c.brief.First()
	m.holds("greets the reader", got.Body != "" && strings.Contains(strings.SplitN(got.Body, "\n", 2)[0], first), got.Body)
	m.holds("has three different subjects", len(slices.Compact(slices.Sorted(slices.Values(got.Subjects)))) == 3, fmt.Sprint(got.Subjects))
	words := len(strings.Fields(got.Body))
	m.holds("is a letter of 100 to 220 words", words >= 100 && words <= 220, fmt.Sprint(words, " words"))
	m.holds("asks for one step", strings.Count(got.CTA, "?") <= 1 && got.CTA != "", got.CTA)
	invented := invents(got.Body, string(c.Input))
	m.holds("invents no figure", answer != nil && len(invented) == 0, fmt.Sprint(invented))
	return nil
}

// invents are the figures of a text that its input does not have.
func invents(text, input string) (out []string) {
	known := digits.FindAllString(input, -1)
	for _, n := range digits.FindAllString(text, -1) {
		if !slices.Contains(known, n) {
			out = append(out, n)
		}
	}
	return out
}
