package dovecot

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// Do sends commands to the server as another program of the account's owner.
func (s *Server) Do(name string, commands ...string) error {
	_, err := s.talk(name, commands...)
	return err
}

// Unseen counts the messages of the inbox that are not marked as read.
func (s *Server) Unseen(name string) (int, error) {
	out, err := s.talk(name, "STATUS INBOX (UNSEEN)")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(out, "(UNSEEN ")
	number, _, _ := strings.Cut(rest, ")")
	return strconv.Atoi(number)
}

func (s *Server) talk(name string, commands ...string) (string, error) {
	conn, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(s.Port))
	if err != nil {
		return "", err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	in := bufio.NewReader(conn)
	var out strings.Builder
	for i, command := range append([]string{fmt.Sprintf("LOGIN %s %q", name, Password)}, commands...) {
		fmt.Fprintf(conn, "a%d %s\r\n", i, command)
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return "", err
			}
			out.WriteString(line)
			if rest, ok := strings.CutPrefix(line, fmt.Sprintf("a%d ", i)); ok {
				if !strings.HasPrefix(rest, "OK") {
					return "", fmt.Errorf("%s: %s", command, rest)
				}
				break
			}
		}
	}
	return out.String(), nil
}

// Token is an access token for an account, good until then.
func (s *Server) Token(name string, until time.Time) string {
	part := func(v any) string {
		b, _ := json.Marshal(v) // plain maps
		return base64.RawURLEncoding.EncodeToString(b)
	}
	signed := part(map[string]string{"alg": "HS256", "typ": "JWT"}) + "." +
		part(map[string]any{"sub": name, "email": name, "iat": time.Now().Unix(), "nbf": time.Now().Add(-time.Hour).Unix(), "exp": until.Unix()})
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
