// Package wording says what a text is like by its words as such: which intent
// most of them are used with, in sentences of our own. It knows no phrases and
// finds no evidence.
package wording

import (
	_ "embed" // the sentences are data
	"math"
	"strings"
	"sync"

	"rapport/internal/ai/text"
)

//go:embed said.txt
var saidSource string

// wording is how the words of each intent differ from those of all others.
type wording struct {
	labels []string
	// leans is, by feature, how much more often each label has it than all
	// labels together, as a logarithm.
	leans map[string][]float64
}

var worded = sync.OnceValue(func() *wording { return learn(saidSource) })

// learn counts the features of sentences, "label: sentence / sentence".
func learn(source string) *wording {
	w := &wording{leans: map[string][]float64{}}
	var counts []map[string]int
	all, place := map[string]int{}, map[string]int{}
	for line := range strings.Lines(source) {
		label, rest, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok || label[0] == ';' {
			continue
		}
		at, known := place[label]
		if !known {
			at = len(counts)
			place[label] = at
			w.labels, counts = append(w.labels, label), append(counts, map[string]int{})
		}
		for said := range strings.SplitSeq(rest, " / ") {
			for f := range features(text.ParseAll(said)) {
				counts[at][f]++
				all[f]++
			}
		}
	}
	total := make([]float64, len(counts))
	for i, count := range counts {
		for _, n := range count {
			total[i] += float64(n)
		}
	}
	sum := 0.0
	for _, n := range total {
		sum += n
	}
	const doubt = 0.1 // sightings that every label is given beforehand
	for f, n := range all {
		leans := make([]float64, len(counts))
		for i := range counts {
			leans[i] = math.Log((float64(counts[i][f]) + doubt) / (float64(n)*total[i]/sum + doubt))
		}
		w.leans[f] = leans
	}
	return w
}

// stem is what most forms of a word begin with.
func stem(s string) string {
	if n := 6; len(s) > n {
		return s[:text.Boundary(s, n)]
	}
	return s
}

// features are the words of a text and its pairs of words, each once, and
// whether anything is asked.
func features(d *text.Doc) map[string]bool {
	out := map[string]bool{}
	for _, s := range d.Sentences {
		if s.Greeting {
			continue
		}
		before := "^"
		for i := s.First; i < s.Last; i++ {
			word := d.Words[i]
			f := stem(word.Lower)
			switch word.Kind {
			case text.Number:
				f = "#"
			case text.Mark:
				if !strings.ContainsAny(word.Lower, "?$€£") {
					continue
				}
			}
			out[f], out[before+" "+f] = true, true
			before = f
		}
	}
	return out
}

// Likely returns how likely each intent is by the words of a text alone. What
// no sentence ever had says nothing.
func Likely(d *text.Doc) map[string]float64 {
	w := worded()
	sums := make([]float64, len(w.labels))
	known := 0.0
	for f := range features(d) {
		leans, ok := w.leans[f]
		if !ok {
			continue
		}
		known++
		for i, x := range leans {
			sums[i] += max(x, -0.6)
		}
	}
	out, total := map[string]float64{}, 0.0
	for i, label := range w.labels {
		out[label] = math.Exp(sums[i] / math.Pow(max(known, 4), 0.3))
		total += out[label]
	}
	for label := range out {
		out[label] /= total
	}
	return out
}
