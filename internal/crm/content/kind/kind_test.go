package kind_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rapport/internal/ai/shape"
	"rapport/internal/crm/content/kind"
)

func find(t *testing.T, name string) kind.Kind {
	t.Helper()
	k, ok := kind.Find(name)
	if !ok {
		t.Fatalf("there is no kind %s", name)
	}
	return k
}

func TestEachKindCanBeAskedOfEachProvider(t *testing.T) {
	t.Parallel()
	for _, k := range kind.All() {
		for _, d := range []shape.Dialect{shape.Anthropic, shape.Gemini, shape.OpenAI, shape.Plain} {
			if _, err := shape.Lower(k.Schema().Text, d, k.Schema().Name); err != nil {
				t.Errorf("%s for %s: %v", k.Name, d, err)
			}
		}
	}
}

func TestSocialLengthsAreThePlatforms(t *testing.T) {
	t.Parallel()
	for post, want := range map[string]int{"abc": 3, "é": 1, "日本": 4, "😀": 2, "see https://example.com/a/very/long/path/that/goes/on": 27, "": 0} {
		if got := kind.Length("twitter", post); got != want {
			t.Errorf("Length(twitter, %q) = %d, want %d", post, got, want)
		}
	}
	for platform, limit := range kind.Limits() {
		for n, want := range map[int]bool{limit - 2: true, limit + 1: false} {
			body := fmt.Sprintf(`{"platform":%q,"text":%q,"hashtags":[],"call_to_action":"","image_prompt":""}`, platform, strings.Repeat("a", n))
			if got := len(find(t, "social_post").Faults(json.RawMessage(body))) == 0; got != want {
				t.Errorf("%s takes %d characters: %v, want %v", platform, n, got, want)
			}
		}
	}
}

func TestSequencesGoForward(t *testing.T) {
	t.Parallel()
	const step = `{"step":%d,"name":"n","day_delay":%d,"subject":"A subject","body":"A body that is long enough.","cta":{"text":"Answer","type":"reply"},"reasoning":""}`
	for delays, want := range map[[2]int]bool{{0, 3}: true, {3, 3}: true, {3, 2}: false, {0, 91}: false} {
		body := fmt.Sprintf(`{"name":"n","goal":"g","steps":[`+step+`,`+step+`]}`, 1, delays[0], 2, delays[1])
		if got := len(find(t, "sequence").Faults(json.RawMessage(body))) == 0; got != want {
			t.Errorf("delays %v: %v, want %v", delays, got, want)
		}
	}
}

func TestAPageHasItsOwnSectionsOnce(t *testing.T) {
	t.Parallel()
	const section = `{"key":%q,"headline":%q,"subheadline":"","body":"","cta":%q,"image_prompt":"","alternatives":[]}`
	for _, tc := range []struct {
		keys          [2]string
		headline, cta string
		want          bool
	}{
		{[2]string{"hero", "final_cta"}, "A headline", "Talk to us", true}, {[2]string{"hero", "hero"}, "A headline", "", false}, {[2]string{"hero", "pricing"}, "A headline", "", false},
		{[2]string{"hero", "final_cta"}, "one two three four five six seven eight nine ten eleven", "", false}, {[2]string{"hero", "final_cta"}, "A headline", "Go", false},
	} {
		body := fmt.Sprintf(`{"page_type":"homepage","sections":[`+section+`,`+section+`]}`, tc.keys[0], tc.headline, tc.cta, tc.keys[1], tc.headline, tc.cta)
		if got := len(find(t, "landing_copy").Faults(json.RawMessage(body))) == 0; got != tc.want {
			t.Errorf("%+v: %v, want %v", tc, got, tc.want)
		}
	}
}

func TestTextsComeInTheOrderOfTheSchema(t *testing.T) {
	t.Parallel()
	k := find(t, "followup")
	var fields []string
	for _, x := range k.Texts(json.RawMessage(`{"cta":"c","body":"b","subject_lines":["s","t"],"tone":"friendly","social_proof":[],"key_talking_points":["k"]}`)) {
		fields = append(fields, x.Path)
	}
	if want := []string{"/subject_lines/0", "/subject_lines/1", "/body", "/cta", "/key_talking_points/0"}; !slices.Equal(fields, want) {
		t.Errorf("texts at %v, want %v", fields, want)
	}
}
