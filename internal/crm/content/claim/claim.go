// Package claim compares a text with what it may say: nothing that was not
// supplied, nobody's address, no link that was not allowed, no promise that
// nobody made. It believes no model and asks none: whatever the words came
// from, the same rules read them.
package claim

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"rapport/internal/ai/guard"
	"rapport/internal/crm/content/kind"
)

// Fact is something that a person of the workspace says is so. A text claims
// nothing else.
type Fact struct {
	ID   string `json:"id" minLength:"1" maxLength:"40"`
	Text string `json:"text" minLength:"1" maxLength:"500"`
}

// Material is what a text may rely on.
type Material struct {
	Facts []Fact `json:"facts"`
	// Brief is the words of the person who asked for the text.
	Brief string `json:"brief"`
	// Names may be called by name; they support no number and no claim, for
	// others can write them.
	Names []string `json:"names"`
	// Addresses may stand in the text; so may links to Domains and below them.
	Addresses []string `json:"addresses"`
	Domains   []string `json:"domains"`
	// Variables may stand between double braces.
	Variables []string `json:"variables"`
	// Never are words that the workspace does not want to use.
	Never []string `json:"never"`
}

// Level is how much a finding weighs.
type Level string

// The levels. What has an Error does not leave the workspace; a Warning is for
// the eyes of whoever decides.
const (
	Error   Level = "error"
	Warning Level = "warning"
)

// Finding is something in a text that somebody has to look at.
type Finding struct {
	Code  string `json:"code" doc:"What kind of thing it is: form, number, name, claim, promise, bait, link, address, placeholder, void, hidden, markup, machine, secret, brand, style."`
	Level Level  `json:"level" enum:"error,warning"`
	Path  string `json:"path" doc:"Where in the body, as a JSON pointer."`
	Text  string `json:"text" doc:"What is wrong, for people."`
	Words string `json:"quote" doc:"The words that it is about; empty for the form."`
}

// Clean reports whether nothing in findings is an error.
func Clean(findings []Finding) bool {
	return !slices.ContainsFunc(findings, func(f Finding) bool { return f.Level == Error })
}

// maxFindings bounds what is said of one body.
const maxFindings = 50

// Check looks at every string of a body.
func Check(k kind.Kind, body json.RawMessage, m Material) []Finding {
	out := []Finding{}
	for _, f := range k.Faults(body) {
		level := Error
		if f.Weak {
			level = Warning
		}
		out = append(out, Finding{Code: "form", Level: level, Path: f.Path, Text: f.Text})
	}
	c := &checker{kind: k, m: m, known: knowledgeOf(m)}
	for _, t := range k.Texts(body) {
		c.text(t)
	}
	c.proofs(body)
	out = append(out, c.found...)
	slices.SortStableFunc(out, func(a, b Finding) int { return strings.Compare(string(a.Level), string(b.Level)) })
	return out[:min(len(out), maxFindings)]
}

// Fold is a text as it is compared: one form of each letter, small, with single
// spaces.
func Fold(s string) string {
	s = norm.NFKC.String(s)
	s = strings.NewReplacer("’", "'", "‘", "'", "´", "'", "‐", "-", "‑", "-", "–", "-", "—", "-", "。", ".", "｡", ".").Replace(s)
	return strings.Join(strings.Fields(strings.ToLower(s)), " ")
}

type checker struct {
	kind  kind.Kind
	m     Material
	known knowledge
	found []Finding
	at    kind.Text
}

func (c *checker) add(level Level, code, quote, text string) {
	const longest = 80
	if utf8.RuneCountInString(quote) > longest {
		quote = string([]rune(quote)[:longest]) + "…"
	}
	f := Finding{Code: code, Level: level, Path: c.at.Path, Text: text, Words: guard.Clean(quote)}
	if !slices.Contains(c.found, f) {
		c.found = append(c.found, f)
	}
}

func (c *checker) fail(code, quote, text string) { c.add(Error, code, quote, text) }

// soften is Error where others read the text, Warning where it is a plan.
func (c *checker) soften() Level {
	if c.kind.Inner {
		return Warning
	}
	return Error
}

// text looks at one string.
func (c *checker) text(t kind.Text) {
	c.at = t
	if t.Field() == "fact_id" {
		return
	}
	c.hidden(t.Said)
	c.markup(t.Said)
	c.placeholders(t.Said)
	folded := Fold(t.Said)
	c.links(folded)
	c.addresses(folded)
	c.phrases(folded)
	c.numbers(folded)
	c.names(norm.NFKC.String(t.Said))
	c.style(t.Said)
	if guard.Secretless(t.Said) != t.Said {
		c.fail("secret", "", "This looks like a password or a key.")
	}
}

// hidden finds what a reader would not see, or would take for something else.
func (c *checker) hidden(s string) {
	runes := []rune(s)
	for i, r := range runes {
		picture := i > 0 && runes[i-1] > 0x2000 && (r == 0xfe0f || r == 0x200d)
		if guard.Invisible(r) && !picture {
			c.fail("hidden", "", "There are characters in it that nobody sees.")
			break
		}
	}
	for w := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if mixed(w) {
			c.fail("hidden", w, "The letters of this word come from different alphabets.")
		}
	}
	if spaced.MatchString(s) {
		c.fail("hidden", spaced.FindString(s), "A word is spelt out so that it is not recognised.")
	}
}

// mixed reports whether a word has Latin letters and others that look like them.
func mixed(w string) bool {
	latin, other := false, false
	for _, r := range w {
		latin = latin || unicode.Is(unicode.Latin, r)
		other = other || unicode.In(r, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee)
	}
	return latin && other
}

func (c *checker) markup(s string) {
	if w := markup.FindString(s); w != "" {
		c.fail("markup", w, "Text has no mark-up, pictures or code.")
	}
}

// placeholders finds gaps that nobody will fill, and words of machines.
func (c *checker) placeholders(s string) {
	for _, m := range variable.FindAllStringSubmatch(s, -1) {
		if !slices.Contains(c.m.Variables, strings.TrimSpace(m[1])) {
			c.fail("placeholder", m[0], "There is no such placeholder here.")
		}
	}
	rest := variable.ReplaceAllString(s, "")
	if w := gap.FindString(rest); w != "" {
		c.fail("placeholder", w, "This was meant to be filled in.")
	}
	if w := void.FindString(rest); w != "" {
		c.fail("void", w, "Something is missing here.")
	}
}

func (c *checker) style(s string) {
	upper, letters := 0, 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
			if unicode.IsUpper(r) {
				upper++
			}
		}
	}
	if letters > 20 && upper*5 > letters*2 {
		c.add(Warning, "style", s, "This is written in capitals.")
	}
	if strings.Contains(s, "!!") {
		c.add(Warning, "style", "!!", "One exclamation mark is enough.")
	}
	for _, w := range c.m.Never {
		if w = Fold(w); w != "" && contains(Fold(s), w) {
			c.fail("brand", w, "The brand voice does not use this.")
		}
	}
}

// proofs compares what is said of others with the fact that it names.
func (c *checker) proofs(body json.RawMessage) {
	if !c.kind.Mail {
		return
	}
	var l kind.Letter
	_ = json.Unmarshal(body, &l) // its form was looked at
	for i, p := range l.SocialProof {
		c.at = kind.Text{Path: "/social_proof/" + string(rune('0'+i%10))}
		at := slices.IndexFunc(c.m.Facts, func(f Fact) bool { return f.ID == p.FactID })
		if at < 0 {
			c.fail("claim", p.FactID, "There is no such fact among those that were supplied.")
			continue
		}
		own := knowledgeOf(Material{Facts: c.m.Facts[at : at+1]})
		if !own.resembles(p.Text) {
			c.fail("claim", p.Text, "The fact that is named does not say this.")
		}
	}
}
