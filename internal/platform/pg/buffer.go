package pg

import "sync"

// buffers are those that answers of lists were written in, to be used again:
// they would be three quarters of what a list leaves to the garbage collector.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// Buffer returns an empty buffer to append to, which may have been another's.
func Buffer() []byte {
	b := buffers.Get().(*[]byte)
	return (*b)[:0]
}

// Recycle takes a buffer that nobody will look at again.
func Recycle(b []byte) {
	const most = 256 << 10 // one large answer must not be held for ever
	if cap(b) > 0 && cap(b) <= most {
		buffers.Put(&b)
	}
}
