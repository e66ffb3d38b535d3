package when

import (
	"maps"
	"slices"
	"sync"
	"time"

	"rapport/internal/ai/text"
)

var shortDays = map[string]time.Weekday{"mon": 1, "tue": 2, "tues": 2, "wed": 3, "thu": 4, "thur": 4, "thurs": 4, "fri": 5, "sat": 6}

// days are words for whole days, by language, relative to the day of sending.
var days = map[string]map[string]int{
	"en": {"today": 0, "tonight": 0, "tomorrow": 1, "tmrw": 1, "tomorow": 1, "yesterday": -1},
	"de": {"heute": 0, "morgen": 1, "übermorgen": 2, "gestern": -1, "vorgestern": -2},
	"es": {"hoy": 0, "mañana": 1, "ayer": -1},
	"fr": {"aujourd'hui": 0, "demain": 1, "hier": -1},
}

// modifiers say which of several is meant, as a number of steps.
var modifiers = map[string]int{
	"next": 1, "following": 1, "this": 0, "coming": 0, "last": -1, "previous": -1, "past": -1, "current": 0,
	"nächste": 1, "nächsten": 1, "nächster": 1, "nächstes": 1, "kommende": 1, "kommenden": 1, "diese": 0, "diesen": 0, "dieser": 0, "dieses": 0, "letzte": -1, "letzten": -1, "letzter": -1,
	"próximo": 1, "próxima": 1, "este": 0, "esta": 0, "pasado": -1, "pasada": -1,
	"prochain": 1, "prochaine": 1, "ce": 0, "cette": 0, "dernier": -1, "dernière": -1,
}

// unit is a stretch of the calendar.
type unit uint8

const (
	noUnit unit = iota
	hour
	day
	week
	month
	quarter
	year
)

var units = map[string]unit{
	"hour": hour, "hours": hour, "day": day, "days": day, "week": week, "weeks": week, "month": month, "months": month, "quarter": quarter, "year": year, "years": year,
	"stunde": hour, "stunden": hour, "tag": day, "tage": day, "tagen": day, "woche": week, "wochen": week, "monat": month, "monats": month, "monaten": month, "monate": month, "quartal": quarter, "quartals": quarter, "jahr": year, "jahres": year, "jahren": year,
	"hora": hour, "horas": hour, "día": day, "días": day, "semana": week, "semanas": week, "mes": month, "meses": month, "año": year, "años": year,
	"heure": hour, "heures": hour, "jour": day, "jours": day, "semaine": week, "semaines": week, "mois": month,
}

var small = map[string]int{
	"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12,
	"einem": 1, "einer": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "zehn": 10,
	"dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5,
}

// around returns the unit that holds t, moved by n units.
func (u unit) around(t time.Time, n int) (start, end time.Time) {
	y, m, d := t.Date()
	loc := t.Location()
	switch u {
	case hour:
		start = t.Add(time.Duration(n) * time.Hour)
		return start, start
	case week:
		back := (int(t.Weekday()) + 6) % 7
		start = time.Date(y, m, d-back+7*n, 0, 0, 0, 0, loc)
		return start, start.AddDate(0, 0, 7)
	case month:
		start = time.Date(y, m+time.Month(n), 1, 0, 0, 0, 0, loc)
		return start, start.AddDate(0, 1, 0)
	case quarter:
		start = time.Date(y, (m-1)/3*3+1+time.Month(3*n), 1, 0, 0, 0, 0, loc)
		return start, start.AddDate(0, 3, 0)
	case year:
		start = time.Date(y+n, 1, 1, 0, 0, 0, 0, loc)
		return start, start.AddDate(1, 0, 0)
	}
	start = time.Date(y, m, d+n, 0, 0, 0, 0, loc)
	return start, start.AddDate(0, 0, 1)
}

// last returns the final day of a stretch; of a week it is the Friday.
func (u unit) last(start, end time.Time) (time.Time, time.Time) {
	if u == week {
		end = start.AddDate(0, 0, 5)
	}
	return end.AddDate(0, 0, -1), end
}

// openers are all words with which a time expression can begin, so that most
// words cost one look-up.
var openers = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for _, w := range slices.Concat(
		text.CalendarWords(), slices.Collect(maps.Keys(shortDays)), slices.Collect(maps.Keys(modifiers)),
		[]string{"mid", "early", "late", "mitte", "ende", "anfang", "close", "end", "beginning", "start", "middle", "finales", "fin", "first", "second", "third", "last"},
		[]string{"day", "in", "within", "binnen", "dans", "en", "eod", "cob", "eow", "eom", "q1", "q2", "q3", "q4", "noon", "midday"},
	) {
		all[w] = true
	}
	for _, byLanguage := range days {
		for w := range byLanguage {
			all[w] = true
		}
	}
	return all
})
