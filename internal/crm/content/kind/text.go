package kind

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Text is one string of a body and where it stands, as a JSON pointer.
type Text struct {
	Path string
	Said string
}

// Field is the last name in the path, without places in lists.
func (t Text) Field() string {
	parts := strings.Split(t.Path, "/")
	for _, p := range slices.Backward(parts) {
		if p != "" && (p[0] < '0' || p[0] > '9') {
			return p
		}
	}
	return ""
}

// Texts are all strings of a body that people wrote or will read, in the order
// of the schema: those with a choice of words are left out.
func (k Kind) Texts(body json.RawMessage) []Text {
	var value any
	if json.Unmarshal(body, &value) != nil {
		return nil
	}
	var out []Text
	k.shape().walk("", value, func(t Text) { out = append(out, t) })
	return out
}

// Plain is a body as text, to be found and compared by.
func (k Kind) Plain(body json.RawMessage) string {
	var b strings.Builder
	last := ""
	for _, t := range k.Texts(body) {
		if t.Said == "" || t.Field() == "fact_id" {
			continue
		}
		if f := t.Field(); f != last {
			if b.Len() > 0 {
				b.WriteString("\n")
			}
			fmt.Fprintf(&b, "%s\n", Words(f))
			last = f
		}
		b.WriteString(t.Said + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

// Words is the name of a field for people.
func Words(field string) string {
	w := strings.ReplaceAll(field, "_", " ")
	if w == "cta" {
		w = "call to action"
	}
	if w == "" {
		return ""
	}
	return strings.ToUpper(w[:1]) + w[1:]
}

// node is what a schema says of the order of things.
type node struct {
	names  []string
	fields map[string]node
	items  *node
	choice bool
}

// shape reads the order out of the schema.
func (k Kind) shape() node { return read(k.Schema().Text) }

func read(schema json.RawMessage) node {
	var s struct {
		Properties json.RawMessage
		Items      json.RawMessage
		Enum       []any
	}
	if json.Unmarshal(schema, &s) != nil {
		return node{}
	}
	n := node{fields: map[string]node{}, choice: len(s.Enum) > 0}
	if len(s.Items) > 0 {
		items := read(s.Items)
		n.items = &items
	}
	if len(s.Properties) > 0 {
		var each map[string]json.RawMessage
		_ = json.Unmarshal(s.Properties, &each) // the schema has compiled
		n.names = keys(s.Properties)
		for name, text := range each {
			n.fields[name] = read(text)
		}
	}
	return n
}

// keys are the names of an object in the order in which they are written.
func keys(object json.RawMessage) []string {
	d := json.NewDecoder(strings.NewReader(string(object)))
	if _, err := d.Token(); err != nil {
		return nil
	}
	var out []string
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return out
		}
		var skipped json.RawMessage
		if d.Decode(&skipped) != nil {
			return out
		}
		out = append(out, fmt.Sprint(name))
	}
	return out
}

// walk visits the strings of a value; what the schema does not know comes last,
// by name.
func (n node) walk(path string, value any, visit func(Text)) {
	switch v := value.(type) {
	case string:
		if !n.choice {
			visit(Text{Path: path, Said: v})
		}
	case []any:
		items := node{}
		if n.items != nil {
			items = *n.items
		}
		for i, x := range v {
			items.walk(fmt.Sprintf("%s/%d", path, i), x, visit)
		}
	case map[string]any:
		names := slices.Clone(n.names)
		var others []string
		for name := range v {
			if !slices.Contains(names, name) {
				others = append(others, name)
			}
		}
		slices.Sort(others)
		for _, name := range append(names, others...) {
			if x, ok := v[name]; ok {
				n.fields[name].walk(path+"/"+name, x, visit)
			}
		}
	}
}
