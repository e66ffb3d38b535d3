package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"rapport/docs/runbooks"
)

func TestAlertsAtTheCommandLine(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var told []string
	chat := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		told = append(told, string(b))
	}))
	defer chat.Close()
	s := newShared(t, "RAPPORT_ALERT_WEBHOOK="+chat.URL+"/secret-path")
	s.serve()
	if out := s.must("alert", "test"); !strings.Contains(out, "webhook: sent") {
		t.Errorf("alert test says %q", out)
	}
	mu.Lock()
	if len(told) != 1 || !strings.Contains(told[0], "Test: This is a test") {
		t.Errorf("the webhook got %v, want one test", told)
	}
	mu.Unlock()
	s.refuses([]string{"no_alert_channel"}, "alert", "test", "--channel", "mail")
	out := s.must("alert", "list", "--all")
	for _, want := range []string{"error_rate", "latency_p95", "availability_burn_fast", "told by webhook"} {
		if !strings.Contains(out, want) {
			t.Errorf("alert list lacks %q:\n%s", want, out)
		}
	}
	if out := s.must("alert", "list"); !strings.Contains(out, "nothing fires") {
		t.Errorf("alert list says:\n%s", out)
	}
	s.refuses([]string{"no such rule"}, "alert", "silence", "weather")
	if out := s.must("alert", "silence", "cache_hits", "--minutes", "90", "--reason", "warming"); !strings.Contains(out, "cache_hits is silent until") {
		t.Errorf("alert silence says %q", out)
	}
	out = s.must("alert", "silence")
	if !strings.Contains(out, "cache_hits until") || !strings.Contains(out, "warming (silence)") {
		t.Errorf("the silences are %q", out)
	}
	id, _, _ := strings.Cut(out, " ")
	s.must("alert", "silence", "--end", id)
	if out := s.must("alert", "silence"); !strings.Contains(out, "no silences") {
		t.Errorf("after its end the silences are %q", out)
	}
	if out := s.must("config"); strings.Contains(out, "secret-path") {
		t.Errorf("the address of the webhook is shown: %s", out)
	}
}

var commands = regexp.MustCompile("`rapport ([a-z][^`]*)`")

// Whoever is woken must not be told of commands that there are not.
func TestRunbooksNameCommandsThatExist(t *testing.T) {
	t.Parallel()
	pages, err := runbooks.Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		text, err := runbooks.Files.ReadFile(p.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range commands.FindAllStringSubmatch(string(text), -1) {
			words := strings.Fields(m[1])
			found, rest, err := root(map[string]string{}, io.Discard).Find(words)
			if err != nil || found.HasSubCommands() {
				t.Errorf("%s: there is no command %q", p.Name(), m[0])
				continue
			}
			for _, w := range rest {
				if flag, ok := strings.CutPrefix(w, "--"); ok && found.Flags().Lookup(flag) == nil {
					t.Errorf("%s: %q has no flag %s", p.Name(), m[0], w)
				}
			}
		}
	}
}
