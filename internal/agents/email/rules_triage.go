package email

import (
	"math"
	"sort"

	"rapport/internal/agents/email/wording"
	"rapport/internal/ai/text"
	"rapport/internal/ai/text/entity"
)

// RulesTriage says what a message wants, without a model. It answers for any
// input; the same input gives the same answer.
func RulesTriage(in TriageInput) Triage {
	r := read(in)
	v := &verdict{reading: r, hits: intentRules().Find(r.body), subjectHits: intentRules().Find(r.subject)}
	t := Triage{Intents: []string{}, Topics: text.Topics(r.subject, r.body, 5), Mood: "none", RespondWithin: "none"}
	v.tally()
	v.sentiment(&t)
	v.mood(&t)
	v.structure(t)
	v.leaning()
	v.intent(&t)
	v.meeting(&t)
	v.response(&t)
	v.urgency(&t)
	v.due(&t)
	t.Summary = r.summary(v.favour(), 1, 200)
	t.Evidence = v.cited
	if t.Evidence == nil {
		t.Evidence = []Evidence{}
	}
	return t
}

// verdict gathers what the cues say about one message.
type verdict struct {
	*reading
	hits, subjectHits []text.Hit
	scores            map[string]float64
	proven            map[string]bool     // by more than words that merely lean
	denied            map[string]bool     // by a cue with a negation
	best              map[string]text.Hit // strongest cue in the body, by label
	cited             []Evidence
}

// cite keeps a hit as evidence. A lone word explains little, so its sentence
// is cited instead, unless the word itself carries the tone.
func (v *verdict) cite(field string, h text.Hit) {
	first, last := h.First, h.Last
	if s := v.body.Sentences[h.Sentence]; last-first == 1 && field != "sentiment" && field != "mood" && s.Last-s.First <= 40 {
		first, last = s.First, s.Last
	}
	v.cited = append(v.cited, v.evidence(field, first, last))
}

// tally sums the weights of each label. The same phrase counts once, further
// phrases ever less; what stands early or in the subject counts more.
func (v *verdict) tally() {
	v.scores, v.best, v.proven, v.denied = map[string]float64{}, map[string]text.Hit{}, map[string]bool{}, map[string]bool{}
	seen, fade := map[*text.Cue]bool{}, map[string]float64{}
	add := func(h text.Hit, factor float64) {
		if h.Negated || seen[h.Cue] {
			v.denied[h.Cue.Label] = v.denied[h.Cue.Label] || h.Negated
			return
		}
		seen[h.Cue] = true
		f, ok := fade[h.Cue.Label]
		if !ok || h.Cue.Label == "bulk" {
			f = 1
		}
		v.scores[h.Cue.Label] += h.Cue.Weight * factor * f
		v.proven[h.Cue.Label] = v.proven[h.Cue.Label] || h.Cue.Weight >= 1.5
		fade[h.Cue.Label] = f * 0.6
	}
	for _, h := range v.hits {
		factor := 1.0
		if h.Sentence > 8 {
			factor = 0.7
		}
		add(h, factor)
		if had, ok := v.best[h.Cue.Label]; !h.Negated && (!ok || h.Cue.Weight > had.Cue.Weight) {
			v.best[h.Cue.Label] = h
		}
	}
	weight := 1.1
	if replies(v.in.Subject) {
		weight = 0.4 // it speaks of an earlier mail
	}
	for _, h := range v.subjectHits {
		add(h, weight)
	}
	v.context()
}

// context adds what no phrase says: replies follow up, bare questions ask, and
// a specific want outranks the question in which it is put.
func (v *verdict) context() {
	questions := 0
	for _, s := range v.body.Sentences {
		if s.Question && !s.Greeting {
			questions++
		}
	}
	if questions > 0 {
		v.scores["question"] += 1.5
	}
	v.scores["question"] = min(v.scores["question"], 2.6+0.2*float64(questions))
	if questions == 0 && v.scores["question"] < 2.5 {
		v.scores["question"] *= 0.4
	}
	if replies(v.in.Subject) {
		v.scores["follow_up"] += 0.9
	}
	if questions > 0 {
		for _, label := range []string{"pricing_inquiry", "support_request", "feature_request", "sales_inquiry", "partnership", "meeting_request", "complaint"} {
			if v.scores[label] >= 1 {
				v.scores[label] += 0.8
			}
		}
	}
	v.scores["general"] = min(v.scores["general"], 2.2)
	if questions == 0 && v.scores["meeting_request"] < 3 {
		v.scores["meeting_request"] *= 0.8
	}
}

// structure adds what follows from the form of the mail when phrases say
// little: amounts, dates, questions and feelings lean to an intent each.
func (v *verdict) structure(t Triage) {
	asked, dated := map[int]bool{}, false
	for i, s := range v.body.Sentences {
		if s.Question && !s.Greeting {
			asked[i] = true
		}
	}
	for _, x := range v.dates {
		dated = dated || asked[v.body.SentenceOf(x.First)] && !x.Deadline && !x.Past && x.End.After(v.in.SentAt)
	}
	money, silent := len(entity.Amounts(v.body)) > 0, len(asked) == 0 && v.scores["ask"] == 0
	lean := func(label string, weight float64, holds bool) {
		if holds {
			v.scores[label] += weight
			v.proven[label] = v.proven[label] || weight > 0.8
		}
	}
	v.proven["question"] = v.proven["question"] || len(asked) > 0
	lean("information_sharing", 2.5, v.mass())
	lean("pricing_inquiry", 1, money && len(asked) > 0)
	lean("proposal", 0.6, money && silent)
	lean("meeting_request", 1, dated)
	lean("complaint", 1.2, t.Sentiment == "negative" && t.Mood == "frustrated")
	lean("support_request", 0.7, t.Sentiment == "negative" && t.Mood != "concerned")
	lean("feedback", 0.9, t.Sentiment == "positive" && silent && len(v.dates) == 0 && len(v.body.Words) > 15)
	lean("information_sharing", 1.1, t.Sentiment == "neutral" && silent && len(v.body.Words) > 15)
}

// wordingWeight is what words that are sure of an intent add to its cues.
const wordingWeight = 3

// leaning adds what the words as such are like.
func (v *verdict) leaning() {
	for label, p := range wording.Likely(v.body) {
		if v.denied[label] && v.scores[label] == 0 {
			continue // the words speak of it only to say that it is not so
		}
		v.scores[label] += wordingWeight * p
		v.proven[label] = v.proven[label] || p > 0.4
	}
}

// intent takes the label with the highest score, and those near it.
func (v *verdict) intent(t *Triage) {
	type rank struct {
		label string
		score float64
	}
	var ranks []rank
	total := 0.0
	for _, label := range intents {
		if s := v.scores[label]; s > 0 && v.proven[label] {
			ranks = append(ranks, rank{label, s})
			total += math.Exp(s)
		}
	}
	sort.SliceStable(ranks, func(i, j int) bool { return ranks[i].score > ranks[j].score })
	if len(ranks) == 0 || ranks[0].score < 1 {
		t.Intent, t.Confidence = "general", 0.4
		if len(v.body.Sentences) == 0 && len(v.subject.Words) == 0 {
			t.Intent, t.Confidence = "other", 0.3
		}
		return
	}
	top := ranks[0]
	t.Intent = top.label
	if t.Intent == "complaint" && t.Sentiment == "neutral" {
		t.Sentiment = "negative" // who complains is not content, in whatever words
	}
	share := math.Exp(top.score) / (total + math.E)
	t.Confidence = math.Round(100*(0.35+0.6*share*min(1, top.score/4))) / 100
	for _, x := range ranks[1:] {
		if len(t.Intents) < 3 && x.score >= 1.8 && x.score >= top.score*0.5 {
			t.Intents = append(t.Intents, x.label)
		}
	}
	if h, ok := v.best[t.Intent]; ok {
		v.cite("intent", h)
	}
}

func (v *verdict) sentiment(t *Triage) {
	sum, strongest := 0.0, map[bool]text.Hit{}
	seen := map[string]bool{}
	for _, h := range v.reading.tone {
		if h.Cue.Label != "sentiment" || seen[v.body.Words[h.First].Lower] || v.body.Greets(h) {
			continue
		}
		seen[v.body.Words[h.First].Lower] = true
		w := h.Cue.Weight
		if h.Negated {
			w *= -0.5
		}
		sum += w
		if had, ok := strongest[w > 0]; !ok || math.Abs(had.Cue.Weight) < math.Abs(w) {
			strongest[w > 0] = h
		}
	}
	sum /= math.Pow(float64(max(1, len(v.body.Sentences))), 0.25)
	t.Sentiment = "neutral"
	switch {
	case sum >= 0.8:
		t.Sentiment = "positive"
	case sum <= -0.8:
		t.Sentiment = "negative"
	default:
		return
	}
	if h, ok := strongest[sum > 0]; ok {
		v.cite("sentiment", h)
	}
}

// mood takes the strongest mood that agrees with the sentiment.
func (v *verdict) mood(t *Triage) {
	sums, best := map[string]float64{}, map[string]text.Hit{}
	for _, h := range v.reading.tone {
		if h.Negated || len(h.Cue.Label) < 6 || h.Cue.Label[:5] != "mood." {
			continue
		}
		m := h.Cue.Label[5:]
		sums[m] += h.Cue.Weight
		if had, ok := best[m]; !ok || had.Cue.Weight < h.Cue.Weight {
			best[m] = h
		}
	}
	if t.Sentiment == "negative" && v.loud > 0.3 {
		sums["frustrated"]++
	}
	if t.Sentiment == "positive" && sums["excited"] > 0 {
		sums["excited"] += v.loud
	}
	floor := 1.5
	for _, m := range []string{"frustrated", "concerned", "excited"} {
		against := m == "excited" && t.Sentiment != "positive" || m == "frustrated" && t.Sentiment == "positive"
		if s := sums[m]; s >= floor && !against {
			t.Mood, floor = m, s+0.01
		}
	}
	if h, ok := best[t.Mood]; ok {
		v.cite("mood", h)
	}
}

func (v *verdict) meeting(t *Triage) {
	if t.Intent != "meeting_request" && v.scores["meeting_request"] < 2.8 || v.robot() || v.mass() {
		return
	}
	t.IsMeetingRequest = true
	if h, ok := v.best["meeting_request"]; ok {
		v.cite("is_meeting_request", h)
	}
}

// mass reports whether the words are those of mail to many, whatever its
// headers say. One such phrase is not enough: people quote them.
func (v *verdict) mass() bool { return v.scores["bulk"] >= 3.5 }

// response decides whether an answer is owed.
func (v *verdict) response(t *Triage) {
	if v.in.Own || v.robot() || v.mass() {
		return
	}
	ask, no := v.scores["ask"], v.scores["noanswer"]
	var question text.Sentence
	for _, s := range v.body.Sentences {
		if s.Question && !s.Greeting && v.asks(s) {
			question = s
			ask += 2
			break
		}
	}
	switch t.Intent {
	case "support_request", "complaint":
		ask += 2
	case "pricing_inquiry", "meeting_request", "sales_inquiry", "partnership", "question":
		ask++
	case "information_sharing", "introduction", "feedback":
		no += 0.5
	}
	if t.IsMeetingRequest {
		ask++
	}
	t.RequiresResponse = ask >= 1.9 && ask > no
	if !t.RequiresResponse {
		return
	}
	if h, ok := v.best["ask"]; ok {
		v.cite("requires_response", h)
		return
	}
	if question.Last > question.First {
		v.cited = append(v.cited, v.evidence("requires_response", question.First, question.Last))
	}
}

// asks reports whether a question wants an answer; "how are you?" does not.
func (v *verdict) asks(s text.Sentence) bool {
	w := v.body.Words
	switch w[s.First].Lower {
	case "maybe", "perhaps", "right", "really":
		return false
	}
	if s.Last-s.First > 6 || s.Last-s.First < 3 {
		return true
	}
	return !(w[s.First].Lower == "how" && (w[s.First+2].Lower == "you" || w[s.First+2].Lower == "things"))
}

// favour raises the sentences that show the intent or ask something.
func (v *verdict) favour() map[int]float64 {
	m := map[int]float64{}
	for label, h := range v.best {
		if label != "general" && label != "noanswer" && label != "bulk" {
			m[h.Sentence] += h.Cue.Weight * 0.15
		}
	}
	return m
}
