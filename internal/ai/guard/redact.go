package guard

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Redaction is what more is replaced in quoted text, by a workspace's wish.
// What is replaced can be put back into quotes of an answer, with Restore.
type Redaction struct {
	Addresses bool     `json:"addresses,omitempty" doc:"All e-mail addresses, those of the sender and the recipients too."`
	Phones    bool     `json:"phones,omitempty" doc:"Phone numbers."`
	Names     []string `json:"names,omitempty" doc:"Names that are replaced wherever they stand as whole words; at most 200."`
}

// Everything is the redaction that leaves nothing which can be told by its form.
func Everything() Redaction { return Redaction{Addresses: true, Phones: true} }

// with is what either of two redactions replaces.
func (r Redaction) with(more Redaction) Redaction {
	return Redaction{Addresses: r.Addresses || more.Addresses, Phones: r.Phones || more.Phones, Names: slices.Concat(r.Names, more.Names)}
}

var (
	phone = regexp.MustCompile(`(?:\+|\b00|\(0|\b0)[0-9](?:[ ()/.-]{0,3}[0-9]){6,13}`)
	link  = regexp.MustCompile(`(?i)\b(?:https?|ftp|mailto|data|javascript|vbscript|file|tel|sms):[^\s<>"']+|\bwww\.[^\s<>"']+|\b[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63}){0,3}\.[a-z]{2,24}/[^\s<>"']*`)
	mark  = regexp.MustCompile(`\[(?:address|phone|name)-[0-9]+\]`)
)

// veil replaces what is not to be seen, the same words by the same mark.
type veil struct {
	allowed []string
	redacts Redaction
	names   *regexp.Regexp
	marks   map[string]string // by what they stand for
	behind  map[string]string // what marks stand for
	count   map[string]int
}

func (p Prompt) veil() *veil {
	v := &veil{allowed: p.allowed, redacts: p.redacts}
	var names []string
	for _, n := range p.redacts.Names {
		if n = strings.TrimSpace(n); n != "" {
			names = append(names, regexp.QuoteMeta(n))
		}
	}
	if len(names) > 0 {
		slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) }) // the longest first
		v.names = regexp.MustCompile(`(?i)(?:^|\b)(?:` + strings.Join(names, "|") + `)(?:\b|$)`)
	}
	return v
}

func (v *veil) draw(text string) string {
	if strings.IndexByte(text, '@') >= 0 {
		text = eachAddress(text, func(a string) string {
			if !v.redacts.Addresses && slices.Contains(v.allowed, strings.ToLower(a)) {
				return a
			}
			return v.mark("address", a)
		})
	}
	if v.redacts.Phones {
		text = phone.ReplaceAllStringFunc(text, func(n string) string { return v.mark("phone", n) })
	}
	if v.names != nil {
		text = v.names.ReplaceAllStringFunc(text, func(n string) string { return v.mark("name", n) })
	}
	return text
}

func (v *veil) mark(kind, words string) string {
	if m, ok := v.marks[words]; ok {
		return m
	}
	if v.marks == nil {
		v.marks, v.behind, v.count = map[string]string{}, map[string]string{}, map[string]int{}
	}
	v.count[kind]++
	m := fmt.Sprintf("[%s-%d]", kind, v.count[kind])
	v.marks[words], v.behind[m] = m, words
	return m
}

// Restore puts back what was replaced, in those parts of an answer that cite
// the quoted text: the strings of properties named quote or evidence. Secrets
// stay away. What is no JSON is returned as it is.
func (p Prompt) Restore(output json.RawMessage) json.RawMessage {
	if !mark.Match(output) {
		return output
	}
	v := p.veil()
	for _, a := range p.parts {
		if a.kind == quoted {
			v.draw(a.text)
		}
	}
	var value any
	d := json.NewDecoder(bytes.NewReader(output))
	d.UseNumber()
	if len(v.behind) == 0 || d.Decode(&value) != nil {
		return output
	}
	b, err := json.Marshal(v.lift(value, false))
	if err != nil {
		return output
	}
	return b
}

// lift puts back what stood behind the marks of a value that cites.
func (v *veil) lift(value any, cites bool) any {
	switch x := value.(type) {
	case map[string]any:
		for k := range x {
			x[k] = v.lift(x[k], k == "quote" || k == "evidence")
		}
	case []any:
		for i := range x {
			x[i] = v.lift(x[i], cites)
		}
	case string:
		if cites {
			return mark.ReplaceAllStringFunc(x, func(m string) string {
				if words, ok := v.behind[m]; ok {
					return words
				}
				return m
			})
		}
	}
	return value
}

// Plain makes words of a model that read foreign text fit to be shown as ours:
// nothing that cannot be seen, no links, and no addresses.
func Plain(text string) string {
	text = Clean(text)
	if strings.ContainsAny(text, ":./") {
		text = link.ReplaceAllString(text, "[link]")
	}
	if strings.IndexByte(text, '@') >= 0 {
		text = eachAddress(text, func(string) string { return "[address]" })
	}
	return text
}

// Address is the bare address of "Ann Lee <ann@a.example>", in lower case; ""
// where there is none.
func Address(s string) (found string) {
	eachAddress(s, func(a string) string {
		if found == "" {
			found = strings.ToLower(a)
		}
		return ""
	})
	return found
}
