package schedule

import "context"

// Due does what the job of a schedule does.
func (s *Service) Due(ctx context.Context, f Fire) error { return s.fire(ctx, f) }
