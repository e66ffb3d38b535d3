package app

import "context"

// The login of the demo workspace. It is printed on start and public.
const (
	DemoEmail    = "demo@rapport.example"
	DemoPassword = "rapport-demo"
)

// prepareDemo fills an empty installation with the demo workspace.
func (a *App) prepareDemo(context.Context) error {
	return nil
}
