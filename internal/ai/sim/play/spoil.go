package play

import (
	"bytes"
	"slices"
	"strings"
	"time"
)

// Live sends nothing but one sign of life, every 5 seconds for ten minutes, and
// then nothing.
func (s *Script) Live(sign []byte) {
	s.Pieces, s.End = nil, Silent
	for range 120 {
		s.Pieces = append(s.Pieces, Piece{Wait: 5 * time.Second, Data: sign})
	}
}

// Drip sends one byte a second.
func (s *Script) Drip() {
	all := s.Body()
	s.Pieces = make([]Piece, 0, len(all))
	for i := range all {
		s.Pieces = append(s.Pieces, Piece{Wait: time.Second, Data: all[i : i+1]})
	}
}

// Half sends the first half of a whole body, which then ends as it is told.
func (s *Script) Half(end Ending) {
	all := s.Body()
	s.Pieces, s.End = []Piece{{Data: all[:len(all)/2]}}, end
}

// Truncate cuts the body off: "json" ends it as if it were whole, "length"
// sooner than was said, "gzip" within its compression.
func (s *Script) Truncate(what string) {
	if s.Length >= 0 {
		all := s.Body()
		s.Pieces = []Piece{{Data: all[:len(all)*2/3]}}
	} else if i := len(s.Pieces) / 2; i > 0 {
		last := s.Pieces[i]
		last.Data = last.Data[:len(last.Data)/2]
		s.Pieces = append(s.Pieces[:i:i], last)
	}
	switch what {
	case "length":
		s.End = Cut
	case "gzip":
		s.End, s.Zipped, s.Length = Cut, true, -1
	default:
		if s.Length >= 0 {
			s.Length = int64(len(s.Body()))
		}
	}
}

// Distort makes the bytes strange, though right ("utf8" splits characters,
// "crlf" ends lines otherwise, "bom" begins with a mark, "giant" has a line of so
// many bytes), or wrong ("garbage").
func (s *Script) Distort(what string, size int) {
	switch what {
	case "utf8":
		s.crumble()
	case "crlf":
		for i, p := range s.Pieces {
			plain := bytes.ReplaceAll(p.Data, []byte("\r\n"), []byte("\n"))
			s.Pieces[i].Data = bytes.ReplaceAll(plain, []byte("\n"), []byte("\r\n"))
		}
	case "bom":
		if len(s.Pieces) > 0 {
			s.Pieces[0].Data = append([]byte("\xef\xbb\xbf"), s.Pieces[0].Data...)
		}
	case "giant":
		s.swell(size)
	default:
		s.garble()
	}
	if s.Length >= 0 {
		s.Length = int64(len(s.Body()))
	}
}

// crumble sends three bytes at a time, so that characters and lines are split.
func (s *Script) crumble() {
	var out []Piece
	for _, p := range s.Pieces {
		for part := range slices.Chunk(p.Data, 3) {
			out = append(out, Piece{Wait: p.Wait, Data: part, Tokens: p.Tokens})
			p.Wait, p.Tokens = 0, 0
		}
	}
	s.Pieces = out
}

func (s *Script) swell(size int) {
	if size == 0 {
		size = 8 << 20
	}
	begin := []byte("{")
	if s.Length < 0 {
		begin = []byte("data: {")
	}
	for i := len(s.Pieces) / 2; i < len(s.Pieces); i++ {
		if d := s.Pieces[i].Data; bytes.Contains(d, begin) {
			s.Pieces[i].Data = bytes.Replace(d, begin, []byte(string(begin)+`"pad":"`+strings.Repeat("x", size)+`",`), 1)
			return
		}
	}
}

func (s *Script) garble() {
	if s.Length >= 0 {
		s.Pieces = []Piece{{Data: []byte(`{"half": <html>`)}}
		return
	}
	s.Pieces = slices.Insert(s.Pieces, len(s.Pieces)/2, Piece{Data: []byte("data: {\"half\": <html>\n\n")})
}
