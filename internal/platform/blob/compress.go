package blob

import (
	"bufio"
	"compress/gzip"
	"io"
)

// compress writes src to dst and returns the number of bytes it read.
func (s *Store) compress(dst io.Writer, src io.Reader) (int64, error) {
	z, ok := s.writers.Get().(*gzip.Writer)
	if !ok {
		z, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level exists
	}
	defer s.writers.Put(z)
	z.Reset(dst)
	n, err := io.Copy(z, src)
	if err != nil {
		return 0, err
	}
	return n, z.Close()
}

func decompress(src io.Reader) (io.Reader, error) {
	z, err := gzip.NewReader(bufio.NewReader(src))
	if err != nil {
		return nil, err
	}
	return z, nil
}
