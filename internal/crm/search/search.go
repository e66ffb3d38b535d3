// Package search finds records and messages by words. Its tables are out of
// reach for the application: functions of the database write and read them.
package search

import (
	"strings"
	"time"

	"rapport/internal/api/op"
	"rapport/internal/crm/search/query"
	"rapport/internal/platform/pg"
)

// Document is what a record can be found by.
type Document struct {
	ID       string
	Title    string // found even when misspelt, for contacts and companies
	Subtitle string
	Words    string
	// Marks are facts to filter by that change with the document alone, such
	// as is:done of a task.
	Marks []string
	// At is when the record was of interest; now if it is zero. Contacts and
	// companies go by their last interaction instead.
	At time.Time
	// About is the record that this one belongs to, where it can be opened:
	// of a note that which it was written on.
	About Ref
}

// Ref names a record.
type Ref struct{ Entity, ID string }

// Put queues the documents of some records of one kind.
func Put(tx *pg.Tx, entity string, docs ...Document) {
	if len(docs) == 0 {
		return
	}
	var ids, titles, subtitles, words, names, vectors, about []string
	var times []*time.Time
	var abouts []*string
	for _, d := range docs {
		ids, titles, subtitles = append(ids, d.ID), append(titles, d.Title), append(subtitles, d.Subtitle)
		words, names, vectors = append(words, d.Words), append(names, strings.Join(query.Words(d.Title), " ")), append(vectors, d.vector())
		var at *time.Time
		if !d.At.IsZero() {
			at = &d.At
		}
		times, about, abouts = append(times, at), append(about, d.About.Entity), append(abouts, op.Given(d.About.ID))
	}
	tx.Queue(`SELECT search.put_records($1, $2::uuid[], $3, $4, $5, $6, $7, $8, $9, $10::uuid[])`,
		entity, ids, titles, subtitles, words, names, vectors, times, about, abouts)
}

// Remove queues the removal of the documents of some records of one kind.
func Remove(tx *pg.Tx, entity string, ids ...string) {
	tx.Queue(`SELECT search.take_records($1, $2::uuid[])`, entity, ids)
}

func (d Document) vector() string {
	v := newVector()
	v.add(d.Title, 'A', maxHead)
	for _, word := range query.Words(d.Title) {
		v.mark("n:" + word)
	}
	v.add(d.Subtitle, 'B', maxHead)
	v.add(d.Words, 'D', maxBody)
	for _, m := range d.Marks {
		v.mark(m)
	}
	return v.String()
}

// Letter is what a message can be found by. It goes with the message when that
// is deleted.
type Letter struct {
	MessageID, ThreadID string
	At                  time.Time
	Subject             string
	From, To            []Party // To are all who received it
	Files               []string
	Attached            bool
	Said                string // what its sender wrote
	Repeated            string // quotes and the like, of which names are kept
}

// Party is somebody who wrote a message or received it.
type Party struct{ Name, Address, Key string }

// PutMail queues letters; their messages must be there.
func PutMail(tx *pg.Tx, letters ...Letter) {
	if len(letters) == 0 {
		return
	}
	var ids, threads, heads, vectors []string
	var times []time.Time
	for _, l := range letters {
		head, all := l.vectors()
		ids, threads, times = append(ids, l.MessageID), append(threads, l.ThreadID), append(times, l.At)
		heads, vectors = append(heads, head), append(vectors, all)
	}
	tx.Queue(`SELECT search.put_mail($1::uuid[], $2::uuid[], $3, $4, $5)`, ids, threads, times, heads, vectors)
}

// MoveMail queues that the messages of threads belong to others from now on.
func MoveMail(tx *pg.Tx, lose, keep []string) {
	tx.Queue(`SELECT search.move_mail($1::uuid[], $2::uuid[])`, lose, keep)
}

func (l Letter) vectors() (heads, all string) {
	v := newVector()
	v.add(l.Subject, 'A', maxHead)
	v.people(l.From)
	v.people(l.To)
	heads = v.String()
	for _, word := range query.Words(l.Subject) {
		v.mark("s:" + word)
	}
	v.parties("f:", l.From)
	v.parties("t:", l.To)
	for _, name := range l.Files {
		v.add(name, 'C', maxHead)
	}
	if l.Attached {
		v.mark("has:attachment")
	}
	rest := v.add(l.Said, 'D', maxBody)
	v.names(rest, maxNames)
	v.names(l.Repeated, maxNames)
	return heads, v.String()
}
