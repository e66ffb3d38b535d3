// Package email understands mail: triage says what a message wants and how
// soon, intelligence says what it holds. Both answer without a model, from
// rules whose every finding carries the words it came from; a vendor's model
// answers in the same types and passes the same verifier.
package email

import "time"

// TriageVersion names the input, schema and meaning of triage. It changes when
// an old answer would no longer be read the same way.
const TriageVersion = "email.triage/1"

// RulesVersion names the rules. A message is understood anew when it changes.
const RulesVersion = "rules/3"

// The enums of the glossary, in the order in which they are listed there.
var (
	intents = []string{
		"meeting_request", "question", "complaint", "feature_request", "pricing_inquiry",
		"proposal", "feedback", "support_request", "sales_inquiry", "partnership",
		"introduction", "follow_up", "information_sharing", "general", "other",
	}
	sentiments = []string{"positive", "neutral", "negative"}
	moods      = []string{"excited", "concerned", "frustrated", "none"}
	urgencies  = []string{"low", "medium", "high", "critical"}
	waits      = []string{"1h", "24h", "7d", "none"}
	evidenced  = []string{"intent", "sentiment", "mood", "urgency", "requires_response", "due_at", "is_meeting_request"}
)

// TriageInput is a message as triage sees it. Text is the whole plain text;
// quotes and signatures are told apart here.
type TriageInput struct {
	Subject        string    `json:"subject"`
	Text           string    `json:"text"`
	From           string    `json:"from"`
	To             []string  `json:"to,omitempty"`
	SentAt         time.Time `json:"sent_at"`
	Now            time.Time `json:"now"`
	TimeZone       string    `json:"time_zone,omitempty"`
	DateOrder      string    `json:"date_order,omitempty"`
	Own            bool      `json:"own,omitempty"`
	Category       string    `json:"category,omitempty"`
	CategoryReason string    `json:"category_reason,omitempty"`
}

// Triage is what a message wants. DueAt is set only when an answer is owed and
// the mail is at most 30 days old.
type Triage struct {
	Intent           string     `json:"intent"`
	Intents          []string   `json:"intents"`
	Sentiment        string     `json:"sentiment"`
	Mood             string     `json:"mood"`
	Urgency          string     `json:"urgency"`
	RequiresResponse bool       `json:"requires_response"`
	RespondWithin    string     `json:"respond_within"`
	DueAt            *time.Time `json:"due_at"`
	Topics           []string   `json:"topics"`
	IsMeetingRequest bool       `json:"is_meeting_request"`
	Summary          string     `json:"summary"`
	Confidence       float64    `json:"confidence"`
	Evidence         []Evidence `json:"evidence"`
	// Meeting is set by rules, whichever engine answered.
	Meeting *Meeting `json:"meeting,omitempty"`
}

// Evidence is the words that decided a field. Start and End count code points
// of the message's text, so that text[Start:End] is Quote.
type Evidence struct {
	Field string `json:"field"`
	Quote string `json:"quote"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// Meeting is what a meeting request asks for. DurationMin is 0 where the mail
// does not say; Purpose is in its own words.
type Meeting struct {
	ProposedTimes []Proposed `json:"proposed_times"`
	DurationMin   int        `json:"duration_min"`
	Purpose       string     `json:"purpose"`
}

// Proposed is a time that is proposed for a meeting, and the words that say so.
// Whole means a day or a part of one: then End is when it ends.
type Proposed struct {
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	Whole    bool      `json:"whole"`
	Evidence Evidence  `json:"evidence"`
}
