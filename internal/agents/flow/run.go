package flow

// Run is one run of a program, as the program sees it.
type Run struct{}
