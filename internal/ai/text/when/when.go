// Package when finds time expressions in a text and resolves them as the reader
// of the mail would have done on the day that it was sent.
package when

import (
	"strconv"
	"strings"
	"time"

	"rapport/internal/ai/text"
)

// Date is a time expression and what it means. End is exclusive; for a moment
// it equals Start. Deadline says that the words before it set a limit.
type Date struct {
	First, Last int // words, half-open
	Start, End  time.Time
	Deadline    bool
	Past        bool // stands after "since", "last" and the like
}

// Calendar resolves dates as somebody in a place understood them when the mail
// was sent. MonthFirst settles 12/05.
type Calendar struct {
	Sent       time.Time
	Location   *time.Location
	MonthFirst bool
}

// Dates finds the time expressions of d, in order, without overlap.
func (c Calendar) Dates(d *text.Doc) []Date {
	if c.Location == nil {
		c.Location = time.UTC
	}
	c.Sent = c.Sent.In(c.Location)
	var dates []Date
	today, _ := day.around(c.Sent, 0)
	for _, s := range d.Sentences {
		p := dateParser{Calendar: c, d: d, s: s, today: today}
		for i := s.First; i < s.Last; {
			x, ok := p.at(i)
			if !ok || !plausible(x) {
				i++
				continue
			}
			x.Deadline = x.Deadline || p.limits(x.First)
			dates = append(dates, x)
			i = max(x.Last, i+1)
		}
	}
	return dates
}

func plausible(x Date) bool {
	return x.Start.Year() >= 1900 && x.Start.Year() <= 2200
}

type dateParser struct {
	Calendar
	d     *text.Doc
	s     text.Sentence
	today time.Time
}

// word returns the lower-case word at i, or nothing outside the sentence.
func (p dateParser) word(i int) string {
	if i < p.s.First || i >= p.s.Last {
		return ""
	}
	return p.d.Words[i].Lower
}

func (p dateParser) number(i int) (int, bool) {
	if i < p.s.First || i >= p.s.Last || p.d.Words[i].Kind != text.Number {
		return 0, false
	}
	n, err := strconv.Atoi(p.d.Words[i].Lower)
	return n, err == nil
}

// at reads the expression that begins at word i.
func (p dateParser) at(i int) (Date, bool) {
	x, ok := p.date(i)
	if !ok {
		return p.time(i, p.today, i)
	}
	if x.End.Sub(x.Start) > 25*time.Hour || x.End.Equal(x.Start) {
		return x, true
	}
	j := x.Last
	switch p.word(j) {
	case ",", "at", "um", "around", "by", "after", "before", "à", "from", "gegen":
		j++
	case "a":
		if p.word(j+1) == "las" {
			j += 2
		}
	}
	if t, ok := p.time(j, x.Start, x.First); ok {
		t.Deadline = x.Deadline
		return t, true
	}
	switch p.word(x.Last) {
	case "morning", "afternoon", "evening", "night", "noon", "vormittag", "nachmittag", "abend", "früh", "matin", "soir":
		return p.part(x), true
	}
	return x, true
}

// part narrows a day to the part that is named after it.
func (p dateParser) part(x Date) Date {
	from, to := 17, 22
	switch p.word(x.Last) {
	case "morning", "vormittag", "früh", "matin":
		from, to = 6, 12
	case "noon":
		from, to = 12, 12
	case "afternoon", "nachmittag":
		from, to = 12, 18
	}
	day := x.Start
	x.Last++
	x.Start = clock(day, from, 0)
	x.End = clock(day, to, 0)
	return x
}

func clock(day time.Time, h, m int) time.Time {
	y, mo, d := day.Date()
	return time.Date(y, mo, d, h, m, 0, 0, day.Location())
}

func (p dateParser) dayOf(n int) time.Time {
	start, _ := day.around(p.Sent, n)
	return start
}

func whole(first, last int, start time.Time) (Date, bool) {
	return Date{First: first, Last: last, Start: start, End: start.AddDate(0, 0, 1)}, true
}

// date reads an expression for one day or longer.
func (p dateParser) date(i int) (Date, bool) {
	w := p.d.Words[i]
	if w.Kind == text.Number {
		return p.numeric(i)
	}
	if w.Kind != text.Letters || !openers()[w.Lower] {
		return Date{}, false
	}
	if x, ok := p.edge(i); ok {
		return x, true
	}
	if n, ok := days[p.d.Lang][w.Lower]; ok {
		return p.relativeDay(i, n)
	}
	if w.Lower == "day" && p.word(i+1) == "after" && p.word(i+2) == "tomorrow" {
		return whole(i, i+3, p.dayOf(2))
	}
	if wd, ok := p.weekday(i); ok {
		return p.nextWeekday(i, i, wd, 0, false)
	}
	if m, ok := modifiers[w.Lower]; ok {
		return p.modified(i, m)
	}
	if w.Lower == "in" || w.Lower == "within" || w.Lower == "binnen" || w.Lower == "dans" || w.Lower == "en" {
		if x, ok := p.span(i); ok {
			return x, true
		}
	}
	if m := text.Month(w.Lower); m > 0 {
		return p.monthFirst(i, m)
	}
	return p.shorthand(i)
}

func (p dateParser) relativeDay(i, n int) (Date, bool) {
	prev := p.word(i - 1)
	if p.word(i) == "morgen" && (prev == "guten" || prev == "heute" || prev == "jeden" || p.word(i-1) == "am" && n == 1) {
		return Date{}, false
	}
	x, _ := whole(i, i+1, p.dayOf(n))
	if p.word(i) == "tonight" {
		x.Start, x.End = clock(x.Start, 18, 0), clock(x.Start, 23, 59)
	}
	if p.word(i) == "heute" && p.word(i+1) == "morgen" {
		x.Last++
		x.Start, x.End = clock(x.Start, 6, 0), clock(x.Start, 12, 0)
	}
	return x, true
}

func (p dateParser) weekday(i int) (time.Weekday, bool) {
	w := p.word(i)
	if wd, ok := text.Weekday(w); ok {
		return wd, true
	}
	if i >= p.s.First && i < p.s.Last && p.d.Words[i].Title {
		wd, ok := shortDays[w]
		return wd, ok
	}
	return 0, false
}

// nextWeekday resolves a weekday. Unmodified it is the next one after the day
// of sending, or the one before after "since". Next means that of next week. A
// date that follows settles it: "Monday 17 March".
func (p dateParser) nextWeekday(first, i int, wd time.Weekday, mod int, modified bool) (Date, bool) {
	j := i + 1
	if p.word(j) == "," || p.word(j) == "the" || p.word(j) == "den" {
		j++
	}
	if j < p.s.Last && (p.d.Words[j].Kind == text.Number || text.Month(p.word(j)) > 0) {
		if x, ok := p.date(j); ok && x.End.Sub(x.Start) < 26*time.Hour {
			x.First = first
			return x, true
		}
	}
	today := p.today
	ahead := (int(wd) - int(today.Weekday()) + 7) % 7
	switch prev := p.word(first - 1); {
	case modified && mod > 0:
		start, _ := week.around(today, 1)
		ahead = int(start.Sub(today).Hours()+1)/24 + (int(wd)+6)%7
	case modified && mod < 0, prev == "since", prev == "seit", prev == "desde", prev == "depuis":
		ahead -= 7
		x, _ := whole(first, i+1, today.AddDate(0, 0, ahead))
		x.Past = true
		return x, true
	case ahead == 0 && !modified:
		ahead = 7
	}
	return whole(first, i+1, today.AddDate(0, 0, ahead))
}

// modified reads "next week", "last Friday", "this morning".
func (p dateParser) modified(i, mod int) (Date, bool) {
	if wd, ok := p.weekday(i + 1); ok {
		return p.nextWeekday(i, i+1, wd, mod, true)
	}
	switch p.word(i + 1) {
	case "morning", "afternoon", "evening":
		if mod == 0 {
			x, _ := whole(i, i+1, p.dayOf(0))
			return p.part(x), true
		}
	}
	if m := text.Month(p.word(i + 1)); m > 0 {
		x, ok := p.monthFirst(i+1, m)
		x.First = i
		return x, ok
	}
	u := units[p.word(i+1)]
	if u < week {
		return Date{}, false
	}
	start, end := u.around(p.Sent, mod)
	return Date{First: i, Last: i + 2, Start: start, End: end, Past: mod < 0}, true
}

// span reads "in two days", "within 6 weeks".
func (p dateParser) span(i int) (Date, bool) {
	j := i + 1
	if p.word(j) == "the" && p.word(j+1) == "next" {
		j += 2
	}
	n, ok := p.number(j)
	if !ok {
		n, ok = small[p.word(j)]
	}
	u := units[p.word(j+1)]
	if !ok || u == noUnit || n > 500 || n < 1 {
		return Date{}, false
	}
	switch u {
	case hour:
		t := p.Sent.Add(time.Duration(n) * time.Hour)
		return Date{First: i, Last: j + 2, Start: t, End: t, Deadline: p.word(i) == "within"}, true
	case week:
		n *= 7
	case month:
		return p.limited(i, j+2, p.dayOf(0).AddDate(0, n, 0))
	case year:
		return p.limited(i, j+2, p.dayOf(0).AddDate(n, 0, 0))
	}
	return p.limited(i, j+2, p.dayOf(n))
}

func (p dateParser) limited(first, last int, start time.Time) (Date, bool) {
	x, ok := whole(first, last, start)
	x.Deadline = p.word(first) == "within" || p.word(first) == "binnen"
	return x, ok
}

// limits reports whether the words before i make a deadline.
func (p dateParser) limits(i int) bool {
	for j := i - 1; j >= i-3 && j >= p.s.First; j-- {
		switch p.word(j) {
		case "by", "before", "ready", "finished", "done", "until", "till", "deadline", "due", "latest", "bis", "spätestens", "vor", "antes", "hasta", "avant", "jusqu'au":
			return true
		case "than":
			return p.word(j-1) == "later"
		case ".", ",", ";", "and":
			return false
		}
	}
	return strings.HasPrefix(p.word(i), "eod")
}
