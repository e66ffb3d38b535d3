package anthropic

// piece is what one event adds to a block.
type piece struct{ kind, text string }

// pairs finds out whether a stream says each thing twice, as some proxies make
// it do. The first four pieces tell; while they look like pairs, the second of
// them waits.
type pairs struct {
	held    []piece
	decided bool
	twice   bool
	again   bool // the next one repeats the last
	last    piece
}

// add returns what is new with p, and false if a stream of pairs has an odd one.
func (s *pairs) add(p piece) ([]piece, bool) {
	switch {
	case s.twice && s.again:
		s.again = false
		return nil, p == s.last
	case s.twice:
		s.again, s.last = true, p
		return []piece{p}, true
	case s.decided:
		return []piece{p}, true
	}
	s.held = append(s.held, p)
	switch n := len(s.held); {
	case n == 1:
		return s.held, true
	case n == 2 && p != s.held[0]:
		s.decided = true
		return s.held[1:], true
	case n < 4:
		return nil, true
	case p == s.held[2]:
		s.decided, s.twice = true, true
		return s.held[2:3], true
	default:
		s.decided = true
		return s.held[1:], true
	}
}

// end returns what still waits when the block is over, and false if it ends
// within a pair.
func (s *pairs) end() ([]piece, bool) {
	if !s.decided && len(s.held) == 3 {
		s.decided = true
		return s.held[1:], true
	}
	s.decided = true
	return nil, !s.again
}
