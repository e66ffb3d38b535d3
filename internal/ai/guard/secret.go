package guard

import (
	"regexp"
	"strings"
)

// What is put in place of secrets. It is never taken back.
const (
	aSecret = "[secret]"
	aCard   = "[card-number]"
	anIBAN  = "[iban]"
)

var (
	privateKey = regexp.MustCompile(`(?s)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY( BLOCK)?-----.*?(-----END [A-Z0-9 ]{0,40}PRIVATE KEY( BLOCK)?-----|\z)`)
	apiToken   = regexp.MustCompile(`\b(?:sk-[A-Za-z0-9_-]{16,}|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|AIza[0-9A-Za-z_-]{30,}|AQ\.[0-9A-Za-z_-]{30,}` +
		`|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|xox[abeoprs]-[A-Za-z0-9-]{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}` +
		`|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|ya29\.[A-Za-z0-9_-]{16,}` +
		`|npm_[A-Za-z0-9]{30,}|hf_[A-Za-z0-9]{20,}|dop_v1_[a-f0-9]{40,}|shpat_[a-fA-F0-9]{20,}|rk_[A-Za-z0-9_-]{16,})`)
	bearer      = regexp.MustCompile(`(?i)\b(bearer|basic|authorization:)(\s+)[A-Za-z0-9._~+/=-]{16,}`)
	inAddress   = regexp.MustCompile(`\b([a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s/:@]{1,100}):[^\s/@]{1,200}@`)
	assigned    = regexp.MustCompile(`(?i)(\b(?:password|passwort|passwd|passphrase|pwd|kennwort|mot de passe|contraseña|wachtwoord|pin|api[ _-]?key|access[ _-]?key|secret(?:[ _-]?key)?|client[ _-]?secret|token|zugangscode|one-time code|otp)["'*_]*[ \t]*(?:[:=]|:=|=>)["*_]*[ \t]*)("[^"\n]+"|'[^'\n]+'|\S{3,})`)
	stated      = regexp.MustCompile(`(?i)(\b(?:password|passwort|passphrase|kennwort|pin|mot de passe|contraseña|wachtwoord|token|secret)\s+(?:is|ist|est|es|lautet|now is|will be)\s+)(\S*[0-9!#$%&*+=?^~]\S{2,})`)
	digits      = regexp.MustCompile(`\b[0-9](?:[ -]?[0-9]){12,18}\b`)
	account     = regexp.MustCompile(`\b[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]){11,30}\b`)
	secretWords = [...]string{"pass", "pwd", "kennwort", "contrase", "wachtwoord", "pin", "key", "secret", "token", "code", "otp"}
)

// Secretless takes out what nobody else may read: private keys, tokens whose
// shape is known, what is said to be a password, and the numbers of cards and
// accounts.
func Secretless(text string) string {
	s := scan(text)
	if s.dashes {
		text = privateKey.ReplaceAllString(text, aSecret)
	}
	if s.run >= 14 {
		text = apiToken.ReplaceAllString(text, aSecret)
		text = bearer.ReplaceAllString(text, "${1}${2}"+aSecret)
	}
	if strings.Contains(text, "://") && strings.Contains(text, "@") {
		text = inAddress.ReplaceAllString(text, "${1}:"+aSecret+"@")
	}
	if speaksOfSecrets(text) {
		text = assigned.ReplaceAllStringFunc(text, hideValue)
		text = stated.ReplaceAllString(text, "${1}"+aSecret)
	}
	if s.digits >= 8 {
		text = account.ReplaceAllStringFunc(text, hideAccount)
	}
	if s.digits >= 13 {
		text = digits.ReplaceAllStringFunc(text, hideCard)
	}
	return text
}

// signs are what a text must have for something secret to be in it.
type signs struct {
	dashes bool
	run    int // the longest one of letters, digits and what tokens have besides
	digits int
}

func scan(text string) signs {
	var s signs
	run := 0
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= '0' && c <= '9':
			s.digits++
			run++
		case isWord(c), c == '_', c == '-', c == '.', c == '=', c == '/', c == '+', c == '~':
			run++
		default:
			run = 0
		}
		s.run = max(s.run, run)
	}
	s.dashes = strings.Contains(text, "-----BEGIN")
	return s
}

func speaksOfSecrets(text string) bool {
	lower := strings.ToLower(text)
	for _, w := range secretWords {
		if strings.Contains(lower, w) {
			return true
		}
	}
	return false
}

// hideValue replaces what an assignment gives, unless it is replaced already.
func hideValue(found string) string {
	m := assigned.FindStringSubmatch(found)
	if m == nil || strings.HasPrefix(m[2], "[") {
		return found
	}
	return m[1] + aSecret
}

// hideCard replaces a number whose last digit is the check digit of the rest.
func hideCard(found string) string {
	sum, n := 0, 0
	for i := len(found) - 1; i >= 0; i-- {
		c := found[i]
		if c < '0' || c > '9' {
			continue
		}
		d := int(c - '0')
		if n%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		n++
	}
	if sum%10 != 0 || sum == 0 {
		return found
	}
	return aCard
}

// hideAccount replaces the number of an account, the rest of which by 97 is 1.
// A word that follows it is not part of it.
func hideAccount(found string) string {
	for end := len(found); end >= 15; end = strings.LastIndexAny(found[:end], " -") {
		if isAccount(found[:end]) {
			return anIBAN + found[end:]
		}
	}
	return found
}

func isAccount(s string) bool {
	s = strings.NewReplacer(" ", "", "-", "").Replace(s)
	if len(s) < 15 || len(s) > 34 {
		return false
	}
	rest := 0
	for _, c := range s[4:] + s[:4] {
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest == 1
}
