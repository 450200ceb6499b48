//go:build e2e

package e2e

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"

	"lamplight/privacy/vault"
)

// TestKeyring keeps the key of the vault in a keyring, on a session bus of its own: the way to it is a local socket.
// The program is killed, finds the key again, and says so when it is gone.
func TestKeyring(t *testing.T) {
	address := sessionBus(t)
	ring := newKeyring(t, address)
	model, settings := endless(t)
	p := start(t, options{settings: settings, bus: address})
	if s, err := vault.Inspect(p.dir("data/lamplight")); err != nil || s.Protection != vault.Keyring || ring.len() != 1 {
		t.Fatalf("the vault is protected by %q: %v; the keyring has %d entries", s.Protection, err, ring.len())
	}
	p.drop(model)
	p.await(`msg="import done"`)
	p.click("notice-action", p.gone("notice"))
	p.ask("Why does the tide come twice?")
	p.until("some words", func() bool { return p.look().written > 0 })
	p.kill()

	p.launch()
	p.await(`msg="history read" conversations=1`)
	p.quit()

	ring.forget()
	p.launchLocked("no longer has the key of your conversations")
	p.shot("gone")
	p.quit()
}

// sessionBus starts a bus that starts nothing itself, and returns its address.
func sessionBus(t *testing.T) (address string) {
	t.Helper()
	dir := t.TempDir()
	address = "unix:path=" + dir + "/bus"
	config := fmt.Sprintf(`<busconfig><type>session</type><listen>%s</listen><auth>EXTERNAL</auth><policy context="default">
		<allow send_destination="*"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`, address)
	must(t, os.WriteFile(dir+"/config", []byte(config), 0o600))
	c := exec.Command("dbus-daemon", "--nofork", "--config-file="+dir+"/config", "--print-address=1")
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
	if _, err := fmt.Fscanln(out, new(string)); err != nil { // it listens
		t.Fatal("dbus-daemon: ", err)
	}
	return address
}

// Where a keyring is on the bus (freedesktop.org, "Secret Service API").
const (
	secrets    = "org.freedesktop.Secret."
	ringPath   = dbus.ObjectPath("/org/freedesktop/secrets")
	loginPath  = ringPath + "/collection/login"
	noPrompt   = dbus.ObjectPath("/")
	properties = "org.freedesktop.DBus.Properties"
)

// secret is how a keyring hands one out.
type secret struct {
	Session    dbus.ObjectPath
	Parameters []byte
	Value      []byte
	Type       string
}

// keyring is as much of a keyring as the program asks of one. It is always open.
type keyring struct {
	bus *dbus.Conn

	mu    sync.Mutex
	items []*item
}

type item struct {
	path       dbus.ObjectPath
	attributes map[string]string
	value      []byte
}

func newKeyring(t *testing.T, address string) *keyring {
	t.Helper()
	bus, err := dbus.Connect(address)
	must(t, err)
	t.Cleanup(func() { bus.Close() })
	k := &keyring{bus: bus}
	session := ringPath + "/session/1"
	for _, export := range []struct {
		path    dbus.ObjectPath
		iface   string
		methods map[string]any
	}{
		{ringPath, secrets + "Service", map[string]any{
			"OpenSession": func(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
				return dbus.MakeVariant(""), session, nil
			},
			"Unlock": func(paths []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
				return paths, noPrompt, nil
			},
		}},
		{ringPath, properties, map[string]any{
			"Get": func(_, _ string) (dbus.Variant, *dbus.Error) {
				return dbus.MakeVariant([]dbus.ObjectPath{loginPath}), nil
			},
		}},
		{session, secrets + "Session", map[string]any{"Close": func() *dbus.Error { return nil }}},
		{loginPath, secrets + "Collection", map[string]any{"SearchItems": k.find, "CreateItem": k.add}},
	} {
		must(t, bus.ExportMethodTable(export.methods, export.path, export.iface))
	}
	reply, err := bus.RequestName("org.freedesktop.secrets", dbus.NameFlagDoNotQueue)
	if err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("the name of the keyring: %v %v", reply, err)
	}
	return k
}

func (k *keyring) find(attributes map[string]string) (found []dbus.ObjectPath, _ *dbus.Error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, i := range k.items {
		if maps.Equal(i.attributes, attributes) {
			found = append(found, i.path)
		}
	}
	return found, nil
}

func (k *keyring) add(p map[string]dbus.Variant, s secret, _ bool) (path, prompt dbus.ObjectPath, _ *dbus.Error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	i := &item{path: dbus.ObjectPath(fmt.Sprintf("%s/%d", loginPath, len(k.items))), value: s.Value}
	if err := p[secrets+"Item.Attributes"].Store(&i.attributes); err != nil {
		return "", "", dbus.MakeFailedError(err)
	}
	get := map[string]any{"GetSecret": func(session dbus.ObjectPath) (secret, *dbus.Error) {
		return secret{session, []byte{}, i.value, "text/plain"}, nil
	}}
	if err := k.bus.ExportMethodTable(get, i.path, secrets+"Item"); err != nil {
		return "", "", dbus.MakeFailedError(err)
	}
	k.items = append(k.items, i)
	return i.path, noPrompt, nil
}

func (k *keyring) len() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.items)
}

func (k *keyring) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.items = nil
}
