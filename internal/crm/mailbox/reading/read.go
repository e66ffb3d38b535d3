package reading

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rapport/internal/platform/imap"
)

const (
	firstWindow = 50  // messages that are read before anything else
	window      = 300 // messages between two looks at what is new
	// patience is how many windows in a row may be empty though the server
	// counts messages in them.
	patience = 20
)

// errEmpty says that a server counts messages that it does not show.
func (s *Reader) errEmpty() error {
	return &imap.Fault{Kind: imap.Protocol, Detail: s.account.Server.Host + " counts messages that it does not show."}
}

// readNew reads what has come above top, newest first, down to what is known.
// Of a folder that was never read it takes one window; the rest is backlog.
func (s *Reader) readNew(ctx context.Context, p *place, state imap.State) error {
	first := p.Validity == 0
	top, fresh, empty := p.Top, int64(0), 0
	size := uint32(firstWindow)
	for high := state.Exists; high > 0; size = window {
		low := high - min(size, high) + 1
		heads, err := s.conn.Heads(ctx, low, high)
		if err != nil {
			return err
		}
		if empty = countEmpty(empty, heads); empty > patience {
			return s.errEmpty()
		}
		s.judge(p, heads)
		if first && len(heads) > 0 {
			p.Validity, p.Top, p.Bottom = int64(state.Validity), highest(heads), highest(heads)+1
			if err := s.begin(ctx, p); err != nil {
				return err
			}
		}
		if err := s.take(ctx, p, heads); err != nil {
			return err
		}
		top = max(top, highest(heads))
		fresh += above(heads, p.Top)
		high = low - 1
		if len(heads) > 0 && (first || lowest(heads) <= p.Top && p.Trouble != unruly) {
			if first {
				s.passed(p, state.Exists, high, heads)
			}
			break
		}
	}
	if first && p.Validity == 0 { // nothing in it
		p.Validity, p.Complete = int64(state.Validity), true
		if err := s.begin(ctx, p); err != nil {
			return err
		}
	}
	return s.settle(ctx, p, state, news{first, top, fresh})
}

// news is what a look at a folder found.
type news struct {
	first bool // look at it
	top   int64
	count int64
}

// settle notes that everything new has been read, and follows what was removed
// or read elsewhere.
func (s *Reader) settle(ctx context.Context, p *place, state imap.State, n news) error {
	first, fresh := n.first, n.count
	if !first && p.Counted+fresh != int64(state.Exists) {
		if err := s.sweep(ctx, p); err != nil {
			return err
		}
	}
	if !first && p.ModSeq != 0 && int64(state.ModSeq) > p.ModSeq {
		if err := s.follow(ctx, p); err != nil {
			return err
		}
	}
	p.Top, p.Next, p.ModSeq = max(n.top, p.Top), int64(state.Next), int64(state.ModSeq)
	p.Counted, p.Total = int64(state.Exists), int64(state.Exists)
	if p.Complete {
		p.Done = p.Total
	}
	p.Done = min(p.Done, p.Total)
	return s.save(ctx, p)
}

// passed notes that everything from high upwards has been read, if that is the
// lowest so far.
func (s *Reader) passed(p *place, exists, high uint32, heads []imap.Head) {
	p.cursor, p.Bottom, p.Complete = high, min(p.Bottom, lowest(heads)), high == 0
	p.Total = int64(exists)
	p.Done = p.Total - int64(high)
	if at := arrival(heads); !at.IsZero() {
		p.Reached = &at
	}
}

// ReadOld reads one window of what is older, of the folder whose unread past
// is the most recent. It returns the number of messages in it, and false when
// everything has been read.
func (s *Reader) ReadOld(ctx context.Context) (n int, more bool, err error) {
	p := s.backlog()
	if p == nil {
		return 0, false, nil
	}
	if s.open != p {
		state, err := s.enter(ctx, p)
		if err != nil {
			return 0, true, s.passOver(ctx, p, err)
		}
		if int64(state.Validity) != p.Validity {
			return 0, true, s.forget(ctx, p, state)
		}
		p.Total = int64(state.Exists)
	}
	n, err = s.lower(ctx, p)
	return n, true, s.passOver(ctx, p, err)
}

// passOver leaves out a folder that the server refuses to open, until folders
// are listed again, with a note.
func (s *Reader) passOver(ctx context.Context, p *place, err error) error {
	if imap.KindOf(err) != imap.Refused {
		return err
	}
	p.skipped = true
	return s.trouble(ctx, p, err)
}

func (s *Reader) lower(ctx context.Context, p *place) (n int, err error) {
	if p.cursor == 0 {
		if p.cursor, err = s.locate(ctx, p); err != nil {
			return 0, err
		}
	}
	for empty := 0; p.cursor > 0; {
		high := p.cursor
		low := high - min(window, high) + 1
		heads, err := s.conn.Heads(ctx, low, high)
		if err != nil {
			return 0, err
		}
		heads, low = portion(heads, low)
		p.cursor = low - 1
		if empty = countEmpty(empty, heads); empty > patience {
			return 0, s.errEmpty()
		}
		if len(heads) == 0 {
			continue
		}
		s.judge(p, heads)
		if err := s.take(ctx, p, heads); err != nil {
			return 0, err
		}
		n = len(heads)
		s.passed(p, uint32(p.Total), low-1, heads)
		return n, s.save(ctx, p)
	}
	p.Complete, p.Done = true, p.Total
	return n, s.save(ctx, p)
}

// windowBytes bounds what is read between two looks at what is new.
const windowBytes = 32 << 20

// portion leaves out the older ones of heads that are too much for a window,
// and returns where it ends then.
func portion(heads []imap.Head, low uint32) ([]imap.Head, uint32) {
	slices.SortStableFunc(heads, func(a, b imap.Head) int { return int(int64(b.Seq) - int64(a.Seq)) })
	size := int64(0)
	for i, h := range heads {
		if size += h.Size; size > windowBytes && i+1 < len(heads) {
			return heads[:i+1], h.Seq
		}
	}
	return heads, low
}

// locate finds the place of the newest message below bottom: next to one that
// is known, else by halving.
func (s *Reader) locate(ctx context.Context, p *place) (uint32, error) {
	if p.Trouble == unruly { // from the top; what is known is passed over
		return uint32(p.Total), nil
	}
	uids, err := s.lowestKnown(ctx, p)
	if err != nil {
		return 0, err
	}
	heads, err := s.conn.Find(ctx, uids)
	if err != nil {
		return 0, err
	}
	if len(heads) > 0 {
		place := slices.MinFunc(heads, func(a, b imap.Head) int { return int(int64(a.UID) - int64(b.UID)) }).Seq
		return uint32(min(int64(place)-1, max(p.Total, 0))), nil
	}
	low, high := uint32(0), uint32(p.Total)
	for low < high {
		middle := low + (high-low)/2 + 1
		heads, err := s.conn.Heads(ctx, middle, middle)
		if err != nil {
			return 0, err
		}
		if len(heads) == 1 && int64(heads[0].UID) < p.Bottom {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low, nil
}

// judge notes that a server numbers its messages against the rules: then each
// look goes through the whole folder.
func (s *Reader) judge(p *place, heads []imap.Head) {
	for i := 1; i < len(heads); i++ {
		if a, b := heads[i-1], heads[i]; a.UID == b.UID || (a.Seq < b.Seq) != (a.UID < b.UID) {
			p.Trouble = unruly
		}
	}
}

const unruly = "The server numbers the messages of this folder wrongly, which makes each look at it slow."

func countEmpty(before int, heads []imap.Head) int {
	if len(heads) == 0 {
		return before + 1
	}
	return 0
}

func highest(heads []imap.Head) (uid int64) {
	for _, h := range heads {
		uid = max(uid, int64(h.UID))
	}
	return uid
}

func lowest(heads []imap.Head) int64 {
	uid := int64(heads[0].UID)
	for _, h := range heads {
		uid = min(uid, int64(h.UID))
	}
	return uid
}

func above(heads []imap.Head, top int64) (n int64) {
	for _, h := range heads {
		if int64(h.UID) > top {
			n++
		}
	}
	return n
}

// arrival is when the oldest of heads came in.
func arrival(heads []imap.Head) time.Time {
	return slices.MinFunc(heads, func(a, b imap.Head) int { return int(int64(a.Seq) - int64(b.Seq)) }).At.UTC()
}

const sweepPage = 1000

// sweep finds out which messages are no longer in a folder, page by page.
func (s *Reader) sweep(ctx context.Context, p *place) error {
	for after := int64(0); ; {
		uids, err := s.known(ctx, p, after, sweepPage)
		if err != nil || len(uids) == 0 {
			return err
		}
		after = int64(uids[len(uids)-1])
		there, err := s.present(ctx, uids)
		if err != nil {
			return err
		}
		gone := slices.DeleteFunc(uids, func(uid uint32) bool { return there[uid] })
		if err := s.drop(ctx, p, gone); err != nil {
			return fmt.Errorf("note removed messages: %w", err)
		}
	}
}

// present tells which of uids, in order, are there. Where so many others lie
// between them that the answer may be cut, it asks for each.
func (s *Reader) present(ctx context.Context, uids []uint32) (map[uint32]bool, error) {
	const most = 10 * sweepPage
	there, err := s.conn.Present(ctx, uids[0], uids[len(uids)-1], most)
	if err != nil || len(there) < most {
		return there, err
	}
	there = map[uint32]bool{}
	for part := range slices.Chunk(uids, 200) {
		heads, err := s.conn.Find(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, h := range heads {
			there[h.UID] = true
		}
	}
	return there, nil
}

// followed is how many pages of messages, the newest, are asked for what was
// read elsewhere.
const followed = 5

// follow takes over what was read elsewhere.
func (s *Reader) follow(ctx context.Context, p *place) error {
	before := int64(1) << 32
	for range followed {
		uids, err := s.knownBelow(ctx, p, before, sweepPage)
		if err != nil || len(uids) == 0 {
			return err
		}
		low, high := uids[len(uids)-1], uids[0]
		changed, err := s.conn.Changes(ctx, low, high, uint64(p.ModSeq))
		if err != nil {
			return err
		}
		if err := s.seen(ctx, p, changed); err != nil {
			return err
		}
		before = int64(low)
	}
	return nil
}

// Push marks on the server what was read here, where the account wants that.
func (s *Reader) Push(ctx context.Context) error {
	if !s.account.MarkSeen {
		return nil
	}
	for _, p := range s.places {
		uids, err := s.readHere(ctx, p)
		if err != nil || len(uids) == 0 {
			if err != nil {
				return err
			}
			continue
		}
		s.open = nil
		state, err := s.conn.Open(ctx, p.Name, true)
		if err != nil {
			return err
		}
		if int64(state.Validity) != p.Validity {
			continue
		}
		if err := s.conn.MarkSeen(ctx, uids); err != nil && imap.KindOf(err) != imap.Refused {
			return err
		}
		done := map[uint32]bool{}
		for _, uid := range uids {
			done[uid] = true
		}
		if err := s.seen(ctx, p, done); err != nil {
			return err
		}
	}
	return nil
}
