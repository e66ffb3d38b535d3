// Package contact judges one contact from what is known of them: how engaged
// they are, what they want, who decides, what to do next. Rules answer without
// a model; a vendor's model answers in the same types and passes the same
// verifier, which keeps no sentence whose quote does not stand where it says.
package contact

import (
	"strings"
	"time"

	"rapport/internal/agents/memory/note"
)

// Version names the input, schema and meaning of the question.
const Version = "contact.intelligence/1"

// RulesVersion names the rules.
const RulesVersion = "contact-rules/1"

// Bounds of what is looked at.
const (
	MaxMails      = 10
	MaxActivities = 5
	MaxFindings   = 30
	// MaxText is how much of each mail is read, in code points from its start.
	MaxText = 1500
)

// The enums of the glossary, in the order in which they are listed there.
var (
	intents  = []string{"high", "medium", "low", "unknown"}
	stages   = []string{"awareness", "consideration", "decision", "unknown"}
	roles    = []string{"decision_maker", "influencer", "end_user", "unknown"}
	actions  = []string{"reply", "resolve_issue", "propose_meeting", "send_offer", "follow_up", "re_engage", "nurture", "learn", "none"}
	risks    = []string{"unanswered", "no_reply", "cooling", "silent", "negative_tone", "complaint", "objection", "competitor", "refusal", "other"}
	openings = []string{"asks_price", "asks_meeting", "budget", "deadline", "ready", "goal", "engaged", "decision_maker", "other"}
)

// Input is a contact as the question sees it.
type Input struct {
	Now        time.Time  `json:"now"`
	TimeZone   string     `json:"time_zone"`
	Profile    Profile    `json:"profile"`
	Lead       Lead       `json:"lead"`
	Received   Counts     `json:"received"` // written by the contact
	Sent       Counts     `json:"sent"`     // written to the contact
	Velocity   int        `json:"velocity"` // as Velocity computes it
	LastHeard  *time.Time `json:"last_heard,omitempty"`
	LastSent   *time.Time `json:"last_sent,omitempty"`
	Mails      []Mail     `json:"mails"`      // of the contact, newest first
	Activities []Activity `json:"activities"` // newest first
	Findings   []Finding  `json:"findings"`   // in the mails, newest first
	// Memories are what the workspace has noted before about the contact.
	Memories []note.Note `json:"memories,omitempty"`
}

// Profile is who the contact is.
type Profile struct {
	Name        string `json:"name"`
	Email       string `json:"email,omitempty"`
	Title       string `json:"title,omitempty"`
	Company     string `json:"company,omitempty"`
	CompanySize string `json:"company_size,omitempty"`
	Industry    string `json:"industry,omitempty"`
	Status      string `json:"status"`
}

// Lead is the deterministic lead score, which an assessment stands beside.
type Lead struct {
	Score    *int    `json:"score"`
	Coverage float64 `json:"coverage"`
	Parts    []Part  `json:"parts"`
}

// Part is one part of the lead score; Points is nil where nothing is known.
type Part struct {
	Name   string `json:"name"`
	Points *int   `json:"points"`
}

// Counts are how many mails there really are, in all and lately.
type Counts struct {
	Total   int `json:"total"`
	Days7   int `json:"days_7"`
	Days30  int `json:"days_30"`
	Earlier int `json:"days_31_to_60"`
}

// Mail is what the contact wrote. Text begins where the message's does, so that
// places in it are places in the message.
type Mail struct {
	ID               string     `json:"id"`
	ThreadID         string     `json:"thread_id"`
	SentAt           time.Time  `json:"sent_at"`
	Subject          string     `json:"subject"`
	Text             string     `json:"text"`
	Intents          []string   `json:"intents,omitempty"` // as triaged
	Sentiment        string     `json:"sentiment,omitempty"`
	Readiness        int        `json:"readiness,omitempty"` // 1 to 10; 0 where it was not read
	RequiresResponse bool       `json:"requires_response,omitempty"`
	DueAt            *time.Time `json:"due_at,omitempty"`
	// Owed says that nobody answered yet.
	Owed bool `json:"owed,omitempty"`
}

// Activity is a call or a meeting that somebody of the workspace wrote down.
type Activity struct {
	ID   string    `json:"id"`
	Kind string    `json:"kind"`
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// Finding is what was found in a mail, with the words it stands on.
type Finding struct {
	MessageID string `json:"message_id"`
	Kind      string `json:"kind"`
	Quote     string `json:"quote"`
	Start     int    `json:"start"`
	End       int    `json:"end"`
	Role      string `json:"role,omitempty"` // of money
}

// Line is the finding as engines are shown it, "" if it does not fit on a line.
func (f Finding) Line(label string) string {
	if strings.Contains(f.Quote, "\n") {
		return ""
	}
	return label + " " + strings.TrimSuffix(f.Kind+"/"+f.Role, "/") + ": " + f.Quote
}

// Quiet reports whether there is nothing to judge: the contact never wrote, and
// nobody met them.
func (in Input) Quiet() bool {
	return in.Received.Total == 0 && len(in.Mails) == 0 && len(in.Activities) == 0
}

// Foreign reports whether words from outside have a part in what is known.
func (in Input) Foreign() bool { return len(in.Mails) > 0 || note.Foreign(in.Memories) }

// Velocity says from −2 to 2 whether a contact writes more or less than before:
// by the mails of the last thirty days and of the thirty days before these.
func Velocity(received Counts) int {
	now, before := received.Days30, received.Earlier
	switch {
	case received.Total == 0:
		return 0
	case now == 0 && before == 0:
		return -1 // silent for two months
	case now == 0:
		return -2
	case now >= 3 && now >= 2*before:
		return 2
	case now > before:
		return 1
	case now == before:
		return 0
	case 2*now <= before:
		return -2
	}
	return -1
}

// Assessment is what is thought of a contact.
type Assessment struct {
	EngagementScore    int        `json:"engagement_score"`
	BuyingIntent       string     `json:"buying_intent" enum:"high,medium,low,unknown"`
	DecisionStage      string     `json:"decision_stage" enum:"awareness,consideration,decision,unknown"`
	RoleType           string     `json:"role_type" enum:"decision_maker,influencer,end_user,unknown"`
	NextBestAction     Action     `json:"next_best_action"`
	RiskSignals        []Signal   `json:"risk_signals"`
	OpportunitySignals []Signal   `json:"opportunity_signals"`
	EngagementVelocity int        `json:"engagement_velocity"`
	SentimentScore     int        `json:"sentiment_score"`
	Brief              []Sentence `json:"brief"`
	Confidence         float64    `json:"confidence"`
}

// Action is what to do next; Due is by when.
type Action struct {
	Kind string     `json:"kind" enum:"reply,resolve_issue,propose_meeting,send_offer,follow_up,re_engage,nurture,learn,none"`
	Text string     `json:"text"`
	Due  *time.Time `json:"due"`
}

// Signal speaks for or against the contact. Citations may be empty where it is
// counted rather than read.
type Signal struct {
	Kind      string     `json:"kind"`
	Text      string     `json:"text"`
	Citations []Citation `json:"citations"`
}

// Sentence is one of the brief.
type Sentence struct {
	Text      string     `json:"text"`
	Citations []Citation `json:"citations"`
}

// Citation is the exact words that a sentence stands on. Source is what an
// engine calls the text: m1 is the newest mail, a1 the latest activity. Start
// and End count code points of it.
type Citation struct {
	Source string `json:"source"`
	Quote  string `json:"quote"`
	Entity string `json:"entity" enum:"message,activity"` // message or activity
	ID     string `json:"id"`
	Start  int    `json:"start"`
	End    int    `json:"end"`
}
