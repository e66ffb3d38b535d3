package series

// Bytes is what the frames take.
func Bytes(s *Series) int { return s.fine.bytes + s.coarse.bytes }
