package when

import (
	"strconv"
	"strings"
	"time"

	"rapport/internal/ai/text"
)

// edge reads the beginning, middle or end of a stretch: "end of next week",
// "mid April", "first week of May", "close of business".
func (p dateParser) edge(i int) (Date, bool) {
	w := p.word(i)
	switch w {
	case "mid", "early", "late", "mitte", "ende", "anfang":
		return p.stretch(i, i+1, w)
	case "close":
		if p.word(i+1) == "of" && (p.word(i+2) == "business" || p.word(i+2) == "play") {
			return p.business(i, i+3)
		}
	case "end", "beginning", "start", "middle", "finales", "fin":
		if next := p.word(i + 1); next == "of" || next == "de" {
			return p.stretch(i, i+2, w)
		}
	case "first", "second", "third", "last":
		if p.word(i+1) == "week" && p.word(i+2) == "of" {
			return p.stretch(i, i+3, w)
		}
	}
	return Date{}, false
}

func (p dateParser) business(first, last int) (Date, bool) {
	day := p.dayOf(0)
	if x, ok := p.plainDay(last); ok {
		day, last = x.Start, x.Last
	}
	return Date{First: first, Last: last, Start: clock(day, 17, 0), End: clock(day, 17, 0), Deadline: true}, true
}

// plainDay reads a day that needs no look ahead of its own.
func (p dateParser) plainDay(i int) (Date, bool) {
	if p.word(i) == "on" || p.word(i) == "of" {
		i++
	}
	if n, ok := days[p.d.Lang][p.word(i)]; ok {
		return whole(i, i+1, p.dayOf(n))
	}
	if wd, ok := p.weekday(i); ok {
		return p.nextWeekday(i, i, wd, 0, false)
	}
	return Date{}, false
}

// stretch resolves part of the unit or month that begins at word j.
func (p dateParser) stretch(first, j int, which string) (Date, bool) {
	mod := 0
	for range 3 {
		w := p.word(j)
		if w != "the" && w != "this" && w != "der" && w != "des" && w != "dieser" && w != "dieses" && w != "la" && w != "our" && w != "du" {
			break
		}
		j++
	}
	if m, ok := modifiers[p.word(j)]; ok {
		mod = m
		j++
	}
	u, last := units[p.word(j)], j+1
	var start, end time.Time
	switch {
	case text.Month(p.word(j)) > 0:
		x, ok := p.wholeMonth(j, text.Month(p.word(j)))
		if !ok {
			return Date{}, false
		}
		u, start, end, last = month, x.Start, x.End, x.Last
	case u == day:
		if which != "end" || p.word(j-1) != "of" && p.word(j-1) != "the" {
			return Date{}, false
		}
		return p.business(first, last)
	case u >= week:
		start, end = u.around(p.Sent, mod)
	default:
		return Date{}, false
	}
	x := Date{First: first, Last: last}
	x.Start, x.End = portion(which, u, start, end)
	return x, true
}

func portion(which string, u unit, start, end time.Time) (time.Time, time.Time) {
	third := end.Sub(start) / 3
	switch which {
	case "end", "ende", "fin", "finales":
		return u.last(start, end)
	case "early", "beginning", "start", "anfang":
		return start, floor(start.Add(third))
	case "mid", "middle", "mitte":
		return floor(start.Add(third)), floor(end.Add(-third))
	case "first":
		return start, start.AddDate(0, 0, 7)
	case "second":
		return start.AddDate(0, 0, 7), start.AddDate(0, 0, 14)
	case "third":
		return start.AddDate(0, 0, 14), start.AddDate(0, 0, 21)
	case "last":
		return end.AddDate(0, 0, -7), end
	}
	return floor(end.Add(-third)), end
}

func floor(t time.Time) time.Time { return clock(t, 0, 0) }

// numeric reads 2024-05-01, 12/05, 30.4.2025, 3 March, 3rd of March, 3. März.
func (p dateParser) numeric(i int) (Date, bool) {
	w := p.d.Words[i].Lower
	if len(w) >= 6 || strings.ContainsAny(w, "/") {
		if t, ok := p.digits(i, w); ok {
			return whole(i, i+1, t)
		}
	}
	n, ok := p.number(i)
	if !ok || n < 1 || n > 31 {
		return Date{}, false
	}
	j := i + 1
	switch p.word(j) {
	case "st", "nd", "rd", "th", ".":
		j++
	}
	if p.word(j) == "of" || p.word(j) == "de" {
		j++
	}
	m := text.Month(p.word(j))
	if m == 0 {
		return Date{}, false
	}
	year, last := p.year(j + 1)
	return p.onDay(i, last, year, m, n)
}

// digits reads a date of digits only.
func (p dateParser) digits(i int, w string) (time.Time, bool) {
	if t, err := time.ParseInLocation("2006-01-02", w, p.Location); err == nil {
		return t, true
	}
	f := strings.FieldsFunc(w, func(r rune) bool { return r == '/' || r == '.' || r == '-' })
	if len(f) < 2 || len(f) > 3 || len(f) == 2 && (!strings.Contains(w, "/") || len(f[0]) > 2 || len(f[1]) > 2 || !p.dated(i)) {
		return time.Time{}, false
	}
	var n [3]int
	for k, s := range f {
		v, err := strconv.Atoi(s)
		if err != nil || len(s) > 4 {
			return time.Time{}, false
		}
		n[k] = v
	}
	d, m := n[0], n[1]
	if m > 12 || p.MonthFirst && strings.Contains(w, "/") && d <= 12 {
		d, m = m, d
	}
	y := n[2]
	switch {
	case len(f) == 2:
		x, ok := p.onDay(0, 0, 0, time.Month(m), d)
		return x.Start, ok && m >= 1 && m <= 12
	case y < 100 && len(f[2]) == 2:
		y += 2000
	case y < 1000:
		return time.Time{}, false
	}
	x, ok := p.onDay(0, 0, y, time.Month(m), d)
	return x.Start, ok
}

// dated reports whether the word before i makes 12/05 a date, not a fraction.
func (p dateParser) dated(i int) bool {
	if i == p.s.First {
		return false
	}
	switch p.word(i - 1) {
	case "on", "by", "to", "until", "till", "before", "after", "since", "from", "due", "am", "bis", "vom", "el", "le", "for", ",", "(", "-":
		return true
	}
	_, ok := p.weekday(i - 1)
	return ok
}

// monthFirst reads "March 3rd", "March 3, 2025", "in June", "April 2025".
func (p dateParser) monthFirst(i int, m time.Month) (Date, bool) {
	j := i + 1
	if p.word(j) == "." && len(p.word(i)) <= 4 {
		j++
	}
	if p.word(j) == "the" {
		j++
	}
	if n, ok := p.number(j); ok && n >= 1 && n <= 31 {
		switch p.word(j + 1) {
		case "st", "nd", "rd", "th":
			j++
		}
		year, last := p.year(j + 1)
		return p.onDay(i, last, year, m, n)
	}
	return p.wholeMonth(i, m)
}

// wholeMonth reads a month without a day. May and March are also other words,
// so a month needs a capital letter and a word before it that leads to one, or
// a year after it.
func (p dateParser) wholeMonth(i int, m time.Month) (Date, bool) {
	year, last := p.year(i + 1)
	if year == 0 && (!p.leads(i) || !p.d.Words[i].Title && p.d.Lang == "en" || len(p.word(i)) < 3) {
		return Date{}, false
	}
	if year == 0 {
		year = p.Sent.Year()
		if m < p.Sent.Month() && !p.past(i) {
			year++
		}
	}
	start := time.Date(year, m, 1, 0, 0, 0, 0, p.Location)
	return Date{First: i, Last: last, Start: start, End: start.AddDate(0, 1, 0), Past: p.past(i)}, true
}

func (p dateParser) leads(i int) bool {
	switch p.word(i - 1) {
	case "in", "by", "until", "till", "before", "since", "of", "from", "to", "for", "during", "mid", "early", "late", "next", "last", "this", "im", "bis", "ab", "ende", "mitte", "anfang", "seit", "en", "de", "desde", "hasta", "depuis", "and", "fin":
		return true
	}
	return false
}

func (p dateParser) past(i int) bool {
	switch p.word(i - 1) {
	case "since", "last", "seit", "desde", "depuis":
		return true
	}
	return false
}

// year reads a year at word j, after an optional comma; 0 means none. It also
// returns the word after what was read.
func (p dateParser) year(j int) (year, last int) {
	k := j
	if w := p.word(k); w == "," || w == "de" || w == "-" {
		k++
	}
	if n, ok := p.number(k); ok && n >= 1990 && n <= 2100 {
		return n, k + 1
	}
	return 0, j
}

// onDay builds a day. Without a year it is the one nearest to the day of
// sending, at most four months back.
func (p dateParser) onDay(first, last, year int, m time.Month, d int) (Date, bool) {
	guess := year == 0
	if guess {
		year = p.Sent.Year()
	}
	t := time.Date(year, m, d, 0, 0, 0, 0, p.Location)
	if t.Month() != m || d < 1 || m < 1 || m > 12 {
		return Date{}, false
	}
	if guess && t.Before(p.Sent.AddDate(0, -4, 0)) {
		t = t.AddDate(1, 0, 0)
	}
	if guess && t.After(p.Sent.AddDate(0, 10, 0)) {
		t = t.AddDate(-1, 0, 0)
	}
	return whole(first, last, t)
}

// shorthand reads Q3, EOD, EOW, EOM, COB.
func (p dateParser) shorthand(i int) (Date, bool) {
	w := p.word(i)
	switch w {
	case "eod", "cob":
		return p.business(i, i+1)
	case "eow":
		x := Date{First: i, Last: i + 1, Deadline: true}
		x.Start, x.End = week.last(week.around(p.Sent, 0))
		return x, true
	case "eom":
		x := Date{First: i, Last: i + 1, Deadline: true}
		x.Start, x.End = month.last(month.around(p.Sent, 0))
		return x, true
	}
	if len(w) != 2 || w[0] != 'q' || w[1] < '1' || w[1] > '4' || !p.d.Words[i].Title {
		return Date{}, false
	}
	n := int(w[1] - '0')
	year, last := p.year(i + 1)
	if year == 0 {
		year = p.Sent.Year()
		if n < (int(p.Sent.Month())+2)/3 && !p.past(i) {
			year++
		}
	}
	start := time.Date(year, time.Month(3*n-2), 1, 0, 0, 0, 0, p.Location)
	return Date{First: i, Last: last, Start: start, End: start.AddDate(0, 3, 0)}, true
}

// time reads a time of day at word i that belongs to a day; first is where the
// whole expression began.
func (p dateParser) time(i int, day time.Time, first int) (Date, bool) {
	h, m, last, ok := p.clockAt(i, first < i)
	if !ok {
		return Date{}, false
	}
	t := clock(day, h, m)
	return Date{First: first, Last: last, Start: t, End: t}, true
}

// clockAt reads 14:00, 3pm, 9.30, noon, 14 Uhr, 16h. A bare number or 9.30
// counts only after "at" or a day.
func (p dateParser) clockAt(i int, afterDay bool) (h, m, last int, ok bool) {
	if p.word(i) == "noon" || p.word(i) == "midday" {
		return 12, 0, i + 1, true
	}
	if i < p.s.First || i >= p.s.Last || p.d.Words[i].Kind != text.Number {
		return 0, 0, 0, false
	}
	w := p.d.Words[i].Lower
	hh, mm, colon := strings.Cut(w, ":")
	if !colon {
		hh, mm, _ = strings.Cut(w, ".")
	}
	hh, _, _ = strings.Cut(hh, "-")
	h, err := strconv.Atoi(hh)
	if err != nil || h > 24 || len(mm) > 2 && !strings.Contains(mm, "-") {
		return 0, 0, 0, false
	}
	m, _ = strconv.Atoi(mm[:min(2, len(mm))])
	prev := p.word(i - 1)
	clear := afterDay || prev == "at" || prev == "um" || prev == "las"
	last = i + 1
	switch p.word(last) {
	case "am", "a.m":
		return h % 12, m, last + 1, h <= 12 && (clear || colon || p.d.Lang == "en")
	case "pm", "p.m":
		return h%12 + 12, m, last + 1, h <= 12
	case "uhr", "h", "o'clock":
		return h, m, last + 1, h < 24
	}
	if h > 23 || m > 59 || p.word(last) == "%" || units[p.word(last)] > 0 {
		return 0, 0, 0, false
	}
	switch {
	case colon:
		return h, m, last, (len(mm) == 2 || strings.Contains(mm, "-")) && (clear || p.leadsTime(prev))
	case clear && !afterDay:
		return h, m, last, mm != "" && len(mm) == 2 || prev == "um" || prev == "las" || p.sentenceOver(last)
	case afterDay:
		return h, m, last, (strings.Contains(w, "-") || len(mm) == 2 || p.word(i-1) == "at" || p.word(i-1) == "um" || p.word(i-1) == "after") && len(w) <= 5
	}
	return 0, 0, 0, false
}

func (p dateParser) leadsTime(prev string) bool {
	switch prev {
	case "since", "by", "before", "until", "till", "from", "around", "after", "to", "and", "or", "seit", "ab", "bis", "vor", "gegen", "à", "desde", "-":
		return true
	}
	return false
}

func (p dateParser) sentenceOver(i int) bool {
	w := p.word(i)
	return w == "" || w == "." || w == "?" || w == "," || w == "!"
}
