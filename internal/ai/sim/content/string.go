package content

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

var words = []string{"plan", "offer", "meeting", "question", "answer", "project", "budget", "date", "team", "draft", "result", "order"}

const (
	tries   = 50
	usual   = 60     // characters of a string without a limit
	longest = 10_000 // bytes that a pattern is followed
)

func (g *generator) text(s object) (any, error) {
	least, most := int(float(s["minLength"], 0)), int(float(s["maxLength"], 1e6))
	if least > most || least > 100_000 {
		return nil, fmt.Errorf("a string of %d to %d characters", least, most)
	}
	if pattern, ok := s["pattern"].(string); ok {
		return g.matching(pattern, least, most)
	}
	if format, ok := s["format"].(string); ok {
		if v := g.formatted(format); v != "" {
			return v, nil
		}
	}
	out := g.phrase()
	if short := []rune(out); s["maxLength"] == nil && len(short) > usual { // the limit may have been lost
		out = strings.TrimSpace(string(short[:usual]))
	}
	for runes(out) < least {
		out += " " + g.phrase()
	}
	if runes(out) > most {
		out = string([]rune(out)[:most])
		if trimmed := strings.TrimSpace(out); runes(trimmed) >= least {
			out = trimmed
		}
	}
	return out, nil
}

// phrase is something out of the source, or a few words.
func (g *generator) phrase() string {
	if len(g.said) > 0 {
		return g.said[g.r.IntN(len(g.said))]
	}
	out := words[g.r.IntN(len(words))]
	for range g.r.IntN(3) {
		out += " " + words[g.r.IntN(len(words))]
	}
	return out
}

// formatted is a string of a format, or "" for one that is not known.
func (g *generator) formatted(format string) string {
	n := g.r.IntN
	switch format {
	case "date-time":
		return fmt.Sprintf("2027-%02d-%02dT%02d:%02d:00Z", 1+n(12), 1+n(28), n(24), n(60))
	case "date":
		return fmt.Sprintf("2027-%02d-%02d", 1+n(12), 1+n(28))
	case "time":
		return fmt.Sprintf("%02d:%02d:00Z", n(24), n(60))
	case "duration":
		return fmt.Sprintf("P%dD", 1+n(30))
	case "email", "idn-email":
		return words[n(len(words))] + "@example.com"
	case "hostname", "idn-hostname":
		return words[n(len(words))] + ".example.com"
	case "ipv4":
		return fmt.Sprintf("192.0.2.%d", n(256))
	case "ipv6":
		return fmt.Sprintf("2001:db8::%x", 1+n(65535))
	case "uri", "uri-reference", "iri", "iri-reference", "url":
		return "https://example.com/" + words[n(len(words))]
	case "uuid":
		return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", g.r.Uint32(), n(1<<16), n(1<<12), n(1<<12), g.r.Int64N(1<<48))
	case "json-pointer":
		return "/" + words[n(len(words))]
	case "regex":
		return "^[a-z]+$"
	}
	return ""
}

func (g *generator) matching(pattern string, least, most int) (any, error) {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("read the pattern: %w", err)
	}
	check, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("read the pattern: %w", err)
	}
	for i := range tries {
		if g.spent > patience {
			return nil, errLarge
		}
		var b strings.Builder
		g.match(&b, tree, i%8)
		out := b.String()
		for runes(out) < min(least, longest) && check.MatchString(out+"a") { // a pattern without an end
			out += "a"
		}
		if n := runes(out); n >= least && n <= most && check.MatchString(out) {
			return out, nil
		}
	}
	return nil, fmt.Errorf("nothing of %d to %d characters matches %s", least, most, pattern)
}

// match writes something that the tree matches; more repeats longer.
func (g *generator) match(b *strings.Builder, t *syntax.Regexp, more int) {
	if b.Len() > longest || g.tire() {
		return
	}
	repeat := func(low, high int) {
		n := low
		if high < 0 || high > low+more {
			high = low + more
		}
		if high > low {
			n += g.r.IntN(high - low + 1)
		}
		for range min(n, 1000) {
			g.match(b, t.Sub[0], more)
		}
	}
	switch t.Op {
	case syntax.OpLiteral:
		b.WriteString(string(t.Rune))
	case syntax.OpCharClass:
		if len(t.Rune) >= 2 {
			i := 2 * g.r.IntN(len(t.Rune)/2)
			span := min(int(t.Rune[i+1]-t.Rune[i]), 25) // mostly letters, never far from them
			b.WriteRune(t.Rune[i] + rune(g.r.IntN(span+1)))
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte(byte('a' + g.r.IntN(26)))
	case syntax.OpStar:
		repeat(0, -1)
	case syntax.OpPlus:
		repeat(1, -1)
	case syntax.OpQuest:
		repeat(0, 1)
	case syntax.OpRepeat:
		repeat(t.Min, t.Max)
	case syntax.OpAlternate:
		g.match(b, t.Sub[g.r.IntN(len(t.Sub))], more)
	case syntax.OpConcat, syntax.OpCapture:
		for _, s := range t.Sub {
			g.match(b, s, more)
		}
	}
}
