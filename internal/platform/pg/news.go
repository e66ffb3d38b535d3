package pg

// News wakes whoever waits for commits that were announced. It says that there
// is something to read, never what; one reader of the process waits for it.
type News struct {
	heard  chan struct{} // for the reader
	others chan struct{} // for Share: other processes shall hear it too
}

func newNews() *News {
	return &News{heard: make(chan struct{}, 1), others: make(chan struct{}, 1)}
}

// Announce tells those who wait for News, once tx has been committed.
func (tx *Tx) Announce() { tx.announced = true }

// News of this database.
func (db *DB) News() *News { return db.news }

// Heard holds one token while there is news that nobody has taken.
func (n *News) Heard() <-chan struct{} { return n.heard }

func (n *News) announce() {
	put(n.heard)
	put(n.others)
}

func put(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // whoever takes the token there learns of this, too
	}
}
