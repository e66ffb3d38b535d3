package entity

import (
	"math"
	"strconv"
	"strings"

	"rapport/internal/ai/text"
)

// Money is an amount. Currency is an ISO code, or empty when the text leaves
// it open. Minor counts hundredths, or whole units where there are none.
type Money struct {
	First, Last int // words, half-open
	Minor       int64
	Currency    string
}

var currencies = map[string]string{
	"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR",
	"usd": "USD", "eur": "EUR", "gbp": "GBP", "chf": "CHF", "jpy": "JPY", "cad": "CAD", "aud": "AUD", "sek": "SEK", "nok": "NOK", "dkk": "DKK", "pln": "PLN", "inr": "INR", "nzd": "NZD",
	"dollar": "USD", "dollars": "USD", "bucks": "USD", "euro": "EUR", "euros": "EUR", "pound": "GBP", "pounds": "GBP", "quid": "GBP", "francs": "CHF", "franken": "CHF", "yen": "JPY", "rupees": "INR", "dólares": "USD",
}

var multipliers = map[string]float64{
	"k": 1e3, "grand": 1e3, "thousand": 1e3, "tausend": 1e3, "mil": 1e3, "m": 1e6, "mn": 1e6, "mio": 1e6, "million": 1e6, "millions": 1e6, "millionen": 1e6, "bn": 1e9, "billion": 1e9,
}

// Amounts finds amounts of money in d, in order.
func Amounts(of *text.Doc) []Money {
	d := doc{of}
	var found []Money
	for _, s := range d.Sentences {
		for i := s.First; i < s.Last; i++ {
			if d.Words[i].Kind != text.Number {
				continue
			}
			m, ok := d.amount(i, s)
			if !ok {
				continue
			}
			found = append(found, m)
			i = m.Last - 1
		}
	}
	return found
}

func (d doc) amount(i int, s text.Sentence) (Money, bool) {
	m := Money{First: i}
	digits := d.Words[i].Lower
	j := i + 1
	for j < s.Last && j < i+4 && groups(digits, d.Words[j], d.Words[j-1]) {
		digits += d.Words[j].Lower
		j++
	}
	value, ok := parseNumber(digits)
	if !ok {
		return m, false
	}
	word := func(n int) string {
		if n < s.First || n >= s.Last {
			return ""
		}
		return d.Words[n].Lower
	}
	if c := currencies[word(i-1)]; c != "" && (word(i-1) != "pound" && word(i-1) != "pounds") {
		m.Currency = c
		m.First--
	}
	scale := multipliers[word(j)]
	if scale != 0 && !(len(word(j)) == 1 && d.Words[j].Start > d.Words[j-1].End) {
		value *= scale
		j++
	} else {
		scale = 0
	}
	if m.Currency == "" && currencies[word(j)] != "" {
		m.Currency = currencies[word(j)]
		j++
	}
	m.Last = j
	if m.Currency == "" && !(scale == 1e3 && d.sumWithoutCurrency(j, s, word(j-1))) {
		return m, false
	}
	unit := 100.0
	if m.Currency == "JPY" {
		unit = 1
	}
	if value*unit > 1e17 || value < 0 {
		return m, false
	}
	m.Minor = int64(math.Round(value * unit))
	return m, true
}

// sumWithoutCurrency accepts "20 grand" and "4.5k for the whole thing", but
// not "10k records".
func (d doc) sumWithoutCurrency(j int, s text.Sentence, scale string) bool {
	if scale == "grand" {
		return true
	}
	if scale != "k" {
		return false
	}
	if j >= s.Last {
		return false
	}
	switch d.Words[j].Lower {
	case "for", "per", "budget", "total", "all", "upfront", "max":
		return true
	}
	return false
}

// groups reports whether next continues a number written with spaces: 10 000.
func groups(digits string, next, prev text.Word) bool {
	return next.Kind == text.Number && len(next.Lower) == 3 && next.Start-prev.End <= 2 && next.Start > prev.End &&
		len(digits) <= 9 && strings.Trim(digits, "0123456789") == "" && (len(digits) <= 3 || len(digits)%3 == 0 || len(digits) < 10) && len(prev.Lower) <= 3
}

// parseNumber reads 9,800 · 12.000 · 1.234,56 · 2.50. A single separator
// before exactly three digits groups thousands.
func parseNumber(s string) (float64, bool) {
	if strings.ContainsAny(s, ":/-") || len(s) > 24 {
		return 0, false
	}
	s = strings.ReplaceAll(s, "'", "")
	lastDot, lastComma := strings.LastIndexByte(s, '.'), strings.LastIndexByte(s, ',')
	decimal := max(lastDot, lastComma)
	if decimal >= 0 && (lastDot < 0 || lastComma < 0) {
		sep := s[decimal : decimal+1]
		if strings.Count(s, sep) > 1 || len(s)-decimal-1 == 3 && s[0] != '0' {
			decimal = -1
		}
	}
	whole, frac := s, ""
	if decimal >= 0 {
		whole, frac = s[:decimal], s[decimal+1:]
	}
	whole = strings.ReplaceAll(strings.ReplaceAll(whole, ".", ""), ",", "")
	v, err := strconv.ParseFloat(whole+"."+frac, 64)
	return v, err == nil
}
