package claim

import (
	"regexp"
	"slices"
	"strings"

	"rapport/internal/ai/guard"
)

// links finds whatever leads somewhere, however it is written, unless it leads
// where the workspace allows.
func (c *checker) links(folded string) {
	plain := dots.ReplaceAllString(folded, ".")
	for _, l := range scheme.FindAllString(plain, -1) {
		if !c.allowed(hostOf(l)) || !strings.HasPrefix(l, "https://") && !strings.HasPrefix(l, "http://") {
			c.fail("link", l, "Links lead to the addresses of the brand voice alone.")
		}
	}
	for _, h := range host.FindAllString(plain, -1) {
		if !c.allowed(h) && !c.ownAddress(plain, h) && !contains(c.known.facts, h) {
			c.fail("link", h, "Links lead to the addresses of the brand voice alone.")
		}
	}
}

// hostOf is the host of a link, "" where it hides one.
func hostOf(link string) string {
	_, rest, _ := strings.Cut(link, "//")
	end := strings.IndexAny(rest, "/?#")
	if end >= 0 {
		rest = rest[:end]
	}
	if strings.ContainsAny(rest, "@\\%") {
		return ""
	}
	rest, _, _ = strings.Cut(rest, ":")
	return strings.TrimRight(rest, ".,;!?)")
}

func (c *checker) allowed(h string) bool {
	h = strings.TrimSuffix(strings.ToLower(h), ".")
	return h != "" && slices.ContainsFunc(c.m.Domains, func(d string) bool {
		d = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(d)), "www.")
		return d != "" && (h == d || strings.HasSuffix(h, "."+d))
	})
}

// ownAddress reports whether a host stands only in addresses that may be there.
func (c *checker) ownAddress(folded, h string) bool {
	rest := folded
	for _, a := range c.m.Addresses {
		rest = strings.ReplaceAll(rest, strings.ToLower(a), "")
	}
	return !strings.Contains(rest, h)
}

func (c *checker) addresses(folded string) {
	for _, w := range at.FindAllString(folded, -1) {
		w = strings.Trim(w, " .,;:!?()<>\"'")
		if !slices.ContainsFunc(c.m.Addresses, func(a string) bool { return strings.EqualFold(a, w) }) {
			c.fail("address", w, "Addresses of others do not belong here.")
		}
	}
	for _, w := range handle.FindAllString(folded, -1) {
		if w = strings.TrimSpace(w); !strings.Contains(c.known.trusted, w) {
			c.fail("address", w, "Nobody asked to name this account.")
		}
	}
	if a := guard.Address(folded); a != "" && !slices.ContainsFunc(c.m.Addresses, func(own string) bool { return strings.EqualFold(own, a) }) {
		c.fail("address", a, "Addresses of others do not belong here.")
	}
}

// free are the fields of plans in which numbers are aims, not claims.
var free = []string{"target", "duration", "timeframe", "age_range", "frequency", "measurement"}

var (
	minutes = regexp.MustCompile(`^(?:[ -]| to )?(?:minutes?|mins?)\b`)
	bullet  = regexp.MustCompile(`^[.)] `)
)

// numbers finds those that nobody supplied. A call of so many minutes and the
// numbers of a list are no claims.
func (c *checker) numbers(folded string) {
	if c.kind.Inner && slices.Contains(free, c.at.Field()) {
		return
	}
	for _, n := range numbersIn(folded) {
		rest := folded[n.end:]
		short := len(n.digits) <= 2 && n.unit == ""
		switch {
		case c.known.numbers[n.key()]:
		case short && minutes.MatchString(rest) && slices.Contains([]string{"10", "15", "20", "30", "45", "60"}, n.digits):
		case short && len(n.digits) == 1 && bullet.MatchString(rest):
		default:
			c.fail("number", n.raw, "This number stands in no fact and not in the instructions.")
		}
	}
	for _, p := range quantity.FindAllStringIndex(folded, -1) {
		if w := folded[p[0]:p[1]]; !contains(c.known.trusted, w) && !harmless(w, folded[p[1]:]) {
			c.add(c.soften(), "number", w, "This amount stands in no fact and not in the instructions.")
		}
	}
}

// harmless are the amounts of everyday speech.
func harmless(w, rest string) bool {
	switch w {
	case "half":
		return strings.HasPrefix(rest, " an hour") || strings.HasPrefix(rest, "-hour") || strings.HasPrefix(rest, " hour")
	case "double":
		return strings.HasPrefix(rest, "-check") || strings.HasPrefix(rest, " check")
	case "manifold", "scaffold", "unfold", "blindfold":
		return true
	}
	return minutes.MatchString(rest)
}

// names finds who is named without having been supplied: an error where
// something is claimed of them, else for the eyes of whoever decides.
func (c *checker) names(s string) {
	for _, n := range properNames(s) {
		if c.known.words[Fold(n.word)] || slices.Contains(titles, c.at.Field()) {
			continue
		}
		level := Warning
		if claims.MatchString(Fold(n.sentence)) {
			level = c.soften()
		}
		c.add(level, "name", n.word, "This name stands in no fact and not in the instructions.")
	}
	for _, p := range company.FindAllStringSubmatch(s, -1) {
		if !c.known.words[Fold(p[1])] {
			c.add(c.soften(), "name", p[0], "This company stands in no fact and not in the instructions.")
		}
	}
	for _, sentence := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(".!?\n;", r) }) {
		folded := Fold(sentence)
		w := result.FindString(folded)
		if w == "" && !ours.MatchString(folded) {
			w = others.FindString(folded)
		}
		if w != "" && !c.supported(sentence) {
			c.add(c.soften(), "claim", w, "What somebody gained must stand in a fact.")
		}
	}
}

// titles are the fields in which every word may have a capital.
var titles = []string{"name", "headline", "og_title", "meta_title", "keywords", "hashtags", "subject_lines", "subject"}

// supported reports whether one fact says most of a sentence.
func (c *checker) supported(sentence string) bool {
	return slices.ContainsFunc(c.m.Facts, func(f Fact) bool { return knowledgeOf(Material{Facts: []Fact{f}}).resembles(sentence) })
}

// phrases finds words that promise, lure or give a machine away.
func (c *checker) phrases(folded string) {
	for _, r := range phrases {
		for _, w := range r.words.FindAllString(folded, -1) {
			w = strings.TrimSpace(w)
			basis := c.known.trusted
			if r.facts {
				basis = c.known.facts
			}
			if contains(basis, w) {
				continue
			}
			level := c.soften()
			if r.always {
				level = Error
			}
			c.add(level, r.code, w, r.text)
		}
	}
}
