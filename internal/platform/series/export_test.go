package series

// Fill keeps so many frames of so many bytes, and says how many bytes and frames
// there are then, and whether the newest is among them.
func Fill(frames, size int) (bytes, kept int, newest bool) {
	r := newRing(fineStep, fineSpan, most)
	for i := range frames {
		r.put(frame{int64(i), make([]byte, size)}, func(uint32) bool { return false })
	}
	r.scan(0, int64(frames)*fineStep, func(f frame) {
		kept++
		newest = f.slot == int64(frames-1)
	})
	return r.bytes, kept, newest
}
