package email

import "time"

// IntelligenceVersion names the input, schema and meaning of intelligence.
const IntelligenceVersion = "email.intelligence/1"

var (
	kinds = []string{
		"idea", "goal", "pain_point", "requirement", "question", "decision", "action_item",
		"commitment", "date", "money", "person", "company", "product",
	}
	ideaCategories   = []string{"product", "service", "problem", "opportunity"}
	levels           = []string{"high", "medium", "low"}
	painUrgencies    = []string{"urgent", "important", "nice-to-have"}
	requirementTypes = []string{"technical", "budget", "timeline", "resource"}
	sides            = []string{"us", "them"}
	moneyRoles       = []string{"budget", "price", "other"}
)

// IntelligenceInput is a message as intelligence sees it. Own says that the
// workspace wrote it, which turns "I will" into a commitment of ours.
type IntelligenceInput = TriageInput

// Intelligence is what a message holds. Reasons explain Readiness in fixed
// words.
type Intelligence struct {
	Summary    string   `json:"summary"`
	Readiness  int      `json:"readiness"`
	Reasons    []string `json:"readiness_reasons"`
	Energy     int      `json:"energy"`
	Confidence float64  `json:"confidence"`
	Items      []Item   `json:"items"`
}

// Item is one finding. Text is the quote on one line; Quote is exact, and
// Start and End count code points of the message's text.
type Item struct {
	Kind       string     `json:"kind"`
	Text       string     `json:"text"`
	Quote      string     `json:"quote"`
	Start      int        `json:"start"`
	End        int        `json:"end"`
	Attributes Attributes `json:"attributes"`
}

// Attributes are what a kind of item adds; those of other kinds are absent.
// Us is the workspace, them is the other side.
type Attributes struct {
	Category    string     `json:"category,omitempty"`     // idea
	Confidence  *float64   `json:"confidence,omitempty"`   // idea
	Priority    string     `json:"priority,omitempty"`     // goal
	Timeframe   string     `json:"timeframe,omitempty"`    // goal, in the mail's words
	Impact      string     `json:"impact,omitempty"`       // pain_point
	Urgency     string     `json:"urgency,omitempty"`      // pain_point
	Type        string     `json:"type,omitempty"`         // requirement
	MustHave    *bool      `json:"must_have,omitempty"`    // requirement
	Owner       string     `json:"owner,omitempty"`        // action_item
	By          string     `json:"by,omitempty"`           // commitment
	Severity    string     `json:"severity,omitempty"`     // commitment
	Due         *time.Time `json:"due,omitempty"`          // action_item, commitment
	Start       *time.Time `json:"start,omitempty"`        // date
	End         *time.Time `json:"end,omitempty"`          // date, exclusive
	AmountMinor *int64     `json:"amount_minor,omitempty"` // money
	Currency    string     `json:"currency,omitempty"`     // money
	Role        string     `json:"role,omitempty"`         // money
	Email       string     `json:"email,omitempty"`        // person
}
