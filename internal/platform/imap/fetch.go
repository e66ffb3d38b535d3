package imap

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Head is what is known of a message before it is fetched.
type Head struct {
	Seq, UID uint32
	Size     int64
	Seen     bool
	At       time.Time // when the server received it; zero if it does not say
}

// headBytes is more than any honest server says of one message.
const headBytes = 4 << 10

// Heads returns the heads of the messages from first to last by their place in
// the open folder. What a server says of others is not heard.
func (c *Conn) Heads(ctx context.Context, first, last uint32) ([]Head, error) {
	var set imap.SeqSet
	set.AddRange(first, last)
	return c.heads(ctx, set, int64(last-first)+1)
}

// Find returns the heads of the messages with these UIDs that are there.
func (c *Conn) Find(ctx context.Context, uids []uint32) ([]Head, error) {
	if len(uids) == 0 {
		return nil, nil
	}
	return c.heads(ctx, setOf(uids), int64(len(uids)))
}

func setOf(uids []uint32) imap.UIDSet {
	var set imap.UIDSet
	for _, uid := range uids {
		set.AddNum(imap.UID(uid))
	}
	return set
}

func (c *Conn) heads(ctx context.Context, set imap.NumSet, n int64) (out []Head, err error) {
	err = c.do(ctx, commandTime, n*headBytes+between, func() error {
		cmd := c.client.Fetch(set, &imap.FetchOptions{UID: true, RFC822Size: true, Flags: true, InternalDate: true})
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			if h := head(m); h.UID != 0 && int64(len(out)) < n {
				out = append(out, h)
			}
		}
		return cmd.Close()
	})
	return out, err
}

func head(m *imapclient.FetchMessageData) Head {
	h := Head{Seq: m.SeqNum}
	for item := m.Next(); item != nil; item = m.Next() {
		switch v := item.(type) {
		case imapclient.FetchItemDataUID:
			h.UID = uint32(v.UID)
		case imapclient.FetchItemDataRFC822Size:
			h.Size = v.Size
		case imapclient.FetchItemDataInternalDate:
			h.At = v.Time
		case imapclient.FetchItemDataFlags:
			h.Seen = seen(v.Flags)
		}
	}
	return h
}

func seen(flags []imap.Flag) bool {
	for _, f := range flags {
		if f == imap.FlagSeen {
			return true
		}
	}
	return false
}

// TooLarge says that a message is larger than its head said, and than the
// limit. The connection is dead.
type TooLarge struct {
	UID  uint32
	Size int64
}

// Error names the size.
func (t *TooLarge) Error() string {
	return fmt.Sprintf("message %d is announced with %d bytes", t.UID, t.Size)
}

// bodyTime is for a batch of messages.
const bodyTime = 15 * time.Minute

// Bodies fetches whole messages, none larger than limit, without marking them
// as read, and calls each with every one that comes; it reads to the end. An
// error of each ends the connection.
func (c *Conn) Bodies(ctx context.Context, uids []uint32, limit int64, each func(uid uint32, r io.Reader) error) error {
	return c.do(ctx, bodyTime, int64(len(uids))*headBytes+between, func() error {
		section := &imap.FetchItemBodySection{Peek: true}
		cmd := c.client.Fetch(setOf(uids), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
		var fault error
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			broken, err := c.body(m, limit, each)
			if broken != nil {
				// The library reads on as soon as a literal has failed: asking
				// it for more would read beside it.
				c.meter.kill()
				<-c.client.Closed()
				return &interrupted{c.explain(broken)}
			}
			if err != nil && fault == nil {
				fault = err
				c.meter.kill() // what follows is not wanted, however long it is
			}
		}
		if err := cmd.Close(); fault == nil {
			return err
		}
		return &interrupted{fault}
	})
}

// interrupted is an error of ours that ended a command.
type interrupted struct{ error }

func (i *interrupted) Unwrap() error { return i.error }

// body hands one message to each. Broken is a fault of the connection in the
// middle of it.
func (c *Conn) body(m *imapclient.FetchMessageData, limit int64, each func(uint32, io.Reader) error) (broken, err error) {
	var uid uint32
	for item := m.Next(); item != nil; item = m.Next() {
		switch v := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = uint32(v.UID)
		case imapclient.FetchItemDataBodySection:
			if v.Literal == nil || uid == 0 {
				continue
			}
			if v.Literal.Size() > limit {
				return nil, &TooLarge{uid, v.Literal.Size()}
			}
			c.meter.allow(v.Literal.Size())
			whole := &exact{r: v.Literal, left: v.Literal.Size()}
			if err := each(uid, whole); err != nil || whole.err != nil {
				return whole.err, err
			}
		}
	}
	return nil, nil
}

// exact reads so many bytes; an earlier end is an error, not a shorter message.
type exact struct {
	r    io.Reader
	left int64
	err  error // of the connection
}

func (e *exact) Read(b []byte) (int, error) {
	n, err := e.r.Read(b)
	e.left -= int64(n)
	if err == io.EOF && e.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF {
		e.err = err
	}
	return n, err
}

// Present tells which of the UIDs from low to high are there. It answers with
// no more than most of them.
func (c *Conn) Present(ctx context.Context, low, high uint32, most int) (map[uint32]bool, error) {
	out := map[uint32]bool{}
	err := c.do(ctx, commandTime, int64(most)*12+64<<10, func() error {
		var set imap.UIDSet
		set.AddRange(imap.UID(low), imap.UID(high))
		d, err := c.client.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{set}}, nil).Wait()
		if err != nil {
			return err
		}
		all, ok := d.All.(imap.UIDSet)
		if !ok {
			return nil
		}
		for _, r := range all { // a range may claim billions
			for uid := max(uint32(r.Start), low); uid <= min(uint32(r.Stop), high) && len(out) < most; uid++ {
				out[uid] = true
				if uid == ^uint32(0) {
					break
				}
			}
		}
		return nil
	})
	return out, err
}

// Changes returns which messages with UIDs from low to high have changed since
// modseq, with whether they are read now; none where the server keeps no such
// numbers.
func (c *Conn) Changes(ctx context.Context, low, high uint32, modseq uint64) (map[uint32]bool, error) {
	out := map[uint32]bool{}
	if modseq == 0 || !c.caps.Has(imap.CapCondStore) {
		return out, nil
	}
	err := c.do(ctx, commandTime, small, func() error {
		var set imap.UIDSet
		set.AddRange(imap.UID(low), imap.UID(high))
		cmd := c.client.Fetch(set, &imap.FetchOptions{UID: true, Flags: true, ChangedSince: modseq})
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			if h := head(m); h.UID != 0 {
				out[h.UID] = h.Seen
			}
		}
		return cmd.Close()
	})
	return out, err
}

// MarkSeen marks messages of the open folder as read.
func (c *Conn) MarkSeen(ctx context.Context, uids []uint32) error {
	return c.do(ctx, commandTime, int64(len(uids))*headBytes+between, func() error {
		return c.client.Store(setOf(uids), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagSeen}}, nil).Close()
	})
}
