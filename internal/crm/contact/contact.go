// Package contact keeps the people that a team deals with.
package contact

import (
	"strings"
	"time"

	"rapport/internal/crm/field"
	"rapport/internal/crm/tag"
	"rapport/internal/platform/list"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Row is a contact as lists show it.
type Row struct {
	ID                string     `json:"id"`
	Name              string     `json:"name"`
	Email             *string    `json:"email" doc:"The primary address."`
	Title             *string    `json:"title" doc:"What they are at their company."`
	Phone             *string    `json:"phone"`
	Status            string     `json:"status" enum:"prospect,lead,customer,former"`
	OwnerID           *string    `json:"owner_id"`
	CompanyID         *string    `json:"company_id"`
	CompanyName       *string    `json:"company_name"`
	Score             *int64     `json:"score" doc:"0 to 100; null when nothing is known."`
	LastInteractionAt *time.Time `json:"last_interaction_at"`
	Source            string     `json:"source"`
	CreatedAt         time.Time  `json:"created_at"`
	UpdatedAt         time.Time  `json:"updated_at"`
	Version           int64      `json:"version"`
}

// Listed is a contact as its own list shows it.
type Listed struct {
	Row
	Fields field.Values `json:"fields,omitempty" doc:"If they are asked for by include."`
}

// Contact is a contact with all that is known of them.
type Contact struct {
	Row
	Emails    []Email      `json:"emails" db:"-"`
	Tags      []tag.Mark   `json:"tags" db:"-"`
	Fields    field.Values `json:"fields" db:"-"`
	DeletedAt *time.Time   `json:"deleted_at"`
}

// Email is an address of a contact. The first is the primary one.
type Email struct {
	ID      string `json:"id"`
	Address string `json:"address"`
	Label   string `json:"label"`
	Primary bool   `json:"primary"`
	key     string
}

const columns = `c.id, c.name, c.email, c.title, c.phone, c.status, c.owner_id, c.company_id, co.name AS company_name,
	c.score::bigint AS score, c.last_interaction_at, c.source, c.created_at, c.updated_at, c.version`

const tables = `
	FROM contacts c LEFT JOIN companies co ON co.workspace_id = c.workspace_id AND co.id = c.company_id`

var statuses = []string{"prospect", "lead", "customer", "former"}

// Listing is what the list of contacts offers.
var Listing = list.Spec{
	Columns: columns,
	From:    tables + "\n\tWHERE c.workspace_id = $1",
	ID:      "c.id",
	Fields: map[string]list.Field{
		"name":                {SQL: "c.name_key", Type: list.Text, Fold: true},
		"email":               {SQL: `EXISTS (SELECT 1 FROM contact_emails e WHERE e.workspace_id = $1 AND e.contact_id = c.id AND e.email_key = ? AND e.active)`, Type: list.Lookup, Fold: true},
		"title":               {SQL: "c.title", Type: list.Text},
		"phone":               {SQL: "c.phone", Type: list.Text},
		"status":              {SQL: "c.status", Type: list.Text, Values: statuses},
		"score":               {SQL: "c.score", Type: list.Int},
		"owner_id":            {SQL: "c.owner_id", Type: list.ID},
		"company_id":          {SQL: "c.company_id", Type: list.ID},
		"source":              {SQL: "c.source", Type: list.Text},
		"created_at":          {SQL: "c.created_at", Type: list.Time},
		"updated_at":          {SQL: "c.updated_at", Type: list.Time},
		"last_interaction_at": {SQL: "c.last_interaction_at", Type: list.Time},
		"tag":                 {SQL: tag.Condition("c.id"), Type: list.Lookup, Fold: true},
	},
	Sorts: map[string]list.Sort{
		"name":                {SQL: "c.name_key", Type: list.Text},
		"score":               {SQL: "c.score_key", Type: list.Int},
		"created_at":          {SQL: "c.created_at", Type: list.Time},
		"updated_at":          {SQL: "c.updated_at", Type: list.Time},
		"last_interaction_at": {SQL: "c.touch_key", Type: list.Time},
	},
	Of: map[string][]string{"name": {"name"}, "email": {"emails"}, "title": {"title"}, "phone": {"phone"}, "status": {"status"}, "owner_id": {"owner_id"},
		"company_id": {"company_id"}, "tag": {"tags"}, "score": {"score"}, "source": nil, "created_at": nil, "last_interaction_at": {"last_interaction_at"}},
	Default: "name",
}

const maxEmails = 50

func check(c Contact) error {
	var f problem.Fields
	f.Check(strings.TrimSpace(c.Name) != "" && len(c.Name) <= 300, "/name", "length", "Enter a name of up to 300 characters.")
	f.Check(c.Title == nil || len(*c.Title) <= 200, "/title", "length", "Use 200 characters or fewer.")
	f.Check(c.Phone == nil || len(*c.Phone) <= 100, "/phone", "length", "Use 100 characters or fewer.")
	for pointer, v := range map[string]*string{"/name": &c.Name, "/title": c.Title, "/phone": c.Phone} {
		f.Check(v == nil || !strings.ContainsRune(*v, 0), pointer, "type", "Text cannot hold NUL.")
	}
	f.Check(contains(statuses, c.Status), "/status", "not_allowed", "There is no such status.", statuses...)
	f.Check(len(c.Emails) <= maxEmails, "/emails", "length", "A contact has at most 50 addresses.")
	seen := map[string]bool{}
	for _, e := range c.Emails {
		f.Check(e.key != "" && len(e.Address) <= 254, "/emails", "format", "Enter a valid email address.")
		f.Check(!seen[e.key], "/emails", "duplicate", "Two of these addresses are the same.")
		f.Check(len(e.Label) <= 100, "/emails", "length", "A label has up to 100 characters.")
		seen[e.key] = true
	}
	return f.Err()
}

func contains(all []string, s string) bool {
	for _, v := range all {
		if v == s {
			return true
		}
	}
	return false
}

func duplicate(existing string) error {
	return &problem.Error{Kind: problem.Conflict, Code: "duplicate_email", Detail: "A contact with this address exists already.",
		Fields: []problem.Field{{Pointer: "/emails", Code: "duplicate", Message: "A contact with this address exists already.", Allowed: []string{existing}}}}
}

// addresses gives emails ids, keys and their order.
func addresses(in []EmailInput, have []Email, newID func() string) []Email {
	out := []Email{}
	for i, e := range in {
		n := Email{ID: newID(), Address: strings.TrimSpace(e.Address), Label: e.Label, Primary: i == 0}
		n.key = mail.AddressKey(n.Address)
		for _, h := range have {
			if h.key == n.key {
				n.ID = h.ID
			}
		}
		out = append(out, n)
	}
	return out
}

// EmailInput is an address as a caller gives it.
type EmailInput struct {
	Address string `json:"address" maxLength:"254"`
	Label   string `json:"label,omitempty" maxLength:"100"`
}

func inputs(emails []Email) []EmailInput {
	out := make([]EmailInput, len(emails))
	for i, e := range emails {
		out[i] = EmailInput{Address: e.Address, Label: e.Label}
	}
	return out
}

func violates(err error) bool { return pg.Violates(err, "contact_emails_email_key") }
