// Package field keeps the fields that a workspace adds to its records, and
// their values, each in a column of its type so that filters find an index.
package field

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Definition is a field that a workspace added to a kind of record.
type Definition struct {
	ID        string    `json:"id"`
	Entity    string    `json:"entity" enum:"contact,company"`
	Key       string    `json:"key" pattern:"^[a-z][a-z0-9_]{0,62}$" doc:"Its name in the API."`
	Label     string    `json:"label" minLength:"1" maxLength:"100"`
	Type      string    `json:"type" enum:"text,number,bool,date,select,multi"`
	Options   []string  `json:"options" doc:"The choices of select and multi."`
	Required  bool      `json:"required"`
	Version   int64     `json:"version"`
	CreatedAt time.Time `json:"created_at"`
}

const columns = `id::text, entity, key, label, type, options, required, version, created_at`

// Values are the custom fields of one record by key. Text and dates are
// strings, numbers float64, several choices a list.
type Values = map[string]any

const (
	maxOptions = 200
	// maxText is in bytes: values are indexed, and an entry of an index holds 2,704.
	maxText = 2_000
)

func (d Definition) validate() error {
	var f problem.Fields
	choice := d.Type == "select" || d.Type == "multi"
	f.Check(choice == (len(d.Options) > 0), "/options", "options", "Choices need options, and nothing else has them.")
	f.Check(len(d.Options) <= maxOptions, "/options", "length", fmt.Sprintf("Use %d options or fewer.", maxOptions))
	seen := map[string]bool{}
	for _, o := range d.Options {
		f.Check(strings.TrimSpace(o) != "" && len(o) <= 200 && !seen[o], "/options", "options", "Options are different texts of up to 200 characters.")
		seen[o] = true
	}
	return f.Err()
}

// Definitions are a queued read of the fields of a kind of record.
type Definitions struct{ rows []Definition }

// DefinitionsLater queues the read, for the next Flush.
func DefinitionsLater(tx *pg.Tx, entity string) *Definitions {
	d := &Definitions{}
	pg.Later(tx, &d.rows, `SELECT `+columns+` FROM custom_field_definitions WHERE workspace_id = $1 AND entity = $2`, tx.Workspace(), entity)
	return d
}

func (d *Definitions) byKey() map[string]Definition {
	out := make(map[string]Definition, len(d.rows))
	for _, r := range d.rows {
		out[r.Key] = r
	}
	return out
}

// stored is one value as its table holds it.
type stored struct {
	EntityID, Key, Type string
	TextValue           *string
	NumberValue         *float64
	BoolValue           *bool
	DateValue           *time.Time
}

func (s stored) value() any {
	switch {
	case s.TextValue != nil:
		return *s.TextValue
	case s.NumberValue != nil:
		return *s.NumberValue
	case s.BoolValue != nil:
		return *s.BoolValue
	case s.DateValue != nil:
		return s.DateValue.Format(time.DateOnly)
	}
	return nil
}

// Stored is a queued read of values.
type Stored struct{ rows []stored }

// Later queues the read of one record's values, for the next Flush.
func Later(tx *pg.Tx, id string) *Stored {
	s := &Stored{}
	pg.Later(tx, &s.rows, `
		SELECT v.entity_id::text, d.key, d.type, v.text_value, v.number_value, v.bool_value, v.date_value
		FROM field_values v JOIN custom_field_definitions d ON d.workspace_id = v.workspace_id AND d.id = v.field_id
		WHERE v.workspace_id = $1 AND v.entity_id = $2
		ORDER BY d.key, v.position`, tx.Workspace(), id)
	return s
}

// Values are what was read.
func (s *Stored) Values() Values {
	out := Values{}
	for _, r := range s.rows {
		if r.Type == "multi" {
			list, _ := out[r.Key].([]string)
			out[r.Key] = append(list, r.value().(string)) // a choice is text
			continue
		}
		out[r.Key] = r.value()
	}
	return out
}

// Check reads values from JSON against the definitions; null clears. Where
// create is set, required fields must be there.
func (d *Definitions) Check(in Values, create bool) (map[string]Input, error) {
	defs := d.byKey()
	var f problem.Fields
	out := map[string]Input{}
	for key, v := range in {
		d, ok := defs[key]
		if !ok {
			f.Check(false, "/fields/"+key, "unknown_field", "There is no such custom field.", keys(defs)...)
			continue
		}
		in, message := d.read(v)
		f.Check(message == "", "/fields/"+key, "type", message, d.Options...)
		f.Check(!d.Required || len(in.rows) > 0, "/fields/"+key, "required", "This field is required.")
		out[key] = in
	}
	for key, d := range defs {
		_, given := in[key]
		f.Check(!create || !d.Required || given, "/fields/"+key, "required", "This field is required.")
	}
	return out, f.Err()
}

func keys(defs map[string]Definition) []string {
	var out []string
	for key := range defs {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// Input is a checked value of one field.
type Input struct {
	field Definition
	rows  []stored
	// Value is what the record will show.
	Value any
}

// read takes a value as JSON decoded it.
func (d Definition) read(v any) (Input, string) {
	in := Input{field: d, Value: v}
	if v == nil {
		return in, ""
	}
	var row stored
	switch t := v.(type) {
	case string:
		switch {
		case d.Type == "text" && len(t) <= maxText && !strings.ContainsRune(t, 0), d.Type == "select" && slices.Contains(d.Options, t):
			row.TextValue = &t
		case d.Type == "date":
			day, err := time.Parse(time.DateOnly, t)
			if err != nil {
				return in, "Write the date as 2026-01-31."
			}
			row.DateValue = &day
		default:
			return in, d.expects()
		}
	case float64:
		if d.Type != "number" {
			return in, d.expects()
		}
		row.NumberValue = &t
	case bool:
		if d.Type != "bool" {
			return in, d.expects()
		}
		row.BoolValue = &t
	case []any:
		return d.choices(t)
	default:
		return in, d.expects()
	}
	in.rows = []stored{row}
	return in, ""
}

func (d Definition) choices(list []any) (Input, string) {
	in := Input{field: d}
	var texts []string
	for _, v := range list {
		s, ok := v.(string)
		if !ok || d.Type != "multi" || !slices.Contains(d.Options, s) {
			return in, d.expects()
		}
		if !slices.Contains(texts, s) {
			texts = append(texts, s)
			in.rows = append(in.rows, stored{TextValue: &s})
		}
	}
	if texts != nil {
		in.Value = texts
	}
	return in, ""
}

func (d Definition) expects() string {
	switch d.Type {
	case "number":
		return "Enter a number."
	case "bool":
		return "Answer true or false."
	case "select":
		return "Choose one of the options."
	case "multi":
		return "Give a list of the options."
	case "date":
		return "Write the date as 2026-01-31."
	}
	return fmt.Sprintf("Enter text of up to %d bytes.", maxText)
}

// Put queues the values of one record.
func Put(tx *pg.Tx, id string, values map[string]Input) {
	for _, key := range sorted(values) {
		in := values[key]
		tx.Queue(`DELETE FROM field_values WHERE workspace_id = $1 AND entity_id = $2 AND field_id = $3`, tx.Workspace(), id, in.field.ID)
		for i, r := range in.rows {
			tx.Queue(`
				INSERT INTO field_values (workspace_id, field_id, entity_id, position, text_value, number_value, bool_value, date_value)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
				tx.Workspace(), in.field.ID, id, i, r.TextValue, r.NumberValue, r.BoolValue, r.DateValue)
		}
	}
}

func sorted(values map[string]Input) []string {
	out := make([]string, 0, len(values))
	for key := range values {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// Change applies checked values to those of a record and notes what changed,
// each as fields.<key>.
func Change(have Values, values map[string]Input, changes interface{ Set(string, any, any) }) {
	for _, key := range sorted(values) {
		changes.Set("fields."+key, have[key], values[key].Value)
		if values[key].Value == nil {
			delete(have, key)
			continue
		}
		have[key] = values[key].Value
	}
}

// Unflatten decodes fields as events name them, fields.<key> for custom ones,
// into a patch.
func Unflatten(fields map[string]any, patch any) error {
	nested := map[string]any{}
	custom := Values{}
	for name, v := range fields {
		if key, ok := strings.CutPrefix(name, "fields."); ok {
			custom[key] = v
			continue
		}
		nested[name] = v
	}
	if len(custom) > 0 {
		nested["fields"] = custom
	}
	b, err := json.Marshal(nested)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, patch)
}
