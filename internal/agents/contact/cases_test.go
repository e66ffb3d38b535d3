package contact_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"rapport/internal/agents/contact"
)

// labelled is a contact of our own invention; eval measures what is thought of
// it.
type labelled struct {
	ID    string
	Input contact.Input
}

func cases(t *testing.T) (all []labelled) {
	t.Helper()
	f, err := os.Open("../eval/cases/contact.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c labelled
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("case %d: %v", len(all)+1, err)
		}
		all = append(all, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// field reads a value of an answer by its path.
func field(t *testing.T, a contact.Assessment, path string) string {
	t.Helper()
	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	for _, p := range strings.Split(path, ".") {
		v = v.(map[string]any)[p]
	}
	return fmt.Sprint(v)
}
