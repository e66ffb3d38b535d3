package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"

	"rapport/internal/platform/actor"
	"rapport/internal/platform/blob"
	"rapport/internal/platform/mail"
	"rapport/internal/platform/mail/mailbox"
)

const (
	batchMessages = 100
	batchBytes    = 16 << 20 // of sources: bounds the memory
	parsers       = 2
)

// batch is what one transaction stores.
type batch struct {
	first   int64 // messages before it
	entries []*entry
	blobs   *blob.Batch
	done    int64 // bytes of the mailbox, with it
	shown   bool  // whoever looks on shall see it
	last    bool  // the mailbox ends here
	rest    bool  // the shift ends here
	cut     *mailbox.Truncated
	err     error
}

// entry is one message of a mailbox.
type entry struct {
	ordinal int64 // from 1
	ref     string
	refused string // why, "" if it was read
	mail    *mail.Message
	raw     string
	err     error
}

// produce reads and parses batches until the mailbox, the shift or ctx ends.
// What is in a batch is on disk when it is sent.
func (s *Service) produce(ctx context.Context, at *position, to chan<- *batch) {
	until := s.now().Add(s.shift)
	for {
		b := s.next(ctx, at)
		b.rest = !b.last && !s.now().Before(until)
		select {
		case to <- b:
		case <-ctx.Done():
			b.blobs.Discard()
			return
		}
		if b.last || b.rest || b.err != nil {
			return
		}
	}
}

func (s *Service) next(ctx context.Context, at *position) *batch {
	b := &batch{first: at.passed, blobs: s.blobs.Batch(actor.Workspace(ctx))}
	parser := mail.Parser{Sink: b.blobs.Put, Now: s.now()}
	var wg sync.WaitGroup
	slots := make(chan struct{}, parsers)
	for size := int64(0); len(b.entries) < batchMessages && size < batchBytes && ctx.Err() == nil; {
		item, err := at.Next()
		if err != nil {
			b.ends(err)
			break
		}
		at.passed++
		size += item.Size
		e := &entry{ordinal: at.passed, ref: clean(item.Ref, 300), refused: item.Refused}
		b.entries = append(b.entries, e)
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			defer item.Close()
			s.parse(ctx, parser, b.blobs, item, e)
		})
	}
	wg.Wait()
	b.done, _ = at.Progress()
	if b.err == nil {
		b.err = b.settle()
	}
	return b
}

// ends notes why there is no further message.
func (b *batch) ends(err error) {
	switch {
	case errors.Is(err, io.EOF):
		b.last = true
	case errors.As(err, &b.cut):
		b.last = true
	default:
		b.err = err
	}
}

// settle makes the blobs durable and gives the entries their references.
func (b *batch) settle() error {
	for _, e := range b.entries {
		if e.err != nil {
			return e.err
		}
	}
	if err := b.blobs.Sync(); err != nil {
		return onDisk(err)
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
func (s *Service) parse(ctx context.Context, p mail.Parser, blobs *blob.Batch, item *mailbox.Item, e *entry) {
	if e.refused != "" {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			s.log.ErrorContext(ctx, "a message broke the parser", "ordinal", e.ordinal, "value", fmt.Sprint(v), "stack", string(debug.Stack()))
			e.mail, e.refused = nil, "The message cannot be read."
		}
	}()
	m, err := p.Parse(item.Reader())
	if errors.Is(err, mail.ErrNothing) {
		e.refused = mail.ErrNothing.Detail
		return
	}
	if err != nil {
		e.err = onDisk(err)
		return
	}
	if e.raw, _, err = blobs.Put(item.Reader()); err != nil {
		e.err = onDisk(err)
		return
	}
	e.mail = m
}
