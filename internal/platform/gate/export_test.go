package gate

// Idle counts the connections that have nothing to do.
func (g *Gate) Idle() (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, since := range g.open {
		if !since.IsZero() {
			n++
		}
	}
	return n
}
