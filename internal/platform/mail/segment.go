package mail

// Kind says whose words a block is.
type Kind string

// The kinds of block.
const (
	Own         Kind = "own"         // written by the sender for this message
	Quote       Kind = "quote"       // repeated from an earlier message
	Attribution Kind = "attribution" // "On Monday Ann wrote:", or a block of From/Sent/To
	Forwarded   Kind = "forwarded"   // a message passed on, its header included
	Signature   Kind = "signature"   // "-- ", "Sent from my phone"
	Disclaimer  Kind = "disclaimer"  // legal boilerplate, footers of lists
)

// Block is a run of whole lines of one kind. Start and End count code points,
// ByteStart and ByteEnd bytes; blocks follow each other without a gap from the
// first to the last character.
type Block struct {
	Kind               Kind
	Start, End         int
	ByteStart, ByteEnd int
}

// Segment divides the text of a message into blocks.
func Segment(text string) []Block {
	return nil
}
