package hmsffi

import (
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/hms-ffi/hms-ffi/packages/go/internal/native"
	"github.com/hms-ffi/hms-ffi/packages/go/internal/wire"
)

// Option is an option of NewComponent or Connect.
type Option func(*options)

type options struct {
	settings   []string // lines of HMS_KEY=value
	path       string
	files      fs.FS
	concurrent int
	queue      int
	grace      time.Duration
	name       string
	mapped     []mapping
}

type mapping struct {
	matches func(error) bool
	code    Code
}

func collect(given []Option) *options {
	o := &options{concurrent: 64, queue: 1024, grace: 10 * time.Second}
	for _, option := range given {
		option(o)
	}
	return o
}

// WIT names the contract: a .wit file or a folder in the layout wit/ + wit/deps/, relative to the working directory.
// With Connect it is the caller's own view of the interface.
func WIT(path string) Option { return func(o *options) { o.path = path } }

// WITFS is WIT with the contract in a file system, such as one of package embed: all its .wit files.
func WITFS(files fs.FS) Option { return func(o *options) { o.files = files } }

// MaxConcurrent is how many calls a component runs at once (64 unless given); further ones wait.
func MaxConcurrent(calls int) Option { return func(o *options) { o.concurrent = calls } }

// Queue is how many calls may wait while MaxConcurrent run (1024 unless given); more are refused with resource-exhausted.
func Queue(calls int) Option { return func(o *options) { o.queue = calls } }

// Grace is how long running calls may go on after Serve's context has ended (10 seconds unless given).
func Grace(d time.Duration) Option { return func(o *options) { o.grace = d } }

// Name is the program's name for people, as in `hms list`.
func Name(name string) Option { return func(o *options) { o.name = name } }

// MapError gives errors of handlers that match target (as in errors.Is) a code. Without one they are internal.
func MapError(target error, code Code) Option {
	return func(o *options) {
		o.mapped = append(o.mapped, mapping{func(err error) bool { return isError(err, target) }, code})
	}
}

// MapErrorType is MapError for all errors of a type (as in errors.As).
func MapErrorType[T error](code Code) Option {
	return func(o *options) {
		o.mapped = append(o.mapped, mapping{func(err error) bool { return asError[T](err) }, code})
	}
}

func setting(key, value string) Option {
	return func(o *options) { o.settings = append(o.settings, key+"="+value) }
}

// RuntimeDir is the directory in which instances find each other (HMS_RUNTIME_DIR).
func RuntimeDir(path string) Option { return setting("HMS_RUNTIME_DIR", path) }

// DefaultTimeout is the deadline of calls whose context has none (HMS_TIMEOUT, 30 seconds unless given); 0 for none.
func DefaultTimeout(d time.Duration) Option {
	if d == 0 {
		return setting("HMS_TIMEOUT", "none")
	}
	return setting("HMS_TIMEOUT", strconv.FormatFloat(d.Seconds(), 'f', -1, 64))
}

// MaxMessage is the size of the largest message in bytes (HMS_MAX_MESSAGE).
func MaxMessage(bytes uint64) Option {
	return setting("HMS_MAX_MESSAGE", strconv.FormatUint(bytes, 10))
}

// MaxCalls is the number of calls in flight on one link (HMS_MAX_CALLS).
func MaxCalls(calls int) Option { return setting("HMS_MAX_CALLS", strconv.Itoa(calls)) }

// Retries is how often a call is tried again that can do no harm: one that was not sent, or an idempotent one
// (HMS_RETRIES, 4 unless given); 0 for never.
func Retries(attempts int) Option { return setting("HMS_RETRIES", strconv.Itoa(attempts)) }

// TrustedUsers are names or ids of users that may call and be called beside the own one and root (HMS_TRUSTED_USERS).
func TrustedUsers(users ...string) Option {
	return setting("HMS_TRUSTED_USERS", strings.Join(users, ","))
}

func (o *options) lines() string { return strings.Join(o.settings, "\n") }

// limits are those of the settings.
func (o *options) limits() (wire.Limits, error) {
	limits, err := native.LimitsOf(o.lines())
	if err != nil {
		return wire.Limits{}, received(err)
	}
	return wire.Limits{MaxMessage: limits.MaxMessage, MaxDepth: limits.MaxDepth, MaxElements: limits.MaxElements}, nil
}

// contract loads the contract that the options name; 0 without one.
func (o *options) contract() (uint64, error) {
	if o.files == nil && o.path == "" {
		return 0, nil
	}
	if o.files == nil {
		contract, err := native.LoadContract(o.path)
		if err != nil {
			return 0, received(err)
		}
		return contract, nil
	}
	var files []native.File
	err := fs.WalkDir(o.files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".wit") {
			return err
		}
		text, err := fs.ReadFile(o.files, path)
		files = append(files, native.File{Name: path, Text: string(text)})
		return err
	})
	if err != nil {
		return 0, &Error{Code: InvalidArgument, Message: "the contract cannot be read: " + err.Error(), wrapped: err}
	}
	contract, err := native.ParseContract(files)
	if err != nil {
		return 0, received(err)
	}
	return contract, nil
}
