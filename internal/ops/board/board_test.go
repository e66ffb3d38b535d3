package board_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rapport/internal/ops/board"
	"rapport/internal/platform/metric"
)

var update = flag.Bool("update", false, "write the files of deploy/")

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	path = filepath.Join("..", "..", "..", "deploy", path)
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
		t.Errorf("%s is not what is written now: run this test with -update and look at the difference", path)
	}
}

func TestRulesAreGolden(t *testing.T) {
	t.Parallel()
	golden(t, "prometheus/rules.yaml", board.Rules())
}

func TestTheDashboardIsGolden(t *testing.T) {
	t.Parallel()
	got, err := board.Dashboard()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "grafana/rapport.json", got)
}

var name = regexp.MustCompile(`\b[a-z]+(?:_[a-z0-9]+)+\b`)

// words of the language that look like names of metrics.
var words = []string{"histogram_quantile", "max_over_time", "__rate_interval"}

func TestOnlyMetricsThatThereAreAreAskedFor(t *testing.T) {
	t.Parallel()
	b, err := board.Dashboard()
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			for _, n := range name.FindAllString(target.Expr, -1) {
				base := n
				for _, ending := range []string{"_bucket", "_count", "_sum"} {
					base = strings.TrimSuffix(base, ending)
				}
				if _, ok := metric.Defined(base); !ok && !strings.Contains(strings.Join(words, " "), n) && !strings.Contains(n, "rate_interval") {
					t.Errorf("%s asks for %s, which is no metric", target.Expr, n)
				}
				asked++
			}
		}
	}
	if asked < 30 {
		t.Errorf("%d metrics are asked for, want 30 or more", asked)
	}
}

func promtool(t *testing.T, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed: scripts/setup test installs it")
	}
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	if err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func TestPrometheusTakesTheRules(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(path, board.Rules(), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "check", "rules", path)
}

// scenes are series with the alerts that must, or must not, come of them.
const scenes = `
rule_files: [rules.yaml]
evaluation_interval: 15s
tests:
  - name: one in fifty fails
    interval: 15s
    input_series:
      - {series: 'http_requests_total{operation="contact.list",status="200"}', values: '0+1470x60'}
      - {series: 'http_requests_total{operation="contact.list",status="500"}', values: '0+30x60'}
    alert_rule_test:
      - eval_time: 5m
        alertname: RapportErrorRate
        exp_alerts: [{exp_labels: {severity: P1, rule: error_rate, group: availability}, exp_annotations: {summary: 'More than 1 % of requests fail', runbook: /runbooks/error_rate}}]
      - {eval_time: 5m, alertname: RapportOutage, exp_alerts: []}
  - name: one in a thousand fails, and one at night
    interval: 15s
    input_series:
      - {series: 'http_requests_total{operation="contact.list",status="200"}', values: '0+2997x60'}
      - {series: 'http_requests_total{operation="contact.list",status="500"}', values: '0+3x60'}
    alert_rule_test:
      - {eval_time: 10m, alertname: RapportErrorRate, exp_alerts: []}
  - name: one failure at night
    interval: 15s
    input_series:
      - {series: 'http_requests_total{operation="contact.list",status="500"}', values: '0x10 1x40'}
    alert_rule_test:
      - {eval_time: 5m, alertname: RapportErrorRate, exp_alerts: []}
      - {eval_time: 5m, alertname: RapportOutage, exp_alerts: []}
  - name: a disk that is full
    interval: 15s
    input_series:
      - {series: 'disk_free_ratio', values: '0.05x40'}
    alert_rule_test:
      - eval_time: 5m
        alertname: RapportDisk
        exp_alerts: [{exp_labels: {severity: P1, rule: disk, group: disk}, exp_annotations: {summary: 'The disk is nearly full', runbook: /runbooks/disk}}]
  - name: a day without trouble
    interval: 15s
    input_series:
      - {series: 'http_requests_total{operation="contact.list",status="200"}', values: '0+1500x240'}
      - {series: 'disk_free_ratio', values: '0.5x240'}
      - {series: 'queue_oldest_seconds', values: '1x240'}
    alert_rule_test:
      - {eval_time: 1h, alertname: RapportErrorRate, exp_alerts: []}
      - {eval_time: 1h, alertname: RapportDisk, exp_alerts: []}
      - {eval_time: 1h, alertname: RapportQueueAge, exp_alerts: []}
      - {eval_time: 1h, alertname: RapportAvailabilityBurnFast, exp_alerts: []}
`

func TestTheRulesAlertOfTroubleAndOfNothingElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string][]byte{"rules.yaml": board.Rules(), "scenes.yaml": []byte(scenes)} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	promtool(t, "test", "rules", filepath.Join(dir, "scenes.yaml"))
}
