package prompt

import (
	"encoding/json"
	"fmt"
	"strings"

	"rapport/internal/agents"
	"rapport/internal/agents/content/brief"
	"rapport/internal/agents/content/stencil"
	"rapport/internal/ai"
	"rapport/internal/ai/guard"
	"rapport/internal/crm/content/claim"
	"rapport/internal/crm/content/kind"
	"rapport/internal/platform/problem"
)

// How long answers may be, in tokens.
const (
	shortAnswer = 2048
	longAnswer  = 8000
)

// Definition is the question for a kind. Deep is asked with longer thought,
// where the kind is worth it.
func Definition(k kind.Kind, deep bool) agents.Definition {
	d := agents.Definition{Name: "content." + k.Name, Version: "content." + k.Name + "/" + kind.Version + "+" + stencil.Version, Class: ai.Standard,
		Schema: k.Schema(), MaxTokens: longAnswer, Prompt: told, Verify: Verify}
	if k.Mail || k.Name == "seo" || k.Name == "social_post" {
		d.MaxTokens = shortAnswer
	}
	if deep && k.Deep {
		d.Class, d.MaxTokens = ai.Deep, longAnswer
	}
	return d
}

// Definitions are all questions.
func Definitions() []agents.Definition {
	var out []agents.Definition
	for _, k := range kind.All() {
		out = append(out, Definition(k, false))
	}
	return out
}

func told(w agents.Work) guard.Prompt {
	var b brief.Brief
	if json.Unmarshal(w.Input, &b) != nil {
		return guard.Prompt{}
	}
	return Of(b)
}

// maxSaid bounds how many faults an engine is told of.
const maxSaid = 6

// Verify lets an answer through in which the checks find no error: the same
// that hold for what people write.
func Verify(w agents.Work, output json.RawMessage) (json.RawMessage, error) {
	var b brief.Brief
	if err := json.Unmarshal(w.Input, &b); err != nil {
		return nil, fmt.Errorf("read a brief: %w", err)
	}
	var answer brief.Answer
	_ = json.Unmarshal(output, &answer) // the schema has seen it
	faults := b.Faults(answer)
	for _, f := range claim.Check(b.Of(), output, b.Material()) {
		if f.Level == claim.Error {
			faults = append(faults, fmt.Sprintf("%s: %s %q", f.Path, f.Text, f.Words))
		}
	}
	if len(faults) > 0 {
		return nil, problem.Newf(problem.Invalid, "content_refused", "The text cannot be used: %s", strings.Join(faults[:min(len(faults), maxSaid)], "; "))
	}
	return output, nil
}

// Brain answers what a prompt asks as a good model would, from its sections; it
// reports false for what is not its business.
func Brain(title string, sections map[string]string) (json.RawMessage, bool) {
	task, _, _ := strings.Cut(title, "/")
	name, ok := strings.CutPrefix(strings.Replace(task, "content_", "content.", 1), "content.")
	if _, known := kind.Find(name); !ok || !known {
		return nil, false
	}
	b := brief.Brief{Wish: brief.Wish{Kind: name, Topic: sections["topic"], Text: sections["text"]}, Author: sections["author"], Said: sections["said"]}
	b.Reader = brief.Reader{Name: sections["reader_name"], Title: sections["reader_title"], Company: sections["reader_company"], Industry: sections["reader_industry"]}
	for label, into := range map[string]any{"tone": &b.Tone, "platform": &b.Platform, "page_type": &b.PageType, "steps": &b.Steps, "days": &b.Days, "budget": &b.Budget, "currency": &b.Currency} {
		_ = json.Unmarshal([]byte(sections[label]), into) // what is not there stays empty
	}
	for line := range strings.Lines(sections["facts"]) {
		if id, text, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			b.Facts = append(b.Facts, claim.Fact{ID: id, Text: text})
		}
	}
	if c := sections["competitors"]; c != "" {
		b.Competitors = strings.Split(c, ", ")
	}
	out, err := stencil.Write(b)
	return out, err == nil
}
