// Package company keeps the organisations that a team deals with.
package company

import (
	"strings"
	"time"
	"unicode"

	"rapport/internal/crm/field"
	"rapport/internal/crm/tag"
	"rapport/internal/platform/list"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Row is a company as lists show it.
type Row struct {
	ID                string     `json:"id"`
	Name              string     `json:"name"`
	Domain            *string    `json:"domain" doc:"Its mail and web domain, lower case; unique among living companies."`
	Industry          *string    `json:"industry"`
	Size              *string    `json:"size" enum:"1-10,11-50,51-200,201-1000,1000+"`
	OwnerID           *string    `json:"owner_id"`
	ContactCount      int64      `json:"contact_count"`
	LastInteractionAt *time.Time `json:"last_interaction_at"`
	Source            string     `json:"source"`
	CreatedAt         time.Time  `json:"created_at"`
	UpdatedAt         time.Time  `json:"updated_at"`
	Version           int64      `json:"version"`
}

// Listed is a company as its own list shows it.
type Listed struct {
	Row
	Fields field.Values `json:"fields,omitempty" doc:"If they are asked for by include."`
}

// Company is a company with all that is known of it.
type Company struct {
	Row
	Tags      []tag.Mark   `json:"tags" db:"-"`
	Fields    field.Values `json:"fields" db:"-"`
	DeletedAt *time.Time   `json:"deleted_at"`
}

const columns = `c.id, c.name, c.domain, c.industry, c.size, c.owner_id,
	(SELECT count(*) FROM contacts p WHERE p.workspace_id = c.workspace_id AND p.company_id = c.id AND p.deleted_at IS NULL) AS contact_count,
	c.last_interaction_at, c.source, c.created_at, c.updated_at, c.version`

// Listing is what the list of companies offers.
var Listing = list.Spec{
	Columns: columns,
	From:    "FROM companies c\nWHERE c.workspace_id = $1",
	ID:      "c.id",
	Fields: map[string]list.Field{
		"name":                {SQL: "c.name_key", Type: list.Text, Fold: true},
		"domain":              {SQL: "c.domain", Type: list.Text, Fold: true},
		"industry":            {SQL: "c.industry", Type: list.Text},
		"size":                {SQL: "c.size", Type: list.Text, Values: sizes},
		"owner_id":            {SQL: "c.owner_id", Type: list.ID},
		"created_at":          {SQL: "c.created_at", Type: list.Time},
		"updated_at":          {SQL: "c.updated_at", Type: list.Time},
		"last_interaction_at": {SQL: "c.last_interaction_at", Type: list.Time},
		"tag":                 {SQL: tag.Condition("c.id"), Type: list.Lookup, Fold: true},
	},
	Sorts: map[string]list.Sort{
		"name":                {SQL: "c.name_key", Type: list.Text},
		"created_at":          {SQL: "c.created_at", Type: list.Time},
		"updated_at":          {SQL: "c.updated_at", Type: list.Time},
		"last_interaction_at": {SQL: "c.touch_key", Type: list.Time},
	},
	Of: map[string][]string{"name": {"name"}, "domain": {"domain"}, "industry": {"industry"}, "size": {"size"}, "owner_id": {"owner_id"},
		"tag": {"tags"}, "created_at": nil, "last_interaction_at": {"last_interaction_at"}},
	Default: "name",
}

var sizes = []string{"1-10", "11-50", "51-200", "201-1000", "1000+"}

// NormalDomain is the form in which domains are compared; "" if s is none.
func NormalDomain(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://")
	s, _, _ = strings.Cut(s, "/")
	s = strings.TrimSuffix(strings.TrimPrefix(s, "www."), ".")
	bad := func(r rune) bool {
		return r != '.' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}
	if len(s) > 253 || !strings.Contains(s, ".") || strings.ContainsFunc(s, bad) || strings.Contains(s, "..") || strings.HasPrefix(s, ".") {
		return ""
	}
	return s
}

// nameOf guesses a company's name from its domain: "lumen-labs.example" is
// Lumen Labs.
func nameOf(domain string) string {
	labels := strings.Split(domain, ".")
	name := labels[0]
	if n := len(labels); n >= 2 {
		name = labels[n-2]
		if n >= 3 && len(labels[n-1]) == 2 && len(name) <= 3 { // co.uk, com.au
			name = labels[n-3]
		}
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' })
	for i, w := range words {
		r := []rune(w)
		r[0] = unicode.ToUpper(r[0])
		words[i] = string(r)
	}
	return strings.Join(words, " ")
}

func check(c Company) error {
	var f problem.Fields
	f.Check(strings.TrimSpace(c.Name) != "" && len(c.Name) <= 300, "/name", "length", "Enter a name of up to 300 characters.")
	f.Check(c.Domain == nil || *c.Domain != "", "/domain", "format", "Enter a domain such as example.com.")
	f.Check(c.Industry == nil || len(*c.Industry) <= 200, "/industry", "length", "Use 200 characters or fewer.")
	for pointer, v := range map[string]*string{"/name": &c.Name, "/industry": c.Industry} {
		f.Check(v == nil || !strings.ContainsRune(*v, 0), pointer, "type", "Text cannot hold NUL.")
	}
	return f.Err()
}

var errTaken = &problem.Error{Kind: problem.Conflict, Code: "duplicate", Detail: "There is a company with this domain already.",
	Fields: []problem.Field{{Pointer: "/domain", Code: "duplicate", Message: "There is a company with this domain already."}}}

func taken(err error) error {
	if pg.Violates(err, "companies_domain_key") {
		return errTaken
	}
	return err
}
