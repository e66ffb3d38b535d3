// Package dovecot runs Debian's Dovecot for tests and measurements: a private
// one in a folder of its own, on loopback, without root's rights.
package dovecot

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// ErrMissing says that Dovecot is not installed.
var ErrMissing = errors.New("dovecot is not installed: apt-get install dovecot-imapd")

// Password opens every account that has no other.
const Password = "open sesame"

// Server is a running Dovecot.
type Server struct {
	Port, TLSPort int
	Roots         *x509.CertPool // trusts its certificate, which is for localhost
	dir           string
	program       string
	uid, gid      int
	account       string
	cmd           *exec.Cmd
	exited        chan error
	next          atomic.Int64
	key           []byte
}

// New prepares a server in a temporary folder, which Remove removes.
func New() (*Server, error) {
	program, err := exec.LookPath("dovecot")
	if err != nil {
		program = "/usr/sbin/dovecot"
		if _, err := os.Stat(program); err != nil {
			return nil, ErrMissing
		}
	}
	dir, err := os.MkdirTemp("", "rapport-dovecot-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, program: program, uid: os.Geteuid(), gid: os.Getegid(), key: []byte(rand.Text())}
	me, err := user.Current()
	if err == nil && s.uid == 0 { // Dovecot gives no mail to root
		if me, err = user.Lookup("nobody"); err == nil {
			s.uid, _ = strconv.Atoi(me.Uid)
			s.gid, _ = strconv.Atoi(me.Gid)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("find an account for dovecot: %w", err)
	}
	s.account = me.Username
	if s.Port, err = freePort(); err != nil {
		return nil, err
	}
	if s.TLSPort, err = freePort(); err != nil {
		return nil, err
	}
	if err := s.certificate(); err != nil {
		return nil, err
	}
	return s, s.configure()
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (s *Server) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

func (s *Server) configure() error {
	group, err := user.LookupGroupId(strconv.Itoa(s.gid))
	if err != nil {
		return err
	}
	for _, dir := range []string{"run", "mail", "keys/default/HS256"} {
		if err := os.MkdirAll(s.path(dir), 0o700); err != nil {
			return err
		}
	}
	config := strings.NewReplacer("DIR", s.dir, "USER", s.account, "GROUP", group.Name, "PLAINPORT", strconv.Itoa(s.Port), "TLSPORT", strconv.Itoa(s.TLSPort)).Replace(template)
	for name, content := range map[string]string{
		"dovecot.conf": config, "users": "",
		"keys/default/HS256/default": base64.StdEncoding.EncodeToString(s.key),
		"oauth2.conf":                "introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix=" + s.path("keys") + "/\nusername_attribute = email\n",
	} {
		if err := os.WriteFile(s.path(name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return s.own()
}

// own gives everything to the account that Dovecot runs as.
func (s *Server) own() error {
	return filepath.WalkDir(s.dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, s.uid, s.gid)
	})
}

const template = `
protocols = imap
base_dir = DIR/run
log_path = DIR/log
listen = 127.0.0.1
ssl = yes
ssl_cert = <DIR/cert.pem
ssl_key = <DIR/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
mail_max_userip_connections = 100
default_internal_user = USER
default_internal_group = GROUP
default_login_user = USER
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:DIR/mail/%u
mailbox_list_index = yes
maildir_very_dirty_syncs = no
mailbox_idle_check_interval = 1 secs
service imap-login {
  chroot =
  service_count = 0
  inet_listener imap {
    port = PLAINPORT
  }
  inet_listener imaps {
    port = TLSPORT
    ssl = yes
  }
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = DIR/oauth2.conf
}
passdb {
  driver = passwd-file
  mechanisms = plain login
  args = scheme=PLAIN DIR/users
}
userdb {
  driver = static
  args = uid=USER gid=GROUP home=DIR/home/%u
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Sent {
    special_use = \Sent
    auto = create
  }
  mailbox Archive {
    special_use = \Archive
    auto = create
  }
  mailbox Junk {
    special_use = \Junk
    auto = create
  }
}
`

// certificate makes one for localhost and its issuer at once.
func (s *Server) certificate() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Dovecot of a test"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	s.Roots = x509.NewCertPool()
	s.Roots.AppendCertsFromPEM(public)
	return errors.Join(os.WriteFile(s.path("cert.pem"), public, 0o600),
		os.WriteFile(s.path("key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
}

// Start starts it and returns when it answers.
func (s *Server) Start() error {
	s.cmd = exec.Command(s.program, "-F", "-c", s.path("dovecot.conf"))
	s.cmd.Dir = s.dir
	if os.Geteuid() == 0 {
		s.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(s.uid), Gid: uint32(s.gid)}}
	}
	var out bytes.Buffer
	s.cmd.Stdout, s.cmd.Stderr = &out, &out
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.exited = make(chan error, 1)
	go func() { s.exited <- s.cmd.Wait() }()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if s.answers() {
			return nil
		}
		select {
		case err := <-s.exited:
			return fmt.Errorf("dovecot ended: %w: %s%s", err, out.String(), s.Log())
		case <-ctx.Done():
			s.Stop()
			return fmt.Errorf("dovecot does not answer: %s%s", out.String(), s.Log())
		case <-tick.C:
		}
	}
}

func (s *Server) answers() bool {
	conn, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(s.Port))
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	b := make([]byte, 4)
	_, err = conn.Read(b)
	return err == nil && string(b) == "* OK"
}

// Stop kills it with all its connections, as a loss of power would.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it ends its children with it
	select {
	case <-s.exited:
	case <-time.After(10 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.exited
	}
	s.cmd = nil
}

// Remove stops the server and removes what it kept.
func (s *Server) Remove() {
	s.Stop()
	_ = os.RemoveAll(s.dir) // of temporary files
}

// Log is what it has logged.
func (s *Server) Log() string {
	b, _ := os.ReadFile(s.path("log")) // nothing logged yet
	return string(b)
}

// AddUser makes an account.
func (s *Server) AddUser(name string) error { return s.SetPassword(name, Password) }

// SetPassword gives an account another password.
func (s *Server) SetPassword(name, password string) error {
	b, err := os.ReadFile(s.path("users"))
	if err != nil {
		return err
	}
	var lines []string
	for line := range strings.Lines(string(b)) {
		if !strings.HasPrefix(line, name+":") {
			lines = append(lines, line)
		}
	}
	lines = append(lines, name+":{PLAIN}"+password+"\n")
	path := s.path("users.new")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600); err != nil {
		return err
	}
	return errors.Join(os.Lchown(path, s.uid, s.gid), os.Rename(path, s.path("users")))
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

// Deliver puts a message into a folder ("" for the inbox) as a mail server does.
func (s *Server) Deliver(name, folder string, raw []byte) error {
	return s.put(name, folder, raw, fmt.Sprintf("%d.M%dP%d.test", time.Now().Unix(), s.next.Add(1), os.Getpid()))
}

// DeliverAt is Deliver with the time at which the server received it.
func (s *Server) DeliverAt(name, folder string, raw []byte, at time.Time) error {
	file := fmt.Sprintf("%d.M%dP%d.test", at.Unix(), s.next.Add(1), os.Getpid())
	if err := s.put(name, folder, raw, file); err != nil {
		return err
	}
	return os.Chtimes(filepath.Join(s.folder(name, folder), "new", file), at, at)
}

func (s *Server) folder(name, folder string) string {
	if folder == "" {
		return s.path("mail", name)
	}
	return s.path("mail", name, "."+strings.ReplaceAll(folder, "/", "."))
}

func (s *Server) put(name, folder string, raw []byte, file string) error {
	at := s.folder(name, folder)
	for _, dir := range []string{"new", "cur", "tmp"} {
		if err := os.MkdirAll(filepath.Join(at, dir), 0o700); err != nil {
			return err
		}
		_ = os.Lchown(filepath.Join(at, dir), s.uid, s.gid) // ours already, without root
	}
	_ = os.Lchown(at, s.uid, s.gid)
	_ = os.Lchown(s.path("mail", name), s.uid, s.gid)
	tmp := filepath.Join(at, "tmp", file)
	if err := os.WriteFile(tmp, raw, 0o600); err != nil {
		return err
	}
	_ = os.Lchown(tmp, s.uid, s.gid)
	return os.Rename(tmp, filepath.Join(at, "new", file))
}

// Renumber makes the server forget the UIDs of a folder, so that its
// UIDVALIDITY changes. It must be stopped.
func (s *Server) Renumber(name, folder string) error {
	at := s.folder(name, folder)
	files, err := filepath.Glob(filepath.Join(at, "dovecot*"))
	if err != nil {
		return err
	}
	lists, err := filepath.Glob(filepath.Join(s.folder(name, ""), "dovecot.list.index*"))
	if err != nil {
		return err
	}
	for _, f := range append(files, lists...) {
		if err := os.Remove(f); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

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
