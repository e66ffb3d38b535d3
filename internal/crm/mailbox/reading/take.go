package reading

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/imap"
	"rapport/internal/platform/mail"
)

const (
	batchMessages = 100
	batchBytes    = 16 << 20 // of announced sizes: bounds the memory
	parsers       = 2
	inMemory      = 256 << 10 // bytes of a message beyond which it waits on disk
	strikes       = 3         // broken connections that one message may cause
)

// entry is one message on its way in.
type entry struct {
	head    imap.Head
	refused string // why, "" if it was read
	mail    *mail.Message
	raw     string
	err     error
}

// batch is what one transaction stores.
type batch struct {
	entries []*entry
	blobs   *blob.Batch
	err     error // why it is not complete
	missing map[uint32]imap.Head
}

// take reads the messages of heads that are not there yet, newest first: while
// one batch is stored, the next comes in.
func (s *Reader) take(ctx context.Context, p *place, heads []imap.Head) error {
	wanted, refused, err := s.sift(ctx, p, heads)
	if err != nil {
		return err
	}
	if len(refused) > 0 {
		if err := s.commit(ctx, p, &batch{entries: refused, blobs: s.Blobs.Batch(actor.Workspace(ctx))}); err != nil {
			return err
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	inner, cancel := context.WithCancel(ctx)
	batches := make(chan *batch)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		defer close(batches)
		s.fetch(inner, p, wanted, batches)
	})
	for b := range batches {
		cause := b.err
		if cause != nil {
			cause = s.blame(ctx, p, b)
		}
		err := s.commit(ctx, p, b)
		b.blobs.Discard()
		if err := errors.Join(cause, err); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil || p.Strikes == 0 {
		return err
	}
	p.Strikes, p.StuckUID = 0, 0 // all of a window came through
	return s.save(ctx, p)
}

// sift leaves out what is known, too old or too large.
func (s *Reader) sift(ctx context.Context, p *place, heads []imap.Head) (wanted []imap.Head, refused []*entry, err error) {
	known, err := s.knownOf(ctx, p, heads)
	if err != nil {
		return nil, nil, err
	}
	for _, h := range slices.SortedFunc(slices.Values(heads), func(a, b imap.Head) int { return int(int64(b.Seq) - int64(a.Seq)) }) {
		switch {
		case known[h.UID]:
		case s.account.Since != nil && !h.At.IsZero() && h.At.Before(*s.account.Since):
		case h.Size > s.MaxMessage:
			refused = append(refused, s.tooLarge(h, h.Size))
		default:
			wanted = append(wanted, h)
		}
		known[h.UID] = true // a server may name one twice
	}
	return wanted, refused, nil
}

func (s *Reader) tooLarge(h imap.Head, size int64) *entry {
	return &entry{head: h, refused: fmt.Sprintf("The message has %d MB; at most %d MB are taken.", size>>20, s.MaxMessage>>20)}
}

// fetch brings in messages until all are there, or something breaks. What is
// in a batch is on disk when it is sent.
func (s *Reader) fetch(ctx context.Context, p *place, wanted []imap.Head, to chan<- *batch) {
	for len(wanted) > 0 {
		n, size := 0, int64(0)
		for n < len(wanted) && n < batchMessages && size < batchBytes {
			size += wanted[n].Size
			if n++; p.Strikes > 0 {
				break // one by one, to find the one that breaks the connection
			}
		}
		b := s.bring(ctx, wanted[:n])
		wanted = wanted[n:]
		select {
		case to <- b:
		case <-ctx.Done():
			b.blobs.Discard()
			return
		}
		if b.err != nil {
			return
		}
	}
}

// bring fetches and parses one batch.
func (s *Reader) bring(ctx context.Context, heads []imap.Head) (b *batch) {
	b = &batch{blobs: s.Blobs.Batch(actor.Workspace(ctx))}
	byUID := map[uint32]imap.Head{}
	var uids []uint32
	for _, h := range heads {
		byUID[h.UID], uids = h, append(uids, h.UID)
	}
	parser := mail.Parser{Sink: b.blobs.Put, Now: s.Now()}
	var wg sync.WaitGroup
	slots := make(chan struct{}, parsers)
	read := int64(0)
	defer func() {
		if v := recover(); v != nil {
			s.Logger.ErrorContext(ctx, "the reader of a mailbox panicked", "mailbox", s.account.ID, "value", fmt.Sprint(v), "stack", string(debug.Stack()))
			b.err = fmt.Errorf("panic: %v", v)
		}
	}()
	err := s.conn.Bodies(ctx, uids, s.MaxMessage, func(uid uint32, r io.Reader) error {
		source, err := keep(r)
		if err != nil {
			return err
		}
		e := &entry{head: byUID[uid]}
		e.head.Size = source.size
		b.entries = append(b.entries, e)
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			defer source.Close()
			s.parse(ctx, parser, b.blobs, source, e)
		})
		delete(byUID, uid)
		if read += source.size; read > 4*batchBytes && len(heads) > 1 {
			return errUnderstated
		}
		return nil
	})
	wg.Wait()
	b.err = b.settle()
	b.missing = byUID
	if b.err == nil {
		b.err = err
	}
	if b.err == nil {
		b.err = s.withheld(ctx, b, byUID)
	}
	return b
}

// errUnderstated says that messages are much larger than their heads said.
var errUnderstated = &imap.Fault{Kind: imap.Protocol, Detail: "The server understates the sizes of messages."}

// blame finds the message for which a connection broke. After a batch broke,
// messages come one by one; one that breaks it three times is refused.
func (s *Reader) blame(ctx context.Context, p *place, b *batch) error {
	missing, err := b.missing, b.err
	if ctx.Err() != nil {
		return err
	}
	if large, ok := errors.AsType[*imap.TooLarge](err); ok {
		if h, asked := missing[large.UID]; asked {
			b.entries = append(b.entries, s.tooLarge(h, large.Size))
			return &imap.Fault{Kind: imap.Lost, Detail: "The connection was given up because of a message that is too large."}
		}
	}
	if imap.KindOf(err) == "" { // of our side
		return err
	}
	p.Strikes++
	if len(missing) == 1 && len(b.entries) == 0 {
		for uid, h := range missing {
			if p.StuckUID != int64(uid) {
				p.StuckUID, p.Strikes = int64(uid), 1
			}
			if p.Strikes >= strikes {
				b.entries = append(b.entries, &entry{head: h, refused: "The server breaks off in the middle of this message each time."})
				p.StuckUID, p.Strikes = 0, 1
			}
		}
	}
	if e := s.save(ctx, p); e != nil {
		return errors.Join(err, e)
	}
	return err
}

// withheld accounts for messages that did not come: either they are gone, or
// the server lists them and keeps them to itself.
func (s *Reader) withheld(ctx context.Context, b *batch, missing map[uint32]imap.Head) error {
	if len(missing) == 0 {
		return nil
	}
	var uids []uint32
	for uid := range missing {
		uids = append(uids, uid)
	}
	still, err := s.conn.Find(ctx, uids)
	for _, h := range still {
		if _, asked := missing[h.UID]; asked {
			b.entries = append(b.entries, &entry{head: h, refused: "The server lists this message, but does not hand it over."})
			delete(missing, h.UID)
		}
	}
	return err
}

// settle makes the blobs durable and gives the entries their references.
func (b *batch) settle() error {
	for _, e := range b.entries {
		if e.err != nil {
			return e.err
		}
	}
	if err := b.blobs.Sync(); err != nil {
		return err
	}
	for _, e := range b.entries {
		if e.mail == nil {
			continue
		}
		e.raw = b.blobs.Ref(e.raw)
		for i := range e.mail.Attachments {
			a := &e.mail.Attachments[i]
			a.Ref = b.blobs.Ref(a.Ref)
		}
	}
	return nil
}

// parse reads one message. What cannot be read is refused and harms no other;
// only a fault of the disk is an error.
func (s *Reader) parse(ctx context.Context, p mail.Parser, blobs *blob.Batch, source *source, e *entry) {
	defer func() {
		if v := recover(); v != nil {
			s.Logger.ErrorContext(ctx, "a message broke the parser", "mailbox", s.account.ID, "uid", e.head.UID, "value", fmt.Sprint(v), "stack", string(debug.Stack()))
			e.mail, e.refused = nil, "The message cannot be read."
		}
	}()
	m, err := p.Parse(source.reader())
	if errors.Is(err, mail.ErrNothing) {
		e.refused = mail.ErrNothing.Detail
		return
	}
	if err == nil {
		e.raw, _, err = blobs.Put(source.reader())
	}
	if err != nil {
		e.err = fmt.Errorf("keep a message: %w", err)
		return
	}
	if m.SentAt.IsZero() && !e.head.At.IsZero() {
		m.SentAt, m.DateNote = e.head.At.UTC(), "The message has no date; that of its arrival is shown."
	}
	e.mail = m
}

// source is a message that can be read twice: in memory, or on disk.
type source struct {
	head []byte
	file *os.File
	size int64
}

func keep(r io.Reader) (*source, error) {
	var head bytes.Buffer
	n, err := io.CopyN(&head, r, inMemory+1)
	if errors.Is(err, io.EOF) {
		return &source{head: head.Bytes(), size: n}, nil
	}
	if err != nil {
		return nil, err
	}
	f, err := os.CreateTemp("", "rapport-mail-*")
	if err != nil {
		return nil, fmt.Errorf("keep a message: %w", err)
	}
	_ = os.Remove(f.Name()) // it lives as long as it is open
	s := &source{file: f}
	if s.size, err = io.Copy(f, io.MultiReader(&head, r)); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *source) reader() io.Reader {
	if s.file == nil {
		return bytes.NewReader(s.head)
	}
	return io.NewSectionReader(s.file, 0, s.size)
}

// Close lets go of the bytes.
func (s *source) Close() {
	if s.file != nil {
		_ = s.file.Close() // it was only read
	}
}

// sameDay compares dates that may be missing.
func sameDay(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}
