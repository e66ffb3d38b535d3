package email

import (
	_ "embed" // the schemas are data
	"encoding/json"
)

//go:embed schema/triage.json
var triageSchema string

//go:embed schema/intelligence.json
var intelligenceSchema string

// TriageSchema returns the JSON Schema of Triage, as a model is asked for it.
func TriageSchema() json.RawMessage { return json.RawMessage(triageSchema) }

// IntelligenceSchema returns the JSON Schema of Intelligence.
func IntelligenceSchema() json.RawMessage { return json.RawMessage(intelligenceSchema) }
