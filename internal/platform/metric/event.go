package metric

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Timer measures one thing.
type Timer struct{ o prometheus.Observer }

// Pool returns what measures the round trips of a pool.
func (m *Metrics) Pool(name string) *Timer {
	if m == nil {
		return nil
	}
	return &Timer{m.histograms["db_query_duration_seconds"].WithLabelValues(name)}
}

// Took counts one that took so long.
func (t *Timer) Took(d time.Duration) {
	if t != nil {
		t.o.Observe(d.Seconds())
	}
}

// Problem counts a problem that somebody was answered with.
func (m *Metrics) Problem(code string) { m.add(1, "api_errors_total", code) }

// Limited counts a call that a window of a policy refused.
func (m *Metrics) Limited(policy, window string) { m.add(1, "rate_limit_hits_total", policy, window) }

// Mailed counts an attempt to send mail: sent, failed, uncertain or deferred.
func (m *Metrics) Mailed(outcome string) { m.add(1, "emails_sent_total", outcome) }

// Contacts counts new contacts.
func (m *Metrics) Contacts(n int) { m.add(float64(n), "contacts_created_total") }

// Missed counts times of schedules at which nothing ran.
func (m *Metrics) Missed(n int) { m.add(float64(n), "schedules_missed_total") }

// Attempt is one try to have a model answer.
type Attempt struct {
	Provider, Task, Outcome string
	Took                    time.Duration
	Input, Output           int64   // tokens
	Dollars                 float64 // by the price table
}

// Asked counts an attempt at a model.
func (m *Metrics) Asked(a Attempt) {
	if m == nil {
		return
	}
	const name = "ai_request_duration_seconds"
	m.histograms[name].WithLabelValues(m.bound(name, "provider", a.Provider), m.bound(name, "task", a.Task), m.bound(name, "outcome", a.Outcome)).Observe(a.Took.Seconds())
	m.add(float64(a.Input), "ai_tokens_used_total", a.Provider, "input")
	m.add(float64(a.Output), "ai_tokens_used_total", a.Provider, "output")
	m.add(a.Dollars, "ai_cost_dollars_total", a.Provider)
}

// Job counts the jobs of one kind.
type Job struct {
	m    *Metrics
	kind string
}

// Job returns the handle of a kind, which may be counted from now on.
func (m *Metrics) Job(kind string) *Job {
	if m == nil {
		return nil
	}
	m.Allow("jobs_total", "kind", kind)
	return &Job{m, kind}
}

// Outcomes of jobs.
const (
	Done     = "done"
	Failed   = "failed"
	Panicked = "panicked"
	PutOff   = "put_off"
)

// Ended counts a job; one that was put off took no time that says anything.
func (j *Job) Ended(outcome string, took time.Duration) {
	if j == nil {
		return
	}
	j.m.add(1, "jobs_total", j.kind, outcome)
	if outcome != PutOff {
		j.m.histograms["job_duration_seconds"].WithLabelValues(j.kind).Observe(took.Seconds())
	}
}
