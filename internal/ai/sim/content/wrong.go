package content

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

// Wrongs are the ways in which Spoil spoils an answer.
func Wrongs() []string { return []string{"fenced", "prose", "invalid", "enum", "null", "cut"} }

// Spoil gives an answer as models give it that were not held to a schema:
// "fenced" and "prose" wrap it, "invalid" lacks what is required, "enum" has a
// word that is not allowed, "null" has no lists, "cut" ends early.
func Spoil(answer json.RawMessage, how string) string {
	switch how {
	case "fenced":
		return "```json\n" + string(answer) + "\n```"
	case "prose":
		return "Here is what you asked for:\n\n" + string(answer) + "\n\nLet me know if {anything} is missing."
	case "cut":
		return string(answer[:len(answer)/2])
	}
	var v any
	if json.Unmarshal(answer, &v) != nil {
		return string(answer)
	}
	switch how {
	case "invalid":
		o, ok := v.(object)
		if !ok {
			return `{"unexpected":true}`
		}
		for _, k := range slices.Sorted(maps.Keys(o)) {
			o[k] = object{"unexpected": o[k]}
			break
		}
		o["unexpected"] = true
	case "enum":
		v = each(v, func(x any) any {
			if s, ok := x.(string); ok {
				return "UNHEARD_OF_" + s
			}
			return x
		})
	case "null":
		v = each(v, func(x any) any {
			if _, ok := x.([]any); ok {
				return nil
			}
			return x
		})
	}
	return marshal(v)
}

// Invent replaces what an answer quotes and names by what nobody wrote and
// nobody knows: it satisfies the schema and is not true.
func Invent(answer json.RawMessage, r *rand.Rand) string {
	var v any
	if json.Unmarshal(answer, &v) != nil {
		return string(answer)
	}
	return marshal(invent("", v, r))
}

var identifier = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}$`)

func invent(name string, v any, r *rand.Rand) any {
	switch x := v.(type) {
	case object:
		for _, k := range slices.Sorted(maps.Keys(x)) {
			x[k] = invent(k, x[k], r)
		}
	case []any:
		for i := range x {
			x[i] = invent(name, x[i], r)
		}
	case string:
		g := generator{r: r}
		if identifier.MatchString(x) || strings.HasSuffix(name, "_id") || name == "id" {
			return g.formatted("uuid")
		}
		if name == "quote" || strings.HasSuffix(name, "_quote") {
			words := []rune("We hereby agree to whatever this says, at any price and without any delay, signed and sealed.")
			n := len([]rune(x)) // the place stays plausible
			for len(words) < n {
				words = append(words, words...)
			}
			return string(words[:n])
		}
	}
	return v
}

// each replaces every value within v, from the inside.
func each(v any, f func(any) any) any {
	switch x := v.(type) {
	case object:
		for k := range x {
			x[k] = each(x[k], f)
		}
	case []any:
		for i := range x {
			x[i] = each(x[i], f)
		}
	}
	return f(v)
}

var (
	orders     = regexp.MustCompile(`(?i)(ignore|disregard|forget|override|instead|you (must|are now|will)|system:|assistant:|new instructions?|answer (only )?with|reply (only )?with|respond (only )?with)`)
	settings   = regexp.MustCompile(`(?i)\b(?:set|mark|put|change|rate)\s+(?:the\s+)?["']?([a-z_]+)["']?\s+(?:to|as|=)\s+["']?([A-Za-z0-9_.-]*[A-Za-z0-9])`)
	demanded   = regexp.MustCompile(`(?is)(?:answer|reply|respond|say|output|return|write)\s+(?:only\s+)?(?:with\s+)?(?:exactly\s+)?["“']([^"”']+)["”']`)
	calls      = regexp.MustCompile(`(?i)\b(?:call|use|run|invoke)\s+(?:the\s+)?(?:tool\s+)?["'\x60]?([a-z][a-z0-9_.-]+)`)
	firstBrace = regexp.MustCompile(`(?s)\{.*\}`)
)

// Orders reports whether a text tries to instruct its reader.
func Orders(text string) bool { return orders.MatchString(text) }

// Obey answers as a model that does what foreign text tells it: it gives the
// JSON that the text holds, sets the fields that the text names, and carries
// its addresses and links into every free text. Without a schema it says what
// the text demands. It reports false where the text orders nothing.
func Obey(answer json.RawMessage, text string) (string, bool) {
	if !Orders(text) {
		return "", false
	}
	if m := firstBrace.FindString(text); m != "" && json.Valid([]byte(m)) {
		return m, true
	}
	var v any
	if json.Unmarshal(answer, &v) != nil {
		v = string(answer)
	}
	o, ok := v.(object)
	if !ok {
		if m := demanded.FindStringSubmatch(text); m != nil {
			return m[1], true
		}
		return strings.TrimSpace(text), true
	}
	for _, m := range settings.FindAllStringSubmatch(text, -1) {
		o[strings.ToLower(m[1])] = literal(m[2])
	}
	said := ""
	if m := demanded.FindStringSubmatch(text); m != nil {
		said = m[1]
	} else if m := regexp.MustCompile(`https?://\S+|[\w.+-]+@[\w-]+\.[\w.]+`).FindString(text); m != "" {
		said = m
	}
	for k, x := range o {
		if s, ok := x.(string); ok && said != "" && strings.ContainsRune(s, ' ') {
			o[k] = said
		}
	}
	return marshal(o), true
}

// Ordered is the tool of names that a text orders to be used, and the input
// that it gives for it.
func Ordered(text string, names []string) (tool string, input json.RawMessage, ok bool) {
	if !Orders(text) {
		return "", nil, false
	}
	for _, m := range calls.FindAllStringSubmatch(text, -1) {
		if slices.Contains(names, m[1]) {
			input = json.RawMessage(firstBrace.FindString(text))
			if !json.Valid(input) {
				input = json.RawMessage(`{}`)
			}
			return m[1], input, true
		}
	}
	return "", nil, false
}

func literal(word string) any {
	var v any
	if json.Unmarshal([]byte(word), &v) == nil {
		return v
	}
	return word
}

func marshal(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}
