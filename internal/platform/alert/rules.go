package alert

import (
	"slices"
	"time"
)

// What rules measure. The names are those of the metrics.
const (
	requests  = "http_requests_total"
	durations = "http_request_duration_seconds"
	// ServerConnections and CertificateDays are measured by whoever keeps watch.
	ServerConnections = "db_server_connections"
	CertificateDays   = "certificate_expiry_days"
)

// Rules lists every rule: those of single measures, and those of objectives.
func Rules() []Rule { return slices.Concat(traffic(), machinery(), outward(), burns()) }

// failures is the share of requests that we failed.
func failures() Measure {
	return Measure{Kind: Ratio, Of: []Selector{{requests, map[string]string{"status": "5*"}}}, Over: []Selector{{requests, nil}}}
}

// Waits lists the operations whose time is somebody else's: of a model, a mail
// server, a caller who uploads. How long they take says nothing about us.
func Waits() []string {
	return []string{"agent.ask_case", "ai.check", "ai.complete", "ai.stream", "alert.test", "import.create", "mailbox.create", "mailbox.test", "mailbox.update",
		"oauth.callback", "profile.take", "secret.rotate", "secret.status", "sender.test", "upload.create"}
}

// traffic are the rules about requests. Windows are short where there is much
// traffic. Where there is little, five failures are what it takes, in a quarter
// of an hour. The short look is at less than the threshold: by chance, twenty
// seconds of one failure in a hundred may show half of them.
func traffic() []Rule {
	const keep = 20 * time.Second
	return []Rule{
		{Name: "outage", Title: "Most requests fail", Severity: P0, Group: "availability", Unit: "%", Scale: 100, Measure: failures(), Op: AtLeast, Keep: keep, Stay: 0.5,
			Any: [][]Look{
				{{Window: 20 * time.Second, Threshold: 0.5, Bad: 10}},
				{{Window: 5 * time.Minute, Threshold: 0.5, Bad: 5}, {Window: time.Minute, Threshold: 0.5, Bad: 1}},
			}},
		{Name: "error_rate", Title: "More than 1 % of requests fail", Severity: P1, Group: "availability", Unit: "%", Scale: 100, Measure: failures(), Op: AtLeast, Keep: keep, Stay: 0.5,
			Any: [][]Look{
				{{Window: time.Minute, Threshold: 0.01, Bad: 5, Events: 100}},
				{{Window: 20 * time.Second, Threshold: 0.005, Bad: 10}},
				{{Window: 15 * time.Minute, Threshold: 0.01, Bad: 5}, {Window: time.Minute, Threshold: 0.01, Bad: 1}},
			}},
		{Name: "latency_p95", Title: "One answer in twenty takes longer than 500 ms", Severity: P1, Group: "latency", Unit: "ms", Scale: 1000, Op: Over,
			Measure: Measure{Kind: Quantile, Q: 0.95, Of: []Selector{{durations, nil}}, Except: Waits()}, For: 20 * time.Second, Keep: keep,
			Any: [][]Look{
				{{Window: 30 * time.Second, Threshold: 0.5, Bad: 10}},
				{{Window: 5 * time.Minute, Threshold: 0.5, Bad: 10}, {Window: time.Minute, Threshold: 0.5, Bad: 1}},
			}},
	}
}

// machinery are the rules about what the server runs on.
func machinery() []Rule {
	return []Rule{
		{Name: "connections", Title: "PostgreSQL holds more than 40 connections", Severity: P2, Group: "database", Unit: "connections", Scale: 1, Op: Over,
			Measure: Measure{Kind: Largest, Of: []Selector{{ServerConnections, nil}}}, For: 30 * time.Second, Keep: time.Minute,
			Any: [][]Look{{{Window: 20 * time.Second, Threshold: 40}}}},
		{Name: "pool_waits", Title: "Calls queue for a connection to the database", Severity: P2, Group: "database", Unit: "waiting", Scale: 1, Op: Over,
			Measure: Measure{Kind: Rate, Of: []Selector{{"db_pool_wait_seconds_total", map[string]string{"pool": "api"}}}}, For: 30 * time.Second, Keep: time.Minute,
			Any: [][]Look{{{Window: time.Minute, Threshold: 1}}}},
		{Name: "queue_age", Title: "Jobs have waited for more than five minutes", Severity: P2, Group: "queue", Unit: "s", Scale: 1, Op: Over,
			Measure: Measure{Kind: Largest, Of: []Selector{{"queue_oldest_seconds", nil}}}, For: time.Minute, Keep: time.Minute,
			Any: [][]Look{{{Window: 20 * time.Second, Threshold: 300}}}},
		{Name: "cache_hits", Title: "Fewer than 70 % of reads are remembered", Severity: P3, Group: "cache", Unit: "%", Scale: 100, Op: Under,
			Measure: Measure{Kind: Ratio, Of: []Selector{{"cache_hits_total", nil}}, Over: []Selector{{"cache_hits_total", nil}, {"cache_misses_total", nil}}},
			For:     15 * time.Minute, Keep: 5 * time.Minute,
			Any: [][]Look{{{Window: 15 * time.Minute, Threshold: 0.7, Events: 500}}}},
		{Name: "disk", Title: "The disk is nearly full", Severity: P1, Group: "disk", Unit: "%", Scale: 100, Op: Under,
			Measure: Measure{Kind: Largest, Of: []Selector{{"disk_free_ratio", nil}}}, For: time.Minute, Keep: time.Minute,
			Any: [][]Look{{{Window: 20 * time.Second, Threshold: 0.1}}}},
		{Name: "certificate", Title: "The certificate ends within two weeks", Severity: P2, Group: "certificate", Unit: "days", Scale: 1, Op: Under,
			Measure: Measure{Kind: Largest, Of: []Selector{{CertificateDays, nil}}}, For: time.Minute, Keep: time.Minute,
			Any: [][]Look{{{Window: 2 * time.Hour, Threshold: 14}}}},
	}
}

// outward are the rules about what the server relies on outside, and what it
// does by itself.
func outward() []Rule {
	return []Rule{
		{Name: "ai_spend", Title: "A workspace has used 80 % of its budget for models", Severity: P3, Group: "ai_spend", Unit: "%", Scale: 100, Op: AtLeast,
			Measure: Measure{Kind: Largest, Of: []Selector{{"ai_spend_ratio", nil}}}, Keep: 5 * time.Minute,
			Any: [][]Look{{{Window: time.Minute, Threshold: 0.8}}}},
		{Name: "provider_closed", Title: "A provider of models is left out because it fails", Severity: P2, Group: "provider", Unit: "closed", Scale: 1, Op: AtLeast,
			Measure: Measure{Kind: Largest, Of: []Selector{{"ai_provider_closed", nil}}}, For: time.Minute, Keep: time.Minute,
			Any: [][]Look{{{Window: 20 * time.Second, Threshold: 1}}}},
		{Name: "mailbox_failing", Title: "A mailbox has not been read for a quarter of an hour", Severity: P3, Group: "mailbox", Unit: "mailboxes", Scale: 1, Op: AtLeast,
			Measure: Measure{Kind: Largest, Of: []Selector{{"mailboxes", map[string]string{"state": "waiting"}}}}, For: 15 * time.Minute, Keep: time.Minute,
			Any: [][]Look{{{Window: 20 * time.Second, Threshold: 1}}}},
		{Name: "schedule_missed", Title: "A scheduled run did not begin", Severity: P3, Group: "schedule", Unit: "missed", Scale: 1, Op: AtLeast,
			Measure: Measure{Kind: Increase, Of: []Selector{{"schedules_missed_total", nil}}}, Keep: time.Minute,
			Any: [][]Look{{{Window: 15 * time.Minute, Threshold: 1}}}},
	}
}
