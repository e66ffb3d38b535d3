// Package board writes what others need who watch Rapport with tools of their
// own: rules for Prometheus and a dashboard for Grafana, from the same rules
// and names as Rapport's own alerts and charts.
package board

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"rapport/internal/platform/alert"
	"rapport/internal/platform/metric"
)

// Rules are the alert rules as Prometheus reads them. One about what Rapport
// does not export is left to Rapport.
func Rules() []byte {
	var b bytes.Buffer
	b.WriteString("# Written by rapport monitoring rules, from the rules that Rapport itself looks at.\ngroups:\n  - name: rapport\n    interval: 15s\n    rules:\n")
	for _, r := range alert.Rules() {
		if !exported(r.Measure) {
			continue
		}
		fmt.Fprintf(&b, "      - alert: %s\n        expr: %s\n", camel(r.Name), quoted(r.PromQL()))
		if r.For > 0 {
			fmt.Fprintf(&b, "        for: %ds\n", int(r.For.Seconds()))
		}
		fmt.Fprintf(&b, "        labels:\n          severity: %s\n          rule: %s\n          group: %s\n", r.Severity, r.Name, r.Group)
		fmt.Fprintf(&b, "        annotations:\n          summary: %s\n          runbook: %s\n", quoted(r.Title), r.Runbook())
	}
	return b.Bytes()
}

// exported reports whether everything that m looks at is a metric.
func exported(m alert.Measure) bool {
	return !slices.ContainsFunc(slices.Concat(m.Of, m.Over), func(s alert.Selector) bool {
		_, ok := metric.Defined(s.Name)
		return !ok
	})
}

// quoted is text as YAML takes it, whatever stands in it.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func camel(name string) string {
	var b strings.Builder
	b.WriteString("Rapport")
	for part := range strings.SplitSeq(name, "_") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// chart is one panel.
type chart struct {
	title, unit string
	lines       []line
}

type line struct{ query, legend string }

// row is a row of panels.
type row struct {
	title  string
	charts []chart
}

func rate(name, by string) string {
	if by == "" {
		return "sum(rate(" + name + "[$__rate_interval]))"
	}
	return "sum by (" + by + ") (rate(" + name + "[$__rate_interval]))"
}

func quantile(q, name, by string) string {
	if by != "" {
		by = ", " + by
	}
	return "histogram_quantile(" + q + ", sum by (le" + by + ") (rate(" + name + "_bucket[$__rate_interval])))"
}

func percentiles(name string) []line {
	return []line{{quantile("0.5", name, ""), "p50"}, {quantile("0.95", name, ""), "p95"}, {quantile("0.99", name, ""), "p99"}}
}

func top(query string) string { return "topk(10, " + query + ")" }

// rows are what the dashboard shows.
func rows() []row {
	const took = "http_request_duration_seconds"
	return []row{
		{"Requests", []chart{
			{"Requests", "reqps", []line{{rate("http_requests_total", "status"), "{{status}}"}}},
			{"Share that fails", "percentunit", []line{{"(" + rate(`http_requests_total{status=~"5.*"}`, "") + " or vector(0)) / " + rate("http_requests_total", ""), "5xx"}}},
			{"How long they take", "s", percentiles(took)},
			{"p95 by operation", "s", []line{{top(quantile("0.95", took, "operation")), "{{operation}}"}}},
			{"Busiest operations", "reqps", []line{{top(rate("http_requests_total", "operation")), "{{operation}}"}}},
			{"Problems", "ops", []line{{top(rate("api_errors_total", "code")), "{{code}}"}}},
			{"Refused by limits and for want of room", "ops", []line{{rate("rate_limit_hits_total", "policy"), "{{policy}}"}, {rate("overload_refused_total", "class"), "{{class}}"}}},
			{"People", "short", []line{{"max(active_users)", "active"}}},
		}},
		{"Database and cache", []chart{
			{"Connections", "short", []line{{"sum by (pool) (db_connections_active)", "{{pool}} active"}, {"sum by (pool) (db_connections_open)", "{{pool}} open"}}},
			{"Waits for a connection", "s", []line{{rate("db_pool_wait_seconds_total", "pool"), "{{pool}}"}}},
			{"Round trips", "s", percentiles("db_query_duration_seconds")},
			{"Remembered", "percentunit", []line{{rate("cache_hits_total", "") + " / (" + rate("cache_hits_total", "") + " + " + rate("cache_misses_total", "") + ")", "hits"}}},
		}},
		{"Jobs and mail", []chart{
			{"Jobs by state", "short", []line{{"sum by (state) (queue_jobs)", "{{state}}"}}},
			{"The oldest that is due", "s", []line{{"max(queue_oldest_seconds)", "oldest"}}},
			{"Worked", "ops", []line{{rate("jobs_total", "outcome"), "{{outcome}}"}}},
			{"Mail", "ops", []line{{rate("emails_sent_total", "outcome"), "{{outcome}}"}}},
			{"Mailboxes", "short", []line{{"sum by (state) (mailboxes)", "{{state}}"}}},
			{"New contacts", "ops", []line{{rate("contacts_created_total", ""), "contacts"}}},
		}},
		{"Models", []chart{
			{"Attempts", "ops", []line{{rate("ai_request_duration_seconds_count", "provider, outcome"), "{{provider}} {{outcome}}"}}},
			{"p95 by provider", "s", []line{{quantile("0.95", "ai_request_duration_seconds", "provider"), "{{provider}}"}}},
			{"Cost in a day at this pace", "currencyUSD", []line{{"86400 * " + rate("ai_cost_dollars_total", "provider"), "{{provider}}"}}},
			{"Left out", "short", []line{{"max by (provider) (ai_provider_closed)", "{{provider}}"}}},
			{"Tokens", "ops", []line{{rate("ai_tokens_used_total", "direction"), "{{direction}}"}}},
			{"Largest share of a budget", "percentunit", []line{{"max(ai_spend_ratio)", "spent"}}},
		}},
		{"Process", []chart{
			{"Memory", "bytes", []line{{"process_resident_memory_bytes", "{{instance}}"}}},
			{"Processors", "short", []line{{"rate(process_cpu_seconds_total[$__rate_interval])", "{{instance}}"}}},
			{"Goroutines", "short", []line{{"go_goroutines", "{{instance}}"}}},
			{"Free disk", "percentunit", []line{{"min(disk_free_ratio)", "free"}}},
		}},
	}
}

// object is JSON, whose names are in order when it is written.
type object = map[string]any

// Dashboard is the dashboard as Grafana takes it.
func Dashboard() ([]byte, error) {
	var panels []object
	y, id := 0, 0
	for _, r := range rows() {
		id++
		panels = append(panels, object{"id": id, "type": "row", "title": r.title, "gridPos": object{"x": 0, "y": y, "w": 24, "h": 1}, "panels": []any{}})
		y++
		for i, c := range r.charts {
			id++
			panels = append(panels, c.panel(id, 6*(i%4), y+8*(i/4)))
		}
		y += 8 * ((len(r.charts) + 3) / 4)
	}
	b, err := json.MarshalIndent(object{
		"title": "Rapport", "uid": "rapport", "schemaVersion": 39, "editable": true, "tags": []string{"rapport"},
		"refresh": "30s", "time": object{"from": "now-6h", "to": "now"}, "panels": panels,
		"templating": object{"list": []object{{"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus"}}},
	}, "", "  ")
	return append(b, '\n'), err
}

func (c chart) panel(id, x, y int) object {
	var targets []object
	for i, l := range c.lines {
		targets = append(targets, object{"refId": string(rune('A' + i)), "expr": l.query, "legendFormat": l.legend, "exemplar": strings.Contains(l.query, "_bucket"),
			"datasource": source()})
	}
	return object{"id": id, "type": "timeseries", "title": c.title, "gridPos": object{"x": x, "y": y, "w": 6, "h": 8}, "targets": targets, "datasource": source(),
		"fieldConfig": object{"defaults": object{"unit": c.unit, "min": 0, "custom": object{"fillOpacity": 8, "showPoints": "never"}}, "overrides": []any{}}}
}

func source() object { return object{"type": "prometheus", "uid": "${datasource}"} }
