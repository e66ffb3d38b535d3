package guard

import "strings"

// eachAddress replaces every e-mail address in text.
func eachAddress(text string, replace func(address string) string) string {
	var b strings.Builder
	done := 0
	for at := 0; ; {
		next := strings.IndexByte(text[at:], '@')
		if next < 0 {
			break
		}
		at += next + 1
		start, end := localPart(text, done, at-1), domain(text, at)
		if start == at-1 || end == at {
			continue
		}
		b.WriteString(text[done:start])
		b.WriteString(replace(text[start:end]))
		done, at = end, end
	}
	if done == 0 {
		return text
	}
	return b.String() + text[done:]
}

// localPart is where the part before an @ begins.
func localPart(text string, from, at int) int {
	start := at
	for start > from && (isWord(text[start-1]) || text[start-1] >= 0x80 || strings.IndexByte("!#$%&'*+/=?^_`{|}~.-", text[start-1]) >= 0) {
		start--
	}
	for start < at && strings.IndexByte("'./=?{|}*`", text[start]) >= 0 {
		start++
	}
	return start
}

// domain is where the domain after an @ ends: two names or more, the last of
// them of letters.
func domain(text string, at int) int {
	end := at
	for end < len(text) && (isWord(text[end]) || text[end] >= 0x80 || text[end] == '-' || text[end] == '.') {
		end++
	}
	for end > at && (text[end-1] == '.' || text[end-1] == '-') {
		end--
	}
	last := strings.LastIndexByte(text[at:end], '.')
	if last <= 0 || end-at-last-1 < 2 || text[at] == '.' {
		return at
	}
	return end
}
