package incident

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rapport/internal/platform/alert"
	"rapport/internal/platform/pg"
	"rapport/internal/platform/problem"
)

// Book is what is written down, in the database.
type Book struct{ db *pg.DB }

// NewBook returns the book in db.
func NewBook(db *pg.DB) *Book { return &Book{db: db} }

// lease is how long a process that has gone keeps the notices that it was to
// send.
const lease = 40 * time.Second

// visit is what a process brings to the book, and takes from it.
type visit struct {
	rules    []alert.Rule
	report   report
	channels []string
	// Of the time in which the database was away.
	unwritten     map[string]*Incident
	told          map[string]time.Time
	watched, down time.Duration

	board   *Board
	notices []parcel
	conns   float64 // that PostgreSQL holds for this database
}

type stateRow struct {
	State []byte
	At    time.Time
	Conns float64
}

type noticeRow struct {
	ID, Channel string
	Body        []byte
}

// attend takes the report of a process to the board, under its lock, and comes
// back with what to tell people: its own notices, and those of processes that
// have gone.
func (k *Book) attend(ctx context.Context, v *visit) error {
	return k.db.Global(pg.OnWorker(ctx), func(tx *pg.Tx) error {
		var silences []Silence
		pg.Later(tx, &silences, selectSilences+` WHERE ends_at > now()`)
		row, err := pg.One[stateRow](tx, `
			SELECT state, clock_timestamp() AS at, (SELECT numbackends::float8 FROM pg_stat_database WHERE datname = current_database()) AS conns
			FROM alerts.board FOR UPDATE`)
		if err != nil {
			return err
		}
		b := &Board{}
		if err := json.Unmarshal(row.State, b); err != nil {
			return fmt.Errorf("read the board: %w", err)
		}
		b.prepare()
		v.report.shift(row.At)
		v.report.silences, v.conns = silences, row.Conns
		changed := b.catchUp(v)
		out := b.advance(v.rules, v.report)
		v.board = b
		out.watched += v.watched
		out.down += v.down
		return v.write(tx, append(changed, out.changed...), out)
	})
}

// catchUp takes in what happened to the process while the database was away,
// and returns what of it is to be written down. An incident that another
// process has on the board already is not opened twice.
func (b *Board) catchUp(v *visit) []*Incident {
	var out []*Incident
	for _, i := range v.unwritten {
		open := b.Open[i.Topic]
		switch {
		case i.ResolvedAt != nil:
			if open != nil && open.ID == i.ID {
				delete(b.Open, i.Topic)
			}
			if b.Open[i.Topic] == nil {
				b.Past[i.Topic] = i
			}
		case open == nil || open.ID == i.ID:
			if open != nil && i.AcknowledgedAt == nil {
				i.AcknowledgedAt, i.AcknowledgedBy = open.AcknowledgedAt, open.AcknowledgedBy
			}
			b.Open[i.Topic] = i
		default:
			continue
		}
		if told := v.told[i.Topic]; told.After(b.Told[i.Topic]) {
			b.Told[i.Topic] = told
		}
		out = append(out, i)
	}
	return out
}

func (v *visit) write(tx *pg.Tx, changed []*Incident, out outcome) error {
	state, err := json.Marshal(v.board)
	if err != nil {
		return fmt.Errorf("write the board: %w", err)
	}
	tx.Queue(`UPDATE alerts.board SET state = $1, updated_at = now()`, state)
	for _, i := range changed {
		if err := put(tx, i); err != nil {
			return err
		}
	}
	if out.watched > 0 {
		tx.Queue(`
			INSERT INTO alerts.uptime (day, watched_seconds, down_seconds) VALUES ((now() AT TIME ZONE 'UTC')::date, $1, $2)
			ON CONFLICT (day) DO UPDATE SET watched_seconds = alerts.uptime.watched_seconds + $1, down_seconds = alerts.uptime.down_seconds + $2`,
			out.watched.Seconds(), out.down.Seconds())
	}
	tx.Queue(`UPDATE alerts.notices SET lease_until = now() + $2::interval WHERE sender = $1`, v.report.me, lease)
	var orphans []noticeRow
	pg.Later(tx, &orphans, `UPDATE alerts.notices SET sender = $1, lease_until = now() + $2::interval WHERE lease_until < now() RETURNING id::text, channel, body`, v.report.me, lease)
	if n, ok := noticeOf(v.report.at, out.items); ok {
		body, err := json.Marshal(n)
		if err != nil {
			return fmt.Errorf("write a notice: %w", err)
		}
		for _, c := range v.channels {
			tx.Queue(`INSERT INTO alerts.notices (id, channel, body, sender, lease_until) VALUES ($1, $2, $3, $4, now() + $5::interval)`, n.ID, c, body, v.report.me, lease)
			v.notices = append(v.notices, parcel{channel: c, Notice: n, kept: true})
		}
	}
	if err := tx.Flush(); err != nil {
		return err
	}
	for _, o := range orphans {
		p := parcel{channel: o.Channel, kept: true}
		if err := json.Unmarshal(o.Body, &p.Notice); err != nil {
			return fmt.Errorf("read a notice: %w", err)
		}
		v.notices = append(v.notices, p)
	}
	return nil
}

// put writes an incident down. What people did to it meanwhile stays.
func put(tx *pg.Tx, i *Incident) error {
	fired, err := json.Marshal(i.Rules)
	if err != nil {
		return fmt.Errorf("write an incident: %w", err)
	}
	release, err := json.Marshal(i.Release)
	if err != nil {
		return fmt.Errorf("write an incident: %w", err)
	}
	tx.Queue(`
		INSERT INTO alerts.incidents (id, topic, title, severity, rules, began_at, detected_at, notified_at, mitigated_at, resolved_at, reopened, release, traces, profile)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (id) DO UPDATE SET title = $3, severity = $4, rules = $5, notified_at = coalesce(alerts.incidents.notified_at, $8),
			mitigated_at = $9, resolved_at = $10, reopened = $11`,
		i.ID, i.Topic, i.Title, string(i.Severity), fired, i.BeganAt, i.DetectedAt, i.NotifiedAt, i.MitigatedAt, i.ResolvedAt, i.Reopened, release, i.Traces, i.Profile)
	return nil
}

// sent notes that a channel has taken notices.
func (k *Book) sent(ctx context.Context, channel string, ids, incidents []string) error {
	return k.db.Global(pg.OnWorker(ctx), func(tx *pg.Tx) error {
		tx.Queue(`DELETE FROM alerts.notices WHERE channel = $1 AND id = ANY($2::uuid[])`, channel, ids)
		tx.Queue(`UPDATE alerts.incidents SET notified_at = now() WHERE id = ANY($1::uuid[]) AND notified_at IS NULL`, incidents)
		return nil
	})
}

const selectIncidents = `
	SELECT id::text, topic, title, severity, rules, began_at, detected_at, notified_at, acknowledged_at, acknowledged_by,
		mitigated_at, resolved_at, reopened, release, traces, profile
	FROM alerts.incidents`

// Incidents lists the last ones, the newest first; open says only those that go
// on.
func (k *Book) Incidents(ctx context.Context, open bool, limit int) (out []Incident, err error) {
	err = k.db.Global(ctx, func(tx *pg.Tx) error {
		out, err = pg.All[Incident](tx, selectIncidents+` WHERE resolved_at IS NULL OR NOT $1 ORDER BY detected_at DESC LIMIT $2`, open, limit)
		return err
	})
	return out, err
}

var errNoIncident = problem.New(problem.NotFound, "not_found", "There is no such incident.")

// Incident is one of them.
func (k *Book) Incident(ctx context.Context, incidentID string) (out Incident, err error) {
	err = k.db.Global(ctx, func(tx *pg.Tx) error {
		found, err := pg.All[Incident](tx, selectIncidents+` WHERE id = $1::uuid`, incidentID)
		if err == nil && len(found) == 0 {
			err = errNoIncident
		}
		if err == nil {
			out = found[0]
		}
		return err
	})
	return out, err
}

// Acknowledge notes that somebody looks after an incident, who is not reminded
// any more. The first one counts.
func (k *Book) Acknowledge(ctx context.Context, incidentID, userID string) (out Incident, err error) {
	err = k.db.Global(ctx, func(tx *pg.Tx) error {
		state, err := pg.Value[[]byte](tx, `SELECT state FROM alerts.board FOR UPDATE`)
		if err != nil {
			return err
		}
		b := &Board{}
		if err := json.Unmarshal(state, b); err != nil {
			return fmt.Errorf("read the board: %w", err)
		}
		var found []Incident
		pg.Later(tx, &found, `
			WITH done AS (
				UPDATE alerts.incidents SET acknowledged_at = coalesce(acknowledged_at, now()),
					acknowledged_by = CASE WHEN acknowledged_at IS NULL THEN $2 ELSE acknowledged_by END
				WHERE id = $1::uuid RETURNING *)
			SELECT id::text, topic, title, severity, rules, began_at, detected_at, notified_at, acknowledged_at, acknowledged_by,
				mitigated_at, resolved_at, reopened, release, traces, profile
			FROM done`, incidentID, userID)
		if err := tx.Flush(); err != nil {
			return err
		}
		if len(found) == 0 {
			return errNoIncident
		}
		out = found[0]
		if i := b.Open[out.Topic]; i != nil && i.ID == out.ID {
			i.AcknowledgedAt, i.AcknowledgedBy = out.AcknowledgedAt, out.AcknowledgedBy
			if state, err = json.Marshal(b); err != nil {
				return fmt.Errorf("write the board: %w", err)
			}
			tx.Queue(`UPDATE alerts.board SET state = $1`, state)
		}
		return nil
	})
	return out, err
}

// Repair is how long it took to repair incidents: means of those of the last
// days that are over, in seconds.
type Repair struct {
	Incidents   int     `json:"incidents" doc:"How many were resolved."`
	Detect      float64 `json:"detect_s" doc:"From the first sign until an alert fired."`
	Acknowledge float64 `json:"acknowledge_s" doc:"From there until somebody said that they look after it, of those that somebody did."`
	Mitigate    float64 `json:"mitigate_s" doc:"From the first sign until nothing was broken any more."`
	Resolve     float64 `json:"mttr_s" doc:"From the first sign until it was resolved: the mean time to repair."`
}

// Repairs measures the incidents of the last days.
func (k *Book) Repairs(ctx context.Context, days int) (out Repair, err error) {
	err = k.db.Global(ctx, func(tx *pg.Tx) error {
		out, err = pg.One[Repair](tx, `
			SELECT count(*)::int AS incidents,
				coalesce(extract(epoch FROM avg(detected_at - began_at)), 0)::float8 AS detect,
				coalesce(extract(epoch FROM avg(acknowledged_at - detected_at)), 0)::float8 AS acknowledge,
				coalesce(extract(epoch FROM avg(mitigated_at - began_at)), 0)::float8 AS mitigate,
				coalesce(extract(epoch FROM avg(resolved_at - began_at)), 0)::float8 AS resolve
			FROM alerts.incidents WHERE resolved_at > now() - $1 * interval '1 day'`, days)
		return err
	})
	return out, err
}

// Uptime is for how long somebody watched, and of that it was up.
type Uptime struct {
	Watched float64 `json:"watched_s" doc:"Seconds in which a process ran that looked."`
	Down    float64 `json:"down_s" doc:"Of those, in which most requests failed."`
}

// Uptime measures the last days.
func (k *Book) Uptime(ctx context.Context, days int) (out Uptime, err error) {
	err = k.db.Global(ctx, func(tx *pg.Tx) error {
		out, err = pg.One[Uptime](tx, `
			SELECT coalesce(sum(watched_seconds), 0) AS watched, coalesce(sum(down_seconds), 0) AS down
			FROM alerts.uptime WHERE day > (now() AT TIME ZONE 'UTC')::date - $1::int`, days)
		return err
	})
	return out, err
}
