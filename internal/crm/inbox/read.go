package inbox

import (
	"context"
	"encoding/json"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/message"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Thread is a thread with its messages.
type Thread struct {
	message.Thread
	Messages []Message `json:"messages" doc:"The newest 100, oldest first."`
}

// Message is one message of a thread.
type Message struct {
	ID           string        `json:"id"`
	ThreadID     string        `json:"thread_id"`
	Direction    string        `json:"direction" enum:"inbound,outbound"`
	Subject      string        `json:"subject"`
	SentAt       time.Time     `json:"sent_at"`
	DateNote     string        `json:"date_note" doc:"What is odd about the date."`
	From         Party         `json:"from" db:"-"`
	To           []Party       `json:"to" db:"-"`
	Cc           []Party       `json:"cc" db:"-"`
	AddressCount int64         `json:"address_count" doc:"Addresses of the message, also those that are not listed here."`
	Text         string        `json:"text"`
	TextCut      bool          `json:"text_cut" doc:"There is more; read the message alone."`
	HasHTML      bool          `json:"has_html" db:"has_html"`
	Attachments  []Attachment  `json:"attachments" db:"-"`
	Problems     []string      `json:"problems" doc:"What could not be shown."`
	Triage       *Triage       `json:"triage" db:"-"`
	Intelligence *Intelligence `json:"intelligence" db:"-"`
}

// Party is somebody who wrote or was written to.
type Party struct {
	Name      string  `json:"name"`
	Address   string  `json:"address"`
	ContactID *string `json:"contact_id"`
}

// Attachment is a file that came with a message.
type Attachment struct {
	ID          string `json:"id"`
	Filename    string `json:"filename"`
	ContentType string `json:"content_type"`
	Size        int64  `json:"size"`
	Inline      bool   `json:"inline"`
	Note        string `json:"note" doc:"What the reader should know, such as why it cannot be downloaded."`
}

// Triage is what was decided about a message.
type Triage struct {
	State            string     `json:"state" enum:"pending,done,skipped,failed"`
	Reason           string     `json:"reason"`
	Category         string     `json:"category" enum:"personal,bulk,automatic,own"`
	CategoryReason   string     `json:"category_reason"`
	Intent           *string    `json:"intent"`
	Intents          []string   `json:"intents"`
	Sentiment        *string    `json:"sentiment" enum:"positive,neutral,negative"`
	Mood             *string    `json:"mood" enum:"excited,concerned,frustrated,none"`
	Urgency          *string    `json:"urgency" enum:"low,medium,high,critical"`
	RequiresResponse bool       `json:"requires_response"`
	RespondWithin    string     `json:"respond_within" enum:"1h,24h,7d,none"`
	DueAt            *time.Time `json:"due_at"`
	Topics           []string   `json:"topics"`
	IsMeetingRequest bool       `json:"is_meeting_request"`
	Summary          string     `json:"summary"`
	Confidence       float64    `json:"confidence"`
	Engine           string     `json:"engine"`
	Version          string     `json:"version"`
	Degraded         bool       `json:"degraded"`
	Evidence         []Evidence `json:"evidence"`
	Meeting          *Meeting   `json:"meeting" doc:"What a meeting request asks for."`
}

// Meeting is what a meeting request asks for.
type Meeting struct {
	ProposedTimes []Proposed `json:"proposed_times"`
	DurationMin   int        `json:"duration_min" doc:"0 where the mail does not say."`
	Purpose       string     `json:"purpose"`
}

// Proposed is a time that a mail proposes, and the words that say so.
type Proposed struct {
	Start    time.Time `json:"start"`
	End      time.Time `json:"end"`
	Whole    bool      `json:"whole" doc:"A day or a part of one rather than a time."`
	Evidence Evidence  `json:"evidence"`
}

// Evidence is where a field was read; the offsets count code points of text.
type Evidence struct {
	Field string `json:"field"`
	Quote string `json:"quote"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// Intelligence is what a message says about a business.
type Intelligence struct {
	State      string  `json:"state" enum:"pending,done,skipped,failed"`
	Reason     string  `json:"reason"`
	Summary    string  `json:"summary"`
	Readiness  *int32  `json:"readiness" minimum:"1" maximum:"10"`
	Energy     *int32  `json:"energy" minimum:"1" maximum:"10"`
	Confidence float64 `json:"confidence"`
	Engine     string  `json:"engine"`
	Version    string  `json:"version"`
	Degraded   bool    `json:"degraded"`
	Items      []Item  `json:"items" db:"-"`
}

// Item is one thing that a message says; text[start:end] is its quote.
type Item struct {
	Kind       string          `json:"kind" enum:"idea,goal,pain_point,requirement,question,decision,action_item,commitment,date,money,person,company,product"`
	Text       string          `json:"text"`
	Quote      string          `json:"quote"`
	Start      int32           `json:"start" db:"quote_start"`
	End        int32           `json:"end" db:"quote_end"`
	Attributes json.RawMessage `json:"attributes"`
}

// bounds limit what a reading of messages brings.
type bounds struct {
	text      int // code points
	addresses int
}

func (s *Service) thread(ctx context.Context, in *op.ByID) (*op.Record[Thread], error) {
	var heads []message.Thread
	r := reading{ids: `SELECT id FROM messages WHERE workspace_id = $1 AND thread_id = $2::uuid ORDER BY sent_at DESC, id DESC LIMIT 100`,
		subject: in.ID, bounds: bounds{50_000, 50}}
	err := s.db.Read(ctx, func(tx *pg.Tx) error {
		message.LaterThread(tx, &heads, in.ID)
		return r.run(tx)
	})
	if err != nil {
		return nil, err
	}
	if len(heads) == 0 {
		return nil, problem.Missing("thread")
	}
	return op.NewRecord(Thread{heads[0], r.messages()}, heads[0].Version), nil
}

func (s *Service) message(ctx context.Context, in *op.ByID) (*op.Body[Message], error) {
	r := reading{ids: `SELECT $2::uuid`, subject: in.ID, bounds: bounds{2_000_000, 10_000}}
	err := s.db.Read(ctx, func(tx *pg.Tx) error { return r.run(tx) })
	if err != nil {
		return nil, err
	}
	found := r.messages()
	if len(found) == 0 {
		return nil, problem.Missing("message")
	}
	return &op.Body[Message]{Body: found[0]}, nil
}

// reading is the messages of a query for ids with all that belongs to them, in
// one round trip.
type reading struct {
	ids, subject string
	bounds
	rows        []messageRow
	parties     []partyRow
	attachments []attachmentRow
	triage      []triageRow
	analyses    []analysisRow
	items       []itemRow
}

type (
	messageRow struct {
		Message
		Category, CategoryReason string
	}
	partyRow struct {
		MessageID, Kind string
		Party
	}
	attachmentRow struct {
		MessageID string
		Attachment
	}
	triageRow struct {
		MessageID string
		Triage
	}
	analysisRow struct {
		MessageID string
		Intelligence
	}
	itemRow struct {
		MessageID string
		Item
	}
)

func (r *reading) run(tx *pg.Tx) error {
	of := ` x.workspace_id = $1 AND x.message_id IN (` + r.ids + `)`
	ws := tx.Workspace()
	pg.Later(tx, &r.rows, `
		SELECT x.id::text, x.thread_id::text, x.direction, x.subject, x.sent_at, x.date_note, left(x.body, $3) AS text, length(x.body) > $3 AS text_cut,
			x.html <> '' AS has_html, x.problems, x.category, x.category_reason,
			(SELECT count(*) FROM message_addresses a WHERE a.workspace_id = $1 AND a.message_id = x.id) AS address_count
		FROM messages x
		WHERE x.workspace_id = $1 AND x.id IN (`+r.ids+`)
		ORDER BY x.sent_at, x.id`, ws, r.subject, r.text)
	pg.Later(tx, &r.parties, `
		SELECT x.message_id::text, x.kind, x.name, x.address, x.contact_id::text
		FROM message_addresses x
		WHERE`+of+` AND x.kind IN ('from', 'to', 'cc') AND x.position < $3
		ORDER BY x.message_id, x.position`, ws, r.subject, r.addresses)
	pg.Later(tx, &r.attachments, `
		SELECT x.message_id::text, x.id::text, x.filename, x.content_type, x.size, x.inline, x.note
		FROM attachments x
		WHERE`+of+`
		ORDER BY x.message_id, x.position`, ws, r.subject)
	pg.Later(tx, &r.triage, `
		SELECT x.message_id::text, x.state, x.reason, m.category, m.category_reason, x.intent, x.intents, x.sentiment, x.mood, x.urgency,
			x.requires_response, x.respond_within, x.due_at, x.topics, x.is_meeting_request, x.summary, x.confidence, x.engine, x.version, x.degraded, x.evidence, x.meeting
		FROM email_triage x
		JOIN messages m ON m.workspace_id = x.workspace_id AND m.id = x.message_id
		WHERE`+of, ws, r.subject)
	pg.Later(tx, &r.analyses, `
		SELECT x.message_id::text, x.state, x.reason, x.summary, x.readiness, x.energy, x.confidence, x.engine, x.version, x.degraded
		FROM email_intelligence x
		WHERE`+of, ws, r.subject)
	pg.Later(tx, &r.items, `
		SELECT x.message_id::text, x.kind, x.body AS text, x.quote, x.quote_start, x.quote_end, x.attributes
		FROM intelligence_items x
		WHERE`+of+`
		ORDER BY x.message_id, x.position`, ws, r.subject)
	return tx.Flush()
}

// messages puts what belongs together together.
func (r *reading) messages() []Message {
	at := make(map[string]*Message, len(r.rows))
	all := make([]Message, len(r.rows))
	for i, row := range r.rows {
		m := &all[i]
		*m = row.unread()
		at[m.ID] = m
	}
	for _, p := range r.parties {
		switch m := at[p.MessageID]; p.Kind {
		case "from":
			m.From = p.Party
		case "to":
			m.To = append(m.To, p.Party)
		case "cc":
			m.Cc = append(m.Cc, p.Party)
		}
	}
	for _, a := range r.attachments {
		m := at[a.MessageID]
		m.Attachments = append(m.Attachments, a.Attachment)
	}
	for _, t := range r.triage {
		at[t.MessageID].Triage = &t.Triage
	}
	for _, a := range r.analyses {
		a.Items = []Item{}
		at[a.MessageID].Intelligence = &a.Intelligence
	}
	for _, i := range r.items {
		a := at[i.MessageID].Intelligence
		a.Items = append(a.Items, i.Item)
	}
	return all
}

// unread is the message before anything was understood of it.
func (r messageRow) unread() Message {
	m := r.Message
	m.To, m.Cc, m.Attachments = []Party{}, []Party{}, []Attachment{}
	m.Triage = &Triage{State: "pending", Category: r.Category, CategoryReason: r.CategoryReason, RespondWithin: "none", Intents: []string{}, Topics: []string{}, Evidence: []Evidence{}}
	m.Intelligence = &Intelligence{State: "pending", Items: []Item{}}
	return m
}
