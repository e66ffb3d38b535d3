package email

import (
	"math"
	"net/mail"
	"sort"
	"strings"

	"rapport/internal/ai/text"
	"rapport/internal/ai/text/entity"
	"rapport/internal/ai/text/when"
)

const (
	maxItems = 12  // of a kind
	maxQuote = 400 // bytes
)

// RulesIntelligence says what a message holds, without a model. Every item is
// a quote of the author's own words.
func RulesIntelligence(in IntelligenceInput) Intelligence {
	r := read(in)
	f := &finder{reading: r, hits: itemRules().Find(r.body), amounts: entity.Amounts(r.body)}
	f.statements()
	f.questions()
	f.delegated()
	f.facts()
	items := f.finish()
	out := Intelligence{Items: items, Reasons: []string{}}
	out.Summary = r.summary(f.favour(), 2, 300)
	out.Readiness, out.Reasons = f.readiness()
	out.Energy = f.energy()
	out.Confidence = f.confidence()
	return out
}

// finder collects the items of one message.
type finder struct {
	*reading
	hits    []text.Hit
	amounts []entity.Money
	found   []finding
}

// finding is an item and how sure the rules are. Sentence is -1 in a
// signature.
type finding struct {
	item     Item
	weight   float64
	sentence int
}

// spot is some bytes of the body and their sentence.
type spot struct{ start, end, sentence int }

func (f *finder) add(kind string, at spot, weight float64, a Attributes) {
	quote, s := f.cite(at.start, at.end, maxQuote)
	if quote == "" {
		return
	}
	f.found = append(f.found, finding{Item{kind, text.OneLine(quote, maxQuote), quote, s.Start, s.End, a}, weight, at.sentence})
}

// statements turns cues into items: the clause around the cue, once for each
// kind and clause.
func (f *finder) statements() {
	type place struct {
		kind  string
		first int
	}
	best := map[place]text.Hit{}
	var order []place
	for _, h := range f.hits {
		kind := h.Cue.Label
		if h.Negated || strings.HasPrefix(kind, "ready.") || !f.fits(h) {
			continue
		}
		first, _ := f.clause(h)
		p := place{kind, first}
		had, ok := best[p]
		if !ok {
			order = append(order, p)
		}
		if !ok || h.Cue.Weight > had.Cue.Weight {
			best[p] = h
		}
	}
	for _, p := range order {
		h := best[p]
		first, last := f.clause(h)
		start, end := f.body.WordSpan(first, last)
		f.add(p.kind, spot{start, end, h.Sentence}, h.Cue.Weight, f.attributes(p.kind, first, last))
	}
}

// fits refuses what the form of the sentence contradicts: a question states
// no goal, pain, decision or promise.
func (f *finder) fits(h text.Hit) bool {
	s := f.body.Sentences[h.Sentence]
	if s.Greeting {
		return false
	}
	first, last := f.clause(h)
	asks := s.Question && last == s.Last
	switch h.Cue.Label {
	case "decision", "requirement", "pain_point":
		return !asks
	case "commitment":
		threat := h.First > s.First && (f.body.Words[h.First-1].Lower == "or" || f.body.Words[h.First-1].Lower == "otherwise")
		return !asks && !threat
	case "goal":
		return !asks && !f.within("idea", first, last)
	case "action_item":
		return !f.courtesy(h)
	case "idea":
		return !(clause{f, first, last}).has("demo", "presentation")
	}
	return true
}

// courtesy reports whether "please" asks for nothing to be done.
func (f *finder) courtesy(h text.Hit) bool {
	w := f.body.Words
	if h.Last-h.First != 2 || !strings.HasPrefix(w[h.First].Lower, "p") && w[h.First].Lower != "kindly" {
		return false
	}
	switch w[h.Last-1].Lower {
	case "note", "find", "see", "welcome", "accept", "correct", "excuse", "forgive", "feel", "don't", "do", "be", "ignore", "the", "a", "i", "we", "to", "and", "or":
		return true
	}
	return w[h.Last-1].Kind != text.Letters || h.Last < len(w) && w[h.Last-1].Lower == "let" && w[h.Last].Lower == "me"
}

// within reports whether a cue of a kind stands in some words.
func (f *finder) within(kind string, first, last int) bool {
	i := sort.Search(len(f.hits), func(i int) bool { return f.hits[i].First >= first })
	for ; i < len(f.hits) && f.hits[i].First < last; i++ {
		if h := f.hits[i]; h.Cue.Label == kind && !h.Negated && !(clause{f, first, last}).has("demo", "presentation") {
			return true
		}
	}
	return false
}

// clause widens a cue to its clause: up to a semicolon, or to a comma or "and"
// behind which somebody else begins to act.
func (f *finder) clause(h text.Hit) (first, last int) {
	s := f.body.Sentences[h.Sentence]
	first, last = s.First, s.Last
	for i := h.First; i > s.First; i-- {
		if f.breaks(i, s) {
			first = i
			break
		}
	}
	for i := h.Last; i < s.Last; i++ {
		if f.breaks(i, s) {
			last = i
			break
		}
	}
	for first < last-1 && (f.body.Words[first].Kind == text.Mark || joins(f.body.Words[first].Lower) && first > s.First) {
		first++
	}
	for last > first+1 && f.body.Words[last-1].Kind == text.Mark && strings.Contains(",;:-–(", f.body.Words[last-1].Lower) {
		last--
	}
	return first, last
}

func joins(w string) bool { return w == "and" || w == "but" || w == "und" || w == "aber" || w == "so" }

// breaks reports whether a clause begins at word i.
func (f *finder) breaks(i int, s text.Sentence) bool {
	w := f.body.Words
	if i-s.First < 3 || s.Last-i < 3 {
		return false
	}
	if w[i].Lower == ";" {
		return true
	}
	if !joins(w[i].Lower) {
		return false
	}
	n := w[i+1]
	switch n.Lower {
	case "i", "we", "you", "he", "she", "they", "it", "i'll", "we'll", "i'm", "we're", "wir", "ich", "the", "our", "my", "could", "can", "will", "please":
		return true
	}
	return n.Title && n.Kind == text.Letters
}

// questions are the sentences that ask and are not a request in disguise.
func (f *finder) questions() {
	for i, s := range f.body.Sentences {
		if !s.Question || s.Greeting || s.Last-s.First < 3 && !strings.HasPrefix(f.body.Words[s.First].Lower, "w") || f.holds("action_item", i) || f.holds("idea", i) {
			continue
		}
		f.add("question", spot{s.Start, s.End, i}, 2, Attributes{})
	}
}

func (f *finder) holds(kind string, sentence int) bool {
	for _, x := range f.found {
		if x.sentence == sentence && x.item.Kind == kind {
			return true
		}
	}
	return false
}

// delegated finds promises for somebody named: "Anna will call".
func (f *finder) delegated() {
	for si, s := range f.body.Sentences {
		if s.Question {
			continue
		}
		for i := s.First + 1; i+1 < s.Last; i++ {
			w := f.body.Words
			if w[i].Lower != "will" || !w[i-1].Title || w[i+1].Kind != text.Letters || w[i+1].Lower == "be" || w[i+1].Lower == "not" {
				continue
			}
			if !text.Given(w[i-1].Lower) {
				continue
			}
			first, last := f.clause(text.Hit{First: i - 1, Last: i + 1, Sentence: si})
			start, end := f.body.WordSpan(first, last)
			f.add("commitment", spot{start, end, si}, 2, f.attributes("commitment", first, last))
		}
	}
}

// facts adds dates, money and names.
func (f *finder) facts() {
	for _, x := range f.dates {
		start, end := f.body.WordSpan(x.First, x.Last)
		from, to := x.Start.UTC(), x.End.UTC()
		f.add("date", spot{start, end, f.body.SentenceOf(x.First)}, 2, Attributes{Start: &from, End: &to})
	}
	for _, m := range f.amounts {
		start, end := f.body.WordSpan(m.First, m.Last)
		minor, si := m.Minor, f.body.SentenceOf(m.First)
		f.add("money", spot{start, end, si}, 2, Attributes{AmountMinor: &minor, Currency: m.Currency, Role: f.role(si)})
	}
	sender, err := mail.ParseAddress(f.in.From)
	if err != nil || len(sender.Address) > 254 {
		sender = nil // a broken header names nobody
	}
	for _, n := range entity.Names(f.body) {
		a := Attributes{}
		if n.Kind == "person" && sender != nil && strings.EqualFold(sender.Name, f.body.Text[n.Start:n.End]) {
			a.Email = strings.ToLower(sender.Address)
		}
		f.add(n.Kind, spot{n.Start, n.End, -1}, 2, a)
	}
}

// finish drops repetitions and what exceeds a kind's limit, and puts the rest
// in the order of the text.
func (f *finder) finish() []Item {
	sort.SliceStable(f.found, func(i, j int) bool { return f.found[i].weight > f.found[j].weight })
	count, seen := map[string]int{}, map[string]bool{}
	kept := []Item{}
	for _, x := range f.found {
		key := x.item.Kind + "\x00" + strings.ToLower(x.item.Text)
		if seen[key] || count[x.item.Kind] == maxItems {
			continue
		}
		seen[key] = true
		count[x.item.Kind]++
		kept = append(kept, x.item)
	}
	sort.SliceStable(kept, func(i, j int) bool { return kept[i].Start < kept[j].Start })
	return kept
}

func (f *finder) favour() map[int]float64 {
	m := map[int]float64{}
	for _, x := range f.found {
		if x.sentence >= 0 && x.item.Kind != "date" && x.item.Kind != "money" {
			m[x.sentence] += 0.25
		}
	}
	return m
}

// confidence grows with the number of clear findings and the words to judge.
func (f *finder) confidence() float64 {
	c := 0.4 + 0.04*float64(min(8, len(f.found))) + 0.2*min(1, float64(len(f.body.Words))/60)
	if f.body.Lang != "en" {
		c -= 0.15
	}
	if len(f.body.Words) == 0 {
		c = 0.1
	}
	return math.Round(c*100) / 100
}

// dateIn returns the first date among some words.
func (f *finder) dateIn(first, last int) *when.Date {
	for i, x := range f.dates {
		if x.First >= first && x.Last <= last {
			return &f.dates[i]
		}
	}
	return nil
}
