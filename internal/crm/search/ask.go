package search

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"rapport/internal/crm/search/query"
	"rapport/internal/platform/mail"
)

// ask is a query as the function search.look takes it: conditions over words
// in the notation of tsquery, written here from quoted words alone.
type ask struct {
	Titles    string   `json:"titles"`  // over the title of a record
	Records   string   `json:"records"` // over all of a record
	Mail      string   `json:"mail"`
	Heads     string   `json:"heads"` // the words alone: what is better when it stands in a head
	Without   string   `json:"without"`
	Typos     string   `json:"typos"` // titles with letters swapped or left out
	Loose     string   `json:"loose"` // titles that look like this
	People    []person `json:"people"`
	Companies []ask    `json:"companies"`
	States    []string `json:"states"`
	After     string   `json:"after"`
	Before    string   `json:"before"`
}

// person is a sender or recipient that was asked for.
type person struct {
	Role   string `json:"role"` // f or t
	Own    string `json:"own"`  // over what messages say of them
	Titles string `json:"titles"`
	Typos  string `json:"typos"`
	Loose  string `json:"loose"`
}

func (a ask) json() string {
	b, _ := json.Marshal(a) // texts only
	return string(b)
}

func newAsk(q query.Query) ask {
	a := ask{People: []person{}, Companies: []ask{}, States: q.Is, After: q.After, Before: q.Before}
	var titles, records, letters, heads, without, marks []string
	for i, w := range q.Words {
		open := q.Unfinished && i == len(q.Words)-1
		titles = append(titles, marked("n:", w, open))
		records = append(records, words(w, open || length(w) >= 3))
		if open && length(w) == 1 && !alone(q) {
			continue // somebody is typing: it would leave next to nothing of the mail
		}
		letters = append(letters, words(w, open && length(w) >= 3 || length(w) >= 5))
	}
	for _, p := range q.Phrases {
		titles, records, letters = append(titles, marked("n:", p, false)), append(records, words(p, false)), append(letters, words(p, false))
	}
	heads = slices.Clone(letters)
	for _, s := range q.Subject {
		letters = append(letters, marked("s:", s, false))
	}
	for range q.Has {
		letters = append(letters, quote("has:attachment"))
	}
	for _, w := range q.Without {
		without = append(without, words(w, false))
	}
	for _, is := range q.Is {
		marks = append(marks, quote("is:"+is))
	}
	if len(titles) > 0 {
		a.Titles = and(append(titles, marks...))
	}
	a.Records, a.Mail, a.Heads, a.Without = and(append(records, marks...)), and(letters), and(heads), strings.Join(without, " | ")
	a.People = append(people("f", q.From), people("t", q.To)...)
	for _, c := range q.Company {
		a.Companies = append(a.Companies, ask{Records: words(c, true), Loose: loose(c)})
	}
	if len(q.From)+len(q.To)+len(q.Subject)+len(q.Has)+len(q.Is)+len(q.Without) == 0 {
		all := strings.Join(slices.Concat(q.Words, q.Phrases), " ")
		a.Loose, a.Typos = loose(all), typos(all)
	}
	return a
}

// alone reports whether a query is one word.
func alone(q query.Query) bool {
	return len(q.Words) == 1 && len(q.Phrases)+len(q.From)+len(q.To)+len(q.Company)+len(q.Subject)+len(q.Is)+len(q.Has) == 0
}

// kinds are those of the wanted kinds that a query can find.
func kinds(q query.Query, wanted []string) []string {
	places := map[string]string{"contacts": "contact", "companies": "company", "mail": "thread", "tasks": "task", "notes": "note"}
	return slices.DeleteFunc(slices.Clone(wanted), func(kind string) bool {
		switch {
		case len(q.In) > 0 && !slices.ContainsFunc(q.In, func(in string) bool { return places[in] == kind }):
			return true
		case kind == "thread":
			return false
		case len(q.From)+len(q.To)+len(q.Subject)+len(q.Has) > 0:
			return true
		case len(q.Is) > 0:
			return kind != "task" || slices.ContainsFunc(q.Is, func(is string) bool { return is != "open" && is != "done" })
		case len(q.Company) > 0:
			return kind != "contact" && kind != "company"
		}
		return false
	})
}

func people(role string, names []string) []person {
	out := []person{}
	for _, name := range names {
		p := person{Role: role, Own: marked(role+":", name, true)}
		if key := mail.AddressKey(name); key != "" {
			p.Own = "(" + p.Own + " | " + quote(role+":="+key) + ")"
		} else {
			p.Titles, p.Typos, p.Loose = marked("n:", name, true), typos(name), loose(name)
		}
		out = append(out, p)
	}
	return out
}

func and(parts []string) string { return strings.Join(parts, " & ") }

// words asks for the words of a text one behind the other; the last may go on.
func words(text string, open bool) string {
	var parts []string
	for _, w := range query.Words(text) {
		parts = append(parts, quote(w))
	}
	if open {
		parts[len(parts)-1] += ":*"
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return "(" + strings.Join(parts, " <-> ") + ")"
}

// marked asks for the words of a text as marks, which have no order. All but
// single letters may go on, and these too if somebody is still typing.
func marked(mark, text string, open bool) string {
	var parts []string
	for _, w := range query.Words(text) {
		p := quote(mark + w)
		if open || utf8.RuneCountInString(w) >= 2 {
			p += ":*"
		}
		parts = append(parts, p)
	}
	return "(" + and(parts) + ")"
}

// length is how long a text is, in letters.
func length(text string) int {
	n := 0
	for _, w := range query.Words(text) {
		n += utf8.RuneCountInString(w)
	}
	return n
}

// loose is a text for the comparison of names by their look, if it is long
// enough for that and no more than a name.
func loose(text string) string {
	all := query.Words(text)
	out := strings.Join(all, " ")
	if len(all) > 4 || utf8.RuneCountInString(out) < 4 {
		return ""
	}
	return out
}

// typos asks for titles with the words of a text, of which each may have two
// letters swapped, one too many or one too few in front of its end.
func typos(text string) string {
	if loose(text) == "" {
		return ""
	}
	var parts []string
	for _, w := range query.Words(text) {
		options := []string{quote("n:"+w) + ":*"}
		for _, v := range variants(w) {
			options = append(options, quote("n:"+v))
		}
		parts = append(parts, "("+strings.Join(options, " | ")+")")
	}
	return and(parts)
}

// variants are the words of which w may be a slip: neighbours swapped, a letter
// too many.
func variants(w string) []string {
	r := []rune(w)
	if len(r) < 4 || len(r) > 20 {
		return nil
	}
	var out []string
	for i := range r {
		out = append(out, string(slices.Concat(r[:i], r[i+1:])))
		if i > 0 && r[i] != r[i-1] {
			s := slices.Clone(r)
			s[i], s[i-1] = s[i-1], s[i]
			out = append(out, string(s))
		}
	}
	return out
}
