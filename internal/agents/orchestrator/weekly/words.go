package weekly

import (
	"fmt"
	"strings"
	"time"
)

// Summary is the week in one line.
func (r Report) Summary() string {
	s := fmt.Sprintf("Week of %s: %s from people, %d sent", r.From.Format("2 January"), count(r.Mail.Personal, "message", "messages"), r.Mail.Sent)
	if r.Answers.Median != nil {
		s += ", half of the answers within " + span(*r.Answers.Median)
	}
	return s + fmt.Sprintf(", %d waiting, %s.", r.Answers.Waiting, count(r.Hot, "hot lead", "hot leads"))
}

// Markdown is the report as a page. Names come from outside and are plain text
// in it.
func (r Report) Markdown() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Week of %s to %s\n", r.From.Format("2 January"), r.To.AddDate(0, 0, -1).Format("2 January 2006"))
	line("%s\n\n## Mail\n", r.Summary())
	line("| | This week | Week before |\n|---|---:|---:|")
	line("| From people | %d | %d |", r.Mail.Personal, r.Before.Personal)
	line("| Newsletters and machines | %d | %d |", r.Mail.Bulk, r.Before.Bulk)
	line("| Sent | %d | %d |\n\n## Answers\n", r.Mail.Sent, r.Before.Sent)
	if r.Answers.Median == nil || r.Answers.Slow == nil {
		line("Nothing was answered.")
	} else {
		line("%s: half within %s, nine of ten within %s.", count(r.Answers.Answered, "answer", "answers"), span(*r.Answers.Median), span(*r.Answers.Slow))
	}
	line("%s for an answer, of which %d overdue.\n\n## Hot leads\n", waits(r.Answers.Waiting), r.Answers.Overdue)
	if len(r.Leads) == 0 {
		line("None.")
	}
	for _, l := range r.Leads {
		line("- %s, %d%s", plain(l.Name), l.Score, map[bool]string{true: " (new)"}[l.New])
	}
	if more := r.Hot - int64(len(r.Leads)); more > 0 {
		line("- and %d more", more)
	}
	line("\n## Tasks\n\n%d done, %d open, %d overdue.\n\n## Agents\n", r.Tasks.Done, r.Tasks.Open, r.Tasks.Overdue)
	if len(r.Agents) == 0 {
		line("None ran.")
	}
	for _, a := range r.Agents {
		line("- %s: %s, %d failed, %s", a.Name, count(a.Runs, "run", "runs"), a.Failed, money(a.Cost))
	}
	line("\nModels cost %s. Of %s %d done and %d failed.", money(r.Models), count(r.Goals.Set, "goal", "goals"), r.Goals.Done, r.Goals.Failed)
	return b.String()
}

func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func waits(n int64) string {
	if n == 1 {
		return "1 conversation waits"
	}
	return fmt.Sprintf("%d conversations wait", n)
}

func span(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", max(1, int(d.Round(time.Minute)/time.Minute)))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Round(time.Hour)/time.Hour))
	}
	return fmt.Sprintf("%d days", int(d.Round(24*time.Hour)/(24*time.Hour)))
}

func money(nano int64) string { return fmt.Sprintf("$%.2f", float64(nano)/1e9) }

// plain is a name that formats nothing.
func plain(name string) string {
	var b strings.Builder
	for _, r := range strings.Join(strings.Fields(name), " ") {
		if strings.ContainsRune("\\`*_{}[]()<>#+-.!|~", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
