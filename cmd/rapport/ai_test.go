package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestTheSimulatorRefusesWhatItCannotPlay(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(file, []byte(`{"faults":[{"fault":"F99"},{"fault":"F12","provider":"gemini"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		o    simulation
		want []string
	}{
		{simulation{listen: "127.0.0.1:0", schedule: "storm"}, []string{"storm", "calm, chaos", "no such file"}},
		{simulation{listen: "127.0.0.1:0", schedule: file}, []string{"plan.json", "fault 1 (F99)", "fault 2 (F12)", "fault of anthropic, not of gemini"}},
		{simulation{listen: "0.0.0.0:0", schedule: "calm"}, []string{"loopback"}},
		{simulation{listen: "nowhere", schedule: "calm"}, []string{"loopback"}},
		{simulation{listen: "127.0.0.1:0", schedule: "calm", scale: -1}, []string{"--scale"}},
	} {
		err := c.o.run(t.Context(), io.Discard)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%+v: %v, want %q in it", c.o, err, want)
			}
		}
	}
}

func TestTheSimulatorServesUntilItIsTold(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	said, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- simulation{listen: "127.0.0.1:0", schedule: "calm", seed: 1}.run(ctx, out)
		_ = out.Close() // ends the reader below
	}()
	var url string
	lines := bufio.NewScanner(said)
	for lines.Scan() && !strings.Contains(lines.Text(), "Ctrl-C") {
		if m := regexp.MustCompile(`state +(http\S+)/sim/state`).FindStringSubmatch(lines.Text()); m != nil {
			url = m[1]
		}
	}
	go func() { _, _ = io.Copy(io.Discard, said) }() // until it is closed
	r, err := http.NewRequestWithContext(ctx, "POST", url+"/openrouter/api/v1/chat/completions", strings.NewReader(`{"model":"openai/gpt-6-luna","messages":[{"role":"user","content":"Hello."}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer sim-openrouter")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, resp.Body) // who leaves in the middle is billed otherwise
	if err := errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status, err)
	}
	resp, err = http.Get(url + "/sim/state")
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Nano int64 `json:"nano"`
		Bill []struct{ Calls int }
	}
	if err := json.NewDecoder(resp.Body).Decode(&state); err != nil || len(state.Bill) != 1 || state.Bill[0].Calls != 1 || state.Nano <= 0 {
		t.Errorf("state %+v, %v", state, err)
	}
	_ = resp.Body.Close() // it was read
	stop()
	if err := <-done; err != nil {
		t.Errorf("told to stop: %v", err)
	}
}
