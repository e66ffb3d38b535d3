package goal

import (
	"time"

	"rapport/internal/agents/orchestrator/weekly"
	"rapport/internal/platform/pg"
)

// Reading is a report as it was computed.
type Reading struct {
	Report weekly.Report `json:"report"`
	Page   string        `json:"page" doc:"The report in Markdown."`
}

// Count computes the report that a step asks for.
func Count(tx *pg.Tx, input map[string]any, now time.Time, zone string) (out Reading, err error) {
	back, _ := input["weeks_back"].(float64) // as JSON has it
	from, to, place := weekly.Week(now, zone, int(back))
	out.Report, err = weekly.Read(tx, from, to, place, now)
	out.Page = out.Report.Markdown()
	return out, err
}
