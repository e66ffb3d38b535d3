package main

import (
	"context"
	"errors"
)

func measureIdle(context.Context, *bench) error { return errors.New("later") }

func measureMail(context.Context, *bench) error { return errors.New("later") }
