package contact

import (
	"fmt"
	"slices"
	"strings"

	"rapport/internal/ai/cite"
)

// sources are the texts that may be quoted, by the names that engines use.
type sources map[string]*source

type source struct {
	entity, id string
	text       *cite.Source
	found      []Finding
}

func sourcesOf(in Input) sources {
	out := sources{}
	for i, m := range in.Mails {
		s := &source{entity: "message", id: m.ID, text: cite.Of(m.Text)}
		for _, f := range in.Findings {
			if f.MessageID == m.ID {
				s.found = append(s.found, f)
			}
		}
		out[MailLabel(i)] = s
	}
	for i, a := range in.Activities {
		out[ActivityLabel(i)] = &source{entity: "activity", id: a.ID, text: cite.Of(a.Text)}
	}
	return out
}

// MailLabel is what engines call a mail, by its place in the input.
func MailLabel(i int) string { return fmt.Sprintf("m%d", i+1) }

// ActivityLabel is what engines call an activity.
func ActivityLabel(i int) string { return fmt.Sprintf("a%d", i+1) }

// hold settles a citation, and reports whether its words stand in its source:
// in what was shown of it, or where intelligence found them.
func (s sources) hold(c *Citation) bool {
	c.Source = strings.ToLower(strings.TrimSpace(c.Source))
	src := s[c.Source]
	if src == nil {
		return false
	}
	c.Entity, c.ID = src.entity, src.id
	if src.text.Find(&c.Quote, &c.Start, &c.End) {
		return true
	}
	for _, f := range src.found {
		from, to := 0, 0
		if quote := c.Quote; cite.Of(f.Quote).Find(&quote, &from, &to) {
			c.Quote, c.Start, c.End = quote, f.Start+from, f.Start+to
			return true
		}
	}
	return false
}

func (s sources) citations(all []Citation) []Citation {
	kept := []Citation{}
	for _, c := range all {
		if len(kept) < maxCitations && s.hold(&c) && !slices.Contains(kept, c) {
			kept = append(kept, c)
		}
	}
	return kept
}

func (s sources) sentences(all []Sentence) []Sentence {
	kept := []Sentence{}
	for _, x := range all {
		x.Text, x.Citations = plain(x.Text, maxSentence), s.citations(x.Citations)
		if len(kept) < maxBrief && x.Text != "" && len(x.Citations) > 0 {
			kept = append(kept, x)
		}
	}
	return kept
}

func (s sources) signals(f *faults, field string, all []Signal, kinds []string) []Signal {
	kept := []Signal{}
	for i, x := range all {
		f.enum(fmt.Sprintf("%s/%d/kind", field, i), x.Kind, kinds)
		quoted := len(x.Citations) > 0
		x.Text, x.Citations = plain(x.Text, maxSignal), s.citations(x.Citations)
		invented := quoted && len(x.Citations) == 0
		if len(kept) < maxSignals && x.Text != "" && !invented {
			kept = append(kept, x)
		}
	}
	return kept
}
