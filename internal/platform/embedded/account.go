package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
)

// account is the user that owns a cluster and runs its processes.
type account struct {
	name     string
	uid, gid int
	switched bool
}

// accountFor returns the current user, except for root, whom PostgreSQL
// refuses: then the owner of an existing cluster, else postgres, else rapport.
func accountFor(cluster string) (account, error) {
	info, err := os.Stat(cluster)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return account{}, fmt.Errorf("database directory: %w", err)
	}
	me := account{name: "uid " + strconv.Itoa(os.Geteuid()), uid: os.Geteuid(), gid: os.Getegid()}
	if me.uid != 0 {
		if info != nil && owner(info) != me.uid {
			return me, fmt.Errorf("the database in %s belongs to user %d, not to %d: start as that user or as root",
				cluster, owner(info), me.uid)
		}
		return me, nil
	}
	if info != nil && owner(info) != 0 {
		s := info.Sys().(*syscall.Stat_t)
		return account{name: "uid " + strconv.Itoa(int(s.Uid)), uid: int(s.Uid), gid: int(s.Gid), switched: true}, nil
	}
	return unprivileged()
}

// unprivileged finds or makes the user that serves root.
func unprivileged() (account, error) {
	for _, name := range []string{"postgres", "rapport"} {
		if a, err := lookup(name); err == nil {
			return a, nil
		}
	}
	out, err := exec.Command("useradd", "--system", "--user-group", "--no-create-home",
		"--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", "rapport").CombinedOutput()
	if err != nil {
		return account{}, fmt.Errorf("PostgreSQL does not run as root, there is no user postgres or rapport, "+
			"and useradd did not make one: %w: %s: start as another user or add a system user rapport",
			err, strings.TrimSpace(string(out)))
	}
	return lookup("rapport")
}

func lookup(name string) (account, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return account{}, err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return account{}, err
	}
	gid, err := strconv.Atoi(u.Gid)
	return account{name: name, uid: uid, gid: gid, switched: true}, err
}

// command is a program that will run as the account, free of PG* variables and
// with messages in English.
func (a account) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"LC_ALL=C"}
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "PG") && !strings.HasPrefix(kv, "LC_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if a.switched {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return cmd
}

// reaches reports whether the account can enter dir, by trying.
func (a account) reaches(dir string) bool {
	if !a.switched {
		return true
	}
	cmd := a.command(context.Background(), "true")
	cmd.Dir = dir
	return cmd.Run() == nil
}

// own gives a file to the account.
func (a account) own(path string) error {
	if !a.switched {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}

func owner(info os.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Uid) }
