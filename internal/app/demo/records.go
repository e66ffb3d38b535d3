package demo

import (
	_ "embed" // the records are data
	"encoding/json"
	"fmt"
)

//go:embed records.json
var records []byte

// Record is something that the team has entered by hand.
type Record struct {
	// Path is where it is posted, below the workspace.
	Path string
	// Body is what is posted; "company" is a domain, in place of company_id.
	Body map[string]any
}

// Records returns the records in the order in which they need each other.
func Records() ([]Record, error) {
	var all []Record
	if err := json.Unmarshal(records, &all); err != nil {
		return nil, fmt.Errorf("demo records: %w", err)
	}
	return all, nil
}
