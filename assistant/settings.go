package assistant

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"lamplight/engine/sample"
)

// Settings are the user's choices. The zero value is how a new user finds the program.
type Settings struct {
	Threads       int      `json:"threads"`        // 0: one per core
	ContextLength int      `json:"context_length"` // tokens, 0: 4,096 or the model's own if that is less
	Sampling      Sampling `json:"sampling"`
	Theme         Theme    `json:"theme"`
	Language      string   `json:"language"`          // BCP 47 tag of the window's language; "": the system's
	TextScale     int      `json:"text_scale"`        // size of the window's text, MinTextScale to MaxTextScale percent; 0: 100
	NoCall        bool     `json:"no_call"`           // no notification when a long answer ends and the window is not in front
	EnterInserts  bool     `json:"enter_inserts"`     // Enter makes a new line and Shift+Enter sends
	Complete      bool     `json:"complete"`          // after a pause in a document, how it might go on is shown
	KeepDays      int      `json:"keep_days"`         // how long new conversations are kept, 7 or 30; 0: for ever
	LockAfter     int      `json:"lock_after"`        // minutes in which nobody does anything; 0: 15 with a passphrase, else never; or Never
	LockAtSleep   int      `json:"lock_at_sleep"`     // 1: yes; 0: with a passphrase; or Never
	Frame         Frame    `json:"frame"`             // the window as it was closed
	Folders       []string `json:"folders,omitempty"` // absolute paths in which models are looked for, beside the usual places
}

// Never is what LockAfter and LockAtSleep have for a user who wants no lock.
const Never = -1

const (
	usualLockAfter = 15      // minutes
	maxLockAfter   = 24 * 60 // minutes
)

// Frame is the window as it was closed. The zero value is that of a new user.
type Frame struct {
	Width    int    `json:"width"` // device-independent pixels
	Height   int    `json:"height"`
	Page     string `json:"page"`
	List     int    `json:"list"`     // width of the list of conversations
	Unfolded bool   `json:"unfolded"` // it lies over the page of a narrow window
}

// maxFrame is larger than any screen, in pixels.
const maxFrame = 16384

func (f Frame) check() error {
	for name, n := range map[string]int{"width": f.Width, "height": f.Height, "list": f.List} {
		if n < 0 || n > maxFrame {
			return fmt.Errorf("frame.%s %d: must be 0 to %d", name, n, maxFrame)
		}
	}
	return nil
}

// The size of the window's text, in percent.
const (
	MinTextScale = 80
	MaxTextScale = 200
)

const maxLanguage = 35 // bytes of a tag

// TextSize is what sizes of text are multiplied by.
func (s Settings) TextSize() float32 {
	if s.TextScale == 0 {
		return 1
	}
	return float32(s.TextScale) / 100
}

// MaxFolders is how many folders of the user's are looked into.
const MaxFolders = 32

// LockTime is after how long the window locks itself when nobody does anything; 0: never.
func (s Settings) LockTime(passphrase bool) time.Duration {
	minutes := s.LockAfter
	if minutes == 0 && passphrase {
		minutes = usualLockAfter
	}
	return time.Duration(max(minutes, 0)) * time.Minute
}

// LocksAtSleep reports whether the window locks itself when the computer goes to sleep or its screen is locked.
func (s Settings) LocksAtSleep(passphrase bool) bool {
	return s.LockAtSleep > 0 || s.LockAtSleep == 0 && passphrase
}

// Theme says which colours the window has.
type Theme string

// The themes. The empty one follows the system.
const (
	FollowSystem Theme = ""
	Light        Theme = "light"
	Dark         Theme = "dark"
)

// Sampling is what the user has set of a sampler; nil leaves it to the model.
type Sampling struct {
	Temperature   *float32 `json:"temperature,omitempty"`
	TopK          *int     `json:"top_k,omitempty"`
	TopP          *float32 `json:"top_p,omitempty"`
	MinP          *float32 `json:"min_p,omitempty"`
	RepeatPenalty *float32 `json:"repeat_penalty,omitempty"`
	Seed          *uint64  `json:"seed,omitempty"` // nil: another one for each answer
}

// Apply returns the model's own parameters p with the user's choices in their place.
func (s Sampling) Apply(p sample.Params) sample.Params {
	override(&p.Temperature, s.Temperature)
	override(&p.TopK, s.TopK)
	override(&p.TopP, s.TopP)
	override(&p.MinP, s.MinP)
	override(&p.RepeatPenalty, s.RepeatPenalty)
	p.Seed = rand.Uint64()
	override(&p.Seed, s.Seed)
	return p
}

func override[T any](dst *T, choice *T) {
	if choice != nil {
		*dst = *choice
	}
}

// maxThreads is the largest number of threads that a settings file may ask for.
const maxThreads = 256

// check refuses what no control of the window can have set.
func (s Settings) check() error {
	if s.Threads < 0 || s.Threads > maxThreads {
		return fmt.Errorf("threads %d: must be 0 to %d", s.Threads, maxThreads)
	}
	if s.ContextLength < 0 {
		return fmt.Errorf("context_length %d: must not be negative", s.ContextLength)
	}
	if s.KeepDays != 0 && s.KeepDays != 7 && s.KeepDays != 30 {
		return fmt.Errorf("keep_days %d: must be 0, 7 or 30", s.KeepDays)
	}
	if s.LockAfter < Never || s.LockAfter > maxLockAfter {
		return fmt.Errorf("lock_after %d: must be %d to %d", s.LockAfter, Never, maxLockAfter)
	}
	if s.LockAtSleep < Never || s.LockAtSleep > 1 {
		return fmt.Errorf("lock_at_sleep %d: must be %d to 1", s.LockAtSleep, Never)
	}
	if s.TextScale != 0 && (s.TextScale < MinTextScale || s.TextScale > MaxTextScale) {
		return fmt.Errorf("text_scale %d: must be 0, or %d to %d", s.TextScale, MinTextScale, MaxTextScale)
	}
	if len(s.Language) > maxLanguage {
		return fmt.Errorf("language: %d bytes are too long for a tag", len(s.Language))
	}
	if err := s.Frame.check(); err != nil {
		return err
	}
	if len(s.Folders) > MaxFolders {
		return fmt.Errorf("folders: there are %d, at most %d can be watched", len(s.Folders), MaxFolders)
	}
	for _, path := range s.Folders {
		if !filepath.IsAbs(path) {
			return fmt.Errorf("folders: %.200q is not an absolute path", path)
		}
	}
	if s.Theme != FollowSystem && s.Theme != Light && s.Theme != Dark {
		return fmt.Errorf("theme %q: must be empty, light or dark", s.Theme)
	}
	_, err := sample.New(s.Sampling.Apply(sample.Params{}))
	return err
}

// LoadSettings reads the file at path. Without a file the settings are those of a new user. A damaged file is
// set aside under the name path + ".damaged", so that nothing is lost, and reported with the settings of a
// new user.
func LoadSettings(path string) (Settings, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Settings{}, nil
	}
	if err != nil {
		return Settings{}, fmt.Errorf("settings: %w", err)
	}
	var s Settings
	err = json.Unmarshal(data, &s)
	if err == nil {
		err = s.check()
	}
	if err != nil {
		return Settings{}, errors.Join(fmt.Errorf("settings: %s: %w", path, err), os.Rename(path, path+".damaged"))
	}
	return s, nil
}

// Save writes the settings to path: all of them, or nothing.
func (s Settings) Save(path string) error {
	if err := s.check(); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	if err := replace(path, append(data, '\n')); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	return nil
}

// replace puts data at path atomically.
func replace(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".settings-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
