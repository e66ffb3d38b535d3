package content

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"
)

const deepest = 6 // from here on only what is required is generated

type object = map[string]any

// Instance makes a value that satisfies a JSON schema, out of the words of a
// source where there is one: an object of quote, start and end quotes what
// really stands there. It knows the keywords that providers accept, and fails
// for a schema that nothing can satisfy.
func Instance(schema json.RawMessage, source string, r *rand.Rand) (json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(schema))
	d.UseNumber()
	var root any
	if err := d.Decode(&root); err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	g := generator{root: root, source: source, said: sentences(source), r: r}
	v, err := g.value(root, 0)
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

type generator struct {
	root   any
	source string
	said   []string
	r      *rand.Rand
	spent  int // of the patience for one schema
}

const patience = 50_000

var errLarge = errors.New("the schema is too large to follow")

// tire reports that the schema leads on and on.
func (g *generator) tire() bool {
	g.spent++
	return g.spent > patience
}

var errDeep = errors.New("the schema has no end")

func (g *generator) value(schema any, depth int) (any, error) {
	if depth > 64 {
		return nil, errDeep
	}
	s, err := g.resolve(schema, 0)
	if err != nil {
		return nil, err
	}
	if c, ok := s["const"]; ok {
		return c, nil
	}
	if e, ok := s["enum"].([]any); ok {
		if len(e) == 0 {
			return nil, errors.New("an enum without values")
		}
		return e[g.r.IntN(len(e))], nil
	}
	switch g.kind(s) {
	case "object":
		return g.object(s, depth)
	case "array":
		return g.array(s, depth)
	case "integer":
		return g.number(s, true)
	case "number":
		return g.number(s, false)
	case "boolean":
		return g.r.IntN(2) == 1, nil
	case "null":
		return nil, nil
	}
	return g.text(s)
}

// resolve follows references and merges what applies together.
func (g *generator) resolve(schema any, hops int) (object, error) {
	s, ok := schema.(object)
	if !ok {
		if schema == false {
			return nil, errors.New("a schema that nothing satisfies")
		}
		return object{}, nil
	}
	if g.tire() {
		return nil, errLarge
	}
	if hops > 32 {
		return nil, errDeep
	}
	var parts []any
	if ref, ok := s["$ref"].(string); ok {
		to, err := g.pointer(ref)
		if err != nil {
			return nil, err
		}
		parts = append(parts, to)
	}
	if all, ok := s["allOf"].([]any); ok {
		parts = append(parts, all...)
	}
	for _, one := range []string{"anyOf", "oneOf"} {
		if ways, ok := s[one].([]any); ok && len(ways) > 0 {
			parts = append(parts, ways[g.r.IntN(len(ways))])
		}
	}
	if len(parts) == 0 {
		return s, nil
	}
	out := maps.Clone(s)
	for _, k := range []string{"$ref", "allOf", "anyOf", "oneOf"} {
		delete(out, k)
	}
	for _, p := range parts {
		more, err := g.resolve(p, hops+1)
		if err != nil {
			return nil, err
		}
		merge(out, more)
	}
	return out, nil
}

func merge(into, more object) {
	for k, v := range more {
		have, ok := into[k]
		switch {
		case !ok:
			into[k] = v
		case k == "properties":
			if a, ok := have.(object); ok {
				p := maps.Clone(a)
				b, _ := v.(object)
				maps.Copy(p, b)
				into[k] = p
			}
		case k == "required":
			a, _ := have.([]any)
			b, _ := v.([]any)
			into[k] = append(slices.Clone(a), b...)
		case k == "minimum" || k == "minLength" || k == "minItems":
			into[k] = json.Number(fmt.Sprint(max(float(have, 0), float(v, 0))))
		case k == "maximum" || k == "maxLength" || k == "maxItems":
			into[k] = json.Number(fmt.Sprint(min(float(have, math.MaxInt32), float(v, math.MaxInt32))))
		}
	}
}

func (g *generator) pointer(ref string) (any, error) {
	path, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil, fmt.Errorf("a reference to another document: %s", ref)
	}
	at := g.root
	for _, step := range strings.Split(strings.TrimPrefix(path, "/"), "/") {
		if step == "" {
			continue
		}
		o, ok := at.(object)
		if !ok {
			return nil, fmt.Errorf("a reference to nothing: %s", ref)
		}
		at, ok = o[strings.NewReplacer("~1", "/", "~0", "~").Replace(step)]
		if !ok {
			return nil, fmt.Errorf("a reference to nothing: %s", ref)
		}
	}
	return at, nil
}

// kind is the type that is generated: of several mostly the first that is not
// null.
func (g *generator) kind(s object) string {
	switch t := s["type"].(type) {
	case string:
		return strings.ToLower(t)
	case []any:
		var kinds []string
		for _, k := range t {
			if name, _ := k.(string); name != "" {
				kinds = append(kinds, strings.ToLower(name))
			}
		}
		if i := slices.Index(kinds, "null"); i >= 0 && (len(kinds) == 1 || s["nullable"] == true || g.r.IntN(3) == 0) {
			return "null"
		}
		kinds = slices.DeleteFunc(kinds, func(k string) bool { return k == "null" })
		if len(kinds) > 0 {
			return kinds[g.r.IntN(len(kinds))]
		}
	}
	switch {
	case s["properties"] != nil || s["required"] != nil || s["additionalProperties"] != nil || s["minProperties"] != nil:
		return "object"
	case s["items"] != nil || s["prefixItems"] != nil || s["minItems"] != nil || s["contains"] != nil:
		return "array"
	case s["minimum"] != nil || s["maximum"] != nil || s["multipleOf"] != nil:
		return "number"
	}
	return "string"
}

func (g *generator) object(s object, depth int) (any, error) {
	properties, _ := s["properties"].(object)
	out := object{}
	names := slices.Sorted(maps.Keys(properties))
	required := texts(s["required"])
	if by, ok := s["dependentRequired"].(object); ok {
		for _, more := range by {
			required = append(required, texts(more)...)
		}
	}
	least := int(float(s["minProperties"], 0))
	for _, name := range names {
		wanted := slices.Contains(required, name) || least > len(required) || depth < deepest && g.r.IntN(2) == 0
		if !wanted {
			continue
		}
		v, err := g.named(name, properties[name], depth+1)
		if err == nil {
			out[name] = v
		} else if slices.Contains(required, name) || !errors.Is(err, errDeep) {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	rest := s["additionalProperties"]
	for _, name := range required {
		if _, ok := out[name]; ok {
			continue
		}
		if rest == false {
			return nil, fmt.Errorf("%s is required and not allowed", name)
		}
		v, err := g.value(rest, depth+1)
		if err != nil {
			return nil, err
		}
		out[name] = v
	}
	for i := len(out); i < least && rest != false; i++ {
		v, err := g.value(rest, depth+1)
		if err != nil {
			return nil, err
		}
		out[fmt.Sprint("more", i)] = v
	}
	g.cite(out, properties)
	return out, nil
}

// named is a value for a property that says what it is by its name alone: a
// schema that was brought into the words of a provider may have lost its format.
func (g *generator) named(name string, schema any, depth int) (any, error) {
	v, err := g.value(schema, depth)
	s, plain := schema.(object)
	if text, ok := v.(string); err != nil || !ok || text == "" || !plain || s["format"] != nil || s["pattern"] != nil || s["enum"] != nil || s["const"] != nil || s["$ref"] != nil {
		return v, err
	}
	better := ""
	switch {
	case name == "currency":
		better = "EUR"
	case name == "email":
		better = g.formatted("email")
	case name == "url" || name == "link":
		better = g.formatted("uri")
	case name == "due" || name == "start" || name == "end" || strings.HasSuffix(name, "_at"):
		better = g.formatted("date-time")
	}
	if n := float64(runes(better)); better == "" || n < float(s["minLength"], 0) || n > float(s["maxLength"], 1e6) {
		return v, nil
	}
	return better, nil
}

// cite makes a quote say what stands in the source, and where; and a time end
// after its beginning.
func (g *generator) cite(out, properties object) {
	if from, ok := out["start"].(string); ok { // of a time
		if to, ok := out["end"].(string); ok && to < from {
			out["start"], out["end"] = to, from
		}
	}
	quote, ok := out["quote"].(string)
	if !ok || properties["start"] == nil || properties["end"] == nil {
		return
	}
	if len(g.said) > 0 {
		quote = g.said[g.r.IntN(len(g.said))]
	}
	out["quote"] = quote
	out["start"], out["end"] = place(g.source, quote)
}

func texts(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, x := range list {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func float(v any, otherwise float64) float64 {
	switch n := v.(type) {
	case json.Number:
		if f, err := n.Float64(); err == nil {
			return f
		}
	case float64:
		return n
	}
	return otherwise
}

func runes(s string) int { return utf8.RuneCountInString(s) }
