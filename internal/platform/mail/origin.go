package mail

// Category says what kind of sender a message has.
type Category string

// The categories.
const (
	Personal  Category = "personal"  // a person to a person
	Bulk      Category = "bulk"      // mailing lists, newsletters, advertising
	Automatic Category = "automatic" // written by a program
	Self      Category = "own"       // from one of the reader's own addresses
)

// Origin decides the category of m and says why, naming the header or address
// that decided. own are the reader's addresses.
func Origin(m *Message, own []string) (Category, string) {
	return Personal, ""
}
