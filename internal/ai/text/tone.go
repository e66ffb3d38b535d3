package text

import (
	_ "embed" // the lexicons are data
	"strings"
	"sync"
)

//go:embed data/tone.txt
var toneSource string

//go:embed data/names.txt
var namesSource string

//go:embed data/stop.txt
var stopSource string

var tone = sync.OnceValue(func() *Cues { return MustCues(toneSource) })

// given are common given names; stop are words that carry no topic. Both are
// written once and only read afterwards.
var (
	given = sync.OnceValue(func() map[string]bool { return set(namesSource) })
	stop  = sync.OnceValue(func() map[string]bool { return set(stopSource) })
)

func set(source string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(source) {
		m[w] = true
	}
	return m
}

// Given reports whether a lower-case word is a common given name.
func Given(word string) bool { return given()[word] }

// Stop reports whether a lower-case word carries no topic.
func Stop(word string) bool { return stop()[word] }

// Tone finds the cues of the lexicons: "sentiment" with a signed weight,
// "mood.excited", "mood.concerned", "mood.frustrated", and "urgency" with a
// weight of 1 (presses), 2 (high), 3 (critical) or below 0 (can wait).
func Tone(d *Doc) []Hit { return tone().Find(d) }

// Shout measures emphasis from 0 to 1: exclamation marks, and words in
// capitals.
func Shout(d *Doc) float64 {
	marks, caps, words := 0, 0, 0
	for i, w := range d.Words {
		switch {
		case w.Lower == "!":
			marks++
		case w.Kind == Letters && len(w.Lower) > 3:
			words++
			if raw := d.Raw(i); raw == strings.ToUpper(raw) && raw != w.Lower {
				caps++
			}
		}
	}
	return min(1, float64(marks)/5+2*float64(caps)/float64(words+4))
}
