package text

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// A Cue is a phrase that speaks for a label. Question asks that the sentence be
// a question, Anchored that the phrase begin it. A Literal cue holds even when
// negated, as "cannot log in" does.
type Cue struct {
	Label    string
	Weight   float64
	Anchored bool
	Question bool
	Literal  bool
	Phrase   string
	slots    []slot
}

// slot is one place of a phrase: any of some words, or a gap of up to max
// words.
type slot struct {
	words    []int32
	number   bool
	optional bool
	gap      int
}

// Cues are compiled phrases. They are immutable and safe for all goroutines.
type Cues struct {
	list     []Cue
	words    map[string]int32
	prefixes map[string]int32
	initial  [256][]prefix // prefixes by first byte, shortest first
	first    [][]int32     // cues by the word that they begin with
}

// Hit is a cue found at some words of a sentence.
type Hit struct {
	Cue         *Cue
	First, Last int // words, half-open
	Sentence    int
	Negated     bool
}

// MustCues compiles cues, one a line, and panics on a malformed line:
//
//	label weight flags: phrase
//
// In a phrase a|b are alternatives, a? may be absent, pre* is a prefix, # a
// number, _ any word and ~ up to three words of the same clause. Flags are
// ^ (begins the sentence), ? (in a question) and ! (literal).
func MustCues(source string) *Cues {
	c := &Cues{words: map[string]int32{}, prefixes: map[string]int32{}}
	for n, l := range strings.Split(source, "\n") {
		if l = strings.TrimSpace(l); l == "" || l[0] == ';' {
			continue
		}
		if err := c.add(l); err != nil {
			panic(fmt.Sprintf("cue line %d: %v: %s", n+1, err, l))
		}
	}
	c.index()
	return c
}

func (c *Cues) add(l string) error {
	head, phrase, ok := strings.Cut(l, ": ")
	f := strings.Fields(head)
	if !ok || len(f) < 2 {
		return fmt.Errorf("no head")
	}
	weight, err := strconv.ParseFloat(f[1], 64)
	if err != nil {
		return err
	}
	cue := Cue{Label: f[0], Weight: weight, Phrase: phrase}
	if len(f) > 2 {
		cue.Anchored = strings.Contains(f[2], "^")
		cue.Question = strings.Contains(f[2], "?")
		cue.Literal = strings.Contains(f[2], "!")
	}
	for _, w := range strings.Fields(phrase) {
		cue.slots = append(cue.slots, c.slot(w))
	}
	if s := cue.slots[0]; s.gap > 0 || s.optional || s.number || len(s.words) == 0 {
		return fmt.Errorf("a phrase begins with a word")
	}
	c.list = append(c.list, cue)
	return nil
}

func (c *Cues) slot(w string) slot {
	switch w {
	case "~":
		return slot{gap: 3, optional: true}
	case "_":
		return slot{gap: 1}
	case "#":
		return slot{number: true}
	}
	s := slot{}
	if len(w) > 1 && strings.HasSuffix(w, "?") {
		s.optional = true
		w = w[:len(w)-1]
	}
	for _, a := range strings.Split(w, "|") {
		s.words = append(s.words, c.word(a))
	}
	return s
}

func (c *Cues) word(w string) int32 {
	set := c.words
	if len(w) > 1 && strings.HasSuffix(w, "*") {
		w, set = w[:len(w)-1], c.prefixes
	}
	id, ok := set[w]
	if !ok {
		id = int32(len(c.words) + len(c.prefixes) + 1)
		set[w] = id
	}
	return id
}

func (c *Cues) index() {
	for p, id := range c.prefixes {
		c.initial[p[0]] = append(c.initial[p[0]], prefix{p, id})
	}
	for _, list := range c.initial {
		sort.Slice(list, func(i, j int) bool { return list[i].word < list[j].word })
	}
	c.first = make([][]int32, len(c.words)+len(c.prefixes)+1)
	for i, cue := range c.list {
		for _, id := range cue.slots[0].words {
			c.first[id] = append(c.first[id], int32(i))
		}
	}
}

type prefix struct {
	word string
	id   int32
}

// ids are what a word of a text can match: itself and up to two prefixes.
type ids [3]int32

func (c *Cues) ids(w Word) ids {
	var out ids
	out[0] = c.words[w.Lower]
	if w.Kind != Letters {
		return out
	}
	n := 1
	for _, p := range c.initial[w.Lower[0]] {
		if n < len(out) && strings.HasPrefix(w.Lower, p.word) {
			out[n] = p.id
			n++
		}
	}
	return out
}

// Find returns every place at which a cue holds, in the order of the text.
func (c *Cues) Find(d *Doc) []Hit {
	known := make([]ids, len(d.Words))
	for i, w := range d.Words {
		known[i] = c.ids(w)
	}
	hits := make([]Hit, 0, 16)
	for si, s := range d.Sentences {
		m := &matcher{d.Words, known, s.Last}
		for i := s.First; i < s.Last; i++ {
			for _, id := range known[i] {
				if id == 0 {
					continue
				}
				for _, n := range c.first[id] {
					cue := &c.list[n]
					if cue.Question && !s.Question || cue.Anchored && i > s.First && (i > s.First+1 || d.Words[s.First].Kind != Mark) {
						continue
					}
					if end := m.match(cue.slots, i); end > 0 {
						hits = append(hits, Hit{cue, i, end, si, !cue.Literal && d.Negated(i, s.First)})
					}
				}
			}
		}
	}
	return hits
}

type matcher struct {
	words []Word
	known []ids
	last  int
}

// match returns the word after the phrase if its slots hold from word i on,
// else 0. Gaps are at most three words, so the work per word is bounded.
func (m *matcher) match(slots []slot, i int) int {
	if len(slots) == 0 {
		return i
	}
	s := &slots[0]
	if s.gap > 0 {
		least := s.gap
		if s.optional {
			least = 0
		}
		for n := 0; n <= s.gap; n++ {
			if n >= least {
				if end := m.match(slots[1:], i+n); end > 0 {
					return end
				}
			}
			if i+n >= m.last || m.words[i+n].Kind == Mark && !quoteMark(m.words[i+n].Lower) {
				return 0
			}
		}
		return 0
	}
	if i < m.last && m.holds(s, i) {
		if end := m.match(slots[1:], i+1); end > 0 {
			return end
		}
	}
	if s.optional {
		return m.match(slots[1:], i)
	}
	return 0
}

func (m *matcher) holds(s *slot, i int) bool {
	if s.number {
		return m.words[i].Kind == Number
	}
	k := &m.known[i]
	for _, w := range s.words {
		if w == k[0] || w == k[1] || w == k[2] {
			return true
		}
	}
	return false
}

func quoteMark(s string) bool { return s == `"` || s == "“" || s == "”" || s == "'" || s == "(" }

// Negated reports whether a negation governs word i: one at most four words
// before it in the same clause.
func (d *Doc) Negated(i, first int) bool {
	for j := i - 1; j >= first && j >= i-4; j-- {
		w := d.Words[j]
		if w.Kind == Mark && !quoteMark(w.Lower) {
			return false
		}
		switch w.Lower {
		case "but", "aber", "pero", "mais", "because", "and", "so", "or":
			return false
		case "only":
			if j > first && d.Words[j-1].Lower == "not" {
				return false
			}
		case "not", "no", "never", "without", "nothing", "neither", "nor", "hardly", "kein", "keine", "keinen", "nicht", "ohne", "sin", "nunca", "sans", "pas", "cannot":
			return true
		}
		if strings.HasSuffix(w.Lower, "n't") {
			return true
		}
	}
	return false
}

// Greets reports whether a hit is part of how somebody is greeted: a "good
// morning" is not content.
func (d *Doc) Greets(h Hit) bool {
	s := d.Sentences[h.Sentence]
	if s.Greeting {
		return true
	}
	if h.Sentence > 1 || h.First-s.First > 4 || !Greets(d.Words[s.First].Lower) {
		return false
	}
	return slices.ContainsFunc(d.Words[h.Last:min(h.Last+6, s.Last)], func(w Word) bool { return w.Lower == "," || w.Lower == "!" })
}
