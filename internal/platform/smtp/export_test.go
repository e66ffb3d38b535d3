package smtp

import (
	"strings"

	wire "github.com/wneessen/go-mail/smtp"
)

// Mechanism is how to sign in at a server that offers these.
func Mechanism(s Server, offered string) (wire.Auth, error) {
	return s.mechanism(strings.Fields(offered))
}
