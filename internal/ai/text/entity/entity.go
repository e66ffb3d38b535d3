// Package entity finds who, what and how much a text names: people, companies,
// products and amounts of money.
package entity

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"rapport/internal/ai/text"
)

// Name is a person, a company or a product that a text names.
type Name struct {
	Kind        string // person, company or product
	First, Last int    // words of the Doc, or zero for a name in the signature
	Start, End  int    // bytes of Doc.Text
}

var legalForms = set("gmbh ag ltd limited inc llc llp plc srl sarl sas as sa se corp corporation bv nv oy ab aps kg ug spa s.p.a pty")

var productNouns = set("plan edition suite platform app plugin module add-on addon package tier licence license sensor api dashboard connector")

// commonTitles begin sentences or are capitalised for other reasons; none is a
// name.
var commonTitles = set("i we you he she it they the a an this that these those my our your his her their its and or but if when while as at in on for from to with by of after before since not no yes please thanks thank hi hello dear hey just can could would will shall should do does did is are was were have has had what who why where how which let also next last first new good great best kind regards sincerely re fwd fw subject date sent cc bcc attached see many re: team all everyone sir madam mr mrs ms dr prof herr frau internet web open question account price payment terms today tomorrow yesterday noon midnight home work school christmas easter may unless perhaps maybe meanwhile however sorry here there then so still well only tuesday pm am eu uk us usa it api crm url faq pdf csv html viele grüße mit freundlichen freundliche beste liebe schöne kind warm regards wishes un saludo atentamente cordialement merci")

// Names finds people, companies and products. A person needs a known given
// name, a title or words that present one; a company its legal form, or "at"
// before it.
func Names(of *text.Doc) []Name {
	d := doc{of}
	var found []Name
	for _, s := range d.Sentences {
		for i := s.First; i < s.Last; {
			j := d.run(i, s.Last)
			if j == i {
				i++
				continue
			}
			found = append(found, d.name(i, j, s)...)
			i = j
		}
	}
	return append(found, d.signatureNames()...)
}

// doc is a text under inspection.
type doc struct{ *text.Doc }

// run returns the end of the capitalised words from i on; "&", "van", "de" and
// a full stop after an initial may stand between.
func (d doc) run(i, last int) int {
	j := i
	for j < last && j < i+8 {
		w := d.Words[j]
		switch {
		case w.Title && w.Kind == text.Letters:
			j++
			continue
		case j > i && j+1 < last && d.Words[j+1].Title && d.Words[j+1].Kind == text.Letters:
			if w.Lower == "&" || w.Lower == "van" || w.Lower == "de" || w.Lower == "von" || w.Lower == "." && len(d.Words[j-1].Lower) == 1 && w.Start == d.Words[j-1].End {
				j++
				continue
			}
		}
		break
	}
	return j
}

func (d doc) named(kind string, first, last int) Name {
	start, end := d.WordSpan(first, last)
	return Name{kind, first, last, start, end}
}

// name decides what the capitalised words from i to j are.
func (d doc) name(i, j int, s text.Sentence) []Name {
	for k := i + 1; k < j; k++ {
		if legalForms[d.Words[k].Lower] && (k+1 == j || !legalForms[d.Words[k+1].Lower]) {
			first := i
			for first < k && (commonTitles[d.Words[first].Lower] || text.Greets(d.Words[first].Lower)) {
				first++
			}
			last := k + 1
			if last < s.Last && d.Words[last].Lower == "." && last < len(d.Words) && d.Words[last].Start == d.Words[k].End && last+1 < s.Last {
				last++
			}
			if first < k {
				return []Name{d.named("company", first, last)}
			}
		}
	}
	if n, ok := d.product(i, j, s); ok {
		return []Name{n}
	}
	if n, ok := d.person(i, j, s); ok {
		return []Name{n}
	}
	if n, ok := d.employer(i, j, s); ok {
		return []Name{n}
	}
	return nil
}

func (d doc) product(i, j int, s text.Sentence) (Name, bool) {
	first := i
	for first < j && (commonTitles[d.Words[first].Lower] || first == s.First && text.Stop(d.Words[first].Lower)) {
		first++
	}
	if first == j || d.Lang != "en" {
		return Name{}, false
	}
	last := j
	if !productNouns[d.Words[j-1].Lower] {
		if j >= s.Last || !productNouns[d.Words[j].Lower] || first == s.First {
			return Name{}, false
		}
		last = j + 1
	}
	if last-first < 2 || text.Given(d.Words[first].Lower) || weekdayOrMonth(d.Words[first].Lower) {
		return Name{}, false
	}
	return d.named("product", first, last), true
}

func weekdayOrMonth(w string) bool {
	_, day := text.Weekday(w)
	return day || text.Month(w) > 0
}

func (d doc) person(i, j int, s text.Sentence) (Name, bool) {
	first, titled := i, false
	for first < j && (commonTitles[d.Words[first].Lower] || text.Greets(d.Words[first].Lower)) && !(text.Given(d.Words[first].Lower) && first+1 < j) {
		titled = titled || honorific(d.Words[first].Lower)
		first++
	}
	if first > s.First+1 && d.Words[first-1].Lower == "." && honorific(d.Words[first-2].Lower) {
		titled = true
	}
	if first == j || s.Greeting {
		return Name{}, false
	}
	last := min(j, first+3)
	for k := first; k < last; k++ {
		if w := d.Words[k]; weekdayOrMonth(w.Lower) && k > first || k > first && commonTitles[w.Lower] {
			last = k
		}
	}
	known := text.Given(d.Words[first].Lower) && !weekdayOrMonth(d.Words[first].Lower)
	if last-first == 1 {
		return d.named("person", first, last), known && d.presented(first, s) || titled && !s.Greeting && len(d.Words[first].Lower) > 2
	}
	raw := d.Raw(last - 1)
	if raw == strings.ToUpper(raw) && len(raw) > 3 && d.Raw(first) != strings.ToUpper(d.Raw(first)) {
		return Name{}, false
	}
	return d.named("person", first, last), known || titled || d.presented(first, s) && !text.Stop(d.Words[first].Lower)
}

func honorific(w string) bool {
	switch w {
	case "mr", "mrs", "ms", "dr", "prof", "herr", "frau", "señor", "señora", "madame", "monsieur":
		return true
	}
	return false
}

// presented reports whether the words before i introduce a person.
func (d doc) presented(i int, s text.Sentence) bool {
	if i == s.First {
		return false
	}
	switch d.Words[i-1].Lower {
	case "colleague", "colleagues", "partner", "boss", "assistant", "architect", "accountant", "lawyer", "manager", "cofounder", "meet", "ask", "contact", "cc'ing", "looping", "kollege", "kollegin":
		return true
	case "to":
		return i-2 >= s.First && (d.Words[i-2].Lower == "you" || d.Words[i-2].Lower == "talk" || d.Words[i-2].Lower == "speak" || d.Words[i-2].Lower == "spoke")
	case "with":
		return i-2 >= s.First && (d.Words[i-2].Lower == "talk" || d.Words[i-2].Lower == "speak" || d.Words[i-2].Lower == "spoke" || d.Words[i-2].Lower == "touch")
	}
	return false
}

// employer accepts "at Acme": capitalised words after "at" that are no time,
// place word or name.
func (d doc) employer(i, j int, s text.Sentence) (Name, bool) {
	if i == s.First || d.Words[i-1].Lower != "at" || d.Lang != "en" || j-i > 3 {
		return Name{}, false
	}
	w := d.Words[i].Lower
	if commonTitles[w] || text.Stop(w) || text.Given(w) || weekdayOrMonth(w) || len(w) < 3 {
		return Name{}, false
	}
	return d.named("company", i, j), true
}

// signatureNames reads the closing block: a line that is a full name, and a
// company by its legal form.
func (d doc) signatureNames() []Name {
	var found []Name
	from, end := d.Signature[0], min(d.Signature[1], d.Signature[0]+800)
	if from >= end {
		return nil
	}
	end = text.Boundary(d.Text, end)
	sig := doc{text.Part(d.Text, from, end)}
	sig.Lang = d.Lang
	person := false
	for n, s := range sig.Sentences {
		for i := s.First; i < s.Last; {
			j := sig.run(i, s.Last)
			if j == i {
				i++
				continue
			}
			for _, x := range sig.name(i, j, s) {
				if x.Kind == "company" || x.Kind == "person" && !person && n < 3 {
					found = append(found, Name{x.Kind, 0, 0, x.Start, x.End})
					person = person || x.Kind == "person"
				}
			}
			if start, stop := sig.fullName(i, j); !person && n < 4 && stop > 0 {
				person = true
				found = append(found, Name{"person", 0, 0, start, stop})
			}
			i = j
		}
	}
	return found
}

// fullName accepts two or three capitalised words that fill their line.
func (d doc) fullName(i, j int) (start, end int) {
	for i < j && (commonTitles[d.Words[i].Lower] || text.Closes(d.Raw(i))) {
		i++
	}
	if j-i < 2 || j-i > 4 {
		return 0, 0
	}
	for k := i; k < j; k++ {
		w := d.Words[k].Lower
		if commonTitles[w] || legalForms[w] || utf8.RuneCountInString(w) < 2 && w != "&" || w == "&" || jobWords[w] {
			return 0, 0
		}
	}
	start, end = d.WordSpan(i, j)
	rest := strings.TrimLeft(d.Text[end:min(len(d.Text), end+3)], " \t\r")
	r, _ := utf8.DecodeRuneInString(rest)
	if rest != "" && r != '\n' && r != ',' && r != '|' && unicode.IsLetter(r) {
		return 0, 0
	}
	return start, end
}

var jobWords = set("manager director head lead leader team support sales engineer officer president partner partners department office street road straße company university services solutions systems group platform marketing project product customer procurement operations chief users user list lists group mailing members community tip linux original message forwarded billing dispatch accounts warehouse")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}
