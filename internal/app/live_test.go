package app_test

import (
	"bufio"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rapport/internal/app"
)

// follow opens a stream of the tenant and sends the entities that it tells.
func (n *tenant) follow(t *testing.T, workspace string) (int, <-chan string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", n.w.server.URL+"/v1/workspaces/"+workspace+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", "rapport_session="+n.session)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	told := make(chan string, 10_000)
	go func() {
		defer close(told)
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			var c struct{ Entity string }
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && json.Unmarshal([]byte(data), &c) == nil {
				told <- c.Entity
			}
		}
	}()
	return res.StatusCode, told
}

// Mail that comes in is told: its thread, its import, who wrote it, what
// read it, and to whom it may matter that it is done.
func TestMailThatComesInIsToldAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, ben := w.newTenant(t, "ann"), w.newTenant(t, "ben")
	if status, _ := ben.follow(t, ann.slug); status != 404 {
		t.Errorf("a stream of another tenant is answered %d, want 404", status)
	}
	_, ours := ann.follow(t, ann.slug)
	_, theirs := ben.follow(t, ben.slug)
	<-ours // hello
	<-theirs
	ann.receive(t)
	missing := map[string]bool{"thread": true, "import": true, "contact": true, "run": true, "notification": true}
	for len(missing) > 0 {
		delete(missing, <-ours)
	}
	select {
	case entity := <-theirs:
		if entity != "" { // a resync of the start names none
			t.Errorf("another tenant was told of a %s", entity)
		}
	default:
	}
}

var named = regexp.MustCompile(`(?:event\.Happened\{\s*Entity: |event\.Hint(?:Fields)?\(tx, )"([a-z_]+)"`)

// What is written to the feed must be somebody's to read, or no page ever
// learns of it.
func TestEveryEntityOfTheFeedCanBeRead(t *testing.T) {
	t.Parallel()
	contract, found := app.Contract(), 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range named.FindAllStringSubmatch(string(text), -1) {
			found++
			if contract.Reads(m[1]) == "" {
				t.Errorf("%s: the entity %s has no scope: name its noun in live.nouns", path, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 10 {
		t.Errorf("only %d entities found: the pattern has aged", found)
	}
}
