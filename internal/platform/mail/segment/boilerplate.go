package segment

import "strings"

// boilerplate recognises legal notices and what mailing lists and free mail
// services append.
func (s *segmenter) boilerplate() bool {
	l := s.lines[s.at]
	if !legal(l.lower) && !s.footer() {
		return false
	}
	s.mode = Disclaimer
	s.mark(1, Disclaimer)
	return true
}

// legal recognises how notices begin.
func legal(lower string) bool {
	lower = strings.TrimLeft(lower, "*-_= \"")
	for _, lead := range []string{"confidentiality notice", "confidentiality note", "disclaimer", "legal notice", "privileged and confidential",
		"this e-mail and any", "this email and any", "this e-mail message and any", "this message and any attach", "this e-mail is confidential",
		"this email is confidential", "this message is confidential", "this e-mail is intended", "this email is intended", "this message is intended",
		"this e-mail contains", "this email contains confidential", "this message contains confidential", "this message may contain",
		"this e-mail may contain", "this email may contain", "this communication is", "this transmission is",
		"the information contained in this", "the information in this e", "the contents of this e", "if you are not the intended recipient",
		"if you have received this", "any views or opinions", "please consider the environment", "diese e-mail enthält", "diese nachricht enthält",
		"der inhalt dieser e-mail", "ce message et", "ce courriel et", "cet e-mail et", "este mensaje y", "este correo electrónico",
		"questo messaggio", "le informazioni contenute", "dit bericht is", "de informatie in dit", "detta meddelande"} {
		if strings.HasPrefix(lower, lead) {
			return true
		}
	}
	return false
}

// footer recognises what lists append: a rule with talk of the list after it,
// or a sentence that says how to leave.
func (s *segmenter) footer() bool {
	l := s.lines[s.at]
	if !rule(l.text) {
		return Leaving(l.lower) && s.left() <= 12
	}
	end := min(s.at+5, len(s.lines))
	for _, next := range s.lines[s.at+1 : end] {
		if listTalk(next.lower) {
			return true
		}
	}
	return false
}

// rule recognises a line of dashes, underscores, stars or the like, with a
// title in it or not.
func rule(text string) bool {
	return len(text) >= 10 && (strings.Trim(text[:10], "-") == "" || strings.Trim(text[:10], "_") == "" || strings.Trim(text[:10], "=") == "" ||
		strings.Trim(text[:10], "*") == "" || strings.Trim(text[:10], "~") == "")
}

func listTalk(lower string) bool {
	return strings.Contains(lower, "mailing list") || strings.Contains(lower, "listinfo") || strings.Contains(lower, "email is sponsored by") ||
		strings.Contains(lower, "mailman") || Leaving(lower)
}

// Leaving recognises a line, in lower case, that says how to leave a list.
func Leaving(lower string) bool {
	if !strings.Contains(lower, "subscri") && !strings.Contains(lower, "abbestell") && !strings.Contains(lower, "désinscri") &&
		!strings.Contains(lower, "dar de baja") && !strings.Contains(lower, "afmelden") && !strings.Contains(lower, "abmelden") {
		return false
	}
	for _, phrase := range []string{"to unsubscribe", "unsubscribe:", "unsubscribe here", "unsubscribe from", "click here to unsubscribe", "unsubscribe link",
		"to be removed", "manage your subscription", "newsletter abbestellen", "vom newsletter abmelden", "abbestellen", "se désinscrire",
		"désinscription", "dar de baja", "afmelden", "abmelden", "you are receiving this", "you received this", "you are subscribed"} {
		if strings.Contains(lower, phrase) {
			return true
		}
	}
	return false
}
