package mail

import "rapport/internal/platform/mail/segment"

// Block is a run of whole lines of one kind, with its place in the text.
type Block = segment.Block

// Kind says whose words a block is.
type Kind = segment.Kind

// The kinds of block; see package segment.
const (
	Own         = segment.Own
	Quote       = segment.Quote
	Attribution = segment.Attribution
	Forwarded   = segment.Forwarded
	Signature   = segment.Signature
	Disclaimer  = segment.Disclaimer
)

// Segment divides the text of a message into blocks.
func Segment(text string) []Block { return segment.Split(text) }
