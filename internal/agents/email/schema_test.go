package email

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compile(t testing.TB, name string, raw json.RawMessage) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnswersOfRulesHoldTheSchema(t *testing.T) {
	t.Parallel()
	schemas := map[string]*jsonschema.Schema{
		"email.triage":       compile(t, "triage.json", TriageSchema()),
		"email.intelligence": compile(t, "intelligence.json", IntelligenceSchema()),
	}
	for _, m := range letters(t) {
		in, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		for task, run := range RulesTasks() {
			out, err := run(context.Background(), in)
			if err != nil {
				t.Fatalf("%s %s: %v", task, m.Subject, err)
			}
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(out))
			if err != nil {
				t.Fatal(err)
			}
			if err := schemas[task].Validate(doc); err != nil {
				t.Errorf("%s of %s: %v", task, m.Subject, err)
			}
		}
	}
}

// properties returns the property names of the schema at a path.
func properties(t *testing.T, raw json.RawMessage, path ...string) (names, required []string) {
	t.Helper()
	var node map[string]any
	if err := json.Unmarshal(raw, &node); err != nil {
		t.Fatal(err)
	}
	for _, p := range path {
		node = node[p].(map[string]any)
	}
	if node["additionalProperties"] != false {
		t.Errorf("%v allows additional properties", path)
	}
	for k := range node["properties"].(map[string]any) {
		names = append(names, k)
	}
	for _, k := range node["required"].([]any) {
		required = append(required, k.(string))
	}
	slices.Sort(names)
	return names, required
}

func TestSchemaNamesTheFieldsOfTheTypes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		of   any
		raw  json.RawMessage
		path []string
	}{
		{Triage{}, TriageSchema(), nil},
		{Evidence{}, TriageSchema(), []string{"properties", "evidence", "items"}},
		{Intelligence{}, IntelligenceSchema(), nil},
		{Item{}, IntelligenceSchema(), []string{"properties", "items", "items"}},
		{Attributes{}, IntelligenceSchema(), []string{"properties", "items", "items", "properties", "attributes"}},
	}
	for _, c := range cases {
		var want, must []string
		for i := range reflect.TypeOf(c.of).NumField() {
			name, option, _ := strings.Cut(reflect.TypeOf(c.of).Field(i).Tag.Get("json"), ",")
			if name == "meeting" {
				continue // no engine says it
			}
			want = append(want, name)
			if option == "" && !(len(c.path) > 0 && (name == "start" || name == "end")) { // which we set
				must = append(must, name)
			}
		}
		slices.Sort(want)
		got, required := properties(t, c.raw, c.path...)
		if !slices.Equal(got, want) {
			t.Errorf("%T: schema has %v, want %v", c.of, got, want)
		}
		if !slices.Equal(required, must) {
			t.Errorf("%T: schema requires %v, want %v", c.of, required, must)
		}
	}
}

func TestSchemaListsTheEnums(t *testing.T) {
	t.Parallel()
	var s struct {
		Properties map[string]struct {
			Enum []string `json:"enum"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(TriageSchema(), &s); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string][]string{"intent": intents, "sentiment": sentiments, "mood": moods, "urgency": urgencies, "respond_within": waits} {
		if got := s.Properties[field].Enum; !slices.Equal(got, want) {
			t.Errorf("%s: schema lists %v, want %v", field, got, want)
		}
	}
}
