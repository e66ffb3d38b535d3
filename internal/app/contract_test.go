package app_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"rapport/internal/app"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The contract is reviewed as a diff: whoever changes it says so here.
func TestOpenAPIIsTheGoldenFile(t *testing.T) {
	const path = "../../api/openapi.json"
	got, err := app.Contract().API.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("api/openapi.json is not what the operations say: run make generate and review the diff")
	}
}
