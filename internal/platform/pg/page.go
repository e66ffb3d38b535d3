package pg

import (
	"slices"

	"github.com/jackc/pgx/v5"
)

// Page is part of a list as JSON objects, written straight from the wire
// format: a third of the work of structs and encoding/json. Its bytes are what
// encoding/json (without HTML escapes) would write for the same values.
type Page struct {
	Limit int
	// Rows holds the objects, separated by commas.
	Rows []byte
	N    int
	// More says that the query had rows beyond Limit.
	More bool
	// Keys are the columns named _k… of the last row, as text: the position
	// from which the next page goes on. A NULL is nil.
	Keys []*string
	// Note asks for IDs: the last of the columns _k… of every row, and of the
	// one beyond Limit.
	Note bool
	IDs  []string
}

// LaterPage queues a query whose rows are in p after the next Flush. Columns
// whose name begins with an underscore are not shown.
func LaterPage(tx *Tx, p *Page, sql string, args ...any) {
	tx.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		err := p.Read(rows)
		tx.rows += p.N
		return err
	})
}

// Read appends the rows of a query.
func (p *Page) Read(rows pgx.Rows) error {
	var plan []column
	for rows.Next() {
		if plan == nil {
			plan = planOf(rows.FieldDescriptions())
		}
		if p.Note {
			p.note(plan, rows.RawValues())
		}
		if p.N == p.Limit {
			p.More = true
			continue
		}
		if p.N > 0 {
			p.Rows = append(p.Rows, ',')
		}
		var err error
		begin, values := len(p.Rows), rows.RawValues()
		if p.Rows, err = appendRow(p.Rows, plan, values); err != nil {
			return err
		}
		if p.N++; p.N == 1 {
			p.expect(len(p.Rows) - begin)
		}
		if p.N == p.Limit {
			p.Keys = keysOf(plan, values)
		}
	}
	return rows.Err()
}

func (p *Page) note(plan []column, values [][]byte) {
	for i := len(plan) - 1; i >= 0; i-- {
		if plan[i].position != nil && values[i] != nil {
			p.IDs = append(p.IDs, plan[i].position(values[i]))
			return
		}
	}
}

// expect makes room for a full page of rows like the first: growing step by
// step costs more than anything else in a list.
func (p *Page) expect(row int) {
	const margin = 2 << 10 // for the end of the answer, too
	p.Rows = slices.Grow(p.Rows, (row+row/8)*(p.Limit-1)+margin)
}
