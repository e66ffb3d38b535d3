package contact

import (
	_ "embed" // the schema is data
	"encoding/json"
)

//go:embed schema/assessment.json
var assessmentSchema string

// Schema returns the JSON Schema of Assessment, as a model is asked for it.
func Schema() json.RawMessage { return json.RawMessage(assessmentSchema) }
