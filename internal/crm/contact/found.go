package contact

import (
	"context"

	"rapport/internal/crm/event"
	"rapport/internal/crm/search"
	"rapport/internal/platform/pg"
)

// Renamed is the job for when a company has another name, by which its people
// are found, too.
type Renamed struct {
	Workspace string `json:"workspace"`
	CompanyID string `json:"company_id"`
}

// Kind names the job.
func (Renamed) Kind() string { return "contact.company_renamed" }

// In is the workspace of the company.
func (r Renamed) In() string { return r.Workspace }

// Renamed writes the words of a company's people anew.
func (s *Service) Renamed(ctx context.Context, r Renamed) error {
	for after, n := "00000000-0000-0000-0000-000000000000", reindexed; n == reindexed; {
		err := s.db.Write(ctx, func(tx *pg.Tx) (err error) {
			after, n, err = reindex(tx, `company_id = $4::uuid`, after, reindexed, r.CompanyID)
			event.Hint(tx, "contact") // which are found by other words now
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

const reindexed = 500 // in one transaction

// Reindex writes the words of up to most contacts anew, those behind an id,
// and returns the last id and how many there were.
func (s *Service) Reindex(tx *pg.Tx, after string, most int) (string, int, error) {
	return reindex(tx, "true", after, most)
}

type found struct {
	ID, Name                         string
	Email, Title, Phone, CompanyName *string
	Addresses                        []string
}

func reindex(tx *pg.Tx, which, after string, most int, args ...any) (string, int, error) {
	// Locked first: what is read then cannot be older than what others write.
	ids, err := pg.Column[string](tx, `
		SELECT id::text FROM contacts
		WHERE workspace_id = $1 AND id > $2::uuid AND deleted_at IS NULL AND `+which+`
		ORDER BY id LIMIT $3 FOR SHARE`, append([]any{tx.Workspace(), after, most}, args...)...)
	if err != nil || len(ids) == 0 {
		return after, 0, err
	}
	rows, err := pg.All[found](tx, `
		SELECT c.id::text, c.name, c.email, c.title, c.phone, co.name AS company_name,
			ARRAY(SELECT e.address FROM contact_emails e WHERE e.workspace_id = $1 AND e.contact_id = c.id ORDER BY e.position, e.id) AS addresses
		FROM contacts c LEFT JOIN companies co ON co.workspace_id = $1 AND co.id = c.company_id
		WHERE c.workspace_id = $1 AND c.id = ANY ($2::uuid[])`, tx.Workspace(), ids)
	if err != nil {
		return after, 0, err
	}
	docs := make([]search.Document, len(rows))
	for i, r := range rows {
		c := Contact{Row: Row{ID: r.ID, Name: r.Name, Email: r.Email, Title: r.Title, Phone: r.Phone, CompanyName: r.CompanyName}}
		for _, a := range r.Addresses {
			c.Emails = append(c.Emails, Email{Address: a})
		}
		docs[i] = document(c)
	}
	search.Put(tx, "contact", docs...)
	return ids[len(ids)-1], len(ids), nil
}
