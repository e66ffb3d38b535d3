package text

// Summary returns the one or two sentences that stand for the text, as
// indexes in order: early sentences that hold its most frequent words, and
// those that the caller favours by weight.
func Summary(d *Doc, favour map[int]float64, limit int) []int {
	frequency := make(map[string]int, 256)
	words := stop()
	for _, w := range d.Words {
		if w.Kind == Letters && len(w.Lower) > 2 && !words[w.Lower] {
			frequency[w.Lower]++
		}
	}
	best, second := -1, -1
	scores := make([]float64, len(d.Sentences))
	for i, s := range d.Sentences {
		scores[i] = d.weight(s, i, frequency) + favour[i]
		switch {
		case s.Greeting || s.Last-s.First < 3:
		case best < 0 || scores[i] > scores[best]:
			best, second = i, best
		case second < 0 || scores[i] > scores[second]:
			second = i
		}
	}
	if best < 0 {
		if len(d.Sentences) > 0 {
			return []int{len(d.Sentences) - 1}
		}
		return nil
	}
	if limit < 2 || second < 0 || scores[second] < scores[best]*0.5 {
		return []int{best}
	}
	return []int{min(best, second), max(best, second)}
}

func (d *Doc) weight(s Sentence, index int, frequency map[string]int) float64 {
	sum, n := 0.0, 0.0
	for i := s.First; i < s.Last; i++ {
		if f := frequency[d.Words[i].Lower]; f > 0 {
			sum += float64(min(f, 4))
			n++
		}
	}
	if n == 0 || d.Words[s.First].Kind == Mark {
		return 0
	}
	length := min(1, float64(s.Last-s.First)/8) * min(1, 30/float64(s.Last-s.First))
	position := 1 / (1 + 0.15*float64(index))
	return (sum/(n+2) + 0.5) * length * position
}
