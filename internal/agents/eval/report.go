package eval

import (
	_ "embed" // the floors are data
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

//go:embed floors.json
var floorsText []byte

// Report is the results of one or two engines over the same cases.
type Report struct {
	Engines []Engine `json:"engines"`
}

// Engine is the results of one engine, and what its answers cost.
type Engine struct {
	Name     string   `json:"engine"`
	CostNano int64    `json:"cost_nano"`
	Results  []Result `json:"results"`
}

// Below lists the fields of the results that are under the floors of the rules,
// for people. Only cases that nobody may tune on have floors.
func Below(results []Result) ([]string, error) {
	var floors map[string]map[string]float64
	if err := json.Unmarshal(floorsText, &floors); err != nil {
		return nil, fmt.Errorf("read the floors: %w", err)
	}
	var out []string
	for _, r := range results {
		if r.Half != Reported {
			continue
		}
		for name, floor := range floors[r.Agent] {
			got := r.Field(name).F1
			if name == "macro" {
				got = r.MacroF1
			}
			if got < floor {
				out = append(out, fmt.Sprintf("%s: %s is %.3f, want at least %.3f", r.Agent, name, got, floor))
			}
		}
	}
	slices.Sort(out)
	return out, nil
}

// Write prints the results of the engines side by side.
func (r Report) Write(w io.Writer) error {
	for i, first := range r.Engines[0].Results {
		fmt.Fprintf(w, "%s, %s half: %d cases\n", first.Agent, first.Half, first.Cases)
		t := tabwriter.NewWriter(w, 0, 4, 2, ' ', tabwriter.AlignRight)
		fmt.Fprint(t, "field\tn\t")
		for _, e := range r.Engines {
			fmt.Fprintf(t, "%s: precision\trecall\tF1\t", e.Name)
		}
		fmt.Fprintln(t)
		for _, f := range first.Fields {
			fmt.Fprintf(t, "%s\t%d\t", f.Name, f.N)
			for _, e := range r.Engines {
				x := e.Results[i].Field(f.Name)
				fmt.Fprintf(t, "%.3f\t%.3f\t%.3f\t", x.Precision, x.Recall, x.F1)
			}
			fmt.Fprintln(t)
		}
		fmt.Fprint(t, "mean\t\t")
		for _, e := range r.Engines {
			fmt.Fprintf(t, "\t\t%.3f\t", e.Results[i].MacroF1)
		}
		fmt.Fprintln(t)
		if err := t.Flush(); err != nil {
			return err
		}
		for _, e := range r.Engines {
			if n := e.Results[i].Failed; n > 0 {
				fmt.Fprintf(w, "%s gave no answer to %d, the first: %s\n", e.Name, n, e.Results[i].Errors[0])
			}
		}
		fmt.Fprintln(w)
	}
	return nil
}
