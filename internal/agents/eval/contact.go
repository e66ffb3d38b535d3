package eval

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rapport/internal/agents"
	"rapport/internal/agents/contact/prompt"
)

// somebody is a contact with what a careful reader thinks of them. The reported
// half was labelled before the rules saw it.
type somebody struct {
	ID    string          `json:"id"`
	Half  Half            `json:"half"`
	Input json.RawMessage `json:"input"`
	// Want has the values of an assessment that are labelled, by their path.
	Want map[string]any `json:"want"`
}

func contacts() (Suite, error) {
	s := Suite{Agent: prompt.Question}
	all, err := read[somebody]("contact")
	for _, c := range all {
		var in struct{ Now time.Time }
		if err := json.Unmarshal(c.Input, &in); err != nil {
			return s, fmt.Errorf("contact %s: %w", c.ID, err)
		}
		s.Cases = append(s.Cases, Case{ID: c.ID, Half: c.Half, Agent: prompt.Definition(false), judge: c.judge,
			Work: agents.Work{Entity: "contact", SubjectID: c.ID, Input: c.Input, At: in.Now}})
	}
	return s, err
}

func (c somebody) judge(m *marks, answer json.RawMessage) error {
	var got map[string]any
	if err := unanswered(answer, &got); err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(c.Want)) {
		m.oneOf(path, at(got, path), []string{fmt.Sprint(c.Want[path])})
	}
	var said struct {
		Brief []struct{ Citations []any }
	}
	if err := unanswered(answer, &said); err != nil {
		return err
	}
	cited := answer != nil
	for _, s := range said.Brief {
		cited = cited && len(s.Citations) > 0
	}
	m.holds("every sentence of the brief is cited", cited, "one is not")
	return nil
}

// at is the value at a path, as words; "" where there is none.
func at(v any, path string) string {
	for _, name := range strings.Split(path, ".") {
		fields, _ := v.(map[string]any)
		if v = fields[name]; v == nil {
			return ""
		}
	}
	return fmt.Sprint(v)
}
