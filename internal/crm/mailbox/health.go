package mailbox

import (
	"fmt"
	"time"
)

// shown is what the API says of an account.
func (r row) shown(now time.Time) Mailbox {
	m := Mailbox{ID: r.ID, Name: r.Name, Address: r.Address, Auth: r.Auth, Username: r.Username, IMAP: Server{r.Host, r.Port, r.Security},
		Folders: "all", MarkSeen: r.MarkSeen, State: "connecting", LastSuccessAt: r.LastSuccessAt, MessageCount: r.Stored, RefusedCount: r.Refused,
		GrantID: r.GrantID, SenderID: r.SenderID, Version: r.Version, CreatedAt: r.CreatedAt}
	if r.Chosen != nil {
		m.Folders = "chosen"
	}
	if r.Since != nil {
		day := r.Since.Format(time.DateOnly)
		m.Since = &day
	}
	if r.State != nil {
		m.State, m.Idle, m.LastError = *r.State, *r.Idle, *r.LastError
	}
	if r.Open > 0 && r.Total > 0 {
		m.Backlog = &Backlog{Total: r.Total, Done: r.Done, Percent: percent(r.Done, r.Total), Reached: r.Reached}
	}
	switch {
	case r.Paused != "":
		m.State, m.Reason, m.Idle = "paused", r.Paused, false
		m.Trouble = r.Paused != byPerson
	case m.State == "waiting":
		m.Reason, m.NextTryAt = m.LastError, r.NextTryAt
		m.Trouble = true
	}
	m.Health = m.sentence(now)
	return m
}

// percent of what is not all yet stays below 100.
func percent(done, total int64) int64 {
	return min(99, max(0, done*100/max(total, 1)))
}

// byPerson is the reason of a pause that somebody wanted.
const byPerson = "Paused by hand."

func (m *Mailbox) sentence(now time.Time) string {
	switch m.State {
	case "paused":
		if m.Reason == byPerson {
			return "Paused; no mail is fetched until it is resumed."
		}
		return m.Reason
	case "waiting":
		return m.Reason + " " + again(m.NextTryAt, now)
	case "connecting":
		return "Connecting to " + m.IMAP.Host + "."
	}
	told := "new mail is looked for every few minutes"
	if m.Idle {
		told = "new mail arrives at once"
	}
	if b := m.Backlog; b != nil {
		reached := ""
		if b.Reached != nil {
			reached = ", back to " + b.Reached.Format("2 January 2006")
		}
		return fmt.Sprintf("Reading older mail, newest first: %d of %d messages (%d %%)%s; %s.", b.Done, b.Total, b.Percent, reached, told)
	}
	if m.State == "syncing" {
		return "Looking through the folders."
	}
	return "Up to date; " + told + "."
}

// again says when the next try is.
func again(at *time.Time, now time.Time) string {
	if at == nil || !at.After(now) {
		return "Trying again now."
	}
	wait := at.Sub(now).Round(time.Second)
	switch {
	case wait < time.Minute:
		return "The next try is in less than a minute."
	case wait < 90*time.Second:
		return "The next try is in a minute."
	}
	return fmt.Sprintf("The next try is in %d minutes.", int(wait.Round(time.Minute)/time.Minute))
}
