// Package dovecot runs Debian's Dovecot for tests and measurements: a private
// one in a folder of its own, on loopback, without root's rights.
package dovecot

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
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

// Start starts it and returns when it answers.
func (s *Server) Start() error {
	s.cmd = exec.Command(s.program, "-F", "-c", s.path("dovecot.conf"))
	s.cmd.Dir = s.dir
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 {
		s.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(s.uid), Gid: uint32(s.gid)}
	}
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
			return fmt.Errorf("dovecot ended: %w: %s", err, s.Log())
		case <-ctx.Done():
			s.Stop()
			return fmt.Errorf("dovecot does not answer: %s", s.Log())
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
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) // the group that it leads
	<-s.exited
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
// UIDVALIDITY changes. It must be stopped. What it remembers of the last
// UIDVALIDITY stays: without that the next one is the time in seconds, which
// may be the same.
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
		if strings.HasPrefix(filepath.Base(f), "dovecot-uidvalidity") {
			continue
		}
		if err := os.Remove(f); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
