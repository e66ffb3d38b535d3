package pg

import (
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rapport/internal/platform/problem"
)

// All runs a query and returns its rows; columns match the fields of T by
// name (owner_id is OwnerID), or by tag db.
func All[T any](tx *Tx, sql string, args ...any) ([]T, error) {
	var out []T
	Later(tx, &out, sql, args...)
	return out, tx.Flush()
}

// One runs a query that returns one row; none is ErrNone.
func One[T any](tx *Tx, sql string, args ...any) (T, error) {
	var out []T
	Later(tx, &out, sql, args...)
	err := tx.Flush()
	if err == nil && len(out) == 0 {
		err = ErrNone
	}
	if err != nil {
		var zero T
		return zero, err
	}
	return out[0], nil
}

// ErrNone says that the row asked for is not there, or not visible.
var ErrNone = pgx.ErrNoRows

// Later queues a query whose rows are in dst after the next Flush; dst is not
// nil then.
func Later[T any](tx *Tx, dst *[]T, sql string, args ...any) {
	tx.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
		*dst, err = pgx.AppendRows([]T{}, rows, pgx.RowToStructByNameLax[T])
		tx.rows += len(*dst)
		return err
	})
}

// Column runs a query of one column and returns its values.
func Column[T any](tx *Tx, sql string, args ...any) ([]T, error) {
	var out []T
	LaterColumn(tx, &out, sql, args...)
	return out, tx.Flush()
}

// LaterColumn queues a query of one column, whose values are in dst after the
// next Flush.
func LaterColumn[T any](tx *Tx, dst *[]T, sql string, args ...any) {
	tx.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
		*dst, err = pgx.CollectRows(rows, pgx.RowTo[T])
		tx.rows += len(*dst)
		return err
	})
}

// Value runs a query of one row and one column; no row is ErrNone.
func Value[T any](tx *Tx, sql string, args ...any) (T, error) {
	out, err := Column[T](tx, sql, args...)
	if err == nil && len(out) == 0 {
		err = ErrNone
	}
	if err != nil {
		var zero T
		return zero, err
	}
	return out[0], nil
}

// Exec runs a statement and returns the number of rows that it touched.
func (tx *Tx) Exec(sql string, args ...any) (n int64, err error) {
	tx.Queue(sql, args...).Exec(func(tag pgconn.CommandTag) error {
		n = tag.RowsAffected()
		tx.rows += int(n)
		return nil
	})
	return n, tx.Flush()
}

// Violates reports whether err is the violation of a named constraint.
// Constraint names are the interface for conflicts: under row-level security
// the server does not say more.
func Violates(err error, constraint string) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && pe.ConstraintName == constraint
}

// classify turns what a caller can do something about into problems.
func classify(err error) error {
	var pe *pgconn.PgError
	if !errors.As(err, &pe) {
		if pgconn.SafeToRetry(err) {
			return errDown.Because(err)
		}
		return err
	}
	switch pe.Code {
	case "57014": // query_canceled: the statement timeout
		return errSlow.Because(err)
	case "40001", "40P01", "55P03": // serialization, deadlock, lock not available
		return errBusy.Because(err)
	case "57P01", "57P02", "57P03", "53300", "08006": // shutting down, starting, too many
		return errDown.Because(err)
	case "53100": // disk_full
		return errFull.Because(err)
	case "22021", "22P05": // character_not_in_repertoire, untranslatable_character
		return errText.Because(err)
	}
	return err
}

// Locked reports whether err says that a lock could not be had in time.
func Locked(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && pe.Code == "55P03"
}

var errFull = problem.New(problem.Unavailable, "disk_full", "The database's disk is full. Nothing was changed.").Retry(time.Minute)

var errText = problem.New(problem.BadRequest, "bad_request", "Some text holds NUL or broken UTF-8, which cannot be kept.")

// Away reports whether err says that the database cannot be reached for now,
// so that the same work may well succeed in a moment.
func Away(err error) bool {
	return errors.Is(err, errDown) || errors.Is(err, errLost) || errors.Is(err, errBusy)
}

var errLost = problem.New(problem.Unavailable, "connection_lost",
	"The connection to the database broke off. A change may or may not have been made: repeat it with the same Idempotency-Key, or look first.").Retry(2 * time.Second)

var errSlow = problem.New(problem.Unavailable, "query_timeout", "The query took too long and was stopped. Narrow the filter, or try again.").Retry(2 * time.Second)
