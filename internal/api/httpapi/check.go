package httpapi

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/platform/problem"
)

// Check says what is wrong with the arguments of an operation before anybody
// calls it with them: names that it does not have, values of the wrong form,
// what is missing. Pointers lead into args. Nothing is read or written.
func (a *API) Check(operation string, args json.RawMessage) error {
	o, ok := a.ops[operation]
	if !ok || o.Stream || o.Media != "" {
		return errUnknown
	}
	var fields map[string]any
	if err := json.Unmarshal(args, &fields); err != nil {
		return errArguments.Because(err)
	}
	var f problem.Fields
	for part := range strings.SplitSeq(o.Path, "/") {
		name, ok := strings.CutPrefix(part, "{")
		if !ok {
			continue
		}
		if name = strings.TrimSuffix(name, "}"); name != "workspace" {
			f.Check(fields[name] != nil && fields[name] != "", "/"+name, "required", "It says what the operation is about.")
		}
		delete(fields, name)
	}
	maps.DeleteFunc(fields, func(name string, _ any) bool { return o.query[name] || o.header[name] })
	if o.Method == http.MethodGet || !hasBody(o.In) {
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			f.Check(false, "/"+name, "unknown_field", "unexpected property")
		}
		return f.Err()
	}
	return a.checkBody(o, fields, f)
}

// checkBody is what the call would be answered, had it this body.
func (a *API) checkBody(o callable, body map[string]any, f problem.Fields) error {
	doc := a.huma.OpenAPI()
	path := doc.Paths[o.Path]
	called := map[string]*huma.Operation{http.MethodPost: path.Post, http.MethodPut: path.Put, http.MethodPatch: path.Patch, http.MethodDelete: path.Delete}[o.Method]
	if called == nil || called.RequestBody == nil {
		return f.Err()
	}
	var found huma.ValidateResult
	huma.Validate(doc.Components.Schemas, called.RequestBody.Content["application/json"].Schema, huma.NewPathBuffer([]byte("body"), 4), huma.ModeWriteToServer, body, &found)
	fields, _ := fieldsOf(found.Errors)
	return append(f, fields...).Err()
}
