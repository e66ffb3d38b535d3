// Package stencil writes without a model: templates with slots, a kind and a
// tone at a time. A line whose slot nothing is known for is left out; what was
// not supplied is never said.
package stencil

import (
	"context"
	_ "embed" // the templates are data
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"rapport/internal/agents/content/brief"
	"rapport/internal/crm/content"
	"rapport/internal/crm/content/claim"
	"rapport/internal/crm/content/kind"
)

// Version names the templates.
const Version = "stencil/1"

//go:embed letters.txt
var lettersText string

// template is a letter of a kind and tone.
type template struct {
	subjects, points []string
	body, cta        string
}

var letters = sync.OnceValue(func() map[string]template { return parse(lettersText) })

func parse(text string) map[string]template {
	out := map[string]template{}
	for part := range strings.SplitSeq(text, "\n# ") {
		name, rest, _ := strings.Cut(strings.TrimPrefix(part, "# "), "\n")
		var t template
		var body []string
		inside := false
		for line := range strings.SplitSeq(rest, "\n") {
			key, value, _ := strings.Cut(line, ": ")
			switch {
			case line == "body:":
				inside = true
			case key == "cta":
				inside, t.cta = false, value
			case key == "subject" && !inside:
				t.subjects = append(t.subjects, value)
			case key == "point":
				t.points = append(t.points, value)
			case inside:
				body = append(body, line)
			}
		}
		t.body = strings.Join(body, "\n")
		out[name] = t
	}
	return out
}

var slot = regexp.MustCompile(`\{([a-z0-9]+)(?:\|([^}]*))?\}`)

// fill puts what is known into a template; lines with a gap are left out.
func fill(text string, known map[string]string) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		line, whole := conditional(line, known)
		line = slot.ReplaceAllStringFunc(line, func(s string) string {
			m := slot.FindStringSubmatch(s)
			switch {
			case known[m[1]] != "":
				return known[m[1]]
			case m[2] != "":
				return m[2]
			}
			whole = false
			return ""
		})
		if whole {
			lines = append(lines, line)
		}
	}
	return strings.TrimSpace(strings.ReplaceAll(strings.Join(lines, "\n"), "\n\n\n", "\n\n"))
}

// conditional is a line without its condition, and whether it holds: "?name "
// begins a line for when something is known, "!name " one for when it is not.
func conditional(line string, known map[string]string) (rest string, holds bool) {
	if line == "" || line[0] != '?' && line[0] != '!' {
		return line, true
	}
	name, rest, _ := strings.Cut(line[1:], " ")
	return rest, (known[name] != "") == (line[0] == '?')
}

// errUnknown says that there is nothing to write by.
var errUnknown = errors.New("there are no templates for this kind")

// Tasks are the questions that templates answer, by name.
func Tasks() map[string]func(context.Context, json.RawMessage) (json.RawMessage, error) {
	out := map[string]func(context.Context, json.RawMessage) (json.RawMessage, error){}
	for _, k := range kind.All() {
		out["content."+k.Name] = func(ctx context.Context, input json.RawMessage) (json.RawMessage, error) {
			var b brief.Brief
			if err := json.Unmarshal(input, &b); err != nil {
				return nil, fmt.Errorf("read a brief: %w", err)
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			return Write(b)
		}
	}
	return out
}

// Write writes what a brief asks for. What records say of the reader is used
// only as far as it passes the checks: field by field, the doubtful ones are
// left out.
func Write(b brief.Brief) (json.RawMessage, error) {
	for _, leave := range []func(*brief.Brief){
		func(*brief.Brief) {}, func(b *brief.Brief) { b.Recent = nil }, func(b *brief.Brief) { b.Reader.Title = "" }, func(b *brief.Brief) { b.Reader.Company = "" },
		func(b *brief.Brief) { b.Topic = "" }, func(b *brief.Brief) { b.Reader = brief.Reader{} }, func(b *brief.Brief) { b.Facts, b.Voice.Facts = nil, nil },
	} {
		leave(&b)
		body, err := compose(b)
		if err != nil || claim.Clean(claim.Check(b.Of(), body, b.Material())) {
			return body, err
		}
	}
	return compose(b) // whoever asked hears what is wrong with it
}

func compose(b brief.Brief) (json.RawMessage, error) {
	var v any
	switch b.Kind {
	case "followup", "proposal", "case_study":
		v = letter(b)
	case "sequence":
		v = sequence(b)
	case "landing_copy":
		v = landing(b)
	case "seo":
		v = seo(b)
	case "improve":
		v = improve(b)
	case "social_post":
		v = post(b)
	case "social_variations":
		v = variations(b)
	case "hooks":
		v = hooks(b)
	case "persona":
		v = persona(b)
	case "strategy":
		v = strategy(b)
	case "campaign_plan":
		v = campaign(b)
	case "competitor_analysis":
		v = competitors(b)
	default:
		return nil, errUnknown
	}
	return json.Marshal(v)
}

func letter(b brief.Brief) kind.Letter {
	tone := b.Tone
	if tone == "" {
		tone = toneOf(b)
	}
	t := letters()[b.Kind+" "+tone]
	known := slots(b)
	l := kind.Letter{Body: fill(t.body, known), CTA: fill(t.cta, known), Tone: tone, TalkingPoints: t.points, SocialProof: []kind.Proof{}}
	for _, s := range t.subjects {
		l.SubjectLines = append(l.SubjectLines, clip(fill(s, known), 120))
	}
	for _, f := range proofs(b) {
		if strings.Contains(l.Body, f.Text) {
			l.SocialProof = append(l.SocialProof, kind.Proof{FactID: f.ID, Text: clip(f.Text, 300)})
		}
	}
	return l
}

// toneOf is the tone that the brand voice suggests.
func toneOf(b brief.Brief) string {
	words := strings.ToLower(strings.Join(b.Voice.ToneWords, " "))
	switch {
	case strings.Contains(words, "friend"), strings.Contains(words, "warm"), strings.Contains(words, "casual"):
		return "friendly"
	case strings.Contains(words, "consult"), strings.Contains(words, "advis"), strings.Contains(words, "calm"):
		return "consultative"
	}
	return "professional"
}

// slots are what is known, fit to stand in a sentence.
func slots(b brief.Brief) map[string]string {
	known := map[string]string{"first": b.First(), "company": content.NameOf(b.Reader.Company), "title": content.NameOf(b.Reader.Title), "topic": phrase(b.Topic)}
	if len(b.Recent) > 0 {
		if s := phrase(b.Recent[0].Subject); s != "" {
			known["subject"] = `“` + s + `”`
		}
	}
	cases, others := proofs(b), []claim.Fact{}
	for _, f := range b.Known() {
		if !proves(f) {
			others = append(others, f)
		}
	}
	for name, list := range map[string][]claim.Fact{"proof": cases, "fact": others} {
		for i, f := range list[:min(len(list), 2)] {
			key := fmt.Sprint(name, i+1)
			if name == "proof" && i == 0 {
				key = name
			}
			known[key] = sentence(f.Text)
		}
	}
	if len(cases) == 0 {
		known["noproof"] = "I would rather show you the method than praise it: begin in one area, listen, put right what is missing, and only then go on."
	}
	return known
}

// proves reports whether a fact tells of somebody who gained something.
func proves(f claim.Fact) bool { return gained.MatchString(f.Text) }

var gained = regexp.MustCompile(`(?i)\b(?:cut|saved?|saves|reduced|increased|grew|doubled|tripled|halved|won|gained|achieved|improved|moved|customers?|clients?|trust|chose|uses?)\b`)

func proofs(b brief.Brief) []claim.Fact {
	var out []claim.Fact
	for _, f := range b.Known() {
		if proves(f) {
			out = append(out, f)
		}
	}
	return out[:min(len(out), 2)]
}

var answers = regexp.MustCompile(`(?i)^(?:(?:re|fwd?|aw|wg|sv|tr)\s*:\s*)+`)

// phrase is a text as part of a sentence: one line, without an end.
func phrase(s string) string {
	s = answers.ReplaceAllString(strings.TrimSpace(s), "")
	return strings.TrimRight(content.NameOf(s), ".!?:;, ")
}

// sentence is a fact as a sentence.
func sentence(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if s != "" && !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}

// clip shortens at a word's end.
func clip(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	cut := string(r[:most])
	if i := strings.LastIndexByte(cut, ' '); i > most/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:-")
}
