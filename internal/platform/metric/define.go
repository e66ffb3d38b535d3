package metric

import "slices"

// Kind is how a metric behaves.
type Kind string

// The kinds: a counter only grows, a gauge goes up and down, a histogram counts
// how long things took.
const (
	Counter   Kind = "counter"
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram"
)

// Definition describes a metric. The values of its labels are bounded by how
// they are set: a value that was not named before is "other".
type Definition struct {
	Name   string
	Kind   Kind
	Labels []string
	Help   string
	// Buckets are the upper bounds of a histogram, in seconds.
	Buckets []float64
	// Runtime says that it comes from the runtime and is not made here.
	Runtime bool
}

// Other stands for every value of a label that is not known.
const Other = "other"

var (
	// requestBuckets have a bound at each objective: 80 ms, 100 ms, 500 ms.
	requestBuckets = []float64{.005, .01, .025, .05, .08, .1, .25, .5, 1, 2.5, 5}
	queryBuckets   = []float64{.001, .0025, .005, .01, .025, .05, .1, .2, .5, 1, 5}
	modelBuckets   = []float64{.25, .5, 1, 2, 5, 10, 20, 40, 60, 120}
	jobBuckets     = []float64{.005, .025, .1, .5, 1, 5, 15, 60, 300}
)

var definitions = []Definition{
	{Name: "http_request_duration_seconds", Kind: Histogram, Labels: []string{"operation", "class"}, Buckets: requestBuckets, Help: "How long requests took, streams of events left out."},
	{Name: "http_requests_total", Kind: Counter, Labels: []string{"operation", "status"}, Help: "Requests that were answered, by status; 499 is a caller who left."},
	{Name: "api_errors_total", Kind: Counter, Labels: []string{"code"}, Help: "Problems that callers were answered with, by code."},
	{Name: "db_query_duration_seconds", Kind: Histogram, Labels: []string{"pool"}, Buckets: queryBuckets, Help: "How long round trips to the database took, without the wait for a connection."},
	{Name: "db_connections_open", Kind: Gauge, Labels: []string{"pool"}, Help: "Connections to the database."},
	{Name: "db_connections_active", Kind: Gauge, Labels: []string{"pool"}, Help: "Connections to the database that are in use."},
	{Name: "db_connections_idle", Kind: Gauge, Labels: []string{"pool"}, Help: "Connections to the database that wait for work."},
	{Name: "db_pool_waits_total", Kind: Counter, Labels: []string{"pool"}, Help: "How often a connection had to be waited for."},
	{Name: "db_pool_wait_seconds_total", Kind: Counter, Labels: []string{"pool"}, Help: "How long connections were waited for."},
	{Name: "cache_hits_total", Kind: Counter, Labels: []string{"kind"}, Help: "Answers that were remembered, or read together with another."},
	{Name: "cache_misses_total", Kind: Counter, Labels: []string{"kind"}, Help: "Answers that were read from the database."},
	{Name: "ai_request_duration_seconds", Kind: Histogram, Labels: []string{"provider", "task", "outcome"}, Buckets: modelBuckets, Help: "How long attempts at models took; the outcome is answered or the kind of failure."},
	{Name: "ai_tokens_used_total", Kind: Counter, Labels: []string{"provider", "direction"}, Help: "Tokens that models read (input) and wrote (output)."},
	{Name: "ai_cost_dollars_total", Kind: Counter, Labels: []string{"provider"}, Help: "What attempts at models cost by the price table."},
	{Name: "ai_provider_closed", Kind: Gauge, Labels: []string{"provider"}, Help: "1 while nobody asks a provider, since it failed or asked for a pause."},
	{Name: "ai_spend_ratio", Kind: Gauge, Help: "The largest share of its AI budget that a workspace has spent."},
	{Name: "rate_limit_hits_total", Kind: Counter, Labels: []string{"policy", "window"}, Help: "Calls that a limit refused."},
	{Name: "active_users", Kind: Gauge, Help: "People who were seen in the last five minutes."},
	{Name: "emails_sent_total", Kind: Counter, Labels: []string{"outcome"}, Help: "Attempts to send mail: sent, failed, uncertain, or deferred."},
	{Name: "contacts_created_total", Kind: Counter, Help: "Contacts that came to be."},
	{Name: "queue_jobs", Kind: Gauge, Labels: []string{"state"}, Help: "Jobs in the queue."},
	{Name: "queue_oldest_seconds", Kind: Gauge, Help: "How long the job waits that is due longest."},
	{Name: "jobs_total", Kind: Counter, Labels: []string{"kind", "outcome"}, Help: "Jobs that were worked: done, failed, panicked, or put off."},
	{Name: "job_duration_seconds", Kind: Histogram, Labels: []string{"kind"}, Buckets: jobBuckets, Help: "How long jobs took that were not put off."},
	{Name: "mailboxes", Kind: Gauge, Labels: []string{"state"}, Help: "Mailboxes by how they do."},
	{Name: "schedules_missed_total", Kind: Counter, Help: "Times at which a schedule should have run and nobody was alive, or its job was lost."},
	{Name: "disk_free_ratio", Kind: Gauge, Help: "The free part of the disk that holds the data directory."},
	{Name: "traces_total", Kind: Counter, Labels: []string{"why"}, Help: "Traces that were kept: sampled, failed, or slow."},
	{Name: "overload_refused_total", Kind: Counter, Labels: []string{"class"}, Help: "Calls that were refused for want of room; connections were turned away before they could ask."},
	{Name: "rapport_build_info", Kind: Gauge, Labels: []string{"version"}, Help: "1, with the release that runs."},
	{Name: "go_goroutines", Kind: Gauge, Runtime: true, Help: "Goroutines of the process."},
	{Name: "go_memstats_heap_inuse_bytes", Kind: Gauge, Runtime: true, Help: "Memory that the heap uses."},
	{Name: "process_resident_memory_bytes", Kind: Gauge, Runtime: true, Help: "Memory of the process."},
	{Name: "process_open_fds", Kind: Gauge, Runtime: true, Help: "Open files and connections of the process."},
	{Name: "process_cpu_seconds_total", Kind: Counter, Runtime: true, Help: "Processor time of the process."},
}

// Definitions lists every metric that is named in the contract, and those of
// the runtime that the built-in series keep.
func Definitions() []Definition { return slices.Clone(definitions) }

// Defined is the definition of a name.
func Defined(name string) (Definition, bool) {
	i := slices.IndexFunc(definitions, func(d Definition) bool { return d.Name == name })
	if i < 0 {
		return Definition{}, false
	}
	return definitions[i], true
}
