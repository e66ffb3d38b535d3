package stencil

import (
	"fmt"
	"strings"
	"unicode"

	"rapport/internal/agents/content/brief"
	"rapport/internal/crm/content"
	"rapport/internal/crm/content/kind"
)

func platformOf(b brief.Brief) string {
	if b.Platform == "" {
		return "linkedin"
	}
	return b.Platform
}

// shortened is a post that its platform takes, with room for so much more.
func shortened(platform, s string, room int) string {
	most := min(kind.Limits()[platform], 1200) - room
	for kind.Length(platform, s) > most {
		shorter := clip(s, len([]rune(s))*9/10)
		if shorter == s {
			break
		}
		s = shorter
	}
	return s
}

func post(b brief.Brief) object {
	platform := platformOf(b)
	text := b.Text
	if text == "" {
		text = strings.TrimSpace(title(subject(b)) + ".\n\n" + strings.Join(said(b, 2), "\n"))
	}
	const cta = "What is your experience? Tell us."
	return object{"platform": platform, "text": shortened(platform, text, 80), "hashtags": tags(subject(b)), "call_to_action": cta, "image_prompt": ""}
}

// tags are hashtags of the long words of a subject.
func tags(s string) []string {
	out := []string{}
	for w := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if len([]rune(w)) > 4 && len(out) < 2 && len(w) < 20 {
			out = append(out, "#"+strings.ToLower(w))
		}
	}
	return out
}

func variations(b brief.Brief) object {
	platform, text := platformOf(b), strings.TrimSpace(b.Text)
	if text == "" {
		text = title(subject(b)) + "."
	}
	list := []object{}
	for _, v := range [][2]string{{"professional", "%s"}, {"casual", "Here is a thought: %s"}, {"inspirational", "%s\n\nIt begins with a first step."}} {
		s := fmt.Sprintf(v[1], shortened(platform, text, 60))
		list = append(list, object{"tone": v[0], "text": s})
	}
	return object{"platform": platform, "variations": list}
}

func hooks(b brief.Brief) object {
	platform, s := platformOf(b), subject(b)
	list := []object{}
	for _, h := range [][3]string{{"awareness", "What nobody tells you about %s", "Opens a post that explains"}, {"awareness", "Where does the time go with %s?", "Opens a post with a question"},
		{"interest", "How we would begin with %s", "Opens a post about the method"}, {"consideration", "Three questions to ask before you decide about %s", "Opens a list"},
		{"decision", "What the first week with %s looks like", "Opens a post about the beginning"}} {
		list = append(list, object{"platform": platform, "funnel_stage": h[0], "hook": fmt.Sprintf(h[1], s), "variant": "", "context": h[2], "follow_up": ""})
	}
	return object{"hooks": list, "recommendations": object{"top_performers": []int{}, "testing_strategy": "Publish two of them in the same week and compare the answers.", "optimization_tips": []string{"Keep the hook to one line."}}}
}

const unknown = "not known yet"

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func persona(b brief.Brief) object {
	role, industry := content.NameOf(b.Reader.Title), content.NameOf(b.Reader.Industry)
	score, quality := 10, "low"
	if role != "" {
		score += 20
	}
	if industry != "" {
		score += 20
	}
	return object{"name": or(role, "A typical buyer"), "tagline": "As far as the records tell",
		"demographics":   object{"age_range": unknown, "location": unknown, "industry": or(industry, unknown), "role": or(role, unknown), "company_size": unknown, "income": unknown},
		"psychographics": object{"values": []string{}, "interests": []string{}, "motivations": []string{}, "fears": []string{}, "personality": unknown},
		"pain_points":    []object{}, "goals": []object{}, "communication": object{"preferred_channels": []string{"Mail"}, "tone": unknown, "frequency": unknown},
		"buying":              object{"decision_makers": unknown, "decision_process": unknown, "budget": unknown, "objections": []string{}},
		"content_preferences": object{"formats": []string{}, "topics": []string{}, "media": unknown},
		"confidence":          object{"score": score, "data_quality": quality, "recommendations": []string{"Ask who else takes part in the decision.", "Ask what takes the most time today."}}}
}

func strategy(b brief.Brief) object {
	s, facts := subject(b), strings.Join(said(b, 5), " ")
	return object{"market_analysis": or(facts, "Nothing is known of the market yet. Begin with the questions that contacts ask."),
		"positioning":      object{"uvp": title(s), "differentiation": or(facts, "To be found out with contacts."), "brand_voice": or(strings.Join(b.Voice.ToneWords, ", "), "clear and friendly"), "messaging_pillars": []string{title(s), "How we work", "Questions from practice"}},
		"platforms":        []object{{"platform": platformOf(b), "priority": "high", "rationale": "One platform first, done well.", "target_audience": or(content.NameOf(b.Reader.Industry), unknown), "content_types": []string{"Posts", "Answers to questions"}}},
		"content_strategy": object{"themes": []string{title(s)}, "content_pillars": []string{"Explain", "Show", "Answer"}, "content_mix": object{"educational": 50, "promotional": 20, "engagement": 20, "entertainment": 10}},
		"campaigns":        []object{}, "kpis": []object{{"metric": "Answers", "target": "More than in the month before (an aim)", "measurement": "Answers to sent content"}},
		"timeline": []object{{"phase": 1, "duration": "Weeks 1 to 4", "focus": "Find out what contacts ask", "deliverables": []string{"A list of questions"}},
			{"phase": 2, "duration": "Weeks 5 to 8", "focus": "Answer the questions", "deliverables": []string{"A post a week"}},
			{"phase": 3, "duration": "Weeks 9 to 12", "focus": "Keep what works", "deliverables": []string{"A review of the answers"}}}}
}

func campaign(b brief.Brief) object {
	platform, s := platformOf(b), subject(b)
	n := b.Days
	if n == 0 {
		n = 28
	}
	calendar := []object{}
	for day := 1; day <= n && len(calendar) < 12; day += 7 {
		calendar = append(calendar, object{"day": day, "platform": platform, "topic": []string{"Introduce ", "Explain ", "Answer questions about ", "Sum up "}[len(calendar)%4] + s, "format": "text"})
	}
	allocation := []object{}
	if b.Budget > 0 {
		allocation = append(allocation, object{"platform": platform, "percentage": 100, "amount": b.Budget})
	}
	ad := object{"format": "image", "headline": clip(title(s), 90), "primary_text": or(strings.Join(said(b, 2), " "), title(s)+"."), "description": "", "cta": "Learn more", "visual_requirements": ""}
	return object{"name": "Campaign: " + s, "objective": "Conversations about " + s,
		"platforms":        []object{{"platform": platform, "ad_sets": []object{{"targeting": or(content.NameOf(b.Reader.Industry), "People in the industries of our contacts"), "ads": []object{ad}}}}},
		"content_calendar": calendar, "ab_tests": []object{{"element": "headline", "variation_a": title(s), "variation_b": "How to begin with " + s, "hypothesis": "A question of how draws more answers."}},
		"budget": object{"total": b.Budget, "currency": clip(b.Currency, 3), "allocation": allocation}}
}

func competitors(b brief.Brief) object {
	gaps := []object{}
	for _, c := range b.Competitors[:min(len(b.Competitors), 5)] {
		gaps = append(gaps, object{"topic": "How we compare with " + content.NameOf(c), "competitor_coverage": unknown, "your_coverage": unknown, "recommendation": "Look at what they publish and write down what is missing."})
	}
	return object{"market_gaps": []object{}, "differentiation": []object{}, "pricing": object{"market_average": unknown, "your_position": unknown, "recommendation": "Collect published prices before you compare."},
		"swot":         object{"strengths": said(b, 4), "weaknesses": []string{}, "opportunities": []string{}, "threats": []string{}},
		"content_gaps": gaps, "insights": []object{{"insight": "Little is known of the competitors so far.", "action": "Ask contacts what they compare us with.", "priority": "medium"}},
		"summary": "This comparison rests on the facts of the brand voice alone; of the competitors nothing is known yet. Add what you know to the instructions and ask again."}
}
