package entity_test

import (
	"strings"
	"testing"

	"rapport/internal/ai/text"
	"rapport/internal/ai/text/entity"
)

func TestAmountsAreReadAsWritten(t *testing.T) {
	t.Parallel()
	cases := []struct {
		in, words, currency string
		minor               int64
	}{
		{"about $12k a year", "$12k", "USD", 1_200_000},
		{"for EUR 4,500 net", "EUR 4,500", "EUR", 450_000},
		{"around 20 grand", "20 grand", "", 2_000_000},
		{"it is 12.000 €", "12.000 €", "EUR", 1_200_000},
		{"it is 2.50 €", "2.50 €", "EUR", 250},
		{"it is 1.234,56 EUR", "1.234,56 EUR", "EUR", 123_456},
		{"it is $1,234.56 now", "$1,234.56", "USD", 123_456},
		{"raise 1.5 million dollars", "1.5 million dollars", "USD", 150_000_000},
		{"pay 10 000 euros", "10 000 euros", "EUR", 1_000_000},
		{"pay £480", "£480", "GBP", 48_000},
		{"pay ¥5000", "¥5000", "JPY", 5000},
		{"4.5k for all of it", "4.5k", "", 450_000},
	}
	for _, c := range cases {
		d := text.ParseAll(c.in)
		got := entity.Amounts(d)
		if len(got) != 1 {
			t.Errorf("%q: got %v, want one amount", c.in, got)
			continue
		}
		start, end := d.WordSpan(got[0].First, got[0].Last)
		if w := c.in[start:end]; w != c.words || got[0].Currency != c.currency || got[0].Minor != c.minor {
			t.Errorf("%q: got %q %s %d, want %q %s %d", c.in, w, got[0].Currency, got[0].Minor, c.words, c.currency, c.minor)
		}
	}
	for _, in := range []string{"10k records", "5 m away", "call 555 1234", "version 2.5", "20 percent", "99999999999999999999 $"} {
		if got := entity.Amounts(text.ParseAll(in)); len(got) != 0 {
			t.Errorf("%q: got %v, want none", in, got)
		}
	}
}

func names(s string) string {
	var out []string
	for _, n := range entity.Names(text.Parse(s)) {
		out = append(out, n.Kind+":"+s[n.Start:n.End])
	}
	return strings.Join(out, " ")
}

func TestNamesNeedAReason(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"We met Priya Raman there.":                                   "person:Priya Raman",
		"Ask my colleague Anders about it.":                           "person:Anders",
		"I saw Dr. Adeyemi yesterday.":                                "person:Adeyemi",
		"She left Halden Foods GmbH in May.":                          "company:Halden Foods GmbH",
		"They joined Pike & Sons Ltd.":                                "company:Pike & Sons Ltd",
		"She works at Northwind now.":                                 "company:Northwind",
		"Does the Business plan include it?":                          "product:Business plan",
		"Hi Anna,\n\nplease call.":                                    "",
		"See you on Monday at Noon. The Open Question is Big Data.":   "",
		"Please call us soon.\n\nBest regards,\nZofia Wrona\nCEO":     "person:Zofia Wrona",
		"Bitte rufen Sie uns an.\n\nViele Grüße\nAlbrecht Bau GmbH\n": "company:Albrecht Bau GmbH",
	}
	for in, want := range cases {
		if got := names(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
