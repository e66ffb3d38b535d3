package app

import "rapport/internal/api/op"

// Door is the one that the operations are behind.
func (a *App) Door() op.Door { return a.door }
