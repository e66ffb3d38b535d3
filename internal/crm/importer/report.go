package importer

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"rapport/internal/api/op"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// reportStep is how many messages of a report are read at once.
const reportStep = 1000

type reportQuery struct {
	op.ByID
	Format string `query:"format" enum:"csv,json" default:"csv"`
}

// report streams what became of every message.
func (s *Service) report(ctx context.Context, q *reportQuery) (*op.File, error) {
	if _, err := s.row(ctx, q.ID); err != nil {
		return nil, missing(err)
	}
	name := `attachment; filename="import-` + q.ID + "." + q.Format + `"`
	if q.Format == "json" {
		return op.NewFile("application/json", name, func(w io.Writer) error { return s.writeJSON(ctx, w, q.ID) }), nil
	}
	return op.NewFile("text/csv; charset=utf-8", name, func(w io.Writer) error { return s.writeCSV(ctx, w, q.ID) }), nil
}

func missing(err error) error {
	if errors.Is(err, pg.ErrNone) {
		return problem.Missing("import")
	}
	return err
}

func (s *Service) writeCSV(ctx context.Context, w io.Writer, importID string) error {
	c := csv.NewWriter(w)
	if err := c.Write([]string{"ordinal", "outcome", "reason", "message_ref", "subject", "from", "message_id", "category", "category_reason"}); err != nil {
		return err
	}
	err := s.each(ctx, importID, func(i Item) error {
		return c.Write([]string{strconv.FormatInt(i.Ordinal, 10), i.Outcome, cell(i.Reason), cell(i.MessageRef), cell(i.Subject), cell(i.From),
			text(i.MessageID), text(i.Category), cell(text(i.CategoryReason))})
	})
	c.Flush()
	return errors.Join(err, c.Error())
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// cell keeps a spreadsheet from taking foreign text for a formula.
func cell(s string) string {
	s = strings.Map(func(c rune) rune {
		if c == '\r' || c == '\n' || c == '\t' {
			return ' '
		}
		return c
	}, s)
	if trimmed := strings.TrimLeft(s, " "); trimmed != "" && strings.ContainsRune("=+-@|%＝＋－＠", []rune(trimmed)[0]) {
		return "'" + s
	}
	return s
}

func (s *Service) writeJSON(ctx context.Context, w io.Writer, importID string) error {
	sep := "[\n"
	err := s.each(ctx, importID, func(i Item) error {
		b, err := json.Marshal(i)
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, sep+string(b))
		sep = ",\n"
		return err
	})
	if err != nil {
		return err // the array stays open: nobody takes half a report for all
	}
	if sep == "[\n" {
		_, err = io.WriteString(w, "[]\n")
		return err
	}
	_, err = io.WriteString(w, "\n]\n")
	return err
}

// each reads the items of an import in steps.
func (s *Service) each(ctx context.Context, importID string, do func(Item) error) error {
	last := int64(0)
	for {
		var page []Item
		err := s.db.Read(ctx, func(tx *pg.Tx) (err error) {
			page, err = pg.All[Item](tx, `
				SELECT x.ordinal, x.outcome, x.reason, x.message_ref, x.subject, x.from_address AS from, x.message_id::text, m.category, m.category_reason
				FROM import_items x
				LEFT JOIN messages m ON m.workspace_id = x.workspace_id AND m.id = x.message_id
				WHERE x.workspace_id = $1 AND x.import_id = $2::uuid AND x.ordinal > $3
				ORDER BY x.ordinal
				LIMIT $4`, tx.Workspace(), importID, last, reportStep)
			return err
		})
		if err != nil {
			return err
		}
		for _, i := range page {
			if err := do(i); err != nil {
				return err
			}
			last = i.Ordinal
		}
		if len(page) < reportStep {
			return nil
		}
	}
}
