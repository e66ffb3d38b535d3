package query

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAQueryIsTakenApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typed, want string }{
		{"ana duarte", "words[ana duarte]…"},
		{"ana ", "words[ana]"},
		{`"annual report" ana`, "words[ana] phrases[annual report]…"},
		{`"annual rep`, "phrases[annual rep]"},
		{"“annual report”", "phrases[annual report]"},
		{`from:ana is:unread invoice`, "words[invoice] from[ana] is[unread]…"},
		{`FROM:"Ana Duarte" To:ben`, "from[Ana Duarte] to[ben]"},
		{`from:ana from:duarte`, "from[ana duarte]"},
		{`company:lumen has:attachment`, "company[lumen] has[attachment]"},
		{`subject:"q3 report"`, "subject[q3 report]"},
		{"prices -draft", "words[prices] without[draft]"},
		{`prices -"first draft"`, "words[prices] without[first draft]"},
		{"well-known -", "words[well-known]"},
		{"after:2026-01-31 before:2026-2-1", "after 2026-01-31 before 2026-02-01"},
		{"after:2026-02 before:2027", "after 2026-02-01 before 2027-01-01"},
		{"in:mail in:tasks x", "words[x] in[mail tasks]…"},
		{"is:open is:open", "is[open]"},
		{"10:30", "words[10:30]…"},
		{"https://lumen.example/a", "words[https://lumen.example/a]"},
		{"... !!! -- \"\"", ""},
		{"", ""},
	} {
		q := Parse(c.typed)
		if got := show(q); got != c.want || len(q.Notes) > 0 {
			t.Errorf("%q is %q with notes %q, want %q", c.typed, got, q.Notes, c.want)
		}
	}
}

func TestWhatIsNotUnderstoodIsSaid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typed, want, note string }{
		{"cc:ana", "words[cc:ana]", "cc: is no operator; it was searched for as words."},
		{"-from:ana", "words[from:ana]", "from: is nothing that can be left out; it was searched for as words."},
		{"is:red x", "words[x]…", "is: takes unread, open, waiting, snoozed, done, bulk; it was left out."},
		{"has:wings", "", "has: takes attachment; it was left out."},
		{"in:space", "", "in: takes contacts, companies, mail, tasks, notes; it was left out."},
		{"after:soon", "", "after: takes a date such as 2026-01-31; it was left out."},
		{"before:2026-02-30", "", "before: takes a date such as 2026-01-31; it was left out."},
		{"from: ana", "words[ana]…", "from: needs a value behind it, without a space between."},
		{"ana OR ben", "words[ana ben]…", "OR is no operator: all words must occur."},
	} {
		q := Parse(c.typed)
		if got := show(q); got != c.want || !slices.Equal(q.Notes, []string{c.note}) {
			t.Errorf("%q is %q with notes %q, want %q and %q", c.typed, got, q.Notes, c.want, c.note)
		}
	}
}

// show is a query in few words; … says that the last word may go on.
func show(q Query) string {
	var out []string
	for _, f := range []struct {
		name   string
		values []string
	}{{"words", q.Words}, {"phrases", q.Phrases}, {"without", q.Without}, {"from", q.From}, {"to", q.To}, {"company", q.Company}, {"subject", q.Subject}, {"is", q.Is}, {"has", q.Has}, {"in", q.In}} {
		if len(f.values) > 0 {
			out = append(out, f.name+fmt.Sprint(f.values))
		}
	}
	if q.After != "" {
		out = append(out, "after "+q.After)
	}
	if q.Before != "" {
		out = append(out, "before "+q.Before)
	}
	if q.Unfinished {
		out = append(out, "…")
	}
	return strings.ReplaceAll(strings.Join(out, " "), " …", "…")
}

// Whatever is written as a query is read as that query, in any order.
func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	terms := map[string]func(*Query){
		"word": func(q *Query) { q.Words = append(q.Words, "word") }, `"a phrase"`: func(q *Query) { q.Phrases = append(q.Phrases, "a phrase") },
		"-not": func(q *Query) { q.Without = append(q.Without, "not") }, "from:ana": func(q *Query) { q.From = append(q.From, "ana") },
		`to:"ben ode"`: func(q *Query) { q.To = append(q.To, "ben ode") }, "company:fjord": func(q *Query) { q.Company = append(q.Company, "fjord") },
		"subject:x": func(q *Query) { q.Subject = append(q.Subject, "x") }, "is:unread": func(q *Query) { q.Is = append(q.Is, "unread") },
		"has:attachment": func(q *Query) { q.Has = append(q.Has, "attachment") }, "in:mail": func(q *Query) { q.In = append(q.In, "mail") },
		"after:2026-01-01": func(q *Query) { q.After = "2026-01-01" }, "before:2027-01-01": func(q *Query) { q.Before = "2027-01-01" },
	}
	var all []string
	for term := range terms {
		all = append(all, term)
	}
	slices.Sort(all)
	for range 300 {
		rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		typed := all[:rnd.IntN(len(all)+1)]
		want := Parse("")
		for _, term := range typed {
			terms[term](&want)
		}
		got := Parse(strings.Join(typed, strings.Repeat(" ", 1+rnd.IntN(3))) + " ")
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q is %+v, want %+v", typed, got, want)
		}
	}
}

func TestWordsAreTheSameInTextsAndQueries(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"Zoë ÇELIK Bjørn Straße Łukasz", "zoe celik bjorn strasse lukasz"},
		{"ana.duarte@lumen.example", "ana duarte lumen example"},
		{"O'Hara well-known 1,200.50 €", "o hara well known 1 200 50"},
		{"Ünal I\u0307stanbul", "unal istanbul"},
		{"東京 tower", "東 京 tower"},
		{"a\xffb\x00c", "a b c"},
		{"e\u0301te", "ete"},
		{strings.Repeat("x", 100), strings.Repeat("x", 64)},
		{"  ...  ", ""},
	} {
		if got := strings.Join(Words(c.text), " "); got != c.want {
			t.Errorf("%q has the words %q, want %q", c.text, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", `a "b c" -d from:e`, `from:"`, "-", "--a", ":", "a:", `"""`, "after:9999-99-99", "\x00\xff", "is:unread is:", strings.Repeat("a ", 100), "-\"x", "“a”b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		q := Parse(typed)
		for _, values := range [][]string{q.Words, q.Phrases, q.Without, q.From, q.To, q.Company, q.Subject} {
			for _, v := range values {
				if len(Words(v)) == 0 || !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
					t.Errorf("%q: the value %q has no words, or cannot be stored", typed, v)
				}
			}
		}
		if n := len(q.Words) + len(q.Phrases) + len(q.Without) + len(q.From); n > maxTerms {
			t.Errorf("%q: %d terms, at most %d are taken", typed, n, maxTerms)
		}
		if q.Unfinished && len(q.Words) == 0 {
			t.Errorf("%q: no word is unfinished", typed)
		}
		if !reflect.DeepEqual(q, Parse(typed)) {
			t.Errorf("%q is read in two ways", typed)
		}
	})
}

func FuzzTokens(f *testing.F) {
	for _, s := range []string{"", "a b", "Zoë", "東京", "\xff\xfea", "e\u0301", strings.Repeat("ß", 80)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for token := range Tokens(text) {
			if token.Start < end || token.End <= token.Start || token.End > len(text) {
				t.Fatalf("%q: the token %+v is not behind %d", text, token, end)
			}
			if token.Text == "" || len(token.Text) > maxToken || !utf8.ValidString(token.Text) {
				t.Errorf("%q: the token %q is empty, too long or broken", text, token.Text)
			}
			if again := Words(token.Text); strings.Join(again, "") != token.Text {
				t.Errorf("%q: %q is %q when it is cut again", text, token.Text, again)
			}
			end = token.End
		}
	})
}
