package shape_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/internal/ai"
	"rapport/internal/ai/shape"
)

var update = flag.Bool("update", false, "write the golden files anew")

// order is a schema with everything that some dialect cannot say.
const order = `{
	"type": "object", "required": ["id", "lines", "seen_at"], "additionalProperties": false,
	"properties": {
		"id": {"type": "string", "pattern": "^[a-z]+$", "minLength": 2, "maxLength": 9},
		"kind": {"const": "order"},
		"due": {"type": ["string", "null"], "format": "date-time"},
		"note": {"type": "string", "format": "markdown"},
		"seen_at": {"type": "string", "readOnly": true},
		"level": {"enum": ["low", "high"], "type": "string"},
		"total": {"oneOf": [{"type": "number", "minimum": 0}, {"type": "string"}]},
		"lines": {"type": "array", "minItems": 2, "maxItems": 5, "uniqueItems": true, "items": {"$ref": "#/$defs/line"}}
	},
	"$defs": {"line": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}, "price": {"type": "number", "exclusiveMinimum": 0}}}}
}`

func TestASchemaIsLoweredAsTheGoldenFilesShow(t *testing.T) {
	t.Parallel()
	for _, d := range []shape.Dialect{shape.Anthropic, shape.Gemini, shape.OpenAI, shape.Plain} {
		got, err := shape.Lower(json.RawMessage(order), d, "order")
		if err != nil {
			t.Fatal(err)
		}
		var pretty any
		if err := json.Unmarshal(got, &pretty); err != nil {
			t.Fatal(err)
		}
		got, _ = json.MarshalIndent(pretty, "", " ")
		path := filepath.Join("testdata", "order."+string(d)+".json")
		if *update {
			if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || strings.TrimSpace(string(want)) != string(got) {
			t.Errorf("Lower(%s) differs from %s (%v):\n%s", d, path, err, got)
		}
	}
}

func TestAnAnswerInALoweredSchemaIsOneInTheWholeSchema(t *testing.T) {
	t.Parallel()
	schema := ai.MustCompile("order", "1", []byte(order))
	out, err := shape.Raise([]byte(`{"id":"abc","kind":null,"due":null,"note":null,"lines":[{"text":"a","price":null},{"text":"b","price":2}],"seen_at":"now"}`), schema.Text)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"due":null,"id":"abc","lines":[{"text":"a"},{"price":2,"text":"b"}],"seen_at":"now"}`; string(out) != want {
		t.Errorf("Raise() = %s, want %s", out, want)
	}
	if v := schema.Check(out); len(v) > 0 {
		t.Errorf("the whole schema refuses it: %v", v)
	}
}

func TestExtractFindsWholeJSONAndInventsNone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"a":1}`:                 `{"a":1}`,
		"\ufeff {\"a\":1}\n":      `{"a":1}`,
		"```json\n{\"a\":1}\n```": `{"a":1}`,
		"Here you are:\n```\n[1,2]\n```\nAnything?": `[1,2]`,
		`Sure! {"a":"}{"} and more`:                 `{"a":"}{"}`,
		`{"a":"\"}"} {"b":2}`:                       `{"a":"\"}"}`,
		`{not json} {"b":2}`:                        `{"b":2}`,
		`"words"`:                                   `"words"`,
		`{"a":{"b":1}`:                              "",
		`{"a":1`:                                    "",
		`no json at all`:                            "",
		``:                                          "",
		"```json\n{\"a\":":                          "",
	} {
		got, err := shape.Extract(text)
		if string(got) != want || (err != nil) != (want == "") {
			t.Errorf("Extract(%q) = %s, %v; want %q", text, got, err, want)
		}
		if err != nil && !errors.Is(err, shape.ErrNoJSON) {
			t.Errorf("Extract(%q) = %v, want ErrNoJSON", text, err)
		}
	}
}

func FuzzExtract(f *testing.F) {
	for _, s := range []string{`{"a":1}`, "```json\n{}\n```", `{{{[[[`, `{"a":"\\\""}`, "x{\"\x00\"}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := shape.Extract(text); err == nil && (!json.Valid(got) || !strings.Contains(text, string(got))) {
			t.Errorf("Extract(%q) = %q; want JSON that is in the text", text, got)
		}
	})
}

func FuzzLowerAndRaise(f *testing.F) {
	f.Add([]byte(order), []byte(`{"id":"ab","lines":[]}`))
	f.Add([]byte(`{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/a"}}}`), []byte(`{"x":null}`))
	f.Fuzz(func(t *testing.T, schema, output []byte) {
		for _, d := range []shape.Dialect{shape.Anthropic, shape.Gemini, shape.OpenAI, shape.Plain} {
			if got, err := shape.Lower(schema, d, "t"); err == nil && !json.Valid(got) {
				t.Errorf("Lower(%q, %s) = %q", schema, d, got)
			}
		}
		if got, err := shape.Raise(output, schema); err == nil && !json.Valid(got) {
			t.Errorf("Raise(%q) = %q", output, got)
		}
	})
}
