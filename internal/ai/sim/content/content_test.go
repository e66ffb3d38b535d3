package content_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"rapport/internal/agents/email"
	"rapport/internal/ai"
	"rapport/internal/ai/shape"
	"rapport/internal/ai/sim/content"
)

const letter = "Dear Ms Okafor,\n\nthe café offer — 12 seats — is fine. Could you send the contract by Friday? Our budget is 4,000 EUR.\n\nKind regards\nNils"

func dice(n uint64) *rand.Rand { return rand.New(rand.NewPCG(n, 1)) }

func TestInstancesSatisfyTheirSchemas(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"triage":       string(email.TriageSchema()),
		"intelligence": string(email.IntelligenceSchema()),
		"formats":      object(`"a":{"type":"string","format":"date-time"},"b":{"type":"string","format":"date"},"c":{"type":"string","format":"email"},"d":{"type":"string","format":"uuid"},"e":{"type":"string","format":"uri"},"f":{"type":"string","format":"time"},"g":{"type":"string","format":"ipv4"},"h":{"type":"string","format":"ipv6"},"i":{"type":"string","format":"hostname"},"j":{"type":"string","format":"duration"}`),
		"bounds":       object(`"a":{"type":"integer","minimum":3,"maximum":4},"b":{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":0.001},"c":{"type":"integer","multipleOf":7,"minimum":-20,"maximum":-1},"d":{"type":"number","maximum":-5},"e":{"type":"integer","exclusiveMinimum":2,"exclusiveMaximum":4}`),
		"strings":      object(`"a":{"type":"string","minLength":30,"maxLength":31},"b":{"type":"string","maxLength":2},"c":{"type":"string","pattern":"^[A-Z]{3}-[0-9]+(x|yz)?$"},"d":{"type":"string","pattern":"^\\d{4}$"},"e":{"type":"string","pattern":"b+","minLength":9,"maxLength":12}`),
		"arrays":       object(`"a":{"type":"array","minItems":2,"maxItems":3,"uniqueItems":true,"items":{"type":"string","enum":["x","y","z"]}},"b":{"type":"array","prefixItems":[{"type":"integer"},{"type":"boolean"}],"items":false,"minItems":2},"c":{"type":"array","contains":{"const":"here"},"items":{"type":"string"}}`),
		"nested":       object(`"a":{"type":"object","additionalProperties":false,"required":["b"],"properties":{"b":{"type":"array","minItems":1,"items":{"type":"object","required":["c"],"properties":{"c":{"const":3}},"additionalProperties":false}}}}`),
		"references":   `{"$ref":"#/$defs/tree","$defs":{"tree":{"type":"object","required":["name"],"additionalProperties":false,"properties":{"name":{"type":"string"},"under":{"type":"array","items":{"$ref":"#/$defs/tree"}}}}}}`,
		"ways":         object(`"a":{"anyOf":[{"type":"string","minLength":1},{"type":"null"}]},"b":{"oneOf":[{"type":"integer"},{"type":"boolean"}]},"c":{"type":["integer","null"],"minimum":5},"d":{"allOf":[{"type":"integer","minimum":1},{"maximum":3}]}`),
		"open":         `{"type":"object","required":["x","y"],"minProperties":4}`,
		"anything":     `{}`,
		"yes":          `true`,
	} {
		schema := ai.MustCompile(name, "1", []byte(text))
		for n := range uint64(200) {
			for _, source := range []string{"", letter} {
				got, err := content.Instance(json.RawMessage(text), source, dice(n))
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if v := schema.Check(got); len(v) > 0 {
					t.Fatalf("%s, seed %d: %s: %v", name, n, got, v)
				}
			}
		}
	}
}

// object is a schema whose properties are all required.
func object(properties string) string {
	var named map[string]json.RawMessage
	if err := json.Unmarshal([]byte("{"+properties+"}"), &named); err != nil {
		panic(err)
	}
	var names []string
	for k := range named {
		names = append(names, k)
	}
	slices.Sort(names)
	required, err := json.Marshal(names)
	if err != nil {
		panic(err)
	}
	return `{"type":"object","additionalProperties":false,"required":` + string(required) + `,"properties":{` + properties + `}}`
}

func TestQuotesOfAnInstanceStandInTheSource(t *testing.T) {
	t.Parallel()
	for n := range uint64(50) {
		out, err := content.Instance(email.IntelligenceSchema(), letter, dice(n))
		if err != nil {
			t.Fatal(err)
		}
		var x email.Intelligence
		if err := json.Unmarshal(out, &x); err != nil {
			t.Fatal(err)
		}
		before := len(x.Items)
		runes := []rune(letter)
		for _, it := range x.Items {
			if got := string(runes[it.Start:it.End]); got != it.Quote {
				t.Errorf("at %d to %d stands %q, quoted is %q", it.Start, it.End, got, it.Quote)
			}
		}
		if faults := x.Verify(letter); len(faults) > 0 {
			t.Errorf("of %d items: %v", before, faults)
		}
	}
}

func TestInventedQuotesStandNowhere(t *testing.T) {
	t.Parallel()
	schema := ai.MustCompile("intelligence", "1", email.IntelligenceSchema())
	out, err := content.Instance(email.IntelligenceSchema(), letter, dice(4))
	if err != nil {
		t.Fatal(err)
	}
	lie := content.Invent(out, dice(1))
	if v := schema.Check(json.RawMessage(lie)); len(v) > 0 {
		t.Errorf("a lie satisfies the schema, got %v", v)
	}
	var x email.Intelligence
	if err := json.Unmarshal([]byte(lie), &x); err != nil {
		t.Fatal(err)
	}
	if len(x.Items) == 0 {
		t.Fatal("there is nothing to lie about: take another seed")
	}
	for _, it := range x.Items {
		if strings.Contains(letter, it.Quote) {
			t.Errorf("%q was written", it.Quote)
		}
	}
	got := content.Invent(json.RawMessage(`{"contact_id":"c1","id":"0198c0de-0000-7000-8000-000000000001","n":1}`), dice(1))
	if strings.Contains(got, `"c1"`) || strings.Contains(got, "0198c0de") {
		t.Errorf("ids are invented, got %s", got)
	}
}

func TestSchemasThatNothingSatisfiesAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"type":"integer","minimum":3,"maximum":2}`, `{"enum":[]}`, `false`, `{"type":"string","minLength":3,"maxLength":1}`, `{"type":"string","pattern":"^a$","minLength":4}`,
		`{"type":"array","minItems":3,"uniqueItems":true,"items":{"type":"boolean"}}`, `{"$ref":"#/$defs/none"}`, `{"$ref":"https://example.com/x"}`, `{"$ref":"#"}`,
		`{"type":"object","required":["a"],"properties":{"a":{"$ref":"#"}}}`, `{"type":"object","required":["a"],"additionalProperties":false}`, `{"type":"string","pattern":"("}`, `{`,
	} {
		if got, err := content.Instance(json.RawMessage(text), "", dice(1)); err == nil {
			t.Errorf("%s: got %s", text, got)
		}
	}
}

func TestSpoiledAnswersAreWrongInTheWayAskedFor(t *testing.T) {
	t.Parallel()
	schema := ai.MustCompile("triage", "1", email.TriageSchema())
	out, err := content.Instance(email.TriageSchema(), letter, dice(5))
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range content.Wrongs() {
		got := content.Spoil(out, how)
		if len(schema.Check(json.RawMessage(got))) == 0 {
			t.Errorf("%s: %s satisfies the schema", how, got)
		}
		if wrapped := how == "fenced" || how == "prose"; wrapped != strings.Contains(got, string(out)) {
			t.Errorf("%s: %s", how, got)
		}
	}
}

func TestTheMarkOfAQuotationIsFound(t *testing.T) {
	t.Parallel()
	nonce, quotes := content.Quotes("Say.\n\n<data-9f label=\"a\">\nx </data-00>\ny\n</data-9f>\n\nMore: 1\n\n<data-9f label=\"b\">\n\n</data-9f>")
	if got, want := fmt.Sprint(nonce, quotes), "9f[{a x </data-00>\ny} {b }]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzInstance(f *testing.F) {
	f.Add([]byte(email.TriageSchema()), letter, uint64(1))
	f.Add([]byte(`{"allOf":[{"properties":{"a":{}}},{"required":["a"]}],"properties":[]}`), "", uint64(2))
	f.Add([]byte(`{"type":"string","pattern":"(a|b){2,3}[^x]\\w*$"}`), "", uint64(3))
	f.Fuzz(func(t *testing.T, schema []byte, source string, seed uint64) {
		out, err := content.Instance(schema, source, dice(seed))
		if err == nil && !json.Valid(out) {
			t.Errorf("%s gives %s", schema, out)
		}
	})
}

// A schema reaches a model in the words of its provider, without some of its
// bounds; what the model says is held to the whole schema all the same.
func TestInstancesOfLoweredSchemasSatisfyTheWholeOnes(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]json.RawMessage{"email.triage": email.TriageSchema(), "email.intelligence": email.IntelligenceSchema()} {
		whole := ai.MustCompile(name, "1", text)
		for _, d := range []shape.Dialect{shape.Anthropic, shape.Gemini, shape.OpenAI, shape.Plain} {
			lowered, err := shape.Lower(text, d, name)
			if err != nil {
				t.Fatal(err)
			}
			for n := range uint64(200) {
				said, err := content.Instance(lowered, letter, dice(n))
				if err != nil {
					t.Fatalf("%s for %s: %v", name, d, err)
				}
				out, err := shape.Raise(said, text)
				if err != nil {
					t.Fatal(err)
				}
				if v := whole.Check(out); len(v) > 0 {
					t.Fatalf("%s for %s, seed %d: %s: %v", name, d, n, out, v)
				}
			}
		}
	}
}
