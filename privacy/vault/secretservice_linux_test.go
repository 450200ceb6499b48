package vault

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// inSession is set in the environment of the copy of this binary that runs on a session bus of its own.
const inSession = "LAMPLIGHT_TEST_SESSION"

// TestSecretService keeps keys in GNOME's keyring, a real one, on a session bus and with a home of its own. Other
// tests put a keyring in memory in its place, so this one runs in a copy of the binary.
func TestSecretService(t *testing.T) {
	if os.Getenv(inSession) != "" {
		t.Skip("this is the copy")
	}
	for _, program := range []string{"dbus-run-session", "gnome-keyring-daemon"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("there is no %s here", program)
		}
	}
	home := t.TempDir()
	password := filepath.Join(home, "password")
	ok(t, os.WriteFile(password, []byte("password"), 0o600))
	c := exec.Command("dbus-run-session", "--", "sh", "-c", `
		gnome-keyring-daemon --foreground --unlock --components=secrets <"$1" &
		"$0" -test.run '^TestInSession$' -test.v -test.timeout 60s
		result=$?
		kill $!
		exit $result`, os.Args[0], password)
	c.Env = append(os.Environ(), inSession+"=1", "HOME="+home, "XDG_DATA_HOME="+home, "XDG_RUNTIME_DIR="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home)
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestInSession") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestInSession is what the copy does.
func TestInSession(t *testing.T) {
	if os.Getenv(inSession) == "" {
		t.Skip("it runs in a copy, see TestSecretService")
	}
	bus := must(dbus.SessionBus())(t)
	for there := false; !there; time.Sleep(10 * time.Millisecond) { // asking a keyring that is not there yet would start another one
		ok(t, bus.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, "org.freedesktop.secrets").Store(&there))
	}
	ok(t, KeyringAnswers())
	dir := t.TempDir()
	v := must(Create(dir, Options{Protection: Keyring}))(t)
	must(v.NewConversation(t.Context(), Conversation{Title: marker}))(t)
	account := must(readKeyFile(v.path(keyName)))(t).Account
	ok(t, v.Close())

	v = must(Open(dir, nil))(t)
	data := string(v.key)
	ok(t, v.Rotate(t.Context()))
	if string(v.key) == data {
		t.Error("the data key is the old one")
	}
	ok(t, v.Close())

	v = must(Open(dir, nil))(t)
	if list := must(v.Conversations(t.Context(), Filter{}))(t); len(list) != 1 || list[0].Title != marker {
		t.Errorf("the vault has %+v", list)
	}
	ok(t, v.Protect(File, nil))
	if _, err := keyringGet(account); !errors.Is(err, ErrKeyGone) {
		t.Errorf("the keyring has a key that nothing needs: %v", err)
	}
	ok(t, v.Protect(Keyring, nil))
	account = must(readKeyFile(v.path(keyName)))(t).Account
	must(keyringGet(account))(t)
	ok(t, v.Close())

	must(Erase(dir))(t)
	if _, err := keyringGet(account); !errors.Is(err, ErrKeyGone) {
		t.Errorf("the keyring has the key of a vault that was erased: %v", err)
	}
}
