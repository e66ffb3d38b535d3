package op

import (
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/platform/problem"
)

// queryNames are the query parameters of an input.
func queryNames(in reflect.Type) []string {
	var names []string
	for _, f := range reflect.VisibleFields(in) {
		if name, _, _ := strings.Cut(f.Tag.Get("query"), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// known refuses parameters that the operation does not have: somebody who
// mistypes one would take the answer for another's. Huma's own check builds a
// map of the query for each call.
func known(hc huma.Context, names []string) error {
	var fields []problem.Field
	u := hc.URL()
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		name, _, _ := strings.Cut(part, "=")
		if name == "" || slices.Contains(names, name) {
			continue
		}
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if !slices.Contains(names, name) {
			fields = append(fields, problem.Field{Pointer: name, Code: "unknown_field", Message: "unknown query parameter"})
		}
	}
	if fields == nil {
		return nil
	}
	return &problem.Error{Kind: problem.BadRequest, Code: "bad_parameter", Detail: BadParameters, Fields: fields}
}

// BadParameters says that the errors list parameters.
const BadParameters = "A parameter is not acceptable; errors lists each."
