package vault

import "context"

// Reseal is the work of a rotation, without the door.
func Reseal(ctx context.Context, s *Service) (Status, error) { return s.walk(ctx, true) }
