package company

import (
	"context"

	"rapport/internal/crm/search"
	"rapport/internal/platform/pg"
)

// OnRename says what else goes by the name of a company: f is called in the
// transaction that changes it. Call it once, before anything else.
func (s *Service) OnRename(f func(ctx context.Context, tx *pg.Tx, companyID string) error) {
	s.renamed = f
}

func document(c Company) search.Document {
	d := search.Document{ID: c.ID, Title: c.Name}
	if c.Domain != nil {
		d.Subtitle = *c.Domain
	}
	if c.Industry != nil {
		d.Words = *c.Industry
	}
	return d
}

func index(tx *pg.Tx, c Company) {
	if c.DeletedAt != nil {
		search.Remove(tx, "company", c.ID)
		return
	}
	search.Put(tx, "company", document(c))
}

// Reindex writes the words of up to most companies anew, those behind an id,
// and returns the last id and how many there were.
func (s *Service) Reindex(tx *pg.Tx, after string, most int) (string, int, error) {
	rows, err := pg.All[Row](tx, `
		SELECT id::text, name, domain, industry FROM companies
		WHERE workspace_id = $1 AND id > $2::uuid AND deleted_at IS NULL
		ORDER BY id LIMIT $3 FOR SHARE`, tx.Workspace(), after, most)
	if err != nil || len(rows) == 0 {
		return after, 0, err
	}
	docs := make([]search.Document, len(rows))
	for i, r := range rows {
		docs[i] = document(Company{Row: r})
	}
	search.Put(tx, "company", docs...)
	return rows[len(rows)-1].ID, len(rows), nil
}
