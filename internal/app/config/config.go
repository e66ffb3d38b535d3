// Package config is what can be set, and whether it makes sense.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"rapport/internal/app/duty"
	"rapport/internal/app/engines"
	"rapport/internal/crm/letter"
	"rapport/internal/crm/quota"
	"rapport/internal/platform/limit"
	"rapport/internal/platform/mail/header"
	"rapport/internal/platform/proxy"
	"rapport/internal/platform/redis"
	"rapport/internal/platform/secret"
	"rapport/internal/platform/smtp"
)

// Config is everything that can be set, from the environment only.
type Config struct {
	Listen       string `env:"RAPPORT_LISTEN" envDefault:"127.0.0.1:3008"`
	Data         string `env:"RAPPORT_DATA" envDefault:"./data"`
	Production   bool   `env:"RAPPORT_PRODUCTION"`
	Registration string `env:"RAPPORT_REGISTRATION" envDefault:"first"`
	// PasswordMemory is the MiB that hashing a password takes (argon2id).
	PasswordMemory uint32     `env:"RAPPORT_PASSWORD_MEMORY" envDefault:"64"`
	Demo           bool       `env:"RAPPORT_DEMO"`
	LogLevel       slog.Level `env:"RAPPORT_LOG_LEVEL" envDefault:"INFO"`
	LogFile        string     `env:"RAPPORT_LOG_FILE"`
	// SecretKey seals stored passwords and tokens; one is made unless given.
	SecretKey secret.Hidden `env:"RAPPORT_SECRET_KEY"`

	// URL is where people reach Rapport, for the links in its letters.
	URL string `env:"RAPPORT_URL"`
	// SMTPURL and SMTPFrom are how the installation sends its own letters.
	SMTPURL  string `env:"RAPPORT_SMTP_URL"`
	SMTPFrom string `env:"RAPPORT_SMTP_FROM"`

	GoogleClientID        string        `env:"RAPPORT_GOOGLE_CLIENT_ID"`
	GoogleClientSecret    secret.Hidden `env:"RAPPORT_GOOGLE_CLIENT_SECRET"`
	GoogleAuthURL         string        `env:"RAPPORT_GOOGLE_AUTH_URL"`
	GoogleTokenURL        string        `env:"RAPPORT_GOOGLE_TOKEN_URL"`
	MicrosoftClientID     string        `env:"RAPPORT_MICROSOFT_CLIENT_ID"`
	MicrosoftClientSecret secret.Hidden `env:"RAPPORT_MICROSOFT_CLIENT_SECRET"`
	MicrosoftAuthURL      string        `env:"RAPPORT_MICROSOFT_AUTH_URL"`
	MicrosoftTokenURL     string        `env:"RAPPORT_MICROSOFT_TOKEN_URL"`
	// Mailboxes: how often folders are looked at that nobody tells of, how many
	// old messages a second an account brings in, and how large one may be.
	MailboxPoll  time.Duration `env:"RAPPORT_MAILBOX_POLL" envDefault:"2m"`
	MailboxRate  int           `env:"RAPPORT_MAILBOX_RATE" envDefault:"500"`
	MailboxMaxMB int64         `env:"RAPPORT_MAILBOX_MAX_MB" envDefault:"64"`
	// MailPublicOnly keeps people from naming mail servers of the inner network.
	MailPublicOnly bool `env:"RAPPORT_MAIL_PUBLIC_ONLY"`
	// MailPlaintext lets passwords go unencrypted to servers elsewhere.
	MailPlaintext bool `env:"RAPPORT_MAIL_PLAINTEXT"`

	DatabaseURL        string `env:"DATABASE_URL"`
	DatabasePoolerURL  string `env:"DATABASE_POOLER_URL"`
	DatabaseSessionURL string `env:"DATABASE_SESSION_URL"`
	APIConnections     int32  `env:"RAPPORT_API_CONNECTIONS" envDefault:"12"`
	WorkerConnections  int32  `env:"RAPPORT_WORKER_CONNECTIONS" envDefault:"4"`
	PostgresBin        string `env:"RAPPORT_PG_BIN"`

	// Tier is that of workspaces that have none of their own; AuthRate how often
	// a minute an address may sign in, register or ask for a password, and a sixth
	// of what it may ask for otherwise; of the policies in LimitsShadow calls are counted, but none is refused.
	Tier         string   `env:"RAPPORT_TIER" envDefault:"ENTERPRISE"`
	AuthRate     int64    `env:"RAPPORT_AUTH_RATE" envDefault:"20"`
	LimitsShadow []string `env:"RAPPORT_LIMITS_SHADOW"`
	// TrustedProxies are believed when they say in X-Forwarded-For who called.
	TrustedProxies string `env:"RAPPORT_TRUSTED_PROXIES"`
	// MostCalls bounds the calls that are in hand at once, MostClients the
	// connections of clients.
	MostCalls   int `env:"RAPPORT_MAX_CALLS" envDefault:"96"`
	MostClients int `env:"RAPPORT_MAX_CLIENTS" envDefault:"4096"`
	// CacheMB is the memory that remembered answers take.
	CacheMB uint64 `env:"RAPPORT_CACHE_MB" envDefault:"64"`
	// MetricsListen is where Prometheus may ask for /metrics, without a
	// credential; nowhere unless it is set.
	MetricsListen string `env:"RAPPORT_METRICS_LISTEN"`
	// RedisURL is a Redis or Valkey that replicas share, for limits and caches.
	RedisURL string `env:"REDIS_URL"`

	duty.Settings
	engines.Config
	Tracing
}

// Load reads the configuration and reports everything that is wrong with it.
func Load(environ map[string]string) (Config, error) {
	var c Config
	err := env.ParseWithOptions(&c, env.Options{Environment: environ})
	faults, bad := unreadable(err)
	if len(bad) > 0 { // the rest is checked with their defaults in place
		readable := maps.Clone(environ)
		for _, name := range bad {
			delete(readable, name)
		}
		c = Config{}
		err = env.ParseWithOptions(&c, env.Options{Environment: readable})
	}
	if err != nil && len(faults) == 0 {
		faults = append(faults, err)
	}
	faults = append(faults, c.check()...)
	faults = append(faults, c.checkMail()...)
	faults = append(faults, c.checkLimits()...)
	faults = append(faults, c.Settings.Check(c.AlertLetters())...)
	faults = append(faults, c.Config.Check()...)
	faults = append(faults, c.checkTraces()...)
	if c.Data, err = filepath.Abs(c.Data); err != nil {
		faults = append(faults, err)
	}
	return c, errors.Join(faults...)
}

// unreadable names the variables whose values are not of their type. The
// values are not shown: one may be a secret in the wrong place.
func unreadable(err error) (faults []error, names []string) {
	agg, _ := errors.AsType[env.AggregateError](err)
	for _, err := range agg.Errors {
		bad, ok := errors.AsType[env.ParseError](err)
		f, known := reflect.TypeFor[Config]().FieldByName(bad.Name)
		if !ok || !known {
			faults = append(faults, err)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("env"), ",")
		faults, names = append(faults, fmt.Errorf("%s is not %s", name, kindOf(f.Type))), append(names, name)
	}
	return faults, names
}

func kindOf(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[slog.Level]():
		return "DEBUG, INFO, WARN or ERROR"
	case t == reflect.TypeFor[time.Duration]():
		return "a time such as 90s or 5m"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Float64:
		return "a number"
	}
	return "a whole number in range"
}

func (c Config) check() []error {
	var faults []error
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		faults = append(faults, fmt.Errorf("RAPPORT_LISTEN is %q: use host:port, such as 127.0.0.1:3008", c.Listen))
	}
	if _, _, err := net.SplitHostPort(c.MetricsListen); c.MetricsListen != "" && (err != nil || c.MetricsListen == c.Listen) {
		faults = append(faults, fmt.Errorf("RAPPORT_METRICS_LISTEN is %q: use host:port, such as 127.0.0.1:9464, and not that of RAPPORT_LISTEN", c.MetricsListen))
	}
	if c.Registration != "first" && c.Registration != "open" {
		faults = append(faults, fmt.Errorf("RAPPORT_REGISTRATION is %q: use first (only the first user registers) or open", c.Registration))
	}
	if c.Production && c.Demo {
		faults = append(faults, errors.New("RAPPORT_DEMO sets up a login that everybody knows: unset it in production"))
	}
	if c.Production && c.PasswordMemory < 19 || c.PasswordMemory < 1 {
		faults = append(faults, errors.New("RAPPORT_PASSWORD_MEMORY is below 19 MiB, which makes stolen hashes cheap to guess"))
	}
	if n := c.APIConnections + c.WorkerConnections; c.APIConnections < 1 || c.WorkerConnections < 3 || n > 40 {
		faults = append(faults, errors.New("RAPPORT_API_CONNECTIONS needs 1 or more, RAPPORT_WORKER_CONNECTIONS 3 or more, and together they stay at 40 or fewer"))
	}
	if c.MostCalls < 4 || c.MostClients < 64 {
		faults = append(faults, errors.New("RAPPORT_MAX_CALLS needs 4 or more, RAPPORT_MAX_CLIENTS 64 or more"))
	}
	faults = append(faults, c.checkProviders()...)
	if c.MailboxPoll < 10*time.Second || c.MailboxRate < 1 || c.MailboxMaxMB < 1 || c.MailboxMaxMB > 1024 {
		faults = append(faults, errors.New("RAPPORT_MAILBOX_POLL needs 10s or more, RAPPORT_MAILBOX_RATE 1 or more, and RAPPORT_MAILBOX_MAX_MB 1 to 1024"))
	}
	if _, err := secret.ParseKeys(string(c.SecretKey)); err != nil {
		faults = append(faults, err)
	}
	if c.DatabasePoolerURL != "" && c.DatabaseURL == "" && c.DatabaseSessionURL == "" {
		faults = append(faults, errors.New("DATABASE_POOLER_URL alone is not enough: jobs and migrations need a session, so set DATABASE_SESSION_URL or DATABASE_URL too"))
	}
	return faults
}

// checkLimits looks at what callers may do, and where that is counted.
func (c Config) checkLimits() []error {
	var faults []error
	if !slices.Contains(limit.TierNames(), c.Tier) {
		faults = append(faults, fmt.Errorf("RAPPORT_TIER is one of %s", strings.Join(limit.TierNames(), ", ")))
	}
	if c.AuthRate < 1 || c.AuthRate > 1_000_000 {
		faults = append(faults, errors.New("RAPPORT_AUTH_RATE is how often a minute an address may sign in: 1 to 1000000"))
	}
	for _, p := range c.LimitsShadow {
		if !slices.Contains(quota.Policies(), p) {
			faults = append(faults, fmt.Errorf("RAPPORT_LIMITS_SHADOW lists policies, separated by commas: %s", strings.Join(quota.Policies(), ", ")))
			break
		}
	}
	if _, err := proxy.Parse(c.TrustedProxies); err != nil {
		faults = append(faults, fmt.Errorf("RAPPORT_TRUSTED_PROXIES: %w", err))
	}
	if _, err := redis.Parse(c.RedisURL); c.RedisURL != "" && err != nil {
		faults = append(faults, fmt.Errorf("REDIS_URL: %w", err))
	}
	return faults
}

// checkMail looks at what letters need. The address of the server is not
// shown: it holds a password.
func (c Config) checkMail() []error {
	var faults []error
	if u, err := url.Parse(c.URL); c.URL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "") {
		faults = append(faults, errors.New("RAPPORT_URL is where people reach Rapport, such as https://crm.example.com, without a path"))
	}
	if (c.SMTPURL == "") != (c.SMTPFrom == "") {
		faults = append(faults, errors.New("RAPPORT_SMTP_URL and RAPPORT_SMTP_FROM belong together: set both, or neither"))
	}
	if _, err := c.Letters(); err != nil {
		faults = append(faults, err)
	}
	return faults
}

// Letters is how the installation sends its own letters; without a server it
// does not.
func (c Config) Letters() (letter.Config, error) {
	if c.SMTPURL == "" || c.SMTPFrom == "" {
		return letter.Config{}, nil
	}
	server, err := smtp.ParseURL(c.SMTPURL)
	if err != nil {
		return letter.Config{}, fmt.Errorf("RAPPORT_SMTP_URL: %w", err)
	}
	from := header.First(c.SMTPFrom)
	if !smtp.Deliverable(from.Address) {
		return letter.Config{}, errors.New("RAPPORT_SMTP_FROM is the sender of letters, such as Rapport <crm@example.com>")
	}
	return letter.Config{Server: server, From: from}, nil
}

// AlertLetters is how alerts are mailed that have no server of their own.
func (c Config) AlertLetters() duty.Letters {
	return duty.Letters{SMTPURL: c.SMTPURL, SMTPFrom: c.SMTPFrom, Base: c.PublicURL()}
}

// PublicURL is where people reach Rapport, without a slash at the end:
// RAPPORT_URL, or else where this machine does. Links in letters begin with
// it, and never with what a request says.
func (c Config) PublicURL() string {
	if c.URL != "" {
		return strings.TrimRight(c.URL, "/")
	}
	host, port, _ := net.SplitHostPort(c.Listen) // check has seen it
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// Embedded reports whether Rapport runs its own PostgreSQL.
func (c Config) Embedded() bool { return c.DatabaseURL == "" && c.DatabaseSessionURL == "" }

// Direct is the address for what needs a session: migrations, jobs.
func (c Config) Direct() string {
	if c.DatabaseSessionURL != "" {
		return c.DatabaseSessionURL
	}
	return c.DatabaseURL
}
