package text

import (
	"sort"
	"strings"
)

// Topics returns up to limit key phrases of subject and body in lower case,
// best first: runs of one to three words that carry meaning, scored by how
// often and in what company their words occur.
func Topics(subject, body *Doc, limit int) []string {
	score := make(map[string]*topic, 128)
	frequency, degree := make(map[string]int, 128), make(map[string]int, 128)
	order := 0
	for n, d := range []*Doc{subject, body} {
		for _, run := range d.contentRuns() {
			for _, w := range run {
				frequency[w]++
				degree[w] += len(run)
			}
			key := strings.Join(run, " ")
			t := score[key]
			if t == nil {
				t = &topic{words: run, order: order}
				score[key] = t
				order++
			}
			t.count++
			if n == 0 {
				t.boost = 1.6
			}
		}
	}
	list := make([]*topic, 0, len(score))
	for _, t := range score {
		for _, w := range t.words {
			t.score += float64(degree[w])/float64(frequency[w])/2 + float64(frequency[w])/2
		}
		t.score *= max(1, t.boost) * (1 + 0.3*float64(t.count-1)) * (1.2 - 0.4*min(1, float64(t.order)/20))
		list = append(list, t)
	}
	sort.Slice(list, func(i, j int) bool {
		if list[i].score != list[j].score {
			return list[i].score > list[j].score
		}
		return list[i].order < list[j].order
	})
	return distinct(list, limit)
}

type topic struct {
	words        []string
	order, count int
	boost, score float64
}

// distinct takes the best topics that do not contain one another.
func distinct(list []*topic, limit int) []string {
	topics := []string{}
	for _, t := range list {
		if len(topics) == limit {
			break
		}
		key := strings.Join(t.words, " ")
		fresh := len(key) <= 60
		for _, had := range topics {
			fresh = fresh && !strings.Contains(had, key) && !strings.Contains(key, had)
		}
		if fresh {
			topics = append(topics, key)
		}
	}
	return topics
}

// contentRuns returns the runs of up to three words without stop words, names
// of people or numbers between marks.
func (d *Doc) contentRuns() [][]string {
	var runs [][]string
	var run []string
	flush := func() {
		if len(run) > 0 && len(run) <= 3 {
			runs = append(runs, run)
		}
		run = nil
	}
	words := stop()
	for _, s := range d.Sentences {
		if s.Greeting {
			continue
		}
		for i := s.First; i < s.Last && len(runs) < 400; i++ {
			w := d.Words[i]
			if w.Kind != Letters || len(w.Lower) < 3 || words[w.Lower] || calendarWord(w.Lower) || w.Title && given()[w.Lower] || len(w.Lower) > 30 || dull(w.Lower) {
				flush()
				continue
			}
			run = append(run, w.Lower)
		}
		flush()
	}
	return runs
}

// dull words are verbs and fillers that the stop list holds only by stem.
func dull(w string) bool {
	return strings.HasSuffix(w, "ly") || strings.HasSuffix(w, "n't") || strings.Contains(w, "'")
}

func calendarWord(w string) bool {
	_, day := weekdays[w]
	return day || months[w] > 0
}
