package secret

import (
	"slices"
	"strings"
	"unicode"
)

// Weak reports whether a password is among those that are tried first: a
// common word or two with digits around, one short piece repeated, a run along
// the alphabet or the keyboard, or what is known about the person, such as
// their address. How long it must be is not asked here.
func Weak(password string, about ...string) bool {
	plain := strings.ToLower(password)
	core := letters(plain)
	if repeats(plain) || runs(plain) || common(core) {
		return true
	}
	return slices.ContainsFunc(about, func(fact string) bool {
		fact = strings.ToLower(strings.TrimSpace(fact))
		local, _, _ := strings.Cut(fact, "@")
		return fact != "" && plain == fact || len(letters(local)) > 2 && core == letters(local)
	})
}

// letters reads digits and signs that stand for letters as those, when there
// are letters on both sides, and leaves out all others: "P4ssw0rd!2026" is
// "password".
func letters(s string) string {
	stands := map[rune]rune{'0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', '$': 's', '!': 'i'}
	in := []rune(s)
	var b strings.Builder
	for i, r := range in {
		inside := i > 0 && i < len(in)-1 && unicode.IsLetter(in[i-1]) && slices.ContainsFunc(in[i+1:], unicode.IsLetter)
		switch as, ok := stands[r]; {
		case unicode.IsLetter(r):
			b.WriteRune(r)
		case ok && inside:
			b.WriteRune(as)
		}
	}
	return b.String()
}

// common reports whether core is made of common words and nothing else; at
// most three, so that a phrase of words stays a phrase.
func common(core string) bool {
	return core == "" || composed(core, 3)
}

func composed(s string, most int) bool {
	if s == "" {
		return true
	}
	return most > 0 && slices.ContainsFunc(strings.Fields(commonWords), func(w string) bool {
		rest, ok := strings.CutPrefix(s, w)
		return ok && composed(rest, most-1)
	})
}

// repeats reports whether s is one piece of up to five runes over and over.
func repeats(s string) bool {
	in := []rune(s)
	for size := 1; size <= 5 && size*2 <= len(in); size++ {
		same := true
		for i := size; i < len(in) && same; i++ {
			same = in[i] == in[i-size]
		}
		if same {
			return true
		}
	}
	return false
}

// runs reports whether s consists of pieces of four or more neighbours, on the
// keyboard or in the alphabet, forwards or backwards.
func runs(s string) bool {
	for s != "" {
		n := 0
		for _, line := range strings.Fields(rows) {
			for size := min(len(s), len(line)); size >= 4 && size > n; size-- {
				if strings.Contains(line, s[:size]) || strings.Contains(line, backwards(s[:size])) {
					n = size
				}
			}
		}
		if n == 0 {
			return false
		}
		s = s[n:]
	}
	return true
}

func backwards(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

const rows = `01234567890 abcdefghijklmnopqrstuvwxyz qwertyuiop asdfghjkl zxcvbnm qwertzuiop yxcvbnm azertyuiop qsdfghjklm wxcvbn
	1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik 1q2w3e4r5t6y7u8i9o0p`

// commonWords are what people reach for when they are told to choose a
// password; digits and signs around them change nothing.
const commonWords = `
	a abc access admin administrator again amour angel apple asdf august autumn azerty baby banana baseball basketball batman beer
	blink blue boss bonjour butter butterfly buster cambio carlos change changeit changeme charlie cheese chelsea chicken chocolate
	company computer cookie corvette crm dallas default diamond dragon eagle easy elephant enter example facebook family fish
	football forever freedom friend friends george ginger god google guest hallo happy harley heart hello hockey hola home house
	hunter i iceman internet is it january jennifer jessica jesus jordan killer king kitty lady letmein liverpool login london love
	lovely lover lovers loveyou lucky mag maggie manager marina master matrix matthew me merlin michael mickey minecraft monkey monster
	mother mustang my mylove mypassword mynameis naruto new nicole ninja no nothing oracle orange pass passe passwd passwort password
	passwords people pepper please pokemon police princess private purple qwert qwerty qwertz rachel rainbow ranger rapport red
	right root samsung sarah school secret secure security senha server service shadow silver slipknot snoopy soccer spring star
	starwars steelers summer sunshine super superman system taylor teamo temp temporary test tester testing thank the this thunder tiger
	tigger tinkle to toor trust trustno two user vikings weare welcome whatever who william winter wizard work world yankees yellow yes
	yellowstone you your zaq zxcvbn`
