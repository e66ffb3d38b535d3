package metric_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapport/internal/platform/metric"
)

// program finds what the Debian package prometheus holds.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(name + " is not installed: scripts/setup test installs it")
	}
	return path
}

// busy is metrics in which everything has happened.
func busy(t *testing.T) *metric.Metrics {
	t.Helper()
	m := metric.New("test")
	m.Trace = func(context.Context) string { return "0af7651916cd43dd8448eb211c80319c" }
	r := m.Route("contact.list")
	for range 7 {
		r.Done(t.Context(), 200, 20*time.Millisecond)
	}
	r.Done(t.Context(), 503, time.Second)
	m.Problem("x")
	m.Mailed("x")
	m.Limited("x", "y")
	m.Contacts(1)
	m.Missed(1)
	m.Asked(metric.Attempt{Took: time.Second, Input: 1, Output: 1, Dollars: 1})
	m.Job("x").Ended(metric.Done, time.Second)
	m.Pool("api").Took(time.Millisecond)
	m.Read(func(emit metric.Emit) {
		for _, d := range metric.Definitions() {
			if d.Kind != metric.Histogram && !d.Runtime && d.Name != "rapport_build_info" && !strings.Contains(scraped, "\n"+d.Name+"{") {
				emit(d.Name, 1, make([]string, len(d.Labels))...)
			}
		}
	})
	return m
}

// scraped are the counters that are counted and not read.
const scraped = "\nhttp_requests_total{\napi_errors_total{\nai_tokens_used_total{\nai_cost_dollars_total{\nrate_limit_hits_total{\nemails_sent_total{\ncontacts_created_total{\njobs_total{\nschedules_missed_total{\n"

func TestPromtoolFindsNothingToSay(t *testing.T) {
	t.Parallel()
	w := bytes.Buffer{}
	served := serve(t, busy(t))
	res, err := http.Get("http://" + served + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := w.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	for _, d := range metric.Definitions() {
		if !strings.Contains(w.String(), "# TYPE "+d.Name+" "+string(d.Kind)+"\n") {
			t.Errorf("%s is not there as a %s", d.Name, d.Kind)
		}
	}
	cmd := exec.CommandContext(t.Context(), program(t, "promtool"), "check", "metrics")
	cmd.Stdin = &w
	if out, err := cmd.CombinedOutput(); err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

// serve serves metrics as Rapport does, and returns the address.
func serve(t *testing.T, m *metric.Metrics) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	go func() { ended <- m.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the listener ended with %v", err)
		}
	})
	return ln.Addr().String()
}

func TestPrometheusScrapesAndAnswers(t *testing.T) {
	t.Parallel()
	prometheus := program(t, "prometheus")
	dir, address := t.TempDir(), free(t)
	config := filepath.Join(dir, "prometheus.yml")
	text := fmt.Sprintf("global: {scrape_interval: 1s}\nscrape_configs:\n  - job_name: rapport\n    static_configs: [{targets: ['%s']}]\n", serve(t, busy(t)))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), prometheus, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address, "--enable-feature=exemplar-storage", "--log.level=error")
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	want := `"7"`
	if got := await(t, address, "/api/v1/query?query="+url.QueryEscape(`http_requests_total{operation="contact.list",status="200"}`), want); !strings.Contains(got, want) {
		t.Fatalf("Prometheus answers %s, want %s; it says %s", got, want, said.String())
	}
	now := time.Now()
	want = "0af7651916cd43dd8448eb211c80319c"
	path := fmt.Sprintf("/api/v1/query_exemplars?query=%s&start=%d&end=%d", url.QueryEscape("http_request_duration_seconds_bucket"), now.Add(-time.Hour).Unix(), now.Add(time.Hour).Unix())
	if got := await(t, address, path, want); !strings.Contains(got, want) {
		t.Errorf("its exemplars are %s, want the trace %s", got, want)
	}
}

// free is an address that nobody listens on.
func free(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// await asks until the answer holds want, or for half a minute.
func await(t *testing.T, address, path, want string) string {
	t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	var last string
	for range 150 {
		res, err := http.Get("http://" + address + path)
		if err == nil {
			var body json.RawMessage
			_ = json.NewDecoder(res.Body).Decode(&body) // what is no JSON is not what is wanted
			_ = res.Body.Close()
			if last = string(body); strings.Contains(last, want) {
				return last
			}
		}
		<-tick.C
	}
	return last
}
