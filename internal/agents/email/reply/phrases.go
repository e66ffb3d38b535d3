package reply

import "strings"

// phrases are what the rules say in one language, by tone or by intent.
type phrases struct {
	language                                          string
	hello, greet, close                               map[string]string
	acknowledge                                       map[string]string
	thanks, times, or, checking, whichTime, asWeWrote string
	oneLeft, someLeft, looking, nothing               string
	enquire                                           map[string]enquiry
}

// enquiry is what is asked back unless the message says it.
type enquiry struct {
	question, category string
	unless             func(message string) bool
}

func hasNumber(s string) bool { return strings.ContainsAny(s, "0123456789") }

func wordsOf(language string) phrases {
	if language == "de" {
		return german()
	}
	return english()
}

func english() phrases {
	return phrases{
		language: "en",
		hello:    map[string]string{"professional": "Hello", "friendly": "Hi", "brief": "Hello"},
		greet:    map[string]string{"professional": "Dear", "friendly": "Hi", "brief": "Hello"},
		close:    map[string]string{"professional": "Kind regards", "friendly": "Best wishes", "brief": "Regards"},
		acknowledge: map[string]string{
			"meeting_request":     "Thank you for suggesting a meeting.",
			"question":            "Thank you for your message. I have read your question.",
			"complaint":           "Thank you for telling us. I am sorry for the trouble that this has caused you.",
			"feature_request":     "Thank you for the suggestion. It helps us to know how you work.",
			"pricing_inquiry":     "Thank you for your enquiry.",
			"proposal":            "Thank you for your offer. We are going through it.",
			"feedback":            "Thank you for taking the time to tell us. I have passed it on to the team.",
			"support_request":     "Thank you for your message. I am sorry that it does not work as it should.",
			"sales_inquiry":       "Thank you for your interest in us.",
			"partnership":         "Thank you for the idea of working together.",
			"introduction":        "Thank you for the introduction. I am pleased to be in touch.",
			"follow_up":           "Thank you for following up.",
			"information_sharing": "Thank you for letting us know.",
			"general":             "Thank you for your message.",
		},
		thanks: "Thank you for your message.",
		times:  "You proposed", or: " or ", checking: "I am checking whether that suits on our side and will come back to you.",
		whichTime: "Which days and times would suit you?",
		asWeWrote: "We have written about this before:",
		oneLeft:   "I do not have the answer to your question at hand; I will find out and come back to you.",
		someLeft:  "I do not have the answers to all of your questions at hand; I will find out and come back to you.",
		looking:   "I am looking into it and will come back to you.",
		nothing:   "I have taken note of it.",
		enquire: map[string]enquiry{
			"complaint":       {"Could you send me the number of the order or invoice, so that I find everything about it?", "context", hasNumber},
			"support_request": {"What exactly do you see when it happens, and since when?", "pain_point", nil},
			"pricing_inquiry": {"How many people or pieces is it for, and from when?", "budget", hasNumber},
			"sales_inquiry":   {"What matters most to you, and by when would you like to start?", "goal", nil},
			"feature_request": {"In which situation would it help you most?", "goal", nil},
			"partnership":     {"What do you have in mind as a first step?", "goal", nil},
		},
	}
}

func german() phrases {
	return phrases{
		language: "de",
		hello:    map[string]string{"professional": "Guten Tag", "friendly": "Hallo", "brief": "Guten Tag"},
		greet:    map[string]string{"professional": "Guten Tag", "friendly": "Hallo", "brief": "Guten Tag"},
		close:    map[string]string{"professional": "Mit freundlichen Grüßen", "friendly": "Viele Grüße", "brief": "Beste Grüße"},
		acknowledge: map[string]string{
			"meeting_request":     "Vielen Dank für Ihren Terminvorschlag.",
			"question":            "Vielen Dank für Ihre Nachricht. Ihre Frage habe ich gelesen.",
			"complaint":           "Vielen Dank für Ihre Nachricht. Es tut mir leid, dass Sie damit Ärger hatten.",
			"feature_request":     "Vielen Dank für die Anregung. Es hilft uns zu wissen, wie Sie arbeiten.",
			"pricing_inquiry":     "Vielen Dank für Ihre Anfrage.",
			"proposal":            "Vielen Dank für Ihr Angebot. Wir sehen es uns an.",
			"feedback":            "Vielen Dank, dass Sie sich die Zeit genommen haben. Ich habe es an das Team weitergegeben.",
			"support_request":     "Vielen Dank für Ihre Nachricht. Es tut mir leid, dass es nicht so geht, wie es soll.",
			"sales_inquiry":       "Vielen Dank für Ihr Interesse.",
			"partnership":         "Vielen Dank für den Gedanken einer Zusammenarbeit.",
			"introduction":        "Vielen Dank für die Vorstellung. Ich freue mich auf den Austausch.",
			"follow_up":           "Vielen Dank für Ihre Nachfrage.",
			"information_sharing": "Vielen Dank für die Information.",
			"general":             "Vielen Dank für Ihre Nachricht.",
		},
		thanks: "Vielen Dank für Ihre Nachricht.",
		times:  "Sie haben vorgeschlagen:", or: " oder ", checking: "Ich prüfe, ob das bei uns passt, und melde mich.",
		whichTime: "Welche Tage und Uhrzeiten würden Ihnen passen?",
		asWeWrote: "Dazu hatten wir bereits geschrieben:",
		oneLeft:   "Auf Ihre Frage habe ich die Antwort noch nicht zur Hand; ich kläre sie und melde mich.",
		someLeft:  "Auf Ihre Fragen habe ich noch nicht alle Antworten zur Hand; ich kläre sie und melde mich.",
		looking:   "Ich gehe dem nach und melde mich.",
		nothing:   "Ich habe es zur Kenntnis genommen.",
		enquire: map[string]enquiry{
			"complaint":       {"Können Sie mir die Nummer der Bestellung oder Rechnung nennen, damit ich alles dazu finde?", "context", hasNumber},
			"support_request": {"Was genau sehen Sie dabei, und seit wann?", "pain_point", nil},
			"pricing_inquiry": {"Für wie viele Personen oder Stück ist es, und ab wann?", "budget", hasNumber},
			"sales_inquiry":   {"Was ist Ihnen am wichtigsten, und bis wann möchten Sie beginnen?", "goal", nil},
			"feature_request": {"In welcher Situation würde es Ihnen am meisten helfen?", "goal", nil},
			"partnership":     {"Was stellen Sie sich als ersten Schritt vor?", "goal", nil},
		},
	}
}
