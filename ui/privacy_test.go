package ui

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"github.com/zalando/go-keyring"

	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

// home is a user's disk with everything that Lamplight keeps there.
type home struct {
	dir   string
	vault *vault.Vault
}

func (h home) path(name string) string { return filepath.Join(h.dir, name) }

// atHome begins a session with a vault, a cache and a log. The keyring is one in memory.
func atHome(t *testing.T, protection vault.Protection) (*session, home) {
	t.Helper()
	keyring.MockInit()
	h := home{dir: t.TempDir()}
	for name, n := range map[string]int{"cache/packed/a": 1200, "cache/packed/b": 800, "state/lamplight.log": 300, "state/lamplight.log.1": 700, "settings.json": 2, "fyne/preferences.json": 5} {
		if err := os.MkdirAll(filepath.Dir(h.path(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(h.path(name), []byte(strings.Repeat(" ", n-2)+"{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if h.vault, err = vault.Create(h.path("data"), vault.Options{Protection: protection, Passphrase: []byte("an old passphrase")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.vault.Close() })
	if _, err := h.vault.NewConversation(context.Background(), vault.Conversation{Title: "Xylophones"}); err != nil {
		t.Fatal(err)
	}
	u := begin(t, setup{seal: sealedReport, options: func(o *Options) {
		o.Vault, o.Cache, o.LogPath = h.vault, h.path("cache/packed"), h.path("state/lamplight.log")
		o.SettingsPath, o.preferences = h.path("settings.json"), h.path("fyne/preferences.json")
	}})
	u.Models = u.dir
	if err := os.WriteFile(filepath.Join(u.dir, ".stray"), make([]byte, 400), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(u.tuningDir(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(u.tuningDir(), "numbers"), make([]byte, 600), 0o600); err != nil {
		t.Fatal(err)
	}
	u.show(privacyPage)
	u.settle()
	return u, h
}

func TestWhatLiesOnTheDisk(t *testing.T) {
	u, h := atHome(t, vault.File)
	u.privacy.lookAtDisk() // the settings have the page by now
	u.settle()
	u.mustSee("What lies on this computer", h.path("data"), u.dir, h.path("settings.json"), h.path("cache/packed"), h.path("state/lamplight.log"))
	sum := func(pattern string) (n int64) {
		paths, _ := filepath.Glob(pattern)
		for _, p := range paths {
			if info, err := os.Lstat(p); err == nil && !info.IsDir() {
				n += info.Size()
			}
		}
		return n
	}
	for i, s := range u.stores() {
		want := map[string]int64{
			"Conversations": sum(h.path("data/vault.*")), "Models": 400, "Training": 600,
			"Settings": sum(h.path("settings.json")), "Cache": 2000, "Log": 1000, "File dialog": 5,
		}[s.name]
		if got := u.privacy.found.sizes[i]; got != want || want == 0 {
			t.Errorf("%s: %d bytes, want %d", s.name, got, want)
		}
		u.mustSee(byteSize(want))
	}
	u.mustNotSee("counting…", "cannot be read")
}

func TestUncountable(t *testing.T) {
	u, h := atHome(t, vault.File)
	if os.Geteuid() == 0 {
		t.Skip("the superuser may read everything")
	}
	if err := os.Chmod(h.path("cache/packed"), 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(h.path("cache/packed"), 0o700)
	u.show(privacyPage)
	u.settle()
	u.mustSee("cannot be read")
}

func TestEmptyTheCache(t *testing.T) {
	u, h := atHome(t, vault.File)
	u.tap("Empty the cache")
	u.settle()
	u.mustSee("2 kB were removed from the cache.")
	if left, err := os.ReadDir(h.path("cache/packed")); err != nil || len(left) > 0 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
	if !u.privacy.empty.Disabled() {
		t.Error("an empty cache can be emptied")
	}
}

// A report can be sent to somebody: it has neither words nor folders.
func TestReport(t *testing.T) {
	u, h := atHome(t, vault.File)
	u.tap("Copy report")
	got := fyne.CurrentApp().Clipboard().Content()
	for _, want := range []string{sealedReport.Text(), "- Cache: 2 kB\n", "- Log: 1 kB\n", "The key of your conversations: file\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("the report lacks %q:\n%s", want, got)
		}
	}
	for _, secret := range []string{h.dir, u.dir, "Xylophones"} {
		if strings.Contains(got, secret) {
			t.Errorf("the report has %q", secret)
		}
	}
}

func TestNoVault(t *testing.T) {
	u := begin(t, setup{})
	u.show(privacyPage)
	u.settle()
	u.mustSee("What lies on this computer", "Erase everything")
	u.mustNotSee("Your conversations", "Check for tampering", "passphrase")
}

// A vault that is not open is told of too, and can be opened later.
func TestVaultNotOpen(t *testing.T) {
	u, h := atHome(t, vault.File)
	u.Vault, u.VaultDir = nil, h.path("data")
	u.show(privacyPage)
	u.settle()
	u.mustSee("Anyone who can read your files can read your conversations.")
	for label, disabled := range map[string]bool{"Check for tampering": true, "Set a passphrase…": true} {
		if b := u.control(label).(*widgets.ChipButton); b.Disabled() != disabled {
			t.Errorf("%s: disabled is %v", label, b.Disabled())
		}
	}
	u.Vault = h.vault
	u.show(privacyPage)
	u.settle()
	if u.control("Check for tampering").(*widgets.ChipButton).Disabled() {
		t.Error("an open vault cannot be checked")
	}
}

// The keyboard stays where it is when the page is filled anew.
func TestKeyboardStays(t *testing.T) {
	u, _ := atHome(t, vault.File)
	u.win.Canvas().Focus(u.privacy.again)
	u.privacy.again.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	u.settle()
	if b, ok := u.win.Canvas().Focused().(*widgets.ChipButton); !ok || b != u.privacy.again {
		t.Errorf("the keyboard is on %v", u.win.Canvas().Focused())
	}
}
